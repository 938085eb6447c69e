//! `deleteProperty`: a property is hidden with everything that hangs on it. Whoever may write it may
//! not therefore take it away: that is for those who decide about it.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Output, Payload, Value, WriteContext, WriteError};

use super::policy::MANAGE;

/// The mutation.
pub(super) struct DeleteProperty;

#[async_trait]
impl Mutation for DeleteProperty {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let id = input.id("id", "Property")?;
        write.lock_permitted("Property", id, input.expected_version(), "id", MANAGE).await?;
        write.delete("Property", id).await?;
        let id = input.text("id").unwrap_or_default();
        Ok(Payload::new().with("deletedId", Output::Leaf(Value::from(id))))
    }
}
