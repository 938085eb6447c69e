//! What is read of an entity's row: its selected columns, and the statements of what hangs from it.

use std::sync::Arc;

use async_graphql::parser::types::SelectionSet;

use super::Context;
use super::list::Parent;
use super::select::Selected;
use super::sql::{Columns, Parts, Permitted, Seen, where_clause};
use super::types::{
    ChildPlan, FieldPlan, FieldValue, Guard, Key, Parameter, ReferencePlan, View, typename,
};
use crate::bind::{Entity, EntityField, ListForm, Relation};
use crate::contract::FieldDef;
use crate::error::{Measure, RequestError};
use crate::error_code::ErrorCode;
use tokio_postgres::types::Type;

impl<'a> Context<'a> {
    /// Plans the selected fields of an entity; the columns they need join the select list.
    pub(crate) fn view(
        &self,
        entity: usize,
        alias: &str,
        sets: &[&'a SelectionSet],
        columns: &mut Columns,
        parts: &mut Parts,
        depth: usize,
    ) -> Result<View, RequestError> {
        let target = &self.model.entities[entity];
        let mut view = View::default();
        for selected in self.selected(sets, &target.type_name) {
            let name = selected.field.node.name.node.as_str();
            let Some(def) = self.contract.field(&target.type_name, name) else {
                view.fields.push(FieldPlan {
                    guard: None,
                    key: Key::new(selected.key),
                    nullable: false,
                    value: FieldValue::Fixed(typename(&target.type_name)),
                });
                continue;
            };
            self.descend(&selected, depth)?;
            let guard = self.guard(entity, alias, def, columns, parts);
            let value = match target.fields.get(name) {
                _ if guard.as_ref().is_some_and(|guard| guard.column.is_none()) => {
                    FieldValue::Fixed((*b"null").into())
                }
                Some(EntityField::Column(column)) => {
                    FieldValue::Column { index: columns.column(alias, column), kind: column.kind }
                }
                Some(field) => {
                    view.children.push(Arc::new(self.child(
                        target,
                        entity,
                        field,
                        def,
                        &selected,
                        alias,
                        columns,
                        depth + 1,
                    )?));
                    FieldValue::Child(view.children.len() - 1)
                }
                None => continue,
            };
            view.fields.push(FieldPlan {
                guard,
                key: Key::new(selected.key),
                nullable: def.ty.nullable,
                value,
            });
        }
        Ok(view)
    }

    /// What decides whether the viewer is given a field that needs a permission; none where he has
    /// the permission on every row.
    fn guard(
        &self,
        entity: usize,
        alias: &str,
        def: &FieldDef,
        columns: &mut Columns,
        parts: &mut Parts,
    ) -> Option<Guard> {
        let permission = def.permission()?;
        let column = match self.policies().permitted(entity, alias, permission, parts) {
            Permitted::Always => return None,
            Permitted::Never => None,
            Permitted::Where(condition) => Some(columns.need(condition)),
        };
        Some(Guard { permission: permission.into(), column })
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the place of one field in its statement; a struct for it would have this one user"
    )]
    fn child(
        &self,
        source: &Entity,
        source_index: usize,
        field: &EntityField,
        def: &FieldDef,
        selected: &Selected<'a>,
        alias: &str,
        columns: &mut Columns,
        depth: usize,
    ) -> Result<ChildPlan, RequestError> {
        match field {
            EntityField::ToOne(relation) => {
                let key_column = columns.need(format!("{alias}.{}", relation.from_column));
                let (statement, view) = self.by_keys(relation, &selected.sets, depth)?;
                Ok(ChildPlan::ToOne { key_column, statement, view })
            }
            EntityField::ToMany(relation, form) => {
                let key_column = columns.need(format!("{alias}.{}", relation.from_column));
                let parent = Parent { source: source_index, relation };
                match form {
                    ListForm::Connection => Ok(ChildPlan::Connection {
                        key_column,
                        plan: self.connection(
                            relation.target,
                            def,
                            selected,
                            Some(parent),
                            depth,
                        )?,
                    }),
                    ListForm::Plain => Ok(ChildPlan::List {
                        key_column,
                        rows: self.plain_list(
                            relation.target,
                            def,
                            selected,
                            Some(parent),
                            depth,
                        )?,
                    }),
                }
            }
            EntityField::Resolver(resolver) => {
                let mut needs = Vec::new();
                for need in resolver.needs() {
                    let column = source.column(need).ok_or_else(|| {
                        super::input::invalid(
                            &def.name,
                            &format!(
                                "its resolver needs `{need}`, which is not a column of `{}`",
                                source.type_name
                            ),
                        )
                    })?;
                    needs.push((columns.column(alias, column), column.kind));
                }
                Ok(ChildPlan::Resolver {
                    needs,
                    plan: self.resolver(resolver, def, selected, depth)?,
                })
            }
            EntityField::Column(_) => Err(super::input::invalid(&def.name, "is a column")),
        }
    }

    /// Rows by the values of one column: the target of a to-one relation. The first column of the
    /// answer is the key.
    fn by_keys(
        &self,
        relation: &Relation,
        sets: &[&'a SelectionSet],
        depth: usize,
    ) -> Result<(super::types::Statement, View), RequestError> {
        let mut parts = Parts::default();
        let alias = parts.alias();
        let keys = parts.parameter(Parameter::Keys, Type::UUID_ARRAY);
        let key = format!("{alias}.{}", relation.to_column);
        let mut columns = Columns::starting(&[&key]);
        let view = self.view(relation.target, &alias, sets, &mut columns, &mut parts, depth)?;
        let mut conditions = vec![format!("{key} = ANY ({keys})")];
        conditions.extend(self.policies().conditions(
            relation.target,
            &alias,
            Seen::default(),
            &mut parts,
        ));
        let table = &self.model.entities[relation.target].table;
        let sql =
            format!("SELECT {} FROM {table} {alias}{}", columns.list(), where_clause(&conditions));
        Ok((parts.statement(sql), view))
    }

    /// Rows of an entity by their ids.
    pub(crate) fn reference(
        &self,
        entity: usize,
        sets: &[&'a SelectionSet],
        depth: usize,
    ) -> Result<ReferencePlan, RequestError> {
        let relation = Relation {
            target: entity,
            from_column: String::new(),
            from_nullable: false,
            to_column: "\"id\"".to_string(),
        };
        let (statement, view) = self.by_keys(&relation, sets, depth)?;
        Ok(ReferencePlan { entity, statement, view })
    }

    /// Counts one level down, within the limit.
    pub(crate) fn descend(
        &self,
        selected: &Selected<'_>,
        depth: usize,
    ) -> Result<(), RequestError> {
        if depth < self.options.depth_maximum {
            return Ok(());
        }
        Err(RequestError::Limit {
            code: ErrorCode::DepthLimit,
            message: format!(
                "`{}` lies deeper than {} levels; ask for it in a request of its own",
                selected.key, self.options.depth_maximum
            ),
            measure: Measure::of(self.options.depth_maximum, depth + 1),
            locations: vec![(selected.field.pos.line, selected.field.pos.column)],
        })
    }
}
