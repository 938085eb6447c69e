//! `changeEmail`: asks to sign in by another address. It is changed by `verifyEmail`, with what is
//! sent there.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Before, Mutation, Output, Payload, Prepared, Value, WriteContext, WriteError};
use serde_json::json;

use super::password_check::PasswordCheck;
use super::{letter, unprepared};
use crate::access::{RequestContext, SecurityEvent, security_event};
use crate::mail::{self, Mail, MailToken, Recipient, TokenPurpose};
use crate::users::email;

/// The mutation.
pub(super) struct ChangeEmail;

/// Whether another account has the address; then its owner is told, and nobody else.
const IS_TAKEN: &str = "
    SELECT user_id FROM user_authentication
    WHERE lower(email) = lower($1) AND email_verified_at IS NOT NULL AND user_id <> $2";

#[async_trait]
impl Mutation for ChangeEmail {
    async fn before(&self, before: &Before<'_>, input: &Input) -> Result<Prepared, WriteError> {
        let password = input.text("password").unwrap_or_default();
        let check = PasswordCheck::of_viewer(before, password).await?;
        Ok(check.map_or_else(Prepared::none, Prepared::new))
    }

    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        RequestContext::require_session(write)?;
        mail::require(write)?;
        let email = email::read(input, "newEmail")?;
        let check: &PasswordCheck = write.prepared().ok_or_else(unprepared)?;
        let user = match check.settle(write, "password").await? {
            Ok(user) => user,
            Err(mistake) => return Ok(Payload::new().refuse(mistake)),
        };
        let to = Recipient::Address(email.clone());
        let letter = match write.query_opt(IS_TAKEN, &[&email, &user]).await? {
            Some(_) => letter("account_exists", to),
            None => {
                let token = Some(MailToken::of_user(TokenPurpose::ChangeEmail, user));
                Mail { token, ..letter("change_email", to) }
            }
        };
        mail::enqueue(write, letter).await?;
        let kind = "EMAIL_CHANGE_REQUESTED";
        security_event(write, SecurityEvent { kind, user: Some(user), detail: json!({}) }).await?;
        Ok(Payload::new().with("email", Output::Leaf(Value::from(email))))
    }

    fn is_remembered(&self) -> bool {
        false
    }
}
