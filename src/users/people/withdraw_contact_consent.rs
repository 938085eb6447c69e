//! `withdrawContactConsent`: what a consent allowed may no longer be sent. The consent stays, with the
//! time of its end.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserErrorCode, WriteContext, WriteError};

/// The mutation.
pub(super) struct WithdrawContactConsent;

const WITHDRAW: &str = "
    UPDATE contact_consents SET withdrawn_at = greatest(given_at, clock_timestamp()), withdrawal_source = $2
    WHERE id = $1 AND withdrawn_at IS NULL";

#[async_trait]
impl Mutation for WithdrawContactConsent {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let id = input.id("id", "ContactConsent")?;
        write.lock("ContactConsent", id, input.expected_version(), "id").await?;
        let source = input.text("source").unwrap_or_default();
        if write.execute(WITHDRAW, &[&id, &source]).await? == 0 {
            let message = "was withdrawn before";
            return Err(input.mistake(UserErrorCode::AlreadyDone, "id", message).into());
        }
        Ok(Payload::new().entity("contactConsent", "ContactConsent", id))
    }
}
