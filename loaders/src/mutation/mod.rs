//! Writing: what a mutation is, and what it may rely on.
//!
//! A mutation is one field of the mutation root and one transaction. It takes `input`, checks the
//! viewer and its rule on locked rows, writes, and names what changed; the engine reads that back
//! through the same policies and selections as any query, in the same transaction, and commits.
//! Whatever it refuses leaves nothing behind.
//!
//! To write one: implement [`Mutation`], register it under the field's name, and give the contract
//! `verbNoun(input: VerbNounInput!): VerbNounPayload`. What every payload has besides (`errors`,
//! `position`) is filled in here, and so are idempotency, the actor and the retry after a deadlock.

mod before;
mod cells;
mod constraint;
mod context;
mod convention;
mod execute;
mod idempotency;
mod input;
mod position;
mod record;
mod user_error;

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use crate::resolver::Output;

pub use before::{Before, Prepared};
pub(crate) use constraint::Constraints;
pub use context::WriteContext;
pub(crate) use execute::{Mutate, at_field};
pub(crate) use idempotency::SWEEP;
pub use idempotency::{KEY_LENGTH_MAXIMUM, KeyError, check_key};
pub use input::Input;
pub use position::{Position, PositionError};
pub(crate) use record::RecordWrite;
pub use user_error::{UserError, UserErrorCode, WriteError};

/// One field of the mutation root.
#[async_trait]
pub trait Mutation: Send + Sync + 'static {
    /// What takes long and needs no transaction: hashing a password, asking another server. No
    /// connection is held meanwhile. What it gives is there for [`Self::run`].
    ///
    /// # Errors
    /// [`WriteError`]; nothing is run then.
    async fn before(&self, _before: &Before<'_>, _input: &Input) -> Result<Prepared, WriteError> {
        Ok(Prepared::none())
    }

    /// Checks and writes, and says what changed. May run again from the start, in a new
    /// transaction, when another write came between.
    ///
    /// # Errors
    /// [`WriteError`]; nothing is written then.
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError>;

    /// Whether its answer may be kept under an `Idempotency-Key`. Not where it holds a secret; a key
    /// has no effect then.
    fn is_remembered(&self) -> bool {
        true
    }
}

/// A registered mutation, shared by all requests.
pub type SharedMutation = Arc<dyn Mutation>;

/// What a mutation changed: the fields of its payload but for `errors` and `position`. A field that
/// is not named is null.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Payload {
    pub(crate) fields: Vec<(&'static str, Output)>,
    pub(crate) errors: Vec<UserError>,
}

impl Payload {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A row, to be read through its policy.
    pub fn entity(self, field: &'static str, type_name: &'static str, id: Uuid) -> Self {
        self.with(field, Output::Entity { type_name, id })
    }

    /// Several rows of one type.
    pub fn entities(
        self,
        field: &'static str,
        type_name: &'static str,
        ids: impl IntoIterator<Item = Uuid>,
    ) -> Self {
        let rows = ids.into_iter().map(|id| Output::Entity { type_name, id }).collect();
        self.with(field, Output::List(rows))
    }

    /// Any other field.
    pub fn with(mut self, field: &'static str, output: Output) -> Self {
        self.fields.push((field, output));
        self
    }

    /// A mistake that is told in `errors` while what was written stays: a failed attempt to sign in
    /// is counted. Any other mistake is an error of [`Mutation::run`], and leaves nothing behind.
    pub fn refuse(mut self, mistake: UserError) -> Self {
        self.errors.push(mistake);
        self
    }
}
