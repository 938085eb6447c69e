//! A request for a role for a limited time: how it is decided, and who hears of it.

use chrono::{DateTime, TimeDelta, Utc};
use loaders::mutation::Input;
use loaders::{Payload, UserErrorCode, WriteContext, WriteError};
use serde_json::{Value, json};
use uuid::Uuid;

use super::authority::forbidden;
use crate::access::{SecurityEvent, security_event};
use crate::mail::{self, Mail, Recipient};

/// A locked request.
pub(super) struct Elevation {
    pub(super) id: Uuid,
    pub(super) user: Uuid,
    pub(super) role: Uuid,
    pub(super) firm: Option<Uuid>,
    pub(super) assignment: Option<Uuid>,
    pub(super) status: String,
    pub(super) reason: String,
    minutes: i32,
    now: DateTime<Utc>,
    lapses_at: DateTime<Utc>,
}

const COLUMNS: &str = "user_id, role_id, firm_id, assignment_id, status::text, reason, minutes,
    lapses_at, now() AS now";

const DECIDE: &str = "UPDATE elevation_requests
    SET status = $2::text, decided_by_id = app_actor(), decided_at = now(), decision_reason = $3,
        assignment_id = $4
    WHERE id = $1";

const ROLE: &str = "SELECT name FROM roles WHERE id = $1";

impl Elevation {
    /// Locks the request that the input names.
    pub(super) async fn lock(write: &WriteContext<'_>, input: &Input) -> Result<Self, WriteError> {
        write.viewer_id()?;
        let id = input.id("id", "ElevationRequest")?;
        let row = write.lock("ElevationRequest", id, input.expected_version(), COLUMNS).await?;
        Ok(Self {
            id,
            user: row.try_get("user_id")?,
            role: row.try_get("role_id")?,
            firm: row.try_get("firm_id")?,
            assignment: row.try_get("assignment_id")?,
            status: row.try_get("status")?,
            reason: row.try_get("reason")?,
            minutes: row.try_get("minutes")?,
            now: row.try_get("now")?,
            lapses_at: row.try_get("lapses_at")?,
        })
    }

    /// That the viewer may decide it, and that it can be decided still.
    pub(super) fn require_open(
        &self,
        write: &WriteContext<'_>,
        input: &Input,
    ) -> Result<(), WriteError> {
        if self.user == write.viewer_id()? {
            return Err(forbidden("another person decides what you have asked for"));
        }
        self.require_approver(write)?;
        self.require_status(input, "REQUESTED")?;
        if self.lapses_at <= self.now {
            let message = "nobody has decided in time: it has to be asked for again";
            return Err(input.mistake(UserErrorCode::Expired, "id", message).into());
        }
        Ok(())
    }

    /// That the viewer decides such requests.
    pub(super) fn require_approver(&self, write: &WriteContext<'_>) -> Result<(), WriteError> {
        match self.firm {
            Some(firm) => write.require_in("elevation.approve", firm),
            None => write.require("elevation.approve"),
        }
    }

    /// That it stands there.
    pub(super) fn require_status(&self, input: &Input, status: &str) -> Result<(), WriteError> {
        if self.status == status {
            return Ok(());
        }
        let message = format!("the request is {}, not {status}", self.status);
        Err(input.mistake(UserErrorCode::IllegalTransition, "id", message).into())
    }

    /// When the role ends if it is given now.
    pub(super) fn ends_at(&self) -> DateTime<Utc> {
        self.now + TimeDelta::minutes(i64::from(self.minutes))
    }

    /// Notes the decision, and tells whoever asked.
    pub(super) async fn decide(
        &self,
        write: &WriteContext<'_>,
        input: &Input,
        status: &'static str,
        assignment: Option<Uuid>,
    ) -> Result<(), WriteError> {
        let reason = input.text("reason");
        write.execute(DECIDE, &[&self.id, &status, &reason, &assignment]).await?;
        let role: String = write.query_one(ROLE, &[&self.role]).await?.try_get(0)?;
        let until = assignment.map(|_| self.ends_at().format("%Y-%m-%d at %H:%M UTC").to_string());
        let decision = status.to_lowercase();
        let values =
            json!({ "role": role, "decision": decision, "until": until, "reason": reason });
        let to = Recipient::User(self.user);
        mail::enqueue(write, Mail { template: "elevation_decided", to, values, token: None }).await
    }

    /// Records what became of it.
    pub(super) async fn record(
        &self,
        write: &WriteContext<'_>,
        kind: &str,
        mut detail: Value,
    ) -> Result<(), WriteError> {
        detail["elevationRequestId"] = json!(self.id);
        detail["roleId"] = json!(self.role);
        detail["firmId"] = json!(self.firm);
        security_event(write, SecurityEvent { kind, user: Some(self.user), detail }).await
    }

    /// It, as what a mutation changed.
    pub(super) fn payload(&self) -> Payload {
        payload(self.id)
    }
}

/// A request, as what a mutation changed.
pub(super) fn payload(id: Uuid) -> Payload {
    Payload::new().entity("elevationRequest", "ElevationRequest", id)
}
