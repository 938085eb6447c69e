//! The server's tests, in one program that is linked once: through HTTP or the command line,
//! against a real PostgreSQL. One module a domain or part.
#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]
#![allow(unreachable_pub, reason = "no other crate sees any of this")]

mod abuse;
mod access;
mod attacks;
mod clients;
mod command;
mod factors;
mod graphiql;
mod import;
mod mail;
mod people;
mod policy;
mod property;
mod roles;
mod server;
mod support;
mod users;
