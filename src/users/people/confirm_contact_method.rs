//! `confirmContactMethod`: somebody of the staff has proven a number or a postal address, in a call
//! or by a letter.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserErrorCode, WriteContext, WriteError};
use serde_json::json;
use uuid::Uuid;

use crate::access::{SecurityEvent, security_event};

/// The mutation.
pub(super) struct ConfirmContactMethod;

const CONFIRM: &str = "
    UPDATE contact_methods SET verified_at = now(), verified_by_id = app_actor()
    WHERE id = $1 AND verified_at IS NULL";

#[async_trait]
impl Mutation for ConfirmContactMethod {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let id = input.id("id", "ContactMethod")?;
        let columns = "user_id, kind = 'EMAIL'";
        let expected = input.expected_version();
        let row = write.lock("ContactMethod", id, expected, columns).await?;
        let (user, is_email): (Uuid, bool) = (row.try_get(0)?, row.try_get(1)?);
        write.require("user.manage")?;
        if is_email {
            let message = "an e-mail address is proven by mail: see `requestContactVerification`";
            return Err(input.mistake(UserErrorCode::Invalid, "id", message).into());
        }
        if write.execute(CONFIRM, &[&id]).await? > 0 {
            let detail = json!({ "contact_method_id": id });
            let event = SecurityEvent { kind: "CONTACT_VERIFIED", user: Some(user), detail };
            security_event(write, event).await?;
        }
        Ok(Payload::new().entity("contactMethod", "ContactMethod", id))
    }
}
