//! `grantPermission` and `denyPermission`: what a role says of a permission.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserErrorCode, WriteContext, WriteError};
use serde_json::json;

use super::authority::{Touched, require_unbound};
use super::role::{Role, permission};

/// A mutation that lets a role say this of a permission.
pub(super) struct SetPermission {
    effect: &'static str,
    event: &'static str,
}

/// The mutation that allows.
pub(super) const GRANT: SetPermission =
    SetPermission { effect: "ALLOW", event: "PERMISSION_GRANTED" };

/// The mutation that denies.
pub(super) const DENY: SetPermission = SetPermission { effect: "DENY", event: "PERMISSION_DENIED" };

/// What a role says itself of a permission.
pub(super) const SAID: &str =
    "SELECT effect::text FROM role_permissions WHERE role_id = $1 AND permission_id = $2";

const SET: &str = "INSERT INTO role_permissions (role_id, permission_id, effect)
    VALUES ($1, $2, $3::text)
    ON CONFLICT (role_id, permission_id)
    DO UPDATE SET effect = excluded.effect, set_by_id = app_actor()";

#[async_trait]
impl Mutation for SetPermission {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let role = Role::lock(write, input, "roleId").await?;
        let (permission, name) = permission(write, input).await?;
        let said = write.query_opt(SAID, &[&role.id, &permission]).await?;
        let said: Option<String> = said.map(|row| row.try_get(0)).transpose()?;
        if said.as_deref() == Some("DENY") {
            require_unbound(write, role.id).await?;
        }
        role.require_held(write, Touched::Permission(name)).await?;
        if said.as_deref() == Some(self.effect) {
            let message = "the role says so already";
            return Err(input.mistake(UserErrorCode::AlreadyDone, "permission", message).into());
        }
        write.execute(SET, &[&role.id, &permission, &self.effect]).await?;
        role.record(write, self.event, json!({ "permission": name })).await?;
        Ok(role.payload())
    }
}
