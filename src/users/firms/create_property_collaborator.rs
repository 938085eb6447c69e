//! `createPropertyCollaborator`: somebody who sees it, or a firm, helps with a property at once.
//!
//! A firm comes in by one of its own people: whoever it helps meets all who work there, and could
//! learn of them by naming the firm.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{ErrorCode, FieldError, Mutation, Payload, WriteContext, WriteError};

/// The mutation.
pub(super) struct CreatePropertyCollaborator;

const WORKS_THERE: &str = "
    SELECT FROM firm_memberships WHERE firm_id = $1 AND user_id = $2 AND ended_at IS NULL";

#[async_trait]
impl Mutation for CreatePropertyCollaborator {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let viewer = write.viewer_id()?;
        let id = write.insert("PropertyCollaborator", input).await?;
        if let Some(firm) = input.optional_id("firmId", "Firm")?
            && write.require("property.manage").is_err()
            && write.query(WORKS_THERE, &[&firm, &viewer]).await?.is_empty()
        {
            let message = "a firm is let in by who works there: invite one of its people first";
            return Err(FieldError::new(ErrorCode::Forbidden, message).into());
        }
        Ok(Payload::new().entity("propertyCollaborator", "PropertyCollaborator", id))
    }
}
