//! `refuseElevation`: somebody does not get the role that he asked for.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, WriteContext, WriteError};
use serde_json::json;

use super::elevation::Elevation;

/// The mutation.
pub(super) struct RefuseElevation;

#[async_trait]
impl Mutation for RefuseElevation {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let request = Elevation::lock(write, input).await?;
        request.require_open(write, input)?;
        request.decide(write, input, "REFUSED", None).await?;
        request.record(write, "ELEVATION_REFUSED", json!({})).await?;
        Ok(request.payload())
    }
}
