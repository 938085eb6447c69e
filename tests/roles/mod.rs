//! Roles and permissions: what follows from them, what nobody can do with them, and how the viewer
//! is told.

mod database;
mod effective;
mod elevation;
mod escalation;
mod guards;
mod viewer;
mod world;
