//! `signOut`, `signOutEverywhere` and `endSession`: sessions that their user ends.

use async_trait::async_trait;
use loaders::mutation::Input;
use loaders::{Mutation, Output, Payload, UserErrorCode, Value, WriteContext, WriteError};
use serde_json::json;
use uuid::Uuid;

use crate::access::session::{self, EndReason};
use crate::access::{RequestContext, SecurityEvent, cookies, opaque, security_event};

/// Ends the session that the request belongs to.
pub(super) struct SignOut;

/// Ends all sessions of whoever asks.
pub(super) struct SignOutEverywhere;

/// Ends one session.
pub(super) struct EndSession;

const BY_REFRESH_TOKEN: &str =
    "SELECT id, user_id FROM user_sessions WHERE refresh_token_hash = $1";

const USER_OF: &str = "SELECT id, user_id FROM user_sessions WHERE id = $1";

#[async_trait]
impl Mutation for SignOut {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let context = RequestContext::of(write)?;
        let given = input.text("refreshToken");
        let token = given.or_else(|| context.session.is_none().then(|| context.refresh_token())?);
        let found = match (token, context.session) {
            (Some(token), _) => {
                let hash = opaque::hash(token);
                write.query_opt(BY_REFRESH_TOKEN, &[&hash.as_slice()]).await?
            }
            (None, Some(session)) => write.query_opt(USER_OF, &[&session]).await?,
            (None, None) => None,
        };
        cookies::clear(context);
        let mut ended = false;
        if let Some(row) = found {
            let (session, user): (Uuid, Uuid) = (row.try_get(0)?, row.try_get(1)?);
            ended = session::end(write, session, EndReason::SignedOut).await?;
            if ended {
                let detail = json!({ "session": session });
                let event = SecurityEvent { kind: "SIGNED_OUT", user: Some(user), detail };
                security_event(write, event).await?;
            }
        }
        Ok(Payload::new().with("signedOut", Output::Leaf(Value::from(ended))))
    }

    fn is_remembered(&self) -> bool {
        false
    }
}

#[async_trait]
impl Mutation for SignOutEverywhere {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let this = RequestContext::require_session(write)?;
        let user = write.viewer_id()?;
        let keeps = input.boolean("keepThis") == Some(true);
        let but = keeps.then_some(this);
        let ended = session::end_all(write, user, but, EndReason::EndedByUser).await?;
        if !keeps {
            cookies::clear(RequestContext::of(write)?);
        }
        let detail = json!({ "count": ended });
        let event = SecurityEvent { kind: "SESSIONS_ENDED", user: Some(user), detail };
        security_event(write, event).await?;
        Ok(Payload::new().with("endedSessions", Output::Leaf(Value::from(ended))))
    }
}

#[async_trait]
impl Mutation for EndSession {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        RequestContext::require_session(write)?;
        let id = input.id("id", "UserSession")?;
        let row = write.lock("UserSession", id, input.expected_version(), "user_id").await?;
        let user: Uuid = row.try_get(0)?;
        if !session::end(write, id, EndReason::EndedByUser).await? {
            let message = "this session has ended already";
            return Err(input.mistake(UserErrorCode::AlreadyDone, "id", message).into());
        }
        let detail = json!({ "session": id });
        let event = SecurityEvent { kind: "SESSION_ENDED", user: Some(user), detail };
        security_event(write, event).await?;
        Ok(Payload::new().entity("session", "UserSession", id))
    }
}
