//! People and services that act.

#![expect(clippy::module_inception, reason = "the domain and its first table share a name")]

pub mod users;
