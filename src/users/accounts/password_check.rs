//! Whether somebody knows a password: looked at before a mutation's transaction, for hashing takes
//! long, and settled within it.
//!
//! Promises: an account that does not exist costs and answers what one does whose password was wrong;
//! each guess is counted before it is looked at; every one is recorded, the failed ones too; and a
//! hash made by earlier parameters is made anew while the password is at hand.

use loaders::{Before, UserError, UserErrorCode, WriteContext, WriteError};
use serde_json::json;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::access::lockout::Attempt;
use crate::access::password::Verified;
use crate::access::{RequestContext, SecurityEvent, opaque, security_event};

/// Whose password it is said to be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whose<'a> {
    /// That of the account with this e-mail address.
    Address(&'a str),
    /// That of this user.
    User(Uuid),
}

/// What was found out about a password.
#[derive(Debug)]
pub(in crate::users) struct PasswordCheck {
    email: String,
    found: Option<Found>,
    attempt: Attempt,
    verified: Verified,
    /// In the place of an outdated one.
    new_hash: Option<String>,
}

/// An account as it was when the password was looked at.
#[derive(Debug)]
struct Found {
    user: Uuid,
    email: String,
    hash: Option<String>,
}

const BY_ADDRESS: &str = "
    SELECT user_id, email, password_hash FROM user_authentication JOIN users ON users.id = user_id
    WHERE lower(email) = lower($1) AND email_verified_at IS NOT NULL AND status = 'ACTIVE' AND deleted_at IS NULL";

const BY_USER: &str = "
    SELECT user_id, email, password_hash FROM user_authentication JOIN users ON users.id = user_id
    WHERE user_id = $1 AND status = 'ACTIVE' AND deleted_at IS NULL";

/// The account is still what it was, and stays so until the transaction ends.
const STILL: &str = "
    SELECT FROM users JOIN user_authentication ON user_id = users.id
    WHERE users.id = $1 AND password_hash = $2 AND status = 'ACTIVE' AND deleted_at IS NULL
    FOR SHARE OF users";

const NOTE: &str = "
    INSERT INTO login_attempts (email_hash, user_id, address, outcome) VALUES ($1, $2, $3, $4::text)";

const REHASH: &str = "
    UPDATE user_authentication SET password_hash = $3 WHERE user_id = $1 AND password_hash = $2";

impl PasswordCheck {
    /// Looks at a password; nothing where the engine was called without a request.
    pub(super) async fn make(
        before: &Before<'_>,
        whose: Whose<'_>,
        password: &str,
    ) -> Result<Option<Self>, WriteError> {
        let Some(context) = before.context::<RequestContext>() else { return Ok(None) };
        let found = match whose {
            Whose::Address(email) => before.query(BY_ADDRESS, &[&email]).await?,
            Whose::User(user) => before.query(BY_USER, &[&user]).await?,
        };
        let found = found.first().map(Found::read).transpose()?;
        let email = match (whose, &found) {
            (Whose::Address(email), _) => email.to_owned(),
            (Whose::User(_), Some(found)) => found.email.clone(),
            (Whose::User(user), None) => user.to_string(),
        };
        let place = context.access.passwords().place()?;
        let lockout = context.access.lockout();
        let guessed = format!("password:{email}");
        let attempt = lockout.reserve(&guessed, context.address).await?;
        if attempt != Attempt::Allowed {
            let verified = Verified { matches: false, is_outdated: false };
            return Ok(Some(Self { email, found, attempt, verified, new_hash: None }));
        }
        let hash = found.as_ref().and_then(|found| found.hash.as_deref());
        let verified = place.verify(password, hash).await?;
        let mut new_hash = None;
        if verified.matches {
            lockout.succeeded(&guessed, context.address).await?;
            if verified.is_outdated {
                new_hash = Some(place.hash(password).await?);
            }
        }
        Ok(Some(Self { email, found, attempt, verified, new_hash }))
    }

    /// The same for the mutation's own password: that of whoever is signed in by a session.
    pub(in crate::users) async fn of_viewer(
        before: &Before<'_>,
        password: &str,
    ) -> Result<Option<Self>, WriteError> {
        let session = before.context::<RequestContext>().and_then(|context| context.session);
        match (before.viewer().id(), session) {
            (Some(user), Some(_)) => Self::make(before, Whose::User(user), password).await,
            _ => Ok(None),
        }
    }

    /// Whether it was the right one, then.
    pub(super) fn is_right(&self) -> bool {
        self.verified.matches
    }

    /// Whose it is, if it is right still; else what to answer, at this field. The attempt itself is
    /// recorded by [`Self::note`].
    pub(in crate::users) async fn settle(
        &self,
        write: &WriteContext<'_>,
        field: &str,
    ) -> Result<Result<Uuid, UserError>, WriteError> {
        if let Some(refusal) = self.attempt.refusal(&[field]) {
            self.note(write, "LOCKED_OUT").await?;
            let event = self.event("LOCKED_OUT");
            security_event(write, event).await?;
            return Ok(Err(refusal));
        }
        if let Some(Found { user, hash: Some(hash), .. }) = &self.found
            && self.verified.matches
            && write.query_opt(STILL, &[user, hash]).await?.is_some()
        {
            if let Some(new_hash) = &self.new_hash {
                write.execute(REHASH, &[user, hash, new_hash]).await?;
            }
            return Ok(Ok(*user));
        }
        self.note(write, "WRONG").await?;
        security_event(write, self.event("SIGN_IN_FAILED")).await?;
        let message = match field {
            "email" => {
                "the address or the password is wrong, or the account is not ready: look for the mail \
                 that proves the address"
            }
            _ => "this is not your password",
        };
        Ok(Err(UserError::new(UserErrorCode::InvalidCredentials, &[field], message)))
    }

    /// Records the attempt with its outcome.
    pub(in crate::users) async fn note(
        &self,
        write: &WriteContext<'_>,
        outcome: &str,
    ) -> Result<(), WriteError> {
        let hash = opaque::hash(&self.email.trim().to_lowercase());
        let address = RequestContext::of(write)?.address;
        write.execute(NOTE, &[&hash.as_slice(), &self.user(), &address, &outcome]).await?;
        Ok(())
    }

    fn user(&self) -> Option<Uuid> {
        self.found.as_ref().map(|found| found.user)
    }

    fn event(&self, kind: &'static str) -> SecurityEvent<'static> {
        SecurityEvent { kind, user: self.user(), detail: json!({ "by": "PASSWORD" }) }
    }
}

impl Found {
    fn read(row: &Row) -> Result<Self, WriteError> {
        Ok(Self { user: row.try_get(0)?, email: row.try_get(1)?, hash: row.try_get(2)? })
    }
}
