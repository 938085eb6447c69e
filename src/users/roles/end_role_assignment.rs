//! `endRoleAssignment`: somebody no longer has a role.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserErrorCode, WriteContext, WriteError};

use super::assignment::{Assignment, COLUMNS};
use super::authority::{Touched, denies, forbidden, require_assigner, require_held};

/// The mutation.
pub(super) struct EndRoleAssignment;

#[async_trait]
impl Mutation for EndRoleAssignment {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let viewer = write.viewer_id()?;
        let id = input.id("id", "RoleAssignment")?;
        let row = write.lock("RoleAssignment", id, input.expected_version(), COLUMNS).await?;
        let assignment = Assignment::of(id, &row)?;
        if assignment.user != viewer {
            let Assignment { role, firm, ends_at, .. } = assignment;
            require_assigner(write, firm)?;
            require_held(write, Touched::Role(role), firm, ends_at).await?;
        } else if denies(write, assignment.role).await? {
            return Err(forbidden("a denial that binds you is for others to take off"));
        }
        if assignment.is_over {
            let message = "the assignment has ended before";
            return Err(input.mistake(UserErrorCode::AlreadyDone, "id", message).into());
        }
        assignment.end(write).await?;
        Ok(Payload::new().entity("assignment", "RoleAssignment", id))
    }
}
