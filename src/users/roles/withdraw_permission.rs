//! `withdrawPermission`: a role says nothing of a permission any more.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserErrorCode, WriteContext, WriteError};
use serde_json::json;

use super::authority::{Touched, require_unbound};
use super::role::{Role, permission};
use super::set_permission::SAID;

/// The mutation.
pub(super) struct WithdrawPermission;

const WITHDRAW: &str = "DELETE FROM role_permissions WHERE role_id = $1 AND permission_id = $2";

#[async_trait]
impl Mutation for WithdrawPermission {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let role = Role::lock(write, input, "roleId").await?;
        let (permission, name) = permission(write, input).await?;
        let Some(said) = write.query_opt(SAID, &[&role.id, &permission]).await? else {
            let message = "the role says nothing of this permission itself";
            return Err(input.mistake(UserErrorCode::NotFound, "permission", message).into());
        };
        let effect: &str = said.try_get(0)?;
        if effect == "DENY" {
            require_unbound(write, role.id).await?;
        }
        role.require_held(write, Touched::Permission(name)).await?;
        write.execute(WITHDRAW, &[&role.id, &permission]).await?;
        let detail = json!({ "permission": name, "effect": effect });
        role.record(write, "PERMISSION_WITHDRAWN", detail).await?;
        Ok(role.payload())
    }
}
