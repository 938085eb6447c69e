//! `verifyContact`: an address is proven by what was sent there. Whoever has the link may do so: it
//! is opened where the mail is read, not where the user is signed in.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserErrorCode, WriteContext, WriteError};
use serde_json::json;
use uuid::Uuid;

use crate::access::{SecurityEvent, security_event};
use crate::users::subject_token::{Subject, redeem};

/// The mutation.
pub(super) struct VerifyContact;

const VERIFY: &str = "
    UPDATE contact_methods SET verified_at = now()
    WHERE id = $1 AND lower(email) = lower($2) AND deleted_at IS NULL
    RETURNING user_id";

#[async_trait]
impl Mutation for VerifyContact {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let Subject { id, email } = redeem(write, input, "VERIFY_CONTACT").await?;
        let Some(row) = write.query_opt(VERIFY, &[&id, &email]).await? else {
            let message = "belongs to an address that was deleted";
            return Err(input.mistake(UserErrorCode::Expired, "token", message).into());
        };
        let user: Uuid = row.try_get(0)?;
        let detail = json!({ "contact_method_id": id });
        let event = SecurityEvent { kind: "CONTACT_VERIFIED", user: Some(user), detail };
        security_event(write, event).await?;
        Ok(Payload::new().entity("contactMethod", "ContactMethod", id))
    }

    fn is_remembered(&self) -> bool {
        false
    }
}
