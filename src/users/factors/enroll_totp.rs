//! `enrollTotp`: a secret for an app that shows one-time codes, which counts once it is confirmed.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Output, Payload, Value, WriteContext, WriteError};

use super::confirmed::require_confirmed;
use super::sealed_for;
use crate::access::RequestContext;
use crate::access::challenge::{self, Purpose, Step, failed};
use crate::access::factors::totp::TotpSecret;

/// The mutation.
pub(super) struct EnrollTotp;

/// What the app shows above its codes.
const ISSUER: &str = "Agent Free";

const ACCOUNT: &str = "SELECT coalesce(email, display_name) FROM users
    LEFT JOIN user_authentication ON user_id = users.id WHERE users.id = $1";

#[async_trait]
impl Mutation for EnrollTotp {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let user = require_confirmed(write).await?;
        let secret = TotpSecret::generate().map_err(failed)?;
        let secret_box = RequestContext::of(write)?.access.secret_box();
        let sealed = secret_box.seal(&sealed_for(user), secret.as_bytes()).map_err(failed)?;
        let step = Step {
            user: Some(user),
            name: input.text("name"),
            state: Some(&sealed),
            ..Step::default()
        };
        let opened = challenge::open(write, Purpose::TotpEnrollment, step).await?;
        let account: String = write.query_one(ACCOUNT, &[&user]).await?.try_get(0)?;
        let leaf = |text: String| Output::Leaf(Value::from(text));
        let payload = Payload::new()
            .with("secret", leaf(secret.base32()))
            .with("uri", leaf(secret.uri(ISSUER, &account)));
        Ok(opened.add_to(payload))
    }

    fn is_remembered(&self) -> bool {
        false
    }
}
