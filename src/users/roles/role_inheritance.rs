//! `addRoleInheritance` and `removeRoleInheritance`: which roles a role builds on.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserErrorCode, WriteContext, WriteError};
use serde_json::json;

use super::authority::{Touched, denies, require_unbound};
use super::role::Role;

/// The mutation that adds.
pub(super) struct AddRoleInheritance;

/// The mutation that removes.
pub(super) struct RemoveRoleInheritance;

const REMOVE: &str = "DELETE FROM role_inheritance WHERE role_id = $1 AND inherited_role_id = $2";

#[async_trait]
impl Mutation for AddRoleInheritance {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let role = Role::lock(write, input, "roleId").await?;
        let inherited = input.id("inheritedRoleId", "Role")?;
        // Makes sure that the viewer sees the other role.
        write.insert("RoleInheritance", input).await?;
        role.require_held(write, Touched::Role(inherited)).await?;
        let detail = json!({ "inheritedRoleId": inherited });
        role.record(write, "ROLE_INHERITANCE_ADDED", detail).await?;
        Ok(role.payload())
    }
}

#[async_trait]
impl Mutation for RemoveRoleInheritance {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let role = Role::lock(write, input, "roleId").await?;
        let inherited = input.id("inheritedRoleId", "Role")?;
        if write.execute(REMOVE, &[&role.id, &inherited]).await? == 0 {
            let message = "the role does not build on this one itself";
            let field = "inheritedRoleId";
            return Err(input.mistake(UserErrorCode::NotFound, field, message).into());
        }
        if denies(write, inherited).await? {
            require_unbound(write, role.id).await?;
        }
        role.require_held(write, Touched::Role(inherited)).await?;
        let detail = json!({ "inheritedRoleId": inherited });
        role.record(write, "ROLE_INHERITANCE_REMOVED", detail).await?;
        Ok(role.payload())
    }
}
