//! `createApiKey`: a key for the viewer himself, shown once.

use async_graphql::Value;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use loaders::mutation::Input;
use loaders::{
    ErrorCode, FieldError, Mutation, Output, Payload, UserError, UserErrorCode, WriteContext,
    WriteError,
};
use serde_json::json;

use crate::access::{RequestContext, SecurityEvent, api_key, opaque, security_event};
use crate::users::factors::require_confirmed;

/// The mutation.
pub(super) struct CreateApiKey;

/// Two at once wait for each other, so that together they are not too many.
const LOCK_USER: &str = "SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE";

const COUNT: &str = "SELECT count(*) FROM api_keys
    WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > now()";

const INSERT: &str = "INSERT INTO api_keys (user_id, name, key_hash, hint, permissions, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";

#[async_trait]
impl Mutation for CreateApiKey {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        // A key outlives the session: whoever has stolen one shall not make the other of it.
        let user = require_confirmed(write).await?;
        let config = RequestContext::of(write)?.access.config();
        let permissions = permissions(write, input)?;
        let longest = config.api_key_lifetime_max;
        let expires_at = expires_at(input, Utc::now(), longest)?;
        write.query(LOCK_USER, &[&user]).await?;
        let count: i64 = write.query_one(COUNT, &[&user]).await?.try_get(0)?;
        if count >= i64::from(config.api_keys_max) {
            let message = format!(
                "you have {count} API keys and may have {}: revoke one first",
                config.api_keys_max
            );
            return Err(UserError::new(UserErrorCode::TooMany, &[], message).into());
        }
        let secret = api_key::generate().map_err(|_| {
            FieldError::new(ErrorCode::Internal, "the key could not be made: try again")
        })?;
        let name = input.text("name").unwrap_or_default();
        let (hash, hint) = (opaque::hash(&secret), api_key::hint(&secret));
        let row = write
            .query_one(INSERT, &[&user, &name, &&hash[..], &hint, &permissions, &expires_at])
            .await?;
        let id = row.try_get(0)?;
        let detail = json!({ "apiKey": id, "name": name, "permissions": permissions });
        let event = SecurityEvent { kind: "API_KEY_CREATED", user: Some(user), detail };
        security_event(write, event).await?;
        Ok(Payload::new()
            .entity("apiKey", "ApiKey", id)
            .with("secret", Output::Leaf(Value::from(secret))))
    }

    fn is_remembered(&self) -> bool {
        false
    }
}

/// The permissions asked for; the viewer has each of them somewhere.
fn permissions(write: &WriteContext<'_>, input: &Input) -> Result<Vec<String>, WriteError> {
    let Some(Value::List(items)) = input.get("permissions") else { return Ok(Vec::new()) };
    let mut names = Vec::with_capacity(items.len());
    let mut mistakes = Vec::new();
    for (place, item) in items.iter().enumerate() {
        let Value::String(name) = item else { continue };
        if !write.viewer().permissions.somewhere(name) {
            let path = ["permissions", &place.to_string()];
            let message = format!("you do not have the permission `{name}` yourself");
            mistakes.push(UserError::new(UserErrorCode::Invalid, &path, message));
        }
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    if mistakes.is_empty() { Ok(names) } else { Err(WriteError::User(mistakes)) }
}

/// When it ends: to come, and not too late.
fn expires_at(
    input: &Input,
    now: DateTime<Utc>,
    longest: std::time::Duration,
) -> Result<DateTime<Utc>, UserError> {
    let mistake =
        |message: String| UserError::new(UserErrorCode::OutOfRange, &["expiresAt"], message);
    let given = input.text("expiresAt").and_then(|text| text.parse::<DateTime<Utc>>().ok());
    let given = given.ok_or_else(|| mistake("must be a time".to_owned()))?;
    let days = longest.as_secs() / (24 * 60 * 60);
    match given.signed_duration_since(now).to_std() {
        Ok(left) if left <= longest => Ok(given),
        Ok(_) => Err(mistake(format!("must be within {days} days (API_KEY_LIFETIME_MAX)"))),
        Err(_) => Err(mistake("must be in the future".to_owned())),
    }
}
