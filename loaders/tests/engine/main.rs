//! The engine by its public face, over a library in a real database: every answer held against a
//! naive evaluator, every refusal, what it costs, and what it says when something is wrong.
//!
//! `DATABASE_URL` names a PostgreSQL server with PostGIS where databases may be created.

mod cache;
mod cases;
mod database;
mod domain;
mod entities;
mod errors;
mod given_up;
mod limits;
mod mutations;
mod oracle;
mod pages;
mod permissions;
mod random;
mod records;
mod refusals;
mod statements;
mod viewers;
