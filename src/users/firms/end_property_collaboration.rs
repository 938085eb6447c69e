//! `endPropertyCollaboration`: somebody no longer helps with a property. Who shares the property ends
//! it, or the helper himself: of a firm, who runs it.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserError, UserErrorCode, WriteContext, WriteError};
use serde_json::json;
use uuid::Uuid;

use super::invitation::revoke_sent;
use crate::access::{SecurityEvent, security_event};

/// The mutation.
pub(super) struct EndPropertyCollaboration;

const OWN: &str = "
    SELECT property_id, user_id, ended_at IS NOT NULL, version FROM property_collaborators
    WHERE id = $1 AND (user_id = $2 OR firm_id = ANY ($3)) FOR UPDATE";

const END: &str = "UPDATE property_collaborators SET ended_at = now() WHERE id = $1";

#[async_trait]
impl Mutation for EndPropertyCollaboration {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let viewer = write.viewer_id()?;
        let id = input.id("id", "PropertyCollaborator")?;
        let firms = write.viewer().permissions.within("firm.manage");
        let row = match write.query_opt(OWN, &[&id, &viewer, &firms]).await? {
            Some(row) => {
                let (version, expected): (i32, _) = (row.try_get(3)?, input.expected_version());
                if expected.is_some_and(|expected| expected != i64::from(version)) {
                    let message = format!("the help has version {version} by now: read it again");
                    let path = &["expectedVersion"];
                    return Err(UserError::new(UserErrorCode::StaleVersion, path, message).into());
                }
                row
            }
            None => {
                let columns = "property_id, user_id, ended_at IS NOT NULL";
                let expected = input.expected_version();
                write.lock("PropertyCollaborator", id, expected, columns).await?
            }
        };
        let (property, user, has_ended): (Uuid, Option<Uuid>, bool) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        if has_ended {
            return Err(input.mistake(UserErrorCode::AlreadyDone, "id", "has ended").into());
        }
        write.execute(END, &[&id]).await?;
        if let Some(user) = user {
            revoke_sent(write, user, "property_id", property).await?;
        }
        let detail = json!({ "property_id": property, "property_collaborator_id": id });
        security_event(write, SecurityEvent { kind: "COLLABORATION_ENDED", user, detail }).await?;
        Ok(Payload::new().entity("propertyCollaborator", "PropertyCollaborator", id))
    }
}
