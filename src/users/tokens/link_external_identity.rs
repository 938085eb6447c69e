//! `linkExternalIdentity`: tokens of the outside issuer sign the viewer in from now on. He proves by
//! his session who he is here, and by a token who he is there.

use async_trait::async_trait;
use loaders::mutation::{Before, Input, Prepared};
use loaders::{Mutation, Payload, UserError, UserErrorCode, WriteContext, WriteError};
use serde_json::json;
use uuid::Uuid;

use crate::access::{RequestContext, SecurityEvent, security_event};
use crate::users::factors::require_confirmed;

/// The mutation.
pub(super) struct LinkExternalIdentity;

/// Whom a token names.
struct Named {
    issuer: String,
    subject: String,
}

const FIND: &str = "SELECT id, user_id FROM external_identities WHERE issuer = $1 AND subject = $2";

const LINK: &str = "INSERT INTO external_identities (issuer, subject, user_id)
    VALUES ($1, $2, $3) RETURNING id";

#[async_trait]
impl Mutation for LinkExternalIdentity {
    /// The issuer may have to be asked for its keys.
    async fn before(&self, before: &Before<'_>, input: &Input) -> Result<Prepared, WriteError> {
        let token = input.text("token").unwrap_or_default();
        let Some(request) = before.context::<RequestContext>().filter(|it| it.session.is_some())
        else {
            return Ok(Prepared::none());
        };
        let named = request.access.outside_subject(token).await?;
        Ok(named.map_or_else(Prepared::none, |(issuer, subject)| {
            Prepared::new(Named { issuer: issuer.to_owned(), subject })
        }))
    }

    async fn run(&self, write: &WriteContext<'_>, _: &Input) -> Result<Payload, WriteError> {
        // It lets somebody in for good: whoever has stolen a session shall not link himself.
        let user = require_confirmed(write).await?;
        let Some(Named { issuer, subject }) = write.prepared() else {
            let message = "the token does not count here: there is no outside issuer, or it is not \
                           one of its tokens for this server, or over";
            return Err(UserError::new(UserErrorCode::Invalid, &["token"], message).into());
        };
        let found = write.query_opt(FIND, &[issuer, subject]).await?;
        let known =
            found.map(|row| Ok::<(Uuid, Uuid), WriteError>((row.try_get(0)?, row.try_get(1)?)));
        if let Some((id, owner)) = known.transpose()?
            && owner == user
        {
            return Ok(Payload::new().entity("externalIdentity", "ExternalIdentity", id));
        }
        // One that is somebody else's is refused by its key.
        let id: Uuid = write.query_one(LINK, &[issuer, subject, &user]).await?.try_get(0)?;
        let detail = json!({ "issuer": issuer });
        let event = SecurityEvent { kind: "EXTERNAL_IDENTITY_LINKED", user: Some(user), detail };
        security_event(write, event).await?;
        Ok(Payload::new().entity("externalIdentity", "ExternalIdentity", id))
    }

    /// A token in its input may be over when it is repeated.
    fn is_remembered(&self) -> bool {
        false
    }
}
