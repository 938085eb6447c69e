//! `setUserPreference`: what a user prefers in one category, for the first time or instead of before.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserErrorCode, WriteContext, WriteError};
use serde_json::Value;
use uuid::Uuid;

use super::preference_schema::{PreferenceSchema, json};
use super::{id, whose};

/// The mutation.
pub(super) struct SetUserPreference;

/// The category as it is until the end of the transaction.
const CATEGORY: &str =
    "SELECT user_id, value_schema::text FROM preference_categories WHERE id = $1 FOR SHARE";

const FIND: &str =
    "SELECT id FROM user_preferences WHERE user_id = $1 AND preference_category_id = $2";

#[async_trait]
impl Mutation for SetUserPreference {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let user = whose(write, input)?;
        let category = input.id("preferenceCategoryId", "PreferenceCategory")?;
        let found = write.query_opt(CATEGORY, &[&category]).await?;
        let nothing = || {
            let message = "there is nothing with this id";
            input.mistake(UserErrorCode::NotFound, "preferenceCategoryId", message)
        };
        let row = found.ok_or_else(nothing)?;
        let owner: Option<Uuid> = row.try_get(0)?;
        if owner.is_some_and(|owner| owner != user) {
            return Err(nothing().into());
        }
        let schema: Value = serde_json::from_str(row.try_get(1)?).unwrap_or_default();
        PreferenceSchema::new("preferenceCategoryId", &schema)?
            .check("value", &json(input, "value"))?;
        let existing = write.query_opt(FIND, &[&user, &category]).await?;
        let set = match existing {
            Some(row) => {
                let set = row.try_get(0)?;
                write.lock_at(&["userId"], "UserPreference", set, None, "id").await?;
                let value = input.get("value").cloned().unwrap_or_default();
                write.update("UserPreference", set, &Input::default().with("value", value)).await?;
                set
            }
            None => {
                let row = input.clone().with("userId", id("user", user));
                write.insert("UserPreference", &row).await?
            }
        };
        Ok(Payload::new().entity("userPreference", "UserPreference", set))
    }
}
