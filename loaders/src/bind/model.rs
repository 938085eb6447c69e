//! The bound contract: what planning reads.

use std::collections::HashMap;

use crate::mutation::{Constraints, SharedMutation, UserError};
use crate::policy::Policy;
use crate::resolver::SharedResolver;
use crate::scalar::Kind;

/// Every entity and root field, bound.
pub(crate) struct Model {
    pub(crate) entities: Vec<Entity>,
    pub(crate) by_type: HashMap<String, usize>,
    pub(crate) by_prefix: HashMap<&'static str, usize>,
    /// The query root's fields.
    pub(crate) query: HashMap<String, RootField>,
    /// Fields that are not columns, of object types without a table: by type and field.
    pub(crate) resolvers: HashMap<(String, String), SharedResolver>,
    /// The mutation root's fields.
    pub(crate) mutations: HashMap<String, RootMutation>,
    /// What it means for an input that the database refuses a row.
    pub(crate) constraints: Constraints,
}

/// A field of the mutation root.
pub(crate) struct RootMutation {
    pub(crate) mutation: SharedMutation,
    /// The payload's type.
    pub(crate) payload: &'static str,
}

/// One entity: a table seen as an object type.
pub(crate) struct Entity {
    pub(crate) type_name: String,
    /// What its ids begin with.
    pub(crate) prefix: &'static str,
    /// The table's quoted name.
    pub(crate) table: String,
    pub(crate) policy: Policy,
    pub(crate) fields: HashMap<String, EntityField>,
    /// The quoted column of type geography that `near` and `within` speak of.
    pub(crate) location: Option<String>,
    /// The quoted column of type geography that holds its area, if it has one.
    pub(crate) boundary: Option<String>,
    /// What an input can set, by the input field's name: columns as they are called, to-one
    /// relations with `Id` behind their names.
    pub(crate) settable: HashMap<String, Settable>,
    /// A deleted row stays, with `deleted_at`.
    pub(crate) soft_deletion: bool,
}

/// A column as an input sets it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settable {
    pub(crate) column: Column,
    /// The entity that it refers to, an index of [`Model::entities`].
    pub(crate) target: Option<usize>,
    pub(crate) has_default: bool,
    pub(crate) limits: Limits,
}

/// What a column's type allows beyond its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Limits {
    None,
    /// Digits of a `numeric` before and after the point.
    Digits {
        whole: usize,
        places: usize,
    },
    /// The GeoJSON type of a geography.
    Shape(String),
}

/// How a field of an entity is had.
pub(crate) enum EntityField {
    Column(Column),
    ToOne(Relation),
    ToMany(Relation, ListForm),
    Resolver(SharedResolver),
}

/// A column as a scalar field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    /// The quoted name.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) nullable: bool,
    /// A geography, which is read as GeoJSON text.
    pub(crate) geography: bool,
}

/// How rows of one entity lead to rows of another.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Relation {
    /// Index of the target in [`Model::entities`].
    pub(crate) target: usize,
    /// The quoted column on this side.
    pub(crate) from_column: String,
    pub(crate) from_nullable: bool,
    /// The quoted column on the target.
    pub(crate) to_column: String,
}

/// Which of the two list forms a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListForm {
    Connection,
    /// A plain list.
    Plain,
}

/// How a field of the query root is had.
pub(crate) enum RootField {
    /// `node(id:)`.
    Node,
    /// `nodes(ids:)`.
    Nodes,
    /// `thing(id:)`.
    Point(usize),
    /// `things(…)`.
    List(usize, ListForm),
    Resolver(SharedResolver),
}

impl Model {
    /// What a person did wrong, where the database refused a statement for that.
    pub(crate) fn mistake(&self, error: &tokio_postgres::Error) -> Option<UserError> {
        self.constraints.mistake(error)
    }

    pub(crate) fn entity(&self, type_name: &str) -> Option<(usize, &Entity)> {
        self.by_type.get(type_name).map(|&index| (index, &self.entities[index]))
    }
}

impl Entity {
    /// The column behind a scalar field.
    pub(crate) fn column(&self, field: &str) -> Option<&Column> {
        match self.fields.get(field) {
            Some(EntityField::Column(column)) => Some(column),
            _ => None,
        }
    }
}
