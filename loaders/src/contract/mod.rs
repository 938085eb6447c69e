//! The contract: a GraphQL schema as people wrote it, held in memory.
//!
//! [`Contract::parse`] reads SDL; [`derive`] adds the types that follow from others (connections,
//! filters, orders, aggregates) and the
//! mutations of plain records; [`schema`] hands the whole to async-graphql, which parses,
//! validates and introspects documents against it; [`coerce`] turns what a client sent into what
//! the contract says it is; [`drift`] compares what is served with what was written. Nothing here
//! knows a database.

mod build;
mod check;
pub mod coerce;
pub mod derive;
pub mod drift;
mod entity;
mod geojson;
mod leaf;
mod merging;
pub mod model;
mod parse;
pub mod print;
pub mod record;
pub mod schema;
mod shape;
pub mod size;
pub mod tokens;
mod values;

pub use model::{
    AppliedDirective, Contract, DirectiveDef, DirectivePlace, EnumValue, FieldDef, InputDef,
    TypeDef, TypeKind, base_name,
};
pub use shape::{COMPUTED, NODE, Shape};
