//! A plan: statements with their text ready, and for every selected field the bytes of its key.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use tokio_postgres::types::Type;

use super::cost::Cost;
use super::input::{Input, Leaf};
use crate::mutation::SharedMutation;
use crate::resolver::{Output, SharedResolver};
use crate::scalar::Kind;

/// One operation, ready to run for any values of its variables that have the same shape.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) roots: Vec<RootPlan>,
    /// What root fields read by id; equal selections share one plan and so one statement.
    pub(crate) references: Vec<ReferencePlan>,
    /// The operation asks for the schema besides.
    pub(crate) introspection: bool,
    /// What it may cost to run.
    pub(crate) cost: Cost,
    /// About how many bytes the plan holds.
    pub(crate) weight: u64,
    /// How many bytes its last answer had, for the next one's buffer.
    pub(crate) answer_bytes: AtomicUsize,
}

/// A permission that a field needs, and where its rows say whether the viewer has it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Guard {
    pub(crate) permission: Box<str>,
    /// The column that holds true or false; none where he has it on no row.
    pub(crate) column: Option<usize>,
}

#[derive(Debug)]
pub(crate) struct RootPlan {
    pub(crate) key: Key,
    pub(crate) nullable: bool,
    pub(crate) source: RootSource,
}

#[derive(Debug)]
pub(crate) enum RootSource {
    /// `__typename`, with the answer's bytes.
    Typename(Box<[u8]>),
    /// `__schema` and `__type`: answered by async-graphql.
    Introspection,
    /// A row by its id: which types it may have, and the reference plan of each.
    Point {
        id: Leaf,
        by_type: Vec<(usize, usize)>,
    },
    /// Rows by their ids.
    Points {
        ids: Leaf,
        by_type: Vec<(usize, usize)>,
    },
    Connection(Box<ConnectionPlan>),
    List(RowsPlan),
    Resolver(ResolverPlan),
    Mutation(MutationPlan),
    /// Refused to viewers without this permission.
    Forbidden(Box<str>),
}

/// A response key: its name for paths, and `"name":` for the answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Key {
    pub(crate) name: Box<str>,
    pub(crate) bytes: Box<[u8]>,
}

impl Key {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.into(), bytes: format!("\"{name}\":").into_bytes().into() }
    }
}

/// One statement, prepared once a connection.
#[derive(Debug, PartialEq)]
pub(crate) struct Statement {
    /// Of the text, to find it quickly among those that a connection has prepared.
    pub(crate) hash: u64,
    pub(crate) sql: Arc<str>,
    pub(crate) types: Vec<Type>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) cursors: Vec<CursorPlan>,
    /// How many relations and places it looks for beside each row that it tries.
    pub(crate) searches: u32,
}

impl Statement {
    /// A statement of ours whose parameters its caller brings.
    pub(crate) fn fixed(sql: &str, types: &[Type]) -> Self {
        let mut hasher = DefaultHasher::new();
        sql.hash(&mut hasher);
        Self {
            hash: hasher.finish(),
            sql: sql.into(),
            types: types.to_vec(),
            parameters: Vec::new(),
            cursors: Vec::new(),
            searches: 0,
        }
    }

    /// Whether a polygon of the request's own is among its parameters.
    pub(crate) fn has_polygon(&self) -> bool {
        self.parameters.iter().any(|parameter| matches!(parameter, Parameter::Polygon(_)))
    }
}

/// Where a statement's parameter comes from when the plan runs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Parameter {
    /// The keys of the rows above.
    Keys,
    /// A value of the operation, and the place that an error names.
    Value(Leaf, Kind, String),
    /// Several values of the operation, as an array, and the place that an error names.
    Values(Leaf, Kind, String),
    /// Text to be found at the place that the pattern says, `%` and `_` taken literally.
    Pattern(Leaf, Pattern),
    /// A number that must lie within these bounds, and what to call it if it does not.
    Bounded(Leaf, f64, f64, &'static str),
    /// A GeoJSON polygon, as text.
    Polygon(Leaf),
    /// A page size, and how many rows more are asked for to see whether there are any.
    Limit(PageSize, i64),
    /// A position of a cursor: which cursor of the statement, which term of the order.
    Cursor(usize, usize),
    /// A value of the viewer.
    Viewer(Box<str>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pattern {
    Contains,
    StartsWith,
    EndsWith,
}

/// How many rows a page has at most.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PageSize {
    /// The argument's value; none where the operation leaves it to the server.
    pub(crate) leaf: Option<Leaf>,
    pub(crate) default: i64,
    pub(crate) maximum: i64,
    /// `first` or `last`, for the error.
    pub(crate) argument: &'static str,
}

/// A cursor argument and what it must hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CursorPlan {
    pub(crate) leaf: Leaf,
    pub(crate) argument: &'static str,
    pub(crate) fingerprint: u32,
    pub(crate) kinds: Vec<Kind>,
}

/// What is written of one row: its own columns, and what hangs from it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct View {
    pub(crate) fields: Vec<FieldPlan>,
    pub(crate) children: Vec<std::sync::Arc<ChildPlan>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FieldPlan {
    /// What decides, beyond the row's own policy, whether the viewer is given the value.
    pub(crate) guard: Option<Guard>,
    pub(crate) key: Key,
    pub(crate) nullable: bool,
    pub(crate) value: FieldValue,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FieldValue {
    /// Bytes that are the same for every row: `__typename`.
    Fixed(Box<[u8]>),
    Column {
        index: usize,
        kind: Kind,
    },
    /// An object over the same row: an aggregate's figures.
    Object(Vec<FieldPlan>),
    Child(usize),
}

/// What hangs from a list of rows; each is one statement (a connection: one for each of its parts).
#[derive(Debug, PartialEq)]
pub(crate) enum ChildPlan {
    ToOne { key_column: usize, statement: Statement, view: View },
    List { key_column: usize, rows: RowsPlan },
    Connection { key_column: usize, plan: Box<ConnectionPlan> },
    Resolver { needs: Vec<(usize, Kind)>, plan: ResolverPlan },
}

/// Rows of a list: one page, of the whole or of each parent.
#[derive(Debug, PartialEq)]
pub(crate) struct RowsPlan {
    pub(crate) statement: Statement,
    pub(crate) page: PageSize,
    /// One row more than the page was asked for.
    pub(crate) peeks: bool,
    /// The statement ran against the order (`last`): turn the rows round.
    pub(crate) reversed: bool,
    /// Columns that make up the cursor.
    pub(crate) cursor: Vec<usize>,
    pub(crate) fingerprint: u32,
    /// Each selection of nodes, over the same rows.
    pub(crate) views: Vec<View>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct ConnectionPlan {
    pub(crate) fields: Vec<(Key, ConnectionField)>,
    pub(crate) rows: Option<RowsPlan>,
    /// Count and aggregates.
    pub(crate) figures: Option<Statement>,
    pub(crate) groups: Vec<GroupsPlan>,
    /// Whether there are rows at or before `after`, and at or after `before`.
    pub(crate) outside: Option<Statement>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct GroupsPlan {
    pub(crate) statement: Statement,
    pub(crate) page: PageSize,
}

#[derive(Debug, PartialEq)]
pub(crate) enum ConnectionField {
    Fixed(Box<[u8]>),
    Edges(Vec<(Key, EdgeField)>),
    /// Which view of the rows.
    Nodes(usize),
    PageInfo(Vec<(Key, PageField)>),
    /// Fields over the row of figures: `totalCount` or an aggregate.
    Figures(FieldValue),
    /// Which groups, and the fields of each.
    Groups(usize, Vec<FieldPlan>),
}

#[derive(Debug, PartialEq)]
pub(crate) enum EdgeField {
    Fixed(Box<[u8]>),
    Cursor,
    Node(usize),
    /// The column that holds the distance; none where the page has no `near`.
    Distance(Option<usize>),
}

#[derive(Debug, PartialEq)]
pub(crate) enum PageField {
    Fixed(Box<[u8]>),
    HasNextPage,
    HasPreviousPage,
    StartCursor,
    EndCursor,
}

/// Rows of one type by their ids.
#[derive(Debug, PartialEq)]
pub(crate) struct ReferencePlan {
    pub(crate) entity: usize,
    pub(crate) statement: Statement,
    pub(crate) view: View,
}

/// A registered resolver with its arguments, and how its outputs are written.
#[derive(Debug, PartialEq)]
pub(crate) struct ResolverPlan {
    pub(crate) call: ResolverCall,
    pub(crate) outputs: OutputsPlan,
}

/// A call of a registered resolver.
#[derive(Clone)]
pub(crate) struct ResolverCall {
    pub(crate) resolver: SharedResolver,
    pub(crate) field: String,
    pub(crate) arguments: Vec<(String, Input)>,
}

/// How outputs are written, and the rows that they name are read.
#[derive(Debug, PartialEq)]
pub(crate) struct OutputsPlan {
    pub(crate) output: OutputPlan,
    pub(crate) references: Vec<ReferencePlan>,
    /// Whether fields of its objects have resolvers of their own.
    pub(crate) calls: bool,
}

/// A mutation with its input, and how its payload is written.
pub(crate) struct MutationPlan {
    /// The field of the mutation root.
    pub(crate) name: Box<str>,
    pub(crate) mutation: SharedMutation,
    pub(crate) payload: &'static str,
    pub(crate) input: Input,
    pub(crate) outputs: OutputsPlan,
}

impl std::fmt::Debug for MutationPlan {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("MutationPlan")
            .field("payload", &self.payload)
            .field("input", &self.input)
            .field("outputs", &self.outputs)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ResolverCall {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ResolverCall")
            .field("field", &self.field)
            .field("arguments", &self.arguments)
            .finish_non_exhaustive()
    }
}

impl PartialEq for ResolverCall {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.resolver, &other.resolver) && self.arguments == other.arguments
    }
}

/// How a resolver's output is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum OutputPlan {
    Leaf,
    List {
        item: Box<OutputPlan>,
        nullable: bool,
    },
    /// An object: of a type with a table by reference, of any other field by field.
    Composite {
        references: Vec<(String, usize)>,
        objects: Vec<(String, Vec<OutputField>)>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OutputField {
    pub(crate) key: Key,
    pub(crate) name: String,
    pub(crate) nullable: bool,
    /// `__typename`, or how the value is written.
    pub(crate) plan: Result<OutputPlan, Box<[u8]>>,
    /// The resolver of its own that gives the value, and its place among those of the object.
    pub(crate) call: Option<(usize, ResolverCall)>,
}

/// The name under which an object holds what its fields' own resolvers gave, in the plan's order.
pub(crate) const CALLED: &str = "\u{1}";

impl OutputField {
    /// Where its value stands among those of an object.
    pub(crate) fn place_in(&self, fields: &[(&'static str, Output)]) -> Option<usize> {
        let mut places = fields.iter().enumerate();
        match &self.call {
            Some((index, _)) => places.filter(|(_, (name, _))| *name == CALLED).nth(*index),
            None => places.find(|(_, (name, _))| *name == self.name),
        }
        .map(|(place, _)| place)
    }
}

/// The quoted name of a type, as `__typename` answers it.
pub(crate) fn typename(name: &str) -> Box<[u8]> {
    format!("\"{name}\"").into_bytes().into()
}
