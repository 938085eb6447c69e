//! How somebody comes to work for a firm: a membership and the role that goes with it, together.

use loaders::{WriteContext, WriteError};
use serde_json::json;
use uuid::Uuid;

use crate::access::{SecurityEvent, security_event};

const FIND: &str =
    "SELECT id FROM firm_memberships WHERE firm_id = $1 AND user_id = $2 AND ended_at IS NULL";

const JOIN: &str =
    "INSERT INTO firm_memberships (firm_id, user_id, title) VALUES ($1, $2, $3) RETURNING id";

const ROLE: &str = "SELECT id FROM roles WHERE is_shipped AND name = $1";

/// A role that the person has there already is not given again.
const ASSIGN_ROLE: &str = "
    INSERT INTO user_roles (user_id, role_id, firm_id, reason, assigned_by_id)
    SELECT $2, roles.id, $1, 'Joined the firm', $4
    FROM roles
    WHERE is_shipped AND name = $3 AND NOT EXISTS (
        SELECT FROM user_roles held
        WHERE held.user_id = $2 AND held.role_id = roles.id AND held.firm_id = $1
            AND held.revoked_at IS NULL AND (held.ends_at IS NULL OR held.ends_at > now())
    )";

fn role_name(is_administrator: bool) -> &'static str {
    if is_administrator { "firm_administrator" } else { "firm_member" }
}

/// The role that goes with a membership.
pub(super) async fn role(
    write: &WriteContext<'_>,
    is_administrator: bool,
) -> Result<Uuid, WriteError> {
    Ok(write.query_one(ROLE, &[&role_name(is_administrator)]).await?.try_get(0)?)
}

/// Makes the user a member of the firm, and says by which membership; one that lasts is kept.
pub(super) async fn join(
    write: &WriteContext<'_>,
    (firm, user): (Uuid, Uuid),
    title: Option<&str>,
    is_administrator: bool,
    assigned_by: Uuid,
) -> Result<Uuid, WriteError> {
    let membership = match write.query_opt(FIND, &[&firm, &user]).await? {
        Some(row) => row.try_get(0)?,
        None => write.query_one(JOIN, &[&firm, &user, &title]).await?.try_get(0)?,
    };
    let role = role_name(is_administrator);
    if write.execute(ASSIGN_ROLE, &[&firm, &user, &role, &assigned_by]).await? > 0 {
        let detail = json!({ "role": role, "firm_id": firm });
        let event = SecurityEvent { kind: "ROLE_ASSIGNED", user: Some(user), detail };
        security_event(write, event).await?;
    }
    Ok(membership)
}
