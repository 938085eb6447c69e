//! The stores beside PostgreSQL: for each a port, an adapter over a server of its own, and an
//! embedded one that needs none. Both keep the same promises, which one suite of tests holds them
//! to.

pub mod rate_limits;
