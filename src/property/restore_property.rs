//! `restoreProperty`: a deleted property comes back with everything that hangs on it.
//!
//! Nobody sees a deleted row, so it is restored first and asked about afterwards: whoever could not
//! decide about the restored property learns nothing, not even that it was there.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserError, UserErrorCode, WriteContext, WriteError};

use super::policy::MANAGE;

/// The mutation.
pub(super) struct RestoreProperty;

const DELETED: &str = "SELECT version, merged_into_id IS NOT NULL FROM properties
    WHERE id = $1 AND deleted_at IS NOT NULL FOR UPDATE";

/// One that was merged is restored only until its refusal takes that back.
const RESTORE: &str =
    "UPDATE properties SET deleted_at = NULL, merged_into_id = NULL WHERE id = $1";

#[async_trait]
impl Mutation for RestoreProperty {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let id = input.id("id", "Property")?;
        let absent = || {
            let message = "there is no deleted property with this id";
            UserError::new(UserErrorCode::NotFound, &["id"], message)
        };
        let row = write.query_opt(DELETED, &[&id]).await?.ok_or_else(absent)?;
        write.execute(RESTORE, &[&id]).await?;
        let permitted = write.lock_permitted("Property", id, None, "id", MANAGE).await;
        permitted.map_err(|error| match error {
            WriteError::User(_) | WriteError::Refused(_) => absent().into(),
            other => other,
        })?;
        if row.try_get(1)? {
            let message = "the property was merged into another one and stays deleted";
            return Err(UserError::new(UserErrorCode::IllegalTransition, &["id"], message).into());
        }
        let version: i32 = row.try_get(0)?;
        match input.expected_version() {
            Some(expected) if expected != i64::from(version) => {
                let message = format!("the property has version {version} by now, not {expected}");
                let path = ["expectedVersion"];
                Err(UserError::new(UserErrorCode::StaleVersion, &path, message).into())
            }
            _ => Ok(Payload::new().entity("property", "Property", id)),
        }
    }
}
