//! Random operations over the library: valid ones, with everything in them that the contract has.

use async_graphql::Value;
use loaders::contract::{Contract, FieldDef, Shape, TypeKind, base_name};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::filter::{id_text, visible};
use super::inputs::object;
use super::world::{TABLES, World, uuid};
use crate::domain;
use crate::random::Random;

/// An operation, and the cursors that it needs before it can run.
pub(crate) struct Operation {
    pub(crate) query: String,
    pub(crate) variables: Json,
    pub(crate) wishes: Vec<Wish>,
}

/// A cursor that stands in the operation by this name, and the document that gives it.
pub(crate) struct Wish {
    pub(crate) name: String,
    pub(crate) query: String,
    pub(crate) row: Uuid,
}

pub(crate) struct Generator<'a> {
    pub(super) contract: &'a Contract,
    pub(super) world: &'a World,
    pub(super) random: &'a mut Random,
    pub(super) definitions: Vec<String>,
    pub(super) variables: Map<String, Json>,
    /// A variable in the next place that is written must be non-null where the place is: it has
    /// no default.
    pub(super) strict: bool,
    fragments: Vec<String>,
    wishes: Vec<Wish>,
    names: usize,
}

impl<'a> Generator<'a> {
    fn new(contract: &'a Contract, world: &'a World, random: &'a mut Random) -> Self {
        let (definitions, fragments, wishes) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            contract,
            world,
            random,
            definitions,
            variables: Map::new(),
            strict: true,
            fragments,
            wishes,
            names: 0,
        }
    }
}

/// Makes up an operation.
pub(crate) fn operation(contract: &Contract, world: &World, random: &mut Random) -> Operation {
    let mut generator = Generator::new(contract, world, random);
    let selection = generator.selection("Query", 3, false);
    let Generator { definitions, fragments, variables, wishes, .. } = generator;
    let definitions = if definitions.is_empty() {
        String::new()
    } else {
        format!("({})", definitions.join(", "))
    };
    Operation {
        query: format!("query Q{definitions} {selection}\n{}", fragments.join("\n")),
        variables: variables.into(),
        wishes,
    }
}

/// Makes up values for the variables of a document about books, some of them left out.
pub(crate) fn variables(contract: &Contract, world: &World, random: &mut Random) -> Json {
    let mut generator = Generator::new(contract, world, random);
    let values = [
        ("filter", generator.filter("Book", 2)),
        ("related", generator.filter("Review", 1)),
        ("order", generator.order_by("Book", false)),
        ("first", Value::from(generator.random.below(6))),
        ("text", Value::from("o")),
        (
            "among",
            Value::List(
                (0..generator.random.below(4)).map(|pages| Value::from(pages * 50)).collect(),
            ),
        ),
        ("also", Value::from(generator.random.percent(50))),
    ];
    let given = values.into_iter().filter(|_| generator.random.percent(60));
    given
        .map(|(name, value)| (name.to_string(), value.into_json().expect("JSON")))
        .collect::<Map<_, _>>()
        .into()
}

impl Generator<'_> {
    /// A selection set; `aliased` where types with fields of the same name may meet.
    fn selection(&mut self, type_name: &str, depth: usize, aliased: bool) -> String {
        match self.contract.get(type_name).map(|ty| &ty.kind) {
            Some(TypeKind::Object { .. }) => {}
            _ => return self.any_of(type_name, depth),
        }
        let fields = self.contract.fields(type_name);
        let leaves: Vec<&FieldDef> = fields.iter().filter(|field| self.is_leaf(field)).collect();
        let mut entries = Vec::new();
        if leaves.is_empty() && depth == 0 {
            entries.push("__typename".to_string());
        }
        for _ in 0..1 + self.random.below(4) {
            let def = match leaves.is_empty() || (depth > 0 && self.random.percent(50)) {
                true => self.random.one(fields),
                false => *self.random.one(&leaves),
            };
            if depth == 0 && !self.is_leaf(def) && self.contract.is_entity(type_name) {
                continue;
            }
            let entry = self.entry(def, depth, aliased);
            let wrapped = self.wrapped(type_name, entry);
            entries.push(wrapped);
        }
        if entries.is_empty() || self.random.percent(10) {
            entries.push("__typename".to_string());
        }
        format!("{{ {} }}", entries.join(" "))
    }

    /// A selection set of an interface or a union.
    fn any_of(&mut self, type_name: &str, depth: usize) -> String {
        let mut entries = vec!["__typename".to_string()];
        if type_name == "Node" {
            entries.push("id".to_string());
        }
        for possible in self.contract.possible_types(type_name) {
            if self.random.percent(60) {
                entries
                    .push(format!("... on {possible} {}", self.selection(possible, depth, true)));
            }
        }
        entries.push("... on Named { name }".to_string());
        format!("{{ {} }}", entries.join(" "))
    }

    fn is_leaf(&self, field: &FieldDef) -> bool {
        !self.contract.get(base_name(&field.ty)).is_some_and(|ty| {
            matches!(
                ty.kind,
                TypeKind::Object { .. } | TypeKind::Interface { .. } | TypeKind::Union { .. }
            )
        })
    }

    /// A field with its arguments and its selection, sometimes twice with different ones.
    fn entry(&mut self, def: &FieldDef, depth: usize, aliased: bool) -> String {
        let arguments = self.arguments(def);
        let alias = aliased || !arguments.is_empty() || self.random.percent(15);
        let head =
            if alias { format!("{}: {}", self.name("a"), def.name) } else { def.name.clone() };
        let directive = match self.random.below(20) {
            0 => {
                let condition = Value::from(self.random.percent(50));
                let ty = async_graphql::parser::types::Type::new("Boolean!").expect("a type");
                let name = *self.random.one(&["include", "skip"]);
                format!(" @{name}(if: {})", self.written(&condition, &ty, false))
            }
            _ => String::new(),
        };
        let head = format!("{head}{arguments}{directive}");
        if self.is_leaf(def) {
            return head;
        }
        let base = base_name(&def.ty).to_string();
        // Only entities cost depth: what lies between them is part of a list.
        let depth = if self.contract.is_entity(&base)
            || !matches!(self.contract.shape(def), Shape::Connection(_) | Shape::Other)
        {
            depth.saturating_sub(1)
        } else {
            depth
        };
        let first = format!("{head} {}", self.selection(&base, depth, false));
        if self.random.percent(10) {
            format!("{first} {head} {}", self.selection(&base, depth, false))
        } else {
            first
        }
    }

    /// An entry by itself, or in a fragment.
    fn wrapped(&mut self, type_name: &str, entry: String) -> String {
        match self.random.below(16) {
            0 => format!("... on {type_name} {{ {entry} }}"),
            1 => format!("... @include(if: true) {{ {entry} }}"),
            2 => {
                let name = self.name("F");
                self.fragments.push(format!("fragment {name} on {type_name} {{ {entry} }}"));
                format!("...{name}")
            }
            3 if self.contract.is_entity(type_name) => format!("{entry} ... on Node {{ id }}"),
            _ => entry,
        }
    }

    fn arguments(&mut self, def: &FieldDef) -> String {
        let mut given: Vec<(String, Value)> = Vec::new();
        if def.arguments.is_empty() {
            return String::new();
        }
        match (def.name.as_str(), self.contract.shape(def)) {
            ("node", _) => given.push(("id".to_string(), self.some_id(None))),
            ("book", _) => given.push(("id".to_string(), self.some_id(Some("Book")))),
            ("shop", _) => given.push(("id".to_string(), self.some_id(Some("Shop")))),
            ("nodes", _) => {
                let count = self.random.below(5);
                given.push((
                    "ids".to_string(),
                    Value::List((0..count).map(|_| self.some_id(None)).collect()),
                ));
            }
            ("search", _) => given
                .push(("text".to_string(), (*self.random.one(&["S", "s", "o", "Ä", ""])).into())),
            ("similar", _) if self.random.percent(50) => {
                given.push(("first".to_string(), Value::from(self.random.below(4))))
            }
            ("blurb", _) if self.random.percent(50) => {
                given.push(("shout".to_string(), Value::from(self.random.percent(50))))
            }
            ("groups", _) => given.extend(self.group_by(def)),
            (_, Shape::Connection(target) | Shape::List(target)) => {
                given.extend(self.list_arguments(def, target))
            }
            _ => {}
        }
        if given.is_empty() {
            return String::new();
        }
        let written: Vec<String> = given
            .iter()
            .map(|(name, value)| {
                let argument = def
                    .arguments
                    .iter()
                    .find(|argument| argument.name == *name)
                    .expect("an argument of the field");
                self.strict = argument.default.is_none();
                format!("{name}: {}", self.written(value, &argument.ty, false))
            })
            .collect();
        format!("({})", written.join(", "))
    }

    fn list_arguments(&mut self, def: &FieldDef, target: &str) -> Vec<(String, Value)> {
        let has = |name: &str| def.arguments.iter().any(|argument| argument.name == name);
        let mut given = Vec::new();
        let mut give = |name: &str, value: Value| given.push((name.to_string(), value));
        match self.random.below(4) {
            0 if has("last") => give("last", Value::from(self.random.below(6))),
            1 | 2 => give("first", Value::from(self.random.below(4))),
            _ => {}
        }
        if self.random.percent(45) {
            give("filter", self.filter(target, 2));
        }
        let near = (has("near") && self.random.percent(50)).then(|| self.near());
        if has("within") && self.random.percent(30) {
            give("within", self.within());
        }
        let order = if self.random.percent(60) {
            Some(self.order_by(target, near.is_some()))
        } else {
            None
        };
        for cursor in ["after", "before"] {
            if has(cursor) && self.random.percent(20) {
                let default = def
                    .arguments
                    .iter()
                    .find(|argument| argument.name == "orderBy")
                    .and_then(|argument| argument.default.as_ref());
                let order = order.as_ref().or(default.filter(|_| near.is_none()));
                if let Some(name) = self.wish(target, order, near.as_ref()) {
                    give(cursor, Value::from(name));
                }
            }
        }
        order.into_iter().for_each(|order| give("orderBy", order));
        near.into_iter().for_each(|near| give("near", near));
        given
    }

    /// The cursor of some row in this order, by a name that stands for it.
    fn wish(
        &mut self,
        target: &str,
        order: Option<&Value>,
        near: Option<&Value>,
    ) -> Option<String> {
        let staff = domain::staff();
        let seen = self.world.of(target).iter().filter(|row| {
            visible(self.world, &staff, target, row)
                && (near.is_none() || !row["location"].is_null())
        });
        let rows: Vec<_> = seen.collect();
        if rows.is_empty() {
            return None;
        }
        let row = *self.random.one(&rows);
        let mut arguments =
            format!("first: 1, filter: {{id: {{eq: \"{}\"}}}}", id_text(target, row));
        if let Some(order) = order {
            arguments += &format!(", orderBy: {order}");
        }
        if let Some(Value::Object(near)) = near {
            let everywhere = near.iter().map(|(name, value)| {
                (
                    name.as_str(),
                    if name == "withinMeters" { Value::from(1e7) } else { value.clone() },
                )
            });
            arguments += &format!(", near: {}", object(everywhere));
        }
        let (_, list) = TABLES.iter().find(|(type_name, _)| *type_name == target)?;
        let query = format!("{{ {list}({arguments}) {{ edges {{ cursor }} }} }}");
        let name = format!("cursor {}", self.name(""));
        self.wishes.push(Wish { name: name.clone(), query, row: uuid(row, "id")? });
        Some(name)
    }

    fn group_by(&mut self, def: &FieldDef) -> Vec<(String, Value)> {
        let by =
            &def.arguments.iter().find(|argument| argument.name == "by").expect("an argument").ty;
        let mut fields = self.inputs(base_name(by));
        let mut keys = Vec::new();
        for _ in 0..1 + self.random.below(2).min(fields.len() - 1) {
            let field = fields.swap_remove(self.random.below(fields.len()));
            let units: &[&str] = if base_name(&field.ty) == "GroupDate" {
                &["DAY", "MONTH", "YEAR"]
            } else {
                &["VALUE"]
            };
            let unit = Value::Enum(async_graphql::Name::new(*self.random.one(units)));
            keys.push(object([(field.name.as_str(), unit)]));
        }
        let mut given = vec![("by".to_string(), Value::List(keys))];
        if self.random.percent(30) {
            given.push(("first".to_string(), Value::from(self.random.below(5))));
        }
        given
    }

    /// The id of some row, of this type or of any; now and then of none.
    fn some_id(&mut self, type_name: Option<&str>) -> Value {
        let type_name = type_name.unwrap_or_else(|| self.random.one(&TABLES).0);
        let rows = self.world.of(type_name);
        if rows.is_empty() || self.random.percent(5) {
            let nobody =
                Map::from_iter([("id".to_string(), Json::from(self.random.uuid().to_string()))]);
            return Value::from(id_text(type_name, &nobody));
        }
        Value::from(id_text(type_name, self.random.one(rows)))
    }

    /// A name that the operation does not have yet.
    pub(super) fn name(&mut self, beginning: &str) -> String {
        self.names += 1;
        format!("{beginning}{}", self.names)
    }
}
