//! `deleteRole`: a role that nobody has goes.

use async_graphql::Value;
use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Output, Payload, UserError, UserErrorCode, WriteContext, WriteError};
use serde_json::json;

use super::role::Role;

/// The mutation.
pub(super) struct DeleteRole;

const HEIRS: &str = "SELECT FROM role_inheritance WHERE inherited_role_id = $1";

const HOLDERS: &str = "SELECT FROM user_roles
    WHERE role_id = $1 AND revoked_at IS NULL AND (ends_at IS NULL OR ends_at > now())";

#[async_trait]
impl Mutation for DeleteRole {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let role = Role::lock(write, input, "id").await?;
        let in_use = |message: &str| UserError::new(UserErrorCode::InUse, &["id"], message);
        if !write.query(HEIRS, &[&role.id]).await?.is_empty() {
            return Err(in_use("other roles build on it: removeRoleInheritance first").into());
        }
        if !write.query(HOLDERS, &[&role.id]).await?.is_empty() {
            return Err(in_use("somebody has it: endRoleAssignment first").into());
        }
        write.delete("Role", role.id).await?;
        role.record(write, "ROLE_DELETED", json!({})).await?;
        let id = input.text("id").unwrap_or_default();
        Ok(Payload::new().with("deletedId", Output::Leaf(Value::from(id))))
    }
}
