//! `requestPasswordReset`: a mail with a link to choose another password.
//!
//! Promises: who asks learns nothing of the address. The answer is the same, and whether there is an
//! account is looked at by a job, when nobody waits any more.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Output, Payload, RequestError, Value, WriteContext, WriteError};
use serde_json::json;
use tokio_postgres::Row;
use uuid::Uuid;

use super::letter;
use crate::access::RequestContext;
use crate::jobs::{self, Job, JobError, Work};
use crate::mail::{self, Mail, MailToken, Recipient, TokenPurpose};
use crate::users::email;

/// The mutation.
pub(super) struct RequestPasswordReset;

/// The job's name.
pub(super) const JOB: &str = "request_password_reset";

/// The job: looks for the account, and sends the mail if there is one.
pub(super) struct SendReset;

const FIND: &str = "
    SELECT user_id, record_security_event('PASSWORD_RESET_REQUESTED', user_id, NULL, $2::text::inet, '{}')::text
    FROM user_authentication JOIN users ON users.id = user_id
    WHERE lower(email) = lower($1) AND email_verified_at IS NOT NULL AND status = 'ACTIVE' AND deleted_at IS NULL";

#[async_trait]
impl Mutation for RequestPasswordReset {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        mail::require(write)?;
        let email = email::read(input, "email")?;
        let address = RequestContext::of(write)?.address.to_string();
        jobs::enqueue(write, JOB, &json!({ "email": email, "address": address })).await?;
        Ok(Payload::new().with("email", Output::Leaf(Value::from(email))))
    }
}

#[async_trait]
impl Job for SendReset {
    async fn run(&self, work: &Work<'_>) -> Result<(), JobError> {
        let text = |name: &str| work.payload[name].as_str().unwrap_or_default();
        let rows = work.pool.write(FIND, &[&text("email"), &text("address")]).await?;
        if let Some(user) = rows.first().map(user).transpose()? {
            let token = Some(MailToken::of_user(TokenPurpose::ResetPassword, user));
            let letter = letter("reset_password", Recipient::User(user));
            mail::enqueue_alone(work.pool, Mail { token, ..letter }).await?;
        }
        Ok(())
    }
}

fn user(row: &Row) -> Result<Uuid, RequestError> {
    row.try_get(0).map_err(|error| RequestError::Statement(error.into()))
}
