//! What a run has read, before it is written: rows, and for each parent where its part lies.

use std::collections::HashMap;
use std::sync::Arc;

use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Type};
use uuid::Uuid;

use crate::resolver::Output;

/// A driver's binary value as it came, of whatever type.
pub(crate) struct Raw<'a>(pub(crate) &'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The bytes of one column; none for NULL.
pub(crate) fn raw(row: &Row, index: usize) -> Option<&[u8]> {
    row.try_get::<_, Option<Raw<'_>>>(index).ok().flatten().map(|raw| raw.0)
}

/// A uuid column.
pub(crate) fn uuid_at(row: &Row, index: usize) -> Option<Uuid> {
    raw(row, index).and_then(|bytes| Uuid::from_slice(bytes).ok())
}

/// What hangs from a list of rows, in the order of the view's children.
pub(crate) type Children = Vec<Child>;

/// No row.
pub(crate) const NONE: u32 = u32::MAX;

pub(crate) enum Child {
    ToOne { rows: Vec<Row>, children: Children, of_parent: Vec<u32> },
    List(Page),
    Connection(Connection),
    Outputs { outputs: Vec<Output>, references: Vec<References> },
}

/// Rows of a list, with each parent's part.
#[derive(Default)]
pub(crate) struct Page {
    pub(crate) rows: Vec<Row>,
    /// What hangs from the rows, for each view of them.
    pub(crate) views: Vec<Children>,
    pub(crate) parts: Vec<Part>,
}

/// One parent's rows, and whether there are more on the side that the page read towards.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Part {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) more: bool,
}

#[derive(Default)]
pub(crate) struct Connection {
    pub(crate) page: Option<Page>,
    /// One row of figures for each parent.
    pub(crate) figures: Vec<Row>,
    /// For each of the connection's groupings.
    pub(crate) groups: Vec<Page>,
    /// For each parent: whether there are rows at or before `after`, at or after `before`.
    pub(crate) outside: Vec<(bool, bool)>,
}

/// Rows by id.
#[derive(Default)]
pub(crate) struct References {
    pub(crate) rows: Vec<Row>,
    pub(crate) children: Children,
    pub(crate) by_id: HashMap<Uuid, u32>,
}

/// A row that a root field asked for by id, among those read with it.
pub(crate) type Found = Option<(Arc<References>, u32)>;
