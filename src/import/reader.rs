//! The file's rows, checked one by one, as the text that PostgreSQL's COPY takes.
//!
//! Reading and decompressing block, so they have a thread of their own; a channel
//! of bounded length stands between it and the database, and nothing else is kept.

use bytes::{Bytes, BytesMut};
use csv::ByteRecord;
use tokio::sync::mpsc::Sender;

use super::{ImportError, cell, file::Records, mapping::Column, report::Rejection};

/// COPY is fed in pieces of about this size.
const PIECE: usize = 64 * 1024;
/// A report shows no more of a bad value than this.
const SHOWN: usize = 60;

/// What is expected of one field of each record.
#[derive(Clone)]
pub(crate) struct Expected {
    pub(crate) name: String,
    pub(crate) column: Column,
    /// Each list holds the texts that one translation in the mapping knows.
    pub(crate) translations: Vec<Vec<String>>,
    /// The field's place in a record.
    pub(crate) place: usize,
}

/// What the reading thread sends.
pub(crate) enum Read {
    /// Whole rows in COPY's text format.
    Rows(Bytes),
    /// One row that was refused, with every reason.
    Rejected(Vec<Rejection>),
}

/// Reads the file to its end and returns how many rows it has; stops early,
/// without an error, when nobody listens any more.
pub(crate) fn read(
    mut records: Records,
    expected: &[Expected],
    width: usize,
    to: &Sender<Read>,
) -> Result<u64, ImportError> {
    let mut record = ByteRecord::new();
    let mut piece = BytesMut::with_capacity(PIECE + 4096);
    let mut rows = 0;
    while records.read_byte_record(&mut record).map_err(ImportError::Record)? {
        records.get_mut().next_record();
        rows += 1;
        let line = record.position().map_or(0, csv::Position::line);
        let start = piece.len();
        let rejections = write_row(&record, line, expected, width, &mut piece);
        if !rejections.is_empty() {
            piece.truncate(start);
            if to.blocking_send(Read::Rejected(rejections)).is_err() {
                return Ok(rows);
            }
        }
        if piece.len() >= PIECE && to.blocking_send(Read::Rows(piece.split().freeze())).is_err() {
            return Ok(rows);
        }
    }
    if !piece.is_empty() {
        // Whoever listened has its own reason to have stopped, and reports it.
        let _ = to.blocking_send(Read::Rows(piece.freeze()));
    }
    Ok(rows)
}

fn write_row(
    record: &ByteRecord,
    line: u64,
    expected: &[Expected],
    width: usize,
    piece: &mut BytesMut,
) -> Vec<Rejection> {
    if record.len() != width {
        return vec![Rejection {
            line,
            column: None,
            value: None,
            reason: format!("has {} fields where the header has {width}", record.len()),
        }];
    }
    let mut rejections = Vec::new();
    piece.extend_from_slice(line.to_string().as_bytes());
    for expected in expected {
        let bytes = record.get(expected.place).unwrap_or_default();
        piece.extend_from_slice(b"\t");
        match cell::read(&expected.column, bytes).and_then(|text| known(expected, text)) {
            Ok(Some(text)) => escape(&text, piece),
            Ok(None) => piece.extend_from_slice(b"\\N"),
            Err(reason) => rejections.push(Rejection {
                line,
                column: Some(expected.name.clone()),
                value: shown(bytes),
                reason,
            }),
        }
    }
    piece.extend_from_slice(b"\n");
    rejections
}

/// Passes a text on if every translation of its column knows it.
fn known<T: AsRef<str>>(expected: &Expected, text: Option<T>) -> Result<Option<T>, String> {
    if let Some(text) = &text {
        for translation in &expected.translations {
            if !translation.iter().any(|known| known == text.as_ref()) {
                return Err(format!(
                    "is none of the values that the mapping translates ({})",
                    translation.join(", ")
                ));
            }
        }
    }
    Ok(text)
}

fn shown(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let mut shown: String = text.escape_debug().take(SHOWN).collect();
    if shown.chars().count() == SHOWN {
        shown.push('…');
    }
    Some(shown)
}

/// COPY's text format: the separators and the backslash itself are escaped.
fn escape(text: &str, piece: &mut BytesMut) {
    for byte in text.bytes() {
        match byte {
            b'\\' => piece.extend_from_slice(b"\\\\"),
            b'\t' => piece.extend_from_slice(b"\\t"),
            b'\n' => piece.extend_from_slice(b"\\n"),
            b'\r' => piece.extend_from_slice(b"\\r"),
            _ => piece.extend_from_slice(&[byte]),
        }
    }
}
