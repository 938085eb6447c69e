//! A role that is about to be changed.

use loaders::mutation::Input;
use loaders::{Payload, UserErrorCode, WriteContext, WriteError};
use serde_json::{Value, json};
use uuid::Uuid;

use super::authority::{Touched, require_held};
use crate::access::{SecurityEvent, security_event};

/// A locked role, which the viewer may manage.
pub(super) struct Role {
    pub(super) id: Uuid,
    pub(super) firm: Option<Uuid>,
    pub(super) name: String,
}

impl Role {
    /// Locks the role whose id stands in this field of the input.
    pub(super) async fn lock(
        write: &WriteContext<'_>,
        input: &Input,
        field: &str,
    ) -> Result<Self, WriteError> {
        write.viewer_id()?;
        let id = input.id(field, "Role")?;
        let columns = "name, firm_id";
        let row = write.lock_at(&[field], "Role", id, input.expected_version(), columns).await?;
        Ok(Self { id, firm: row.try_get("firm_id")?, name: row.try_get("name")? })
    }

    /// That the viewer holds what a change of this role touches: for good, and wherever it counts.
    pub(super) async fn require_held(
        &self,
        write: &WriteContext<'_>,
        touched: Touched<'_>,
    ) -> Result<(), WriteError> {
        require_held(write, touched, self.firm, None).await
    }

    /// Records what became of it.
    pub(super) async fn record(
        &self,
        write: &WriteContext<'_>,
        kind: &str,
        mut detail: Value,
    ) -> Result<(), WriteError> {
        detail["roleId"] = json!(self.id);
        detail["role"] = json!(self.name);
        detail["firmId"] = json!(self.firm);
        security_event(write, SecurityEvent { kind, user: None, detail }).await
    }

    /// It, as what a mutation changed.
    pub(super) fn payload(&self) -> Payload {
        Payload::new().entity("role", "Role", self.id)
    }
}

const PERMISSION: &str = "SELECT id FROM permissions WHERE name = $1";

/// The permission that the input names, and its name.
pub(super) async fn permission<'a>(
    write: &WriteContext<'_>,
    input: &'a Input,
) -> Result<(Uuid, &'a str), WriteError> {
    let name = input.text("permission").unwrap_or_default();
    match write.query_opt(PERMISSION, &[&name]).await? {
        Some(row) => Ok((row.try_get(0)?, name)),
        None => {
            let message = "there is no such permission: `permissions` lists them";
            Err(input.mistake(UserErrorCode::NotFound, "permission", message).into())
        }
    }
}

const SHIPPED_NAME: &str = "SELECT FROM roles WHERE is_shipped AND lower(name) = lower($1)";

/// That no role of a firm looks like one that the server comes with.
pub(super) async fn require_own_name(
    write: &WriteContext<'_>,
    input: &Input,
) -> Result<(), WriteError> {
    let Some(name) = input.text("name") else { return Ok(()) };
    if write.query(SHIPPED_NAME, &[&name]).await?.is_empty() {
        return Ok(());
    }
    let message = "a role that the server comes with is called so";
    Err(input.mistake(UserErrorCode::Taken, "name", message).into())
}
