//! Single values on their way between PostgreSQL's binary format and JSON.
//!
//! Everything here is pure and runs once per field of every row, so nothing is built in between:
//! - [`Kind`]: what a column's value is on both sides.
//! - [`write()`]: binary value → JSON bytes; [`text_of`] and [`to_value`] for callers in Rust.
//! - [`encode`] and [`Param`]: request value → binary parameter.
//! - [`type_id`]: typed ids; [`cursor`]: positions in an ordered list.

mod calendar;
pub mod cursor;
mod json;
mod kind;
mod numeric;
mod param;
pub mod type_id;
mod write;

pub use json::{write_key, write_string};
pub use kind::{Kind, Prefix};
pub use param::{BadValue, Param, encode, encode_array};
pub use write::{Malformed, text_of, to_value, write};
