//! `createRole`: a role without permissions, the server's or a firm's own.

use async_graphql::{Name, Value};
use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, WriteContext, WriteError};
use serde_json::json;

use super::role::{Role, require_own_name};

/// The mutation.
pub(super) struct CreateRole;

#[async_trait]
impl Mutation for CreateRole {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        write.viewer_id()?;
        let firm = input.optional_id("firmId", "Firm")?;
        match firm {
            Some(firm) if write.viewer().permissions.allows("firm.manage", Some(firm)) => {}
            _ => write.require("role.manage")?,
        }
        require_own_name(write, input).await?;
        let scope = match (input.text("scope"), firm) {
            (Some(scope), _) => scope,
            (None, Some(_)) => "FIRM",
            (None, None) => "EVERYWHERE",
        };
        let scope = Value::Enum(Name::new(scope));
        let id = write.insert("Role", &input.clone().with("scope", scope)).await?;
        let name = input.text("name").unwrap_or_default().to_owned();
        let role = Role { id, firm, name };
        role.record(write, "ROLE_CREATED", json!({})).await?;
        Ok(role.payload())
    }
}
