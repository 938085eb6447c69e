//! `verifyProfessionalLicense`: somebody has compared a licence with its issuer's register. Any later
//! change of what the licence says takes that back, in the database.

use async_trait::async_trait;
use chrono::NaiveDate;
use loaders::mutation::Input;
use loaders::{ErrorCode, FieldError, Mutation, Payload, WriteContext, WriteError};
use serde_json::json;
use uuid::Uuid;

use crate::access::{SecurityEvent, security_event};

/// The mutation.
pub(super) struct VerifyProfessionalLicense;

const VERIFY: &str = "
    UPDATE professional_licenses
    SET verified_at = clock_timestamp(), verified_by_id = app_actor(),
        status = coalesce($2::text, status), expires_on = coalesce($3, expires_on)
    WHERE id = $1";

#[async_trait]
impl Mutation for VerifyProfessionalLicense {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let viewer = write.viewer_id()?;
        let id = input.id("id", "ProfessionalLicense")?;
        let expected = input.expected_version();
        let permission = "license.verify";
        let row = write
            .lock_permitted("ProfessionalLicense", id, expected, "user_id", permission)
            .await?;
        let holder: Uuid = row.try_get(0)?;
        if holder == viewer {
            let message = "a licence is verified by another person than its holder";
            return Err(FieldError::new(ErrorCode::Forbidden, message).into());
        }
        let expires_on: Option<NaiveDate> =
            input.text("expiresOn").and_then(|day| day.parse().ok());
        write.execute(VERIFY, &[&id, &input.text("status"), &expires_on]).await?;
        let detail = json!({ "professional_license_id": id });
        let event = SecurityEvent { kind: "LICENSE_VERIFIED", user: Some(holder), detail };
        security_event(write, event).await?;
        Ok(Payload::new().entity("professionalLicense", "ProfessionalLicense", id))
    }
}
