//! `createProperty`: whoever describes a property owns it, unless he may describe other people's.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::scalar::type_id;
use loaders::{Mutation, Payload, Value, WriteContext, WriteError};

/// The mutation.
pub(super) struct CreateProperty;

/// The permission to write every property.
pub(super) const WRITE: &str = "property.write";

#[async_trait]
impl Mutation for CreateProperty {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let viewer = write.viewer_id()?;
        let mut input = input.clone();
        if !input.has("ownerId") && write.require(WRITE).is_err() {
            let mut owner = Vec::new();
            type_id::encode("user", viewer.as_bytes(), &mut owner);
            let owner = String::from_utf8_lossy(&owner).into_owned();
            input = input.with("ownerId", Value::from(owner));
        }
        if input.optional_id("ownerId", "User")? != Some(viewer) {
            write.require(WRITE)?;
        }
        let id = write.insert("Property", &input).await?;
        Ok(Payload::new().entity("property", "Property", id))
    }
}
