//! Mutations of plain records: what follows from `@writable` on an entity.
//!
//! Inputs are made of the entity's own fields: values as they are, `property: Property!` as
//! `propertyId: ID!`. What the server fills itself is in no input: `id`, `version`, `createdAt`,
//! `updatedAt`, and whatever is `@computed` or `@readOnly`.

use std::collections::BTreeMap;

use async_graphql::Value;
use async_graphql::parser::types::BaseType;

use super::build::{argument, field, input, input_object, object};
use super::model::{BUILT_IN_SCALARS, Contract, FieldDef, InputDef, TypeDef, TypeKind, base_name};
use super::shape::{COMPUTED, Shape};

/// The name of the mutation root, unless the contract gives it another.
const MUTATION: &str = "Mutation";

/// The directive that asks for the mutations of a type.
const WRITABLE: &str = "writable";

/// What the server alone fills in every entity.
const OWN: [&str; 4] = ["id", "version", "createdAt", "updatedAt"];

/// What can be done with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// `createThing`.
    Create,
    /// `createThings`.
    CreateMany,
    /// `updateThing`.
    Update,
    /// `deleteThing`.
    Delete,
}

/// A mutation that follows from `@writable`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordMutation<'a> {
    /// The entity's type.
    pub entity: &'a str,
    /// What is done with it.
    pub operation: Operation,
}

impl Operation {
    fn of(value: &Value) -> Option<Self> {
        let Value::Enum(name) = value else { return None };
        match name.as_str() {
            "CREATE" => Some(Self::Create),
            "CREATE_MANY" => Some(Self::CreateMany),
            "UPDATE" => Some(Self::Update),
            "DELETE" => Some(Self::Delete),
            _ => None,
        }
    }
}

impl RecordMutation<'_> {
    /// The mutation's name: `createPropertyAmenities`.
    pub fn name(&self) -> String {
        let verb = match self.operation {
            Operation::Create | Operation::CreateMany => "create",
            Operation::Update => "update",
            Operation::Delete => "delete",
        };
        format!("{verb}{}", self.subject())
    }

    /// The field of the payload that holds what was written; of a deletion its id.
    pub fn result(&self) -> String {
        match self.operation {
            Operation::Delete => "deletedId".to_string(),
            _ => lower_first(&self.subject()),
        }
    }

    /// The type of its argument `input`.
    pub fn input(&self) -> String {
        format!("{}Input", upper_first(&self.name()))
    }

    /// The type that it answers.
    pub fn payload(&self) -> String {
        format!("{}Payload", upper_first(&self.name()))
    }

    fn subject(&self) -> String {
        match self.operation {
            Operation::CreateMany => plural(self.entity),
            _ => self.entity.to_string(),
        }
    }
}

impl Contract {
    /// The name of the root that record mutations are added to.
    pub(super) fn mutation_root(&self) -> &str {
        self.mutation.as_deref().unwrap_or(MUTATION)
    }

    /// The mutations that `@writable` asks for, by the types' names.
    pub fn record_mutations(&self) -> impl Iterator<Item = RecordMutation<'_>> {
        self.types.values().flat_map(|ty| {
            operations(ty)
                .into_iter()
                .map(|operation| RecordMutation { entity: &ty.name, operation })
        })
    }
}

/// What follows from `@writable`.
pub(super) struct Records {
    pub(super) mutations: Vec<FieldDef>,
    pub(super) types: BTreeMap<String, TypeDef>,
}

/// Derives every record mutation with its input and payload.
pub(super) fn derive(contract: &Contract, mistakes: &mut Vec<String>) -> Records {
    let root = contract.mutation_root();
    let mut records = Records { mutations: Vec::new(), types: BTreeMap::new() };
    for ty in contract.types.values().filter(|ty| ty.directive(WRITABLE).is_some()) {
        if !contract.is_entity(&ty.name) {
            mistakes.push(format!(
                "line {}: `{}` is `@writable`, but only a type that implements `Node` can be",
                ty.line, ty.name
            ));
        }
    }
    for mutation in
        contract.record_mutations().filter(|mutation| contract.is_entity(mutation.entity))
    {
        let (name, line) = (mutation.name(), contract.get(mutation.entity).map_or(0, |ty| ty.line));
        if let Some(own) = contract.field(root, &name) {
            mistakes.push(format!(
                "line {}: `{root}.{name}` follows from `@writable` on `{}` (line {line}) already: leave out one of the two",
                own.line, mutation.entity
            ));
            continue;
        }
        let derivation = Derivation { contract, mutation: &mutation };
        records.mutations.push(derivation.field());
        for ty in [derivation.input(), derivation.payload()] {
            records.types.insert(ty.name.clone(), ty);
        }
    }
    if !records.mutations.is_empty() && contract.get(root).is_none() {
        let fields = std::mem::take(&mut records.mutations);
        let ty = object(root, "Where every change begins.".to_string(), fields);
        records.types.insert(ty.name.clone(), ty);
    }
    records
}

struct Derivation<'a> {
    contract: &'a Contract,
    mutation: &'a RecordMutation<'a>,
}

impl Derivation<'_> {
    fn field(&self) -> FieldDef {
        let RecordMutation { entity, operation } = self.mutation;
        let description = match operation {
            Operation::Create => format!("Makes a `{entity}`."),
            Operation::CreateMany => format!(
                "Makes several `{entity}`, all of them or none. The path of an error names the item, from 0: `[\"items\", \"3\", …]`."
            ),
            Operation::Update => {
                format!("Changes a `{entity}`: a field that is not given stays as it is.")
            }
            Operation::Delete => format!("Deletes a `{entity}`."),
        };
        let argument =
            argument("input", &format!("{}!", self.mutation.input()), None, "What to do.");
        FieldDef {
            arguments: vec![argument],
            ..field(&self.mutation.name(), &self.mutation.payload(), &description)
        }
    }

    fn input(&self) -> TypeDef {
        let RecordMutation { entity, operation } = self.mutation;
        let id = || input("id", "ID!", &format!("Which `{entity}`."));
        let version = || {
            input(
                "expectedVersion",
                "Int",
                "The `version` that was seen last. If it has another by now, nothing is written and the error is `STALE_VERSION`.",
            )
        };
        let (description, fields) = match operation {
            Operation::Create => (
                format!("A `{entity}` to make."),
                self.settable().map(|(def, shape)| creating(def, &shape)).collect(),
            ),
            Operation::CreateMany => (
                format!("Several `{entity}` to make."),
                vec![input(
                    "items",
                    &format!("[Create{entity}Input!]!"),
                    "What to make, in this order.",
                )],
            ),
            Operation::Update => (
                format!(
                    "What to change of a `{entity}`. A field that is not given stays as it is; null clears it, where it may be null."
                ),
                [id(), version()].into_iter().chain(self.changeable()).collect(),
            ),
            Operation::Delete => (format!("A `{entity}` to delete."), vec![id(), version()]),
        };
        input_object(&self.mutation.input(), description, fields, false)
    }

    fn payload(&self) -> TypeDef {
        let RecordMutation { entity, operation } = self.mutation;
        let result = self.mutation.result();
        let result = match operation {
            Operation::Delete => field(
                &result,
                "ID",
                "The id that it had. Null if `errors` says why it is still there.",
            ),
            Operation::CreateMany => field(
                &result,
                &format!("[{entity}!]"),
                "What was made, in the order of `items`. Null if `errors` says why nothing was.",
            ),
            Operation::Create | Operation::Update => field(
                &result,
                entity,
                "It, as it is now. Null if `errors` says why nothing was written.",
            ),
        };
        let fields = vec![
            result,
            field("errors", "[UserError!]!", "What has to be put right. Empty if all went well."),
            field(
                "position",
                "String",
                "Where this write stands. Send it as `Read-After` to read nothing older. Null if nothing was written.",
            ),
        ];
        let description = format!("What became of `{}`.", self.mutation.name());
        object(&self.mutation.payload(), description, fields)
    }

    fn changeable(&self) -> impl Iterator<Item = InputDef> {
        self.settable().filter(|(def, _)| !def.has_directive("fixed")).map(|(def, settable)| {
            InputDef {
                deprecation: def.deprecation.clone(),
                ..input(&settable.name, &settable.ty, &documentation(def))
            }
        })
    }

    /// The entity's fields that an input may have.
    fn settable(&self) -> impl Iterator<Item = (&FieldDef, Settable)> {
        self.contract.fields(self.mutation.entity).iter().filter_map(|def| {
            let own = OWN.contains(&def.name.as_str())
                || [COMPUTED, "readOnly"].iter().any(|directive| def.has_directive(directive));
            let settable = if own { None } else { self.settable_form(def) };
            settable.map(|settable| (def, settable))
        })
    }

    fn settable_form(&self, def: &FieldDef) -> Option<Settable> {
        let (name, ty) = match (self.contract.shape(def), &def.ty.base) {
            (Shape::Scalar(name) | Shape::Enum(name), _) => (def.name.clone(), name.to_string()),
            (Shape::ToOne(_), _) => (format!("{}Id", def.name), "ID".to_string()),
            (_, BaseType::List(item))
                if def.arguments.is_empty() && self.is_leaf(base_name(&def.ty)) =>
            {
                (def.name.clone(), format!("[{item}]"))
            }
            _ => return None,
        };
        Some(Settable { name, ty })
    }

    fn is_leaf(&self, name: &str) -> bool {
        BUILT_IN_SCALARS.contains(&name)
            || matches!(
                self.contract.get(name).map(|ty| &ty.kind),
                Some(TypeKind::Scalar { .. } | TypeKind::Enum { .. })
            )
    }
}

/// How a field of an entity stands in an input.
struct Settable {
    name: String,
    /// Its type, nullable.
    ty: String,
}

fn creating(def: &FieldDef, settable: &Settable) -> InputDef {
    let defaulted = def.has_directive("defaulted");
    let required = if def.ty.nullable || defaulted { "" } else { "!" };
    let note = if defaulted { " The server has a value for it if you give none." } else { "" };
    InputDef {
        deprecation: def.deprecation.clone(),
        ..input(
            &settable.name,
            &format!("{}{required}", settable.ty),
            &format!("{}{note}", &documentation(def)),
        )
    }
}

fn documentation(def: &FieldDef) -> String {
    def.description.clone().unwrap_or_else(|| format!("`{}`.", def.name))
}

/// The operations that `@writable` names, each once, in their own order.
fn operations(ty: &TypeDef) -> Vec<Operation> {
    let named = ty.directive(WRITABLE).into_iter().flat_map(|writable| &writable.arguments);
    let named: Vec<Operation> = named
        .flat_map(|(_, value)| match value {
            Value::List(items) => items.as_slice(),
            single => std::slice::from_ref(single),
        })
        .filter_map(Operation::of)
        .collect();
    [Operation::Create, Operation::CreateMany, Operation::Update, Operation::Delete]
        .into_iter()
        .filter(|operation| named.contains(operation))
        .collect()
}

/// `Amenity` → `Amenities`, `Address` → `Addresses`, `Feature` → `Features`.
fn plural(name: &str) -> String {
    let vowel_before_y = ["ay", "ey", "oy", "uy"].iter().any(|ending| name.ends_with(ending));
    match name.strip_suffix('y') {
        Some(stem) if !vowel_before_y => format!("{stem}ies"),
        _ if ["s", "x", "z", "ch", "sh"].iter().any(|ending| name.ends_with(ending)) => {
            format!("{name}es")
        }
        _ => format!("{name}s"),
    }
}

fn lower_first(name: &str) -> String {
    let mut characters = name.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

fn upper_first(name: &str) -> String {
    let mut characters = name.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
