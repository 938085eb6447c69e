//! Answers that are remembered, so that a repeated request gives back the first answer and writes
//! nothing.
//!
//! The answer is kept in the transaction of its write, under the viewer, the `Idempotency-Key` and
//! the response key of the mutation: either both are there or neither is. Repetitions at the same
//! time wait for the first on an advisory lock.

use std::time::Duration;

use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio_postgres::types::{ToSql, Type};

use crate::answer::Request;
use crate::error::RequestError;
use crate::error_code::ErrorCode;
use crate::plan::types::{Key, Statement};
use crate::pool::Session;
use crate::viewer::Viewer;

/// Signs that a key may have.
pub const KEY_LENGTH_MAXIMUM: usize = 255;

/// A key that is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "an Idempotency-Key has 1 to {KEY_LENGTH_MAXIMUM} visible ASCII signs and no spaces; take a UUID"
)]
pub struct KeyError;

/// Whether a text can be an `Idempotency-Key`.
///
/// # Errors
/// When it is empty, too long, or has other than visible ASCII signs.
pub fn check_key(key: &str) -> Result<(), KeyError> {
    let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
    if visible && (1..=KEY_LENGTH_MAXIMUM).contains(&key.len()) { Ok(()) } else { Err(KeyError) }
}

/// Where the answer to one mutation of a request is kept.
pub(crate) struct Remembered<'a> {
    viewer: String,
    key: &'a str,
    field: &'a str,
    /// Of everything that makes the request what it is.
    request_hash: Vec<u8>,
}

/// An answer from earlier.
pub(crate) struct Stored {
    /// The field's value, its position left open.
    pub(crate) value: String,
    /// The errors beside it, as JSON.
    pub(crate) errors: String,
    /// What stands in the value in place of the position.
    pub(crate) mark: String,
}

const LOCK: &str = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";

const FIND: &str = "SELECT request_hash, answer, errors, position_mark FROM idempotency_keys \
    WHERE viewer = $1 AND key = $2 AND field = $3 AND expires_at > now()";

const KEEP: &str = "INSERT INTO idempotency_keys \
    (viewer, key, field, request_hash, answer, errors, position_mark, expires_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, now() + $8 * interval '1 second') \
    ON CONFLICT ON CONSTRAINT idempotency_keys_key_key DO UPDATE SET \
    request_hash = excluded.request_hash, answer = excluded.answer, errors = excluded.errors, \
    position_mark = excluded.position_mark, expires_at = excluded.expires_at";

/// Removes keys whose time is over, so many at once.
pub(crate) const SWEEP: &str = "DELETE FROM idempotency_keys WHERE id = ANY(ARRAY(\
    SELECT id FROM idempotency_keys WHERE expires_at <= now() ORDER BY expires_at LIMIT 1000 \
    FOR UPDATE SKIP LOCKED)) RETURNING 1";

impl<'a> Remembered<'a> {
    /// Where a mutation of this request is kept; none without a key.
    pub(crate) fn of(request: &Request<'a>, viewer: &Viewer, key: &'a Key) -> Option<Self> {
        let given = request.idempotency_key?;
        let mut hash = Sha256::new();
        let variables = serde_json::to_vec(request.variables).unwrap_or_default();
        for part in [
            request.query.as_bytes(),
            request.operation_name.unwrap_or_default().as_bytes(),
            &variables,
        ] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let viewer = match viewer.id() {
            Some(id) => format!("{} {id}", viewer.class),
            None => viewer.class.to_string(),
        };
        let request_hash = hash.finalize().to_vec();
        Some(Self { viewer, key: given, field: &key.name, request_hash })
    }

    /// The answer from earlier, if there is one. Whoever asks next under this key waits until
    /// this transaction has ended.
    pub(crate) async fn find(&self, session: &Session) -> Result<Option<Stored>, RequestError> {
        let lock = Statement::fixed(LOCK, &[Type::TEXT]);
        let find = Statement::fixed(FIND, &[Type::TEXT, Type::TEXT, Type::TEXT]);
        let lock = session.prepared(&lock).await.map_err(RequestError::away)?;
        let find = session.prepared(&find).await.map_err(RequestError::away)?;
        let name = format!("{}\n{}\n{}", self.viewer, self.key, self.field);
        let client = &session.client;
        // Sent together; the second begins, with a snapshot of its own, when the first has ended.
        let whom: [&(dyn ToSql + Sync); 1] = [&name];
        let which: [&(dyn ToSql + Sync); 3] = [&self.viewer, &self.key, &self.field];
        let (locked, found) =
            futures_util::join!(client.execute(&lock, &whom), client.query_opt(&find, &which),);
        locked.map_err(RequestError::away)?;
        let Some(row) = found.map_err(RequestError::away)? else { return Ok(None) };
        if row.get::<_, &[u8]>(0) != self.request_hash {
            return Err(RequestError::invalid(
                ErrorCode::IdempotencyKeyReused,
                "this Idempotency-Key came with another request before; take a new key for each write",
            ));
        }
        Ok(Some(Stored { value: row.get(1), errors: row.get(2), mark: row.get(3) }))
    }

    /// Keeps an answer for as long as `lifetime`.
    pub(crate) async fn keep(
        &self,
        session: &Session,
        answer: &Stored,
        lifetime: Duration,
    ) -> Result<(), tokio_postgres::Error> {
        let types = [
            Type::TEXT,
            Type::TEXT,
            Type::TEXT,
            Type::BYTEA,
            Type::TEXT,
            Type::TEXT,
            Type::TEXT,
            Type::FLOAT8,
        ];
        let keep = session.prepared(&Statement::fixed(KEEP, &types)).await?;
        let seconds = lifetime.as_secs_f64();
        let Stored { value, errors, mark } = answer;
        session
            .client
            .execute(
                &keep,
                &[
                    &self.viewer,
                    &self.key,
                    &self.field,
                    &self.request_hash,
                    value,
                    errors,
                    mark,
                    &seconds,
                ],
            )
            .await
            .map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_short_and_visible() {
        let longest = "k".repeat(KEY_LENGTH_MAXIMUM);
        let longer = "k".repeat(KEY_LENGTH_MAXIMUM + 1);
        for key in ["a", "0190f3c2-6d4a-7b1e-9c0d-1f2e3d4c5b6a", "~!", &longest] {
            assert_eq!(check_key(key), Ok(()), "{key}");
        }
        for key in ["", " ", "a b", "é", "a\u{7f}", "a\0", &longer] {
            assert_eq!(check_key(key), Err(KeyError), "{key}");
        }
    }
}
