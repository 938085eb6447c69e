//! `beginPasskeyRegistration`: what the browser needs to make a passkey.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserError, UserErrorCode, WriteContext, WriteError};
use uuid::Uuid;

use super::confirmed::require_confirmed;
use super::{proof, site};
use crate::access::RequestContext;
use crate::access::challenge::{self, Purpose, Step, failed};
use crate::access::factors::passkey::Passkey;

/// The mutation.
pub(super) struct BeginPasskeyRegistration;

const ACCOUNT: &str = "SELECT display_name, coalesce(email, display_name) AS email FROM users
    LEFT JOIN user_authentication ON user_id = users.id WHERE users.id = $1";

const PASSKEYS: &str = "SELECT credential_id, transports, public_key, credential_state
    FROM user_mfa_methods WHERE user_id = $1 AND kind = 'PASSKEY'";

/// The passkeys that the user has, who may have another one.
///
/// # Errors
/// `TOO_MANY` if not.
pub(super) async fn others(
    write: &WriteContext<'_>,
    user: Uuid,
) -> Result<Vec<Passkey>, WriteError> {
    let most = RequestContext::of(write)?.access.config().passkeys_max;
    let others = write.query(PASSKEYS, &[&user]).await?;
    if others.len() >= most {
        let message = format!("a user has {most} passkeys at most: remove one first");
        return Err(UserError::new(UserErrorCode::TooMany, &[], message).into());
    }
    others.iter().map(proof::read).collect()
}

#[async_trait]
impl Mutation for BeginPasskeyRegistration {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let user = require_confirmed(write).await?;
        let site = site(RequestContext::of(write)?)?;
        let others = others(write, user).await?;
        let account = write.query_one(ACCOUNT, &[&user]).await?;
        let (email, name) = (account.try_get("email")?, account.try_get("display_name")?);
        let begun = site.begin_registration(user, email, name, &others).map_err(failed)?;
        let step = Step {
            user: Some(user),
            name: input.text("name"),
            state: Some(&begun.state),
            ..Step::default()
        };
        let opened = challenge::open(write, Purpose::PasskeyRegistration, step).await?;
        Ok(opened.add_to(Payload::new().with("options", challenge::json(&begun.options))))
    }

    fn is_remembered(&self) -> bool {
        false
    }
}
