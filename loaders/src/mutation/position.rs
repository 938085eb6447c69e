//! Where in the database's history a write stands: what a later read must have seen.
//!
//! To clients it is an opaque text of 32 signs. Inside are the transaction's id, which consumers of
//! changes compare, and the place in the write-ahead log, which replicas do.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A write's place in history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Byte offset in the write-ahead log, at or after the write's commit.
    pub wal: u64,
    /// The transaction's id, with its epoch (`xid8`).
    pub transaction: u64,
}

/// How many signs a position has.
pub(crate) const LENGTH: usize = 32;

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}{:016x}", self.transaction, self.wal)
    }
}

/// A text that is no position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("is no position: send back what `position` gave, 32 signs from 0 to f")]
pub struct PositionError;

impl FromStr for Position {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, PositionError> {
        let is_hex = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
        if text.len() != LENGTH || !text.as_bytes().iter().all(is_hex) {
            return Err(PositionError);
        }
        let number = |part: &str| u64::from_str_radix(part, 16).map_err(|_| PositionError);
        Ok(Self { transaction: number(&text[..16])?, wal: number(&text[16..])? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_back_as_it_was_written() {
        for (transaction, wal) in [(0, 0), (1, 2), (u64::MAX, u64::MAX), (734, 0x16_B374_D848)] {
            let position = Position { wal, transaction };
            let text = position.to_string();
            assert_eq!(text.len(), LENGTH);
            assert_eq!(text.parse(), Ok(position));
        }
    }

    #[test]
    fn other_texts_are_no_positions() {
        let short = "0".repeat(31);
        let long = "0".repeat(33);
        let upper = "A".repeat(32);
        let signed = format!("+{}", "0".repeat(31));
        let wide = "é".repeat(16);
        for text in ["", "x", &short, &long, &upper, &signed, &wide] {
            assert_eq!(text.parse::<Position>(), Err(PositionError), "{text}");
        }
    }
}
