//! Who may hand on what. Whoever changes roles touches permissions: those that a role says
//! something of, and those of the roles that it builds on. He must hold them all himself, wherever
//! the change counts and for as long as it does.

use chrono::{DateTime, Utc};
use loaders::{ErrorCode, FieldError, WriteContext, WriteError};
use uuid::Uuid;

/// What a change touches: permissions by name, or all that a role allows and denies.
pub(in crate::users) enum Touched<'a> {
    Permission(&'a str),
    Role(Uuid),
}

/// A permission in part of its scope is not held everywhere. What is held for a time is not handed on
/// for longer.
const HELD: &str = "
WITH held AS MATERIALIZED (SELECT * FROM effective_permissions($1))
SELECT p.name,
    EXISTS (
        SELECT FROM held WHERE permission = p.name AND effect = 'ALLOW'
            AND (scope_id IS NULL OR scope_id = $4::uuid)
            AND (valid_until IS NULL OR valid_until >= $5::timestamptz)
    ) AND NOT EXISTS (
        SELECT FROM held WHERE permission = p.name AND effect = 'DENY'
            AND (scope_id IS NULL OR $4::uuid IS NULL OR scope_id = $4::uuid)
    )
FROM permissions p
WHERE p.name = $2::text OR p.id IN (
    SELECT rule.permission_id FROM role_closure($3::uuid) role
    JOIN role_permissions rule ON rule.role_id = role.id
)
ORDER BY p.name";

/// That the viewer may give and end roles: everywhere, or in a firm.
pub(super) fn require_assigner(
    write: &WriteContext<'_>,
    firm: Option<Uuid>,
) -> Result<(), WriteError> {
    match firm {
        Some(firm) if write.viewer().permissions.allows("firm.manage", Some(firm)) => Ok(()),
        _ => write.require("role.assign"),
    }
}

/// That the viewer holds all that is touched: in the scope, or everywhere without one; until then,
/// or for good.
pub(in crate::users) async fn require_held(
    write: &WriteContext<'_>,
    touched: Touched<'_>,
    scope: Option<Uuid>,
    until: Option<DateTime<Utc>>,
) -> Result<(), WriteError> {
    let viewer = write.viewer_id()?;
    // What the request is signed in with may allow less than the person's roles.
    let is_allowed = |name: &str| write.viewer().permissions.allows(name, scope);
    let lacking = touched_by(write, viewer, touched, scope, until).await?.into_iter();
    let lacking = lacking.filter(|(name, held)| !held || !is_allowed(name));
    let lacking: Vec<String> = lacking.map(|(name, _)| format!("`{name}`")).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let message = format!(
        "this needs that you hold {} yourself, wherever and for as long as it shall count",
        lacking.join(", ")
    );
    Err(forbidden(message))
}

/// Whether somebody, who need not be the viewer, lacks anything of what is touched.
pub(in crate::users) async fn lacking(
    write: &WriteContext<'_>,
    user: Uuid,
    touched: Touched<'_>,
    scope: Option<Uuid>,
    until: Option<DateTime<Utc>>,
) -> Result<bool, WriteError> {
    Ok(touched_by(write, user, touched, scope, until).await?.iter().any(|(_, held)| !held))
}

/// The names of what is touched, each with whether this user holds it.
async fn touched_by(
    write: &WriteContext<'_>,
    user: Uuid,
    touched: Touched<'_>,
    scope: Option<Uuid>,
    until: Option<DateTime<Utc>>,
) -> Result<Vec<(String, bool)>, WriteError> {
    let (name, role) = match touched {
        Touched::Permission(name) => (Some(name), None),
        Touched::Role(role) => (None, Some(role)),
    };
    let rows = write.query(HELD, &[&user, &name, &role, &scope, &until]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

const BOUND: &str = "
SELECT FROM user_roles held
WHERE held.user_id = $1 AND held.revoked_at IS NULL AND (held.ends_at IS NULL OR held.ends_at > now())
    AND $2 IN (SELECT id FROM role_closure(held.role_id))";

/// That a role whose denial is taken off is none of the viewer's, now or later.
pub(super) async fn require_unbound(
    write: &WriteContext<'_>,
    role: Uuid,
) -> Result<(), WriteError> {
    let viewer = write.viewer_id()?;
    if write.query(BOUND, &[&viewer, &role]).await?.is_empty() {
        return Ok(());
    }
    Err(forbidden("a denial that binds you is for others to take off"))
}

const DENIES: &str = "
SELECT FROM role_closure($1) role JOIN role_permissions rule ON rule.role_id = role.id
WHERE rule.effect = 'DENY'";

/// Whether a role, or one that it builds on, denies anything.
pub(super) async fn denies(write: &WriteContext<'_>, role: Uuid) -> Result<bool, WriteError> {
    Ok(!write.query(DENIES, &[&role]).await?.is_empty())
}

/// An error at the mutation's field.
pub(super) fn forbidden(message: impl Into<String>) -> WriteError {
    FieldError::new(ErrorCode::Forbidden, message).into()
}
