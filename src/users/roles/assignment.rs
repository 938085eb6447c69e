//! An assignment of a role: its moment, its end, and what is recorded of it.

use chrono::{DateTime, Utc};
use loaders::{WriteContext, WriteError};
use serde_json::json;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::access::{SecurityEvent, security_event};

/// An assignment as it was read.
pub(super) struct Assignment {
    pub(super) id: Uuid,
    pub(super) user: Uuid,
    pub(super) role: Uuid,
    pub(super) firm: Option<Uuid>,
    pub(super) ends_at: Option<DateTime<Utc>>,
    pub(super) is_over: bool,
}

/// What [`Assignment::of`] needs.
pub(super) const COLUMNS: &str = "user_id, role_id, firm_id, ends_at,
    (revoked_at IS NOT NULL OR coalesce(ends_at <= now(), false)) AS is_over";

const END: &str =
    "UPDATE user_roles SET revoked_at = now(), revoked_by_id = app_actor() WHERE id = $1";

/// What was approved for a time ends with it.
const END_ELEVATION: &str = "UPDATE elevation_requests SET status = 'ENDED'
    WHERE assignment_id = $1 AND status = 'APPROVED'";

const MEMBER: &str = "SELECT FROM firm_memberships
    WHERE firm_id = $1 AND user_id = $2 AND ended_at IS NULL";

impl Assignment {
    pub(super) fn of(id: Uuid, row: &Row) -> Result<Self, WriteError> {
        Ok(Self {
            id,
            user: row.try_get("user_id")?,
            role: row.try_get("role_id")?,
            firm: row.try_get("firm_id")?,
            ends_at: row.try_get("ends_at")?,
            is_over: row.try_get("is_over")?,
        })
    }

    /// Ends it now, and the elevation that it may come from.
    pub(super) async fn end(&self, write: &WriteContext<'_>) -> Result<(), WriteError> {
        write.execute(END, &[&self.id]).await?;
        write.execute(END_ELEVATION, &[&self.id]).await?;
        self.record(write, "ROLE_ASSIGNMENT_ENDED").await
    }

    /// Records what became of it.
    pub(super) async fn record(
        &self,
        write: &WriteContext<'_>,
        kind: &str,
    ) -> Result<(), WriteError> {
        let detail = json!({
            "assignmentId": self.id,
            "roleId": self.role,
            "firmId": self.firm,
            "endsAt": self.ends_at,
        });
        security_event(write, SecurityEvent { kind, user: Some(self.user), detail }).await
    }
}

/// Whether somebody works in a firm.
pub(super) async fn works_in(
    write: &WriteContext<'_>,
    firm: Uuid,
    user: Uuid,
) -> Result<bool, WriteError> {
    Ok(!write.query(MEMBER, &[&firm, &user]).await?.is_empty())
}
