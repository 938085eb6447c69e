//! `inviteColleague`: somebody is asked by e-mail to work for a firm.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Payload, UserErrorCode, WriteContext, WriteError};

use super::invitation::{Aim, send};
use super::membership;
use crate::users::email;
use crate::users::roles::{Touched, require_held};

/// The mutation.
pub(super) struct InviteColleague;

const FIRM: &str = "SELECT name FROM firms WHERE id = $1";

#[async_trait]
impl Mutation for InviteColleague {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        write.viewer_id()?;
        let firm = input.id("firmId", "Firm")?;
        let Some(row) = write.query_opt(FIRM, &[&firm]).await? else {
            let message = "there is nothing with this id";
            return Err(input.mistake(UserErrorCode::NotFound, "firmId", message).into());
        };
        write.require_in("firm.invite", firm)?;
        let as_administrator = input.boolean("asAdministrator").unwrap_or_default();
        // The role goes to whoever reads the mail, so it is handed on like any other.
        let role = membership::role(write, as_administrator).await?;
        require_held(write, Touched::Role(role), Some(firm), None).await?;
        let address = email::read(input, "email")?;
        let aim = Aim::Firm { id: firm, as_administrator };
        let id = send(write, input, &address, aim, row.try_get(0)?).await?;
        Ok(Payload::new().entity("invitation", "Invitation", id))
    }
}
