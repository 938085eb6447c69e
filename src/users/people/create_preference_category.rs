//! `createPreferenceCategory`: a kind of preferences, one's own or the system's.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, Value, WriteContext, WriteError};

use super::id;
use super::preference_schema::{PreferenceSchema, json};

/// The mutation.
pub(super) struct CreatePreferenceCategory;

#[async_trait]
impl Mutation for CreatePreferenceCategory {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let viewer = write.viewer_id()?;
        let is_system = input.boolean("isSystem").unwrap_or_default();
        if is_system {
            write.require("preference.manage")?;
        }
        PreferenceSchema::new("valueSchema", &json(input, "valueSchema"))?;
        let owner = if is_system { Value::Null } else { id("user", viewer) };
        let made = write.insert("PreferenceCategory", &input.clone().with("userId", owner)).await?;
        Ok(Payload::new().entity("preferenceCategory", "PreferenceCategory", made))
    }
}
