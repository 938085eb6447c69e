//! `approveElevation`: somebody gets the role that he asked for, for as long as he asked.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserErrorCode, WriteContext, WriteError};
use serde_json::json;
use uuid::Uuid;

use super::assignment::works_in;
use super::authority::{Touched, require_assigner, require_held};
use super::elevation::Elevation;

/// The mutation.
pub(super) struct ApproveElevation;

const ASSIGN: &str = "INSERT INTO user_roles (user_id, role_id, firm_id, reason, ends_at)
    VALUES ($1, $2, $3, $4, $5) RETURNING id";

#[async_trait]
impl Mutation for ApproveElevation {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let request = Elevation::lock(write, input).await?;
        request.require_open(write, input)?;
        let Elevation { user, role, firm, .. } = request;
        let ends_at = request.ends_at();
        require_assigner(write, firm)?;
        require_held(write, Touched::Role(role), firm, Some(ends_at)).await?;
        if let Some(firm) = firm
            && !works_in(write, firm, user).await?
        {
            let message = "whoever asked works in the firm no longer";
            return Err(input.mistake(UserErrorCode::Conflict, "id", message).into());
        }
        let given =
            write.query_one(ASSIGN, &[&user, &role, &firm, &request.reason, &ends_at]).await?;
        let assignment: Uuid = given.try_get(0)?;
        request.decide(write, input, "APPROVED", Some(assignment)).await?;
        let detail = json!({ "assignmentId": assignment, "endsAt": ends_at });
        request.record(write, "ELEVATION_APPROVED", detail).await?;
        Ok(request.payload())
    }
}
