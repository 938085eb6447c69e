//! `updatePreferenceCategory`: another name or schema. Preferences that somebody has still keep to it.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserErrorCode, WriteContext, WriteError};
use serde_json::Value;
use uuid::Uuid;

use super::preference_schema::{PreferenceSchema, json};

/// The mutation.
pub(super) struct UpdatePreferenceCategory;

/// How many preferences are looked at together.
const BATCH: i64 = 500;

/// Who sets a preference meanwhile waits for the category's row.
const VALUES: &str = "
    SELECT id, value::text FROM user_preferences
    WHERE preference_category_id = $1 AND id > $2 ORDER BY id LIMIT $3";

#[async_trait]
impl Mutation for UpdatePreferenceCategory {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        write.viewer_id()?;
        let id = input.id("id", "PreferenceCategory")?;
        write.lock("PreferenceCategory", id, input.expected_version(), "id").await?;
        if input.get("valueSchema").is_some_and(|schema| *schema != loaders::Value::Null) {
            let schema = PreferenceSchema::new("valueSchema", &json(input, "valueSchema"))?;
            if !all_keep_to(write, id, &schema).await? {
                let message = "there are preferences that do not keep to it";
                return Err(input.mistake(UserErrorCode::InUse, "valueSchema", message).into());
            }
        }
        write.update("PreferenceCategory", id, input).await?;
        Ok(Payload::new().entity("preferenceCategory", "PreferenceCategory", id))
    }
}

async fn all_keep_to(
    write: &WriteContext<'_>,
    category: Uuid,
    schema: &PreferenceSchema,
) -> Result<bool, WriteError> {
    let mut last = Uuid::nil();
    loop {
        let rows = write.query(VALUES, &[&category, &last, &BATCH]).await?;
        let Some(end) = rows.last() else { return Ok(true) };
        last = end.try_get(0)?;
        for row in &rows {
            let value: &str = row.try_get(1)?;
            let value: Value = serde_json::from_str(value).unwrap_or_default();
            if schema.check("value", &value).is_err() {
                return Ok(false);
            }
        }
    }
}
