//! `beginPasskeySignIn`: what the browser needs to find a passkey of this site.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, WriteContext, WriteError};

use super::site;
use crate::access::RequestContext;
use crate::access::challenge::{self, Purpose, Step, failed};
use crate::access::session::Transport;

/// The mutation.
pub(super) struct BeginPasskeySignIn;

#[async_trait]
impl Mutation for BeginPasskeySignIn {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let asked = site(RequestContext::of(write)?)?.begin_authentication().map_err(failed)?;
        let step = Step {
            transport: Some(Transport::named(input.text("transport").unwrap_or_default())),
            state: Some(&asked.state),
            ..Step::default()
        };
        let opened = challenge::open(write, Purpose::PasskeySignIn, step).await?;
        Ok(opened.add_to(Payload::new().with("options", challenge::json(&asked.options))))
    }

    fn is_remembered(&self) -> bool {
        false
    }
}
