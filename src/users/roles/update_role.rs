//! `updateRole`: what a role is called.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, WriteContext, WriteError};
use serde_json::json;

use super::role::{Role, require_own_name};

/// The mutation.
pub(super) struct UpdateRole;

#[async_trait]
impl Mutation for UpdateRole {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let role = Role::lock(write, input, "id").await?;
        require_own_name(write, input).await?;
        write.update("Role", role.id, input).await?;
        role.record(write, "ROLE_UPDATED", json!({ "name": input.text("name") })).await?;
        Ok(role.payload())
    }
}
