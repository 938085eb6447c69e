//! Lists: a page of rows, of the whole or of each parent, and what a connection says beside it.

use async_graphql::Value as ConstValue;
use tokio_postgres::types::Type;

use super::Context;
use super::filter::Filter;
use super::input::{Input, Leaf, invalid, located};
use super::order::{Near, Order};
use super::select::Selected;
use super::sql::{Columns, Parts, Seen, where_clause};
use super::types::{
    ConnectionField, ConnectionPlan, EdgeField, Key, PageField, PageSize, Parameter, RowsPlan,
    Statement, View, typename,
};
use crate::bind::Relation;
use crate::contract::FieldDef;
use crate::error::{Measure, RequestError};
use crate::error_code::ErrorCode;
use crate::registry::lower_camel;

/// The rows whose list this is.
#[derive(Clone, Copy)]
pub(crate) struct Parent<'a> {
    pub(crate) source: usize,
    pub(crate) relation: &'a Relation,
}

/// A list field's arguments.
pub(crate) struct ListArguments {
    pub(crate) page: PageSize,
    backward: bool,
    after: Option<Leaf>,
    before: Option<Leaf>,
    filter: Option<Input>,
    near: Option<Near>,
    within: Option<(String, Leaf)>,
    order: Order,
}

/// What a statement over a list's rows begins with.
pub(crate) struct Base {
    pub(crate) parts: Parts,
    pub(crate) alias: String,
    pub(crate) conditions: Vec<String>,
    keys: Option<String>,
}

impl<'a> Context<'a> {
    /// Plans a plain list.
    pub(crate) fn plain_list(
        &self,
        entity: usize,
        def: &FieldDef,
        selected: &Selected<'a>,
        parent: Option<Parent<'_>>,
        depth: usize,
    ) -> Result<RowsPlan, RequestError> {
        let arguments = self.list_arguments(entity, def, selected)?;
        let mut rows = RowsBuilder::new(self, entity, &arguments, parent)?;
        rows.view(self, selected, depth)?;
        rows.finish(self, false)
    }

    /// Plans a connection: only what is selected of it becomes a statement.
    pub(crate) fn connection(
        &self,
        entity: usize,
        def: &FieldDef,
        selected: &Selected<'a>,
        parent: Option<Parent<'_>>,
        depth: usize,
    ) -> Result<Box<ConnectionPlan>, RequestError> {
        let arguments = self.list_arguments(entity, def, selected)?;
        let connection_type = crate::bind::base_name(&def.ty).to_string();
        let mut rows = RowsBuilder::new(self, entity, &arguments, parent)?;
        let mut figures = super::figures::Figures::new(parent.is_some());
        let (mut groups, mut fields) = (Vec::new(), Vec::new());
        let (mut needs_rows, mut peeks, mut outside) = (false, false, false);
        for inner in self.selected(&selected.sets, &connection_type) {
            let name = inner.field.node.name.node.as_str();
            let inner_type = self
                .contract
                .field(&connection_type, name)
                .map(|def| crate::bind::base_name(&def.ty).to_string())
                .unwrap_or_default();
            self.descend(&inner, depth)?;
            let field = match name {
                "nodes" => {
                    needs_rows = true;
                    ConnectionField::Nodes(rows.view(self, &inner, depth + 1)?)
                }
                "edges" => {
                    needs_rows = true;
                    ConnectionField::Edges(self.edges(&inner, &inner_type, &mut rows, depth + 1)?)
                }
                "pageInfo" => {
                    let page = self.page_info(&inner, &inner_type);
                    let has = |wanted: PageField| page.iter().any(|(_, field)| *field == wanted);
                    let (next, previous) =
                        (has(PageField::HasNextPage), has(PageField::HasPreviousPage));
                    peeks |= if arguments.backward { previous } else { next };
                    outside |= (previous && arguments.after.is_some())
                        || (next && arguments.before.is_some());
                    if has(PageField::StartCursor) || has(PageField::EndCursor) {
                        rows.need_cursor();
                    }
                    needs_rows |=
                        page.iter().any(|(_, field)| !matches!(field, PageField::Fixed(_)));
                    ConnectionField::PageInfo(page)
                }
                "totalCount" => ConnectionField::Figures(figures.count()),
                "aggregate" => ConnectionField::Figures(super::types::FieldValue::Object(
                    self.aggregate(entity, &inner, &inner_type, &mut figures)?,
                )),
                "groups" => {
                    let (plan, fields) =
                        self.groups(entity, &connection_type, &inner, &arguments, parent)?;
                    groups.push(plan);
                    ConnectionField::Groups(groups.len() - 1, fields)
                }
                _ => ConnectionField::Fixed(typename(&connection_type)),
            };
            fields.push((Key::new(inner.key), field));
        }
        Ok(Box::new(ConnectionPlan {
            fields,
            rows: if needs_rows { Some(rows.finish(self, peeks)?) } else { None },
            figures: if figures.is_empty() {
                None
            } else {
                Some(figures.statement(self, entity, self.base(entity, &arguments, parent)?))
            },
            groups,
            outside: if outside { Some(self.outside(entity, &arguments, parent)?) } else { None },
        }))
    }

    fn edges(
        &self,
        edges: &Selected<'a>,
        edge_type: &str,
        rows: &mut RowsBuilder<'_>,
        depth: usize,
    ) -> Result<Vec<(Key, EdgeField)>, RequestError> {
        let mut fields = Vec::new();
        for inner in self.selected(&edges.sets, edge_type) {
            let field = match inner.field.node.name.node.as_str() {
                "node" => EdgeField::Node(rows.view(self, &inner, depth + 1)?),
                "cursor" => {
                    rows.need_cursor();
                    EdgeField::Cursor
                }
                "distanceMeters" => EdgeField::Distance(rows.distance()),
                _ => EdgeField::Fixed(typename(edge_type)),
            };
            fields.push((Key::new(inner.key), field));
        }
        Ok(fields)
    }

    fn page_info(&self, page: &Selected<'a>, page_type: &str) -> Vec<(Key, PageField)> {
        let field = |inner: &Selected<'_>| match inner.field.node.name.node.as_str() {
            "hasNextPage" => PageField::HasNextPage,
            "hasPreviousPage" => PageField::HasPreviousPage,
            "startCursor" => PageField::StartCursor,
            "endCursor" => PageField::EndCursor,
            _ => PageField::Fixed(typename(page_type)),
        };
        self.selected(&page.sets, page_type)
            .iter()
            .map(|inner| (Key::new(inner.key), field(inner)))
            .collect()
    }

    /// `SELECT EXISTS (rows at or before after), EXISTS (rows at or after before)`.
    fn outside(
        &self,
        entity: usize,
        arguments: &ListArguments,
        parent: Option<Parent<'_>>,
    ) -> Result<Statement, RequestError> {
        let mut base = self.base(entity, arguments, parent)?;
        let target = &self.model.entities[entity];
        let location = target.location.as_deref();
        let exists = |leaf: &Option<Leaf>, before: bool, base: &mut Base| match leaf {
            Some(leaf) => {
                let beyond =
                    arguments.order.beyond(leaf, before, &base.alias, location, &mut base.parts);
                let conditions: Vec<_> = base
                    .conditions
                    .iter()
                    .cloned()
                    .chain([format!("({beyond}) IS NOT TRUE")])
                    .collect();
                format!(
                    "EXISTS (SELECT 1 FROM {} {}{})",
                    target.table,
                    base.alias,
                    where_clause(&conditions)
                )
            }
            None => "FALSE".to_string(),
        };
        let (previous, next) = (
            exists(&arguments.after, false, &mut base),
            exists(&arguments.before, true, &mut base),
        );
        let place = if parent.is_some() { "p.ord" } else { "0::int8" };
        let sql = format!("SELECT {place} AS c0, {previous} AS c1, {next} AS c2");
        Ok(base.finish(sql))
    }

    /// The conditions that every statement over a list shares.
    pub(crate) fn base(
        &self,
        entity: usize,
        arguments: &ListArguments,
        parent: Option<Parent<'_>>,
    ) -> Result<Base, RequestError> {
        let target = &self.model.entities[entity];
        let mut parts = Parts::default();
        let keys = parent.map(|_| parts.parameter(Parameter::Keys, Type::UUID_ARRAY));
        let alias = parts.alias();
        let mut conditions = Vec::new();
        if let Some(parent) = parent {
            conditions.push(format!("{alias}.{} = p.key", parent.relation.to_column));
        }
        let seen = Seen {
            arrival: parent.map(|parent| (parent.source, parent.relation.to_column.as_str())),
            filter: arguments.filter.as_ref(),
        };
        conditions.extend(self.policies().conditions(entity, &alias, seen, &mut parts));
        if let Some(filter) = &arguments.filter {
            let condition = Filter { policies: self.policies(), parts: &mut parts }
                .condition(entity, &alias, filter, "filter")?;
            if condition != "TRUE" {
                conditions.push(condition);
            }
        }
        if let (Some(near), Some(location)) = (&arguments.near, &target.location) {
            parts.search();
            conditions.push(near.condition(&alias, location, &mut parts));
        }
        if let (Some((field, leaf)), Some(location)) = (&arguments.within, &target.location) {
            parts.search();
            let area = self.area(field, leaf, &mut parts)?;
            conditions.push(format!("ST_Covers({area}, {alias}.{location})"));
        }
        Ok(Base { parts, alias, conditions, keys })
    }

    /// The polygon that `within` names: written out, or that of a row the viewer sees.
    fn area(&self, field: &str, leaf: &Leaf, parts: &mut Parts) -> Result<String, RequestError> {
        if field == "polygon" {
            let polygon = parts.parameter(Parameter::Polygon(leaf.clone()), Type::TEXT);
            return Ok(format!("ST_GeomFromGeoJSON({polygon})::geography"));
        }
        let named = self
            .model
            .entities
            .iter()
            .enumerate()
            .find(|(_, entity)| lower_camel(&entity.type_name) == field);
        let Some((index, entity, boundary)) =
            named.and_then(|(index, entity)| Some((index, entity, entity.boundary.as_ref()?)))
        else {
            return Err(invalid(&format!("within.{field}"), "has no boundary to lie within"));
        };
        let alias = parts.alias();
        let id_kind = entity.column("id").map_or(crate::scalar::Kind::Uuid, |column| column.kind);
        let id = parts.parameter(
            Parameter::Value(leaf.clone(), id_kind, format!("within.{field}")),
            Type::UUID,
        );
        let mut conditions = vec![format!("{alias}.\"id\" = {id}")];
        conditions.extend(self.policies().conditions(index, &alias, Seen::default(), parts));
        Ok(format!(
            "(SELECT {alias}.{boundary} FROM {} {alias}{})",
            entity.table,
            where_clause(&conditions)
        ))
    }

    fn list_arguments(
        &self,
        entity: usize,
        def: &FieldDef,
        selected: &Selected<'a>,
    ) -> Result<ListArguments, RequestError> {
        let field = &selected.field.node;
        let at = |error| located(error, selected.field);
        let argument =
            |name: &str| match def.arguments.iter().find(|argument| argument.name == name) {
                Some(argument) => self.inputs().argument(argument, &field.arguments).map_err(at),
                None => Ok(None),
            };
        let leaf = |input: Option<Input>| match input {
            Some(Input::Leaf(leaf)) => Some(leaf),
            _ => None,
        };
        let (first, last) = (argument("first")?, argument("last")?);
        let given_first = leaf(first);
        let given_last = leaf(last);
        if given_first.is_some() && given_last.is_some() {
            return Err(at(invalid(
                selected.key,
                "asks for both `first` and `last`; a page has one end to start from",
            )));
        }
        let bound =
            def.arguments.iter().find(|argument| argument.name == "first").and_then(|first| {
                match &first.default {
                    Some(ConstValue::Number(number)) => number.as_i64(),
                    _ => None,
                }
            });
        let backward = given_last.is_some();
        let page = PageSize {
            leaf: given_last.or(given_first),
            default: self.options.page_size_default,
            maximum: bound.unwrap_or(self.options.page_size_maximum),
            argument: if backward { "last" } else { "first" },
        };
        let near = Near::read(argument("near")?.as_ref()).map_err(at)?;
        let order_given = field.get_argument("orderBy").is_some_and(|value| match &value.node {
            async_graphql_value::Value::Variable(name) => self
                .variables
                .iter()
                .any(|(variable, _, value)| variable == name && value.is_some()),
            _ => true,
        });
        let target = &self.model.entities[entity];
        let order = Order::read(target, argument("orderBy")?.as_ref(), !order_given, near.as_ref())
            .map_err(at)?;
        let within = match argument("within")? {
            Some(Input::Object(fields)) => {
                let area = fields
                    .into_iter()
                    .find_map(|(name, input)| leaf(Some(input)).map(|leaf| (name, leaf)));
                // Without an area every row would lie within.
                Some(area.ok_or_else(|| at(invalid("within", "names no area; leave it out")))?)
            }
            _ => None,
        };
        let filter = match argument("filter")? {
            Some(Input::Null) | None => None,
            filter => filter,
        };
        Ok(ListArguments {
            page,
            backward,
            after: leaf(argument("after")?),
            before: leaf(argument("before")?),
            filter,
            near,
            within,
            order,
        })
    }
}

impl Base {
    /// A statement of this base; for a list of each parent, once for each key.
    pub(crate) fn finish(self, sql: String) -> Statement {
        match self.keys {
            Some(keys) => self.parts.statement(format!(
                "SELECT t.* FROM unnest({keys}) WITH ORDINALITY AS p(key, ord) CROSS JOIN LATERAL ({sql}) t"
            )),
            None => self.parts.statement(sql),
        }
    }
}

/// The rows of a page while its select list grows.
struct RowsBuilder<'p> {
    base: Base,
    columns: Columns,
    views: Vec<View>,
    cursor: Vec<usize>,
    distance: Option<usize>,
    arguments: &'p ListArguments,
    entity: usize,
    location: Option<String>,
}

impl<'p> RowsBuilder<'p> {
    fn new(
        context: &Context<'_>,
        entity: usize,
        arguments: &'p ListArguments,
        parent: Option<Parent<'_>>,
    ) -> Result<Self, RequestError> {
        let base = context.base(entity, arguments, parent)?;
        let columns =
            if parent.is_some() { Columns::starting(&["p.ord"]) } else { Columns::default() };
        let location = context.model.entities[entity].location.clone();
        Ok(Self {
            base,
            columns,
            views: Vec::new(),
            cursor: Vec::new(),
            distance: None,
            arguments,
            entity,
            location,
        })
    }

    fn view<'a>(
        &mut self,
        context: &Context<'a>,
        selected: &Selected<'a>,
        depth: usize,
    ) -> Result<usize, RequestError> {
        let view = context.view(
            self.entity,
            &self.base.alias,
            &selected.sets,
            &mut self.columns,
            &mut self.base.parts,
            depth,
        )?;
        self.views.push(view);
        Ok(self.views.len() - 1)
    }

    fn need_cursor(&mut self) {
        if self.cursor.is_empty() {
            self.cursor = self.arguments.order.cursor_columns(
                &self.base.alias,
                self.location.as_deref(),
                &mut self.columns,
                &mut self.base.parts,
            );
        }
    }

    fn distance(&mut self) -> Option<usize> {
        if let (None, Some(near), Some(location)) =
            (self.distance, &self.arguments.near, &self.location)
        {
            let expression = near.distance(&self.base.alias, location, &mut self.base.parts);
            self.distance = Some(self.columns.need(expression));
        }
        self.distance
    }

    fn finish(mut self, context: &Context<'_>, peeks: bool) -> Result<RowsPlan, RequestError> {
        let target = &context.model.entities[self.entity];
        let location = self.location.as_deref();
        let ListArguments { order, after, before, backward, page, .. } = self.arguments;
        for (leaf, before) in [(after, false), (before, true)] {
            if let Some(leaf) = leaf {
                let condition =
                    order.beyond(leaf, before, &self.base.alias, location, &mut self.base.parts);
                self.base.conditions.push(condition);
            }
        }
        let clause = order.clause(&self.base.alias, location, *backward, &mut self.base.parts);
        let extra = i64::from(peeks);
        let limit = match page.constant()? {
            Some(size) => (size + extra).to_string(),
            None => self.base.parts.parameter(Parameter::Limit(page.clone(), extra), Type::INT8),
        };
        let sql = format!(
            "SELECT {} FROM {} {}{}{clause} LIMIT {limit}",
            self.columns.list(),
            target.table,
            self.base.alias,
            where_clause(&self.base.conditions)
        );
        Ok(RowsPlan {
            statement: self.base.finish(sql),
            page: page.clone(),
            peeks,
            reversed: *backward,
            cursor: self.cursor,
            fingerprint: order.fingerprint,
            views: self.views,
        })
    }
}

impl PageSize {
    /// The size, if it is known when planning.
    pub(crate) fn constant(&self) -> Result<Option<i64>, RequestError> {
        match &self.leaf {
            None => Ok(Some(self.default)),
            Some(Leaf::Constant(value)) => self.checked(value).map(Some),
            Some(_) => Ok(None),
        }
    }

    /// A given size, held against the limit.
    pub(crate) fn checked(&self, value: &ConstValue) -> Result<i64, RequestError> {
        let size = match value {
            ConstValue::Null => return Ok(self.default),
            ConstValue::Number(number) => number.as_i64().unwrap_or(-1),
            _ => -1,
        };
        if (0..=self.maximum).contains(&size) {
            return Ok(size);
        }
        Err(RequestError::Limit {
            code: ErrorCode::PageSizeLimit,
            message: format!(
                "`{}` is {size}; a page has 0 to {} rows: ask for fewer, and for the rest with a cursor",
                self.argument, self.maximum
            ),
            measure: Measure::of(self.maximum, size),
            locations: Vec::new(),
        })
    }
}
