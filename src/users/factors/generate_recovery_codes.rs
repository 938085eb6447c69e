//! `generateRecoveryCodes`: new codes for when every other second factor is lost.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{
    Mutation, Output, Payload, UserError, UserErrorCode, Value, WriteContext, WriteError,
};
use serde_json::json;

use super::confirmed::require_confirmed;
use crate::access::challenge::failed;
use crate::access::factors::recovery_code;
use crate::access::{SecurityEvent, security_event};

/// The mutation.
pub(super) struct GenerateRecoveryCodes;

const HAS_FACTOR: &str = "SELECT FROM user_mfa_methods WHERE user_id = $1 LIMIT 1";

/// Of two who generate at once, the later one ends the codes of the earlier.
const LOCK: &str = "SELECT FROM users WHERE id = $1 FOR UPDATE";

const END_EARLIER: &str = "DELETE FROM user_recovery_codes WHERE user_id = $1";

const ADD: &str = "INSERT INTO user_recovery_codes (user_id, code_hash)
    SELECT $1, hash FROM unnest($2::bytea[]) AS hash";

#[async_trait]
impl Mutation for GenerateRecoveryCodes {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let user = require_confirmed(write).await?;
        let count = usize::try_from(input.int("count").unwrap_or_default()).unwrap_or_default();
        if !(1..=recovery_code::COUNT).contains(&count) {
            let message = format!("must be from 1 to {}", recovery_code::COUNT);
            return Err(input.mistake(UserErrorCode::OutOfRange, "count", message).into());
        }
        if write.query_opt(HAS_FACTOR, &[&user]).await?.is_none() {
            let message =
                "recovery codes stand in for a second factor: add an app or a passkey first";
            return Err(UserError::new(UserErrorCode::Conflict, &[], message).into());
        }
        write.query(LOCK, &[&user]).await?;
        write.execute(END_EARLIER, &[&user]).await?;
        let codes = recovery_code::generate(count).map_err(failed)?;
        let hashes: Vec<Vec<u8>> = codes.iter().map(|code| recovery_code::hash(code)).collect();
        write.execute(ADD, &[&user, &hashes]).await?;
        let (kind, detail) = ("RECOVERY_CODES_GENERATED", json!({ "count": count }));
        security_event(write, SecurityEvent { kind, user: Some(user), detail }).await?;
        let codes = codes.into_iter().map(|code| Output::Leaf(Value::from(code)));
        Ok(Payload::new().with("codes", Output::List(codes.collect())))
    }

    fn is_remembered(&self) -> bool {
        false
    }
}
