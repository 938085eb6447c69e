//! `endFirmMembership`: somebody leaves a firm, with all roles there and what he has invited to it.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserErrorCode, WriteContext, WriteError};
use serde_json::json;
use uuid::Uuid;

use super::invitation::revoke_sent;
use crate::access::{SecurityEvent, security_event};

/// The mutation.
pub(super) struct EndFirmMembership;

/// Two who run a firm cannot leave it at once.
const LOCK_FIRM: &str = "SELECT FROM firms WHERE id = $1 FOR UPDATE";

/// Whether others work there, and whether one of them runs the firm.
const OTHERS: &str = "
    SELECT count(*) > 0, coalesce(bool_or(EXISTS (
        SELECT FROM user_roles held JOIN roles ON roles.id = held.role_id
        WHERE held.user_id = other.user_id AND held.firm_id = $1
            AND roles.is_shipped AND roles.name = 'firm_administrator'
            AND held.revoked_at IS NULL AND held.starts_at <= now() AND held.ends_at IS NULL
    )), false)
    FROM firm_memberships other
    WHERE other.firm_id = $1 AND other.user_id <> $2 AND other.ended_at IS NULL";

const END: &str = "UPDATE firm_memberships SET ended_at = greatest(joined_at, now()) WHERE id = $1";

const END_ROLES: &str = "
    UPDATE user_roles SET revoked_at = now(), revoked_by_id = app_actor()
    WHERE firm_id = $1 AND user_id = $2 AND revoked_at IS NULL
        AND (ends_at IS NULL OR ends_at > now())";

#[async_trait]
impl Mutation for EndFirmMembership {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        write.viewer_id()?;
        let id = input.id("id", "FirmMembership")?;
        let columns = "firm_id, user_id, ended_at IS NOT NULL";
        let row = write.lock("FirmMembership", id, input.expected_version(), columns).await?;
        let (firm, user, has_ended): (Uuid, Uuid, bool) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        if has_ended {
            return Err(input.mistake(UserErrorCode::AlreadyDone, "id", "has ended").into());
        }
        write.query(LOCK_FIRM, &[&firm]).await?;
        let others = write.query_one(OTHERS, &[&firm, &user]).await?;
        let (there_are, one_runs): (bool, bool) = (others.try_get(0)?, others.try_get(1)?);
        if there_are && !one_runs {
            let message = "nobody would be left who runs the firm: give somebody the role firm_administrator there first";
            return Err(input.mistake(UserErrorCode::Conflict, "id", message).into());
        }
        write.execute(END, &[&id]).await?;
        write.execute(END_ROLES, &[&firm, &user]).await?;
        revoke_sent(write, user, "firm_id", firm).await?;
        let detail = json!({ "firm_id": firm, "firm_membership_id": id });
        let event = SecurityEvent { kind: "MEMBERSHIP_ENDED", user: Some(user), detail };
        security_event(write, event).await?;
        Ok(Payload::new().entity("firmMembership", "FirmMembership", id))
    }
}
