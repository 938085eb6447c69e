//! Agent Free: a GraphQL server for real-estate deals without an agent.
//!
//! - [`command`]: the command line. [`config`]: what an operator can set. [`database`]: whether
//!   the database fits this program.
//! - [`server`]: HTTP, GraphiQL, start and stop.
//! - [`property`], [`users`]: the domains, each with its policies and what is not a column.
//! - [`jobs`]: work in the background. [`mail`]: what is sent, to whom, and how it leaves.
//! - [`import`]: records from files.

pub mod access;
pub mod command;
pub mod config;
pub mod database;
pub mod import;
pub mod jobs;
pub mod mail;
pub mod property;
pub mod server;
pub mod users;
