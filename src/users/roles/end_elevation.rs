//! `endElevation`: a role for a limited time ends before its time, or is asked for no longer.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserErrorCode, WriteContext, WriteError};
use serde_json::json;

use super::assignment::{Assignment, COLUMNS};
use super::authority::{denies, forbidden};
use super::elevation::Elevation;

/// The mutation.
pub(super) struct EndElevation;

const WITHDRAW: &str = "UPDATE elevation_requests SET status = 'WITHDRAWN' WHERE id = $1";

#[async_trait]
impl Mutation for EndElevation {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let request = Elevation::lock(write, input).await?;
        let is_own = request.user == write.viewer_id()?;
        let Some(assignment) = request.assignment else {
            request.require_status(input, "REQUESTED")?;
            if !is_own {
                let message = "only who asked takes a request back: refuseElevation refuses it";
                return Err(forbidden(message));
            }
            write.execute(WITHDRAW, &[&request.id]).await?;
            request.record(write, "ELEVATION_ENDED", json!({ "withdrawn": true })).await?;
            return Ok(request.payload());
        };
        if !is_own {
            request.require_approver(write)?;
        } else if denies(write, request.role).await? {
            return Err(forbidden("a denial that binds you is for others to take off"));
        }
        let sql = format!("SELECT {COLUMNS} FROM user_roles WHERE id = $1 FOR UPDATE");
        let assignment = Assignment::of(assignment, &write.query_one(&sql, &[&assignment]).await?)?;
        if assignment.is_over {
            let message = "the elevation has ended before";
            return Err(input.mistake(UserErrorCode::AlreadyDone, "id", message).into());
        }
        assignment.end(write).await?;
        request.record(write, "ELEVATION_ENDED", json!({})).await?;
        Ok(request.payload())
    }
}
