//! Who sees and does what: every root field as every role, in one table for people to judge, and
//! random questions whose answers must not tell of a hidden row.

mod costs;
mod hidden;
mod inputs;
mod leaks;
mod matrix;
mod reads;
mod rows;
mod scenes;
mod sessions;
mod steps;
mod strangers;
mod world;
