//! `closeAccount`: an account ends for good.
//!
//! Promises: nobody signs in by it again, and its address is free; what is personal and need not
//! stay is removed; rows that others refer to stay, under no name.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{
    Before, Mutation, Output, Payload, Prepared, UserError, UserErrorCode, Value, WriteContext,
    WriteError,
};
use serde_json::json;

use super::password_check::PasswordCheck;
use super::{letter, unprepared};
use crate::access::session::{self, EndReason};
use crate::access::{RequestContext, SecurityEvent, cookies, security_event};
use crate::mail::{self, Recipient};

/// The mutation.
pub(super) struct CloseAccount;

/// What the person has on offer has to come to an end first: buyers deal with somebody.
const OPEN_LISTINGS: &str = "
    SELECT FROM listings JOIN properties ON properties.id = property_id
    WHERE (seller_id = $1 OR owner_id = $1) AND listing_is_open(standard_status)
        AND listings.deleted_at IS NULL AND properties.deleted_at IS NULL";

const EMAIL: &str = "SELECT email FROM user_authentication WHERE user_id = $1";

/// From what lets somebody in, over what is personal, to the name. Roles end after the account has,
/// so that the last administrator is asked for once.
const CLOSE: [&str; 17] = [
    "UPDATE users SET status = 'CLOSED', deleted_at = now(), display_name = 'Closed account', is_public = false
     WHERE id = $1",
    "DELETE FROM authentication_challenges WHERE user_id = $1",
    "DELETE FROM user_recovery_codes WHERE user_id = $1",
    "DELETE FROM user_mfa_methods WHERE user_id = $1",
    "DELETE FROM user_tokens WHERE user_id = $1",
    "DELETE FROM user_authentication WHERE user_id = $1",
    "DELETE FROM external_identities WHERE user_id = $1",
    "UPDATE api_keys SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL",
    "UPDATE user_sessions SET user_agent = NULL WHERE user_id = $1",
    "UPDATE user_roles SET revoked_at = now(), revoked_by_id = $1 WHERE user_id = $1 AND revoked_at IS NULL",
    "UPDATE firm_memberships SET ended_at = now() WHERE user_id = $1 AND ended_at IS NULL",
    "UPDATE property_collaborators SET ended_at = now() WHERE user_id = $1 AND ended_at IS NULL",
    "UPDATE contact_methods SET deleted_at = now() WHERE user_id = $1 AND deleted_at IS NULL",
    "DELETE FROM user_preferences WHERE user_id = $1",
    "DELETE FROM user_specializations WHERE user_id = $1",
    "DELETE FROM professional_affiliations WHERE user_id = $1",
    "UPDATE user_profiles SET given_name = NULL, middle_name = NULL, family_name = NULL, name_suffix = NULL,
        preferred_name = NULL, legal_name = NULL, pronouns = NULL, date_of_birth = NULL, marital_status = NULL,
        occupation = NULL, biography = NULL, languages = NULL, time_zone = NULL
     WHERE user_id = $1",
];

#[async_trait]
impl Mutation for CloseAccount {
    async fn before(&self, before: &Before<'_>, input: &Input) -> Result<Prepared, WriteError> {
        let password = input.text("password").unwrap_or_default();
        let check = PasswordCheck::of_viewer(before, password).await?;
        Ok(check.map_or_else(Prepared::none, Prepared::new))
    }

    async fn run(&self, write: &WriteContext<'_>, _: &Input) -> Result<Payload, WriteError> {
        RequestContext::require_session(write)?;
        let check: &PasswordCheck = write.prepared().ok_or_else(unprepared)?;
        let user = match check.settle(write, "password").await? {
            Ok(user) => user,
            Err(mistake) => return Ok(Payload::new().refuse(mistake)),
        };
        if !write.query(OPEN_LISTINGS, &[&user]).await?.is_empty() {
            let message = "you have an open listing: close, withdraw or cancel it first";
            return Err(UserError::new(UserErrorCode::InUse, &[], message).into());
        }
        let email: String = write.query_one(EMAIL, &[&user]).await?.try_get(0)?;
        mail::enqueue(write, letter("account_closed", Recipient::Address(email))).await?;
        session::end_all(write, user, None, EndReason::AccountClosed).await?;
        for statement in CLOSE {
            write.execute(statement, &[&user]).await?;
        }
        let event = SecurityEvent { kind: "ACCOUNT_CLOSED", user: Some(user), detail: json!({}) };
        security_event(write, event).await?;
        cookies::clear(RequestContext::of(write)?);
        Ok(Payload::new().with("closed", Output::Leaf(Value::from(true))))
    }

    fn is_remembered(&self) -> bool {
        false
    }
}
