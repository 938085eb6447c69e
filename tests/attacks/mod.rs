//! What somebody sends who means no good, or whom a machine made up: each is answered, in bounded
//! memory, by an error that says which limit it met.

mod connections;
mod fuzzing;
mod http2;
mod memory;
mod requests;
mod schemathesis;
mod world;
