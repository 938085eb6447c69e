//! The bound contract: what planning reads.

use std::collections::HashMap;

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
