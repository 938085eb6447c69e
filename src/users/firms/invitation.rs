//! An invitation: how one is sent, and what its token opens.

use chrono::{DateTime, TimeDelta, Utc};
use loaders::mutation::Input;
use loaders::{UserErrorCode, WriteContext, WriteError};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::access::{RequestContext, SecurityEvent, security_event};
use crate::mail::{self, Mail, MailToken, Recipient, TokenPurpose};
use crate::users::subject_token::redeem;

/// What an invitation is to.
pub(super) enum Aim {
    /// To work for this firm, perhaps to run it.
    Firm { id: Uuid, as_administrator: bool },
    /// To help with this property.
    Property { id: Uuid, capability: String },
}

/// A locked invitation that waits for an answer.
pub(super) struct Invitation {
    pub(super) id: Uuid,
    pub(super) email: String,
    pub(super) aim: Aim,
    pub(super) title: Option<String>,
    pub(super) invited_by: Uuid,
}

/// One that has run out makes room for another.
const EXPIRE: &str = "
    UPDATE invitations SET state = 'EXPIRED'
    WHERE coalesce(firm_id, property_id) = $1 AND lower(email) = lower($2)
        AND state = 'PENDING' AND expires_at <= now()";

const SEND: &str = "
    INSERT INTO invitations
        (email, firm_id, title, as_administrator, property_id, capability, message, invited_by_id, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6::text, $7, $8, $9) RETURNING id";

const INVITER: &str = "SELECT display_name FROM users WHERE id = $1";

const FIND: &str = "
    SELECT email, firm_id, title, as_administrator, property_id, capability::text, invited_by_id,
        state = 'PENDING', expires_at > now()
    FROM invitations WHERE id = $1 FOR UPDATE";

/// Sends an invitation to the address in the input, and says which; the same whether the address has
/// an account or not. `name` is what the mail calls the firm or the property.
pub(super) async fn send(
    write: &WriteContext<'_>,
    input: &Input,
    email: &str,
    aim: Aim,
    name: &str,
) -> Result<Uuid, WriteError> {
    let inviter = write.viewer_id()?;
    let lifetime = RequestContext::of(write)?.access.config().invitation_lifetime;
    // The settings allow ten years at most.
    let expires_at = Utc::now() + TimeDelta::from_std(lifetime).unwrap_or(TimeDelta::zero());
    let (title, message) = (input.text("title"), input.text("message"));
    let (template, label, firm, as_administrator, property, capability) = match aim {
        Aim::Firm { id, as_administrator } => {
            ("invitation_colleague", "firm", Some(id), as_administrator, None, None)
        }
        Aim::Property { id, capability } => {
            ("invitation_party", "property", None, false, Some(id), Some(capability))
        }
    };
    write.execute(EXPIRE, &[&firm.or(property), &email]).await?;
    let row = write
        .query_one(
            SEND,
            &[
                &email,
                &firm,
                &title,
                &as_administrator,
                &property,
                &capability,
                &message,
                &inviter,
                &expires_at,
            ],
        )
        .await?;
    let id: Uuid = row.try_get(0)?;
    let by: String = write.query_one(INVITER, &[&inviter]).await?.try_get(0)?;
    let values = json!({ "inviter": by, label: name, "message": message.unwrap_or_default() });
    mail::enqueue(write, letter(template, email, values, id, expires_at)).await?;
    tell(write, "INVITATION_SENT", None, id).await?;
    Ok(id)
}

fn letter(
    template: &'static str,
    email: &str,
    values: Value,
    id: Uuid,
    expires_at: DateTime<Utc>,
) -> Mail {
    let token = MailToken {
        purpose: TokenPurpose::AcceptInvitation,
        user_id: None,
        subject_id: Some(id),
        expires_at: Some(expires_at),
    };
    Mail { template, to: Recipient::Address(email.to_owned()), values, token: Some(token) }
}

impl Invitation {
    /// The invitation that the input's token opens, if it still waits for an answer.
    ///
    /// # Errors
    /// A token that opens none; an invitation that was answered, revoked, or has run out.
    pub(super) async fn open(write: &WriteContext<'_>, input: &Input) -> Result<Self, WriteError> {
        let id = redeem(write, input, TokenPurpose::AcceptInvitation.as_str()).await?.id;
        let over = |code, message: &str| Err(input.mistake(code, "token", message).into());
        let Some(row) = write.query_opt(FIND, &[&id]).await? else {
            return over(UserErrorCode::Expired, "belongs to an invitation that is gone");
        };
        let (is_pending, is_in_time): (bool, bool) = (row.try_get(7)?, row.try_get(8)?);
        if !is_pending {
            return over(UserErrorCode::AlreadyDone, "the invitation was answered or revoked");
        }
        if !is_in_time {
            return over(UserErrorCode::Expired, "the invitation has run out: ask for another");
        }
        let (firm, property): (Option<Uuid>, Option<Uuid>) = (row.try_get(1)?, row.try_get(4)?);
        let aim = match (firm, property) {
            (Some(id), _) => Aim::Firm { id, as_administrator: row.try_get(3)? },
            (None, Some(id)) => Aim::Property { id, capability: row.try_get(5)? },
            (None, None) => return over(UserErrorCode::Expired, "the invitation is to nothing"),
        };
        let (email, title, invited_by) = (row.try_get(0)?, row.try_get(2)?, row.try_get(6)?);
        Ok(Self { id, email, aim, title, invited_by })
    }
}

/// Takes back what somebody has invited to a firm (`firm_id`) or property (`property_id`).
pub(super) async fn revoke_sent(
    write: &WriteContext<'_>,
    sender: Uuid,
    column: &'static str,
    aim: Uuid,
) -> Result<(), WriteError> {
    let sql = format!(
        "UPDATE invitations SET state = 'REVOKED', answered_at = now()
         WHERE invited_by_id = $1 AND {column} = $2 AND state = 'PENDING'"
    );
    write.execute(&sql, &[&sender, &aim]).await.map(drop)
}

/// Records what became of an invitation.
pub(super) async fn tell(
    write: &WriteContext<'_>,
    kind: &str,
    user: Option<Uuid>,
    id: Uuid,
) -> Result<(), WriteError> {
    let detail = json!({ "invitation_id": id });
    security_event(write, SecurityEvent { kind, user, detail }).await
}
