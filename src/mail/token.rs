//! One-time tokens in the links of mails: who shows one reads the mail at that address.
//!
//! A token counts for its purpose, user, subject and address only, once, and until its time is
//! over. The database knows its hash. A new one ends those before it.

use chrono::{DateTime, TimeDelta, Utc};
use loaders::{Pool, RequestError};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::access::opaque;
use crate::config::MailConfig;

/// What a token proves: the database's `user_token_purpose`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TokenPurpose {
    /// The address of a new account.
    VerifyEmail,
    /// That the password was forgotten by who has the account.
    ResetPassword,
    /// The address that an account takes.
    ChangeEmail,
    /// The address of a contact method, which is the subject.
    VerifyContact,
    /// That the invitation, which is the subject, has arrived.
    AcceptInvitation,
}

/// A token that a mail carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailToken {
    /// What it proves.
    pub purpose: TokenPurpose,
    /// Whose it is, if that is known.
    pub user_id: Option<Uuid>,
    /// The row that it is about, where that is not the account.
    pub subject_id: Option<Uuid>,
    /// When its time is over, where the subject says that; else what the settings say.
    pub expires_at: Option<DateTime<Utc>>,
}

impl TokenPurpose {
    /// As the database has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "VERIFY_EMAIL",
            Self::ResetPassword => "RESET_PASSWORD",
            Self::ChangeEmail => "CHANGE_EMAIL",
            Self::VerifyContact => "VERIFY_CONTACT",
            Self::AcceptInvitation => "ACCEPT_INVITATION",
        }
    }

    /// The page of the front end that takes the token.
    fn page(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify-email",
            Self::ResetPassword => "reset-password",
            Self::ChangeEmail => "change-email",
            Self::VerifyContact => "verify-contact",
            Self::AcceptInvitation => "accept-invitation",
        }
    }
}

impl MailToken {
    /// A token about an account.
    pub fn of_user(purpose: TokenPurpose, user_id: Uuid) -> Self {
        Self { purpose, user_id: Some(user_id), subject_id: None, expires_at: None }
    }

    /// When its time is over, if it is made now.
    pub(super) fn expiry(&self, config: &MailConfig) -> DateTime<Utc> {
        let lifetime = match self.purpose {
            TokenPurpose::ResetPassword => config.password_reset_lifetime,
            _ => config.verification_lifetime,
        };
        // The settings allow ten years at most.
        let lifetime = TimeDelta::from_std(lifetime).unwrap_or(TimeDelta::zero());
        self.expires_at.unwrap_or_else(|| Utc::now() + lifetime)
    }

    /// The page with the token behind `#`: browsers send that part to nobody, so it stands in no
    /// log and in no `Referer`.
    pub(super) fn link(&self, public_url: &str, token: &str) -> String {
        format!("{public_url}/{}#token={token}", self.purpose.page())
    }

    /// Keeps the token's hash, and ends what was sent before for the same.
    pub(super) async fn keep(
        &self,
        pool: &Pool,
        email: &str,
        token: &str,
        expires_at: DateTime<Utc>,
    ) -> Result<(), RequestError> {
        let sql = "
            WITH earlier AS (
                DELETE FROM user_tokens
                WHERE purpose = $1::text AND user_id IS NOT DISTINCT FROM $2
                    AND subject_id IS NOT DISTINCT FROM $3 AND email = $4 AND used_at IS NULL
            )
            INSERT INTO user_tokens (purpose, user_id, subject_id, email, token_hash, expires_at)
            VALUES ($1::text, $2, $3, $4, $5, $6)";
        let Self { purpose, user_id, subject_id, .. } = self;
        let hash = opaque::hash(token);
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
            [&purpose.as_str(), user_id, subject_id, &email, &hash.as_slice(), &expires_at];
        pool.write(sql, &parameters).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_stands_where_no_log_sees_it() {
        let token = MailToken::of_user(TokenPurpose::ResetPassword, Uuid::nil());
        let link = token.link("https://agent.example", "abc");
        assert_eq!(link, "https://agent.example/reset-password#token=abc");
    }
}
