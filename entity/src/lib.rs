//! Tables as SeaORM entities: columns and relations, nothing else.
//!
//! A variant of an entity's `Relation` is named like the field of the GraphQL type that it backs.
//! Closed lists of values are domains over text in the database and `String` here. Places are
//! `geography`; SeaORM reads and writes them as text (EWKB in hexadecimal out, WKT or EWKB in).

#![expect(missing_docs, reason = "what a column means is documented once, in schema.graphql")]

pub mod property;
pub mod users;
