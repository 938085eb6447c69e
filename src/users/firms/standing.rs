//! Whether somebody who has sent an invitation may still let others in.

use chrono::Utc;
use loaders::{WriteContext, WriteError};

use super::invitation::{Aim, Invitation};
use super::membership;
use crate::users::roles::{Touched, lacking};

const IS_ACTIVE: &str =
    "SELECT FROM users WHERE id = $1 AND status = 'ACTIVE' AND deleted_at IS NULL";

/// Whether `$2` owns the property, or manages it: himself, or for a firm in which he decides.
const SHARES: &str = "
    SELECT FROM properties WHERE id = $1 AND owner_id = $2
    UNION ALL
    SELECT FROM property_collaborators helper
    WHERE property_id = $1 AND capability = 'MANAGE'
        AND ended_at IS NULL AND (ends_at IS NULL OR ends_at > now())
        AND (user_id = $2 OR firm_id IN (
            SELECT scope_id FROM effective_permissions($2)
            WHERE permission = 'property.manage'
            GROUP BY scope_id HAVING bool_and(effect = 'ALLOW')
        ))";

/// Whether the sender could send the invitation now.
pub(super) async fn stands(
    write: &WriteContext<'_>,
    invitation: &Invitation,
) -> Result<bool, WriteError> {
    let sender = invitation.invited_by;
    if write.query(IS_ACTIVE, &[&sender]).await?.is_empty() {
        return Ok(false);
    }
    let now = Some(Utc::now());
    match &invitation.aim {
        Aim::Firm { id, as_administrator } => {
            let role = membership::role(write, *as_administrator).await?;
            let invites = Touched::Permission("firm.invite");
            Ok(!lacking(write, sender, invites, Some(*id), now).await?
                && !lacking(write, sender, Touched::Role(role), Some(*id), None).await?)
        }
        Aim::Property { id, .. } => {
            let writes = Touched::Permission("property.manage");
            Ok(!lacking(write, sender, writes, None, now).await?
                || !write.query(SHARES, &[id, &sender]).await?.is_empty())
        }
    }
}
