//! `assignRole`: somebody gets a role, everywhere or in a firm.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserErrorCode, WriteContext, WriteError};

use super::assignment::{Assignment, COLUMNS, works_in};
use super::authority::{Touched, forbidden, require_assigner, require_held};

/// The mutation.
pub(super) struct AssignRole;

#[async_trait]
impl Mutation for AssignRole {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let viewer = write.viewer_id()?;
        let firm = input.optional_id("firmId", "Firm")?;
        require_assigner(write, firm)?;
        let user = input.id("userId", "User")?;
        if user == viewer {
            return Err(forbidden("nobody gives a role to himself"));
        }
        let id = write.insert("RoleAssignment", input).await?;
        let sql = format!("SELECT {COLUMNS} FROM user_roles WHERE id = $1");
        let row = write.query_one(&sql, &[&id]).await?;
        let assignment = Assignment::of(id, &row)?;
        require_held(write, Touched::Role(assignment.role), firm, assignment.ends_at).await?;
        if let Some(firm) = firm
            && !works_in(write, firm, user).await?
        {
            let message = "only who works in the firm has a role there";
            return Err(input.mistake(UserErrorCode::Conflict, "userId", message).into());
        }
        assignment.record(write, "ROLE_ASSIGNED").await?;
        Ok(Payload::new().entity("assignment", "RoleAssignment", id))
    }
}
