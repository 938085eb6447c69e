//! The database by itself: its steps, and what it promises whoever writes to it.
//!
//! Needs `DATABASE_URL`, a PostgreSQL server where databases may be created.

mod promises;
mod steps;
mod support;
