//! What a field of an entity is to a reader of the contract: a value, one entity, many entities,
//! or something that only the server's own code can tell.
//!
//! Filters, orders and aggregates are derived from this, and binding looks for a column or a
//! relation by it.

use async_graphql::parser::types::BaseType;

use super::model::{BUILT_IN_SCALARS, Contract, FieldDef, TypeKind, base_name};

/// The interface that makes an object type an entity.
pub const NODE: &str = "Node";

/// The directive of fields that the server computes.
pub const COMPUTED: &str = "computed";

/// The arguments that a list of entities may take.
const LIST_ARGUMENTS: [&str; 8] =
    ["first", "after", "last", "before", "filter", "near", "within", "orderBy"];

/// What a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape<'a> {
    /// One value of this scalar.
    Scalar(&'a str),
    /// One value of this enum.
    Enum(&'a str),
    /// At most one entity of this type.
    ToOne(&'a str),
    /// Entities of this type, as a connection.
    Connection(&'a str),
    /// Entities of this type, as a plain list with a stated bound.
    List(&'a str),
    /// None of these: lists of values, objects without a table, interfaces, and all that is computed.
    Other,
}

impl Contract {
    /// Whether a type is an entity: an object type that is a `Node`.
    pub fn is_entity(&self, type_name: &str) -> bool {
        matches!(self.get(type_name).map(|ty| &ty.kind), Some(TypeKind::Object { implements, .. }) if implements.iter().any(|name| name == NODE))
    }

    /// What a field is.
    pub fn shape<'a>(&self, field: &'a FieldDef) -> Shape<'a> {
        let base = base_name(&field.ty);
        if field.has_directive(COMPUTED) {
            return Shape::Other;
        }
        match (&field.ty.base, field.arguments.is_empty()) {
            (BaseType::Named(_), true) => match self.get(base).map(|ty| &ty.kind) {
                Some(TypeKind::Enum { .. }) => Shape::Enum(base),
                Some(TypeKind::Scalar { .. }) => Shape::Scalar(base),
                None if BUILT_IN_SCALARS.contains(&base) => Shape::Scalar(base),
                _ if self.is_entity(base) => Shape::ToOne(base),
                // A standard scalar may not be there yet while types are still being derived.
                None if super::leaf::is_standard(base) => Shape::Scalar(base),
                _ => Shape::Other,
            },
            (BaseType::Named(_), false) => match base.strip_suffix("Connection") {
                Some(target) if self.is_entity(target) && is_list_form(field) => {
                    Shape::Connection(target)
                }
                _ => Shape::Other,
            },
            (BaseType::List(_), false) if self.is_entity(base) && is_list_form(field) => {
                Shape::List(base)
            }
            (BaseType::List(_), _) => Shape::Other,
        }
    }

    /// Whether rows of this entity have a place on the map: a field `location: GeoJSON`.
    pub fn has_location(&self, type_name: &str) -> bool {
        self.field(type_name, "location")
            .is_some_and(|field| self.shape(field) == Shape::Scalar("GeoJSON"))
    }
}

/// A list of entities states its size and its order, and takes nothing that is not among the
/// known arguments: anything else is for a resolver to answer.
fn is_list_form(field: &FieldDef) -> bool {
    let has = |name: &str| field.arguments.iter().any(|argument| argument.name == name);
    has("first")
        && has("orderBy")
        && field.arguments.iter().all(|argument| LIST_ARGUMENTS.contains(&argument.name.as_str()))
}
