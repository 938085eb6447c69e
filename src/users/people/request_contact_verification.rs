//! `requestContactVerification`: a mail to an address that a user has added, with a link that proves
//! it. It asks for nothing but that the address is the caller's to add, so it goes to that user only.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserErrorCode, WriteContext, WriteError};
use serde_json::json;
use uuid::Uuid;

use crate::mail::{self, Mail, MailToken, Recipient, TokenPurpose};

/// The mutation.
pub(super) struct RequestContactVerification;

#[async_trait]
impl Mutation for RequestContactVerification {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        write.viewer_id()?;
        let id = input.id("id", "ContactMethod")?;
        let row = write
            .lock("ContactMethod", id, None, "user_id, email, verified_at IS NOT NULL")
            .await?;
        let (user, email, is_verified): (Uuid, Option<String>, bool) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let Some(email) = email else {
            let message = "only an e-mail address is proven by mail: `confirmContactMethod` notes what was proven otherwise";
            return Err(input.mistake(UserErrorCode::Invalid, "id", message).into());
        };
        if is_verified {
            return Err(input.mistake(UserErrorCode::AlreadyDone, "id", "is verified").into());
        }
        let token = MailToken {
            purpose: TokenPurpose::VerifyContact,
            user_id: Some(user),
            subject_id: Some(id),
            expires_at: None,
        };
        let mail = Mail {
            template: "verify_contact",
            to: Recipient::Address(email),
            values: json!({}),
            token: Some(token),
        };
        mail::enqueue(write, mail).await?;
        Ok(Payload::new().entity("contactMethod", "ContactMethod", id))
    }
}
