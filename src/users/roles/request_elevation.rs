//! `requestElevation`: somebody asks for a role for a limited time.

use async_graphql::Value;
use async_trait::async_trait;
use chrono::{SecondsFormat, TimeDelta, Utc};
use loaders::mutation::Input;
use loaders::scalar::type_id;
use loaders::{Mutation, Payload, UserErrorCode, WriteContext, WriteError};
use serde_json::json;
use uuid::Uuid;

use super::assignment::works_in;
use super::elevation::payload;
use crate::access::{RequestContext, SecurityEvent, security_event};
use crate::mail::{self, Mail, Recipient};

/// The mutation.
pub(super) struct RequestElevation;

/// Whether the role counts there, whether the person has it there already, and who that is.
const ABOUT: &str = "
SELECT now() AS now, role.name AS role, asking.display_name AS requester,
    role.scope = CASE WHEN $2::uuid IS NULL THEN 'EVERYWHERE' ELSE 'FIRM' END
        AND (role.firm_id IS NULL OR role.firm_id = $2::uuid) AS fits,
    EXISTS (
        SELECT FROM user_roles held
        WHERE held.user_id = $3 AND held.role_id = role.id AND held.firm_id IS NOT DISTINCT FROM $2::uuid
            AND held.revoked_at IS NULL AND held.starts_at <= now()
            AND (held.ends_at IS NULL OR held.ends_at > now())
    ) AS held
FROM roles role, users asking WHERE role.id = $1 AND asking.id = $3";

/// Who is told: twenty at most, for more are not needed.
const APPROVERS: &str = "
WITH RECURSIVE approving (id) AS (
    SELECT rule.role_id FROM role_permissions rule JOIN permissions p ON p.id = rule.permission_id
    WHERE p.name = 'elevation.approve' AND rule.effect = 'ALLOW'
    UNION
    SELECT heir.role_id FROM approving JOIN role_inheritance heir ON heir.inherited_role_id = approving.id
)
SELECT DISTINCT held.user_id FROM user_roles held
JOIN users approver ON approver.id = held.user_id AND approver.status = 'ACTIVE'
WHERE held.role_id IN (SELECT id FROM approving) AND held.user_id <> $1
    AND (num_nonnulls(held.firm_id, held.transaction_id) = 0 OR held.firm_id = $2::uuid)
    AND held.revoked_at IS NULL AND held.starts_at <= now()
    AND (held.ends_at IS NULL OR held.ends_at > now())
ORDER BY held.user_id LIMIT 20";

#[async_trait]
impl Mutation for RequestElevation {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let viewer = write.viewer_id()?;
        let firm = input.optional_id("firmId", "Firm")?;
        let role = input.id("roleId", "Role")?;
        let minutes = input.int("minutes").unwrap_or_default();
        let config = RequestContext::of(write)?.access.config();
        let longest = config.elevation_max.as_secs() / 60;
        if !u64::try_from(minutes).is_ok_and(|minutes| (1..=longest).contains(&minutes)) {
            let message = format!("goes from 1 to {longest} (ELEVATION_MAX)");
            return Err(input.mistake(UserErrorCode::OutOfRange, "minutes", message).into());
        }
        let lapses_at = Utc::now()
            + TimeDelta::from_std(config.elevation_request_lifetime).unwrap_or(TimeDelta::MAX);
        let request = input
            .clone()
            .with("userId", Value::from(typed("user", viewer)))
            .with("lapsesAt", Value::from(lapses_at.to_rfc3339_opts(SecondsFormat::Micros, true)));
        // Makes sure that the viewer sees the role and the firm.
        let id = write.insert("ElevationRequest", &request).await?;
        let about = write.query_one(ABOUT, &[&role, &firm, &viewer]).await?;
        if !about.try_get("fits")? {
            let message = "the role does not count there: see its `scope`";
            return Err(input.mistake(UserErrorCode::Invalid, "firmId", message).into());
        }
        if about.try_get("held")? {
            let message = "you have this role there already";
            return Err(input.mistake(UserErrorCode::AlreadyDone, "roleId", message).into());
        }
        if let Some(firm) = firm
            && !works_in(write, firm, viewer).await?
        {
            let message = "only who works in the firm has a role there";
            return Err(input.mistake(UserErrorCode::Conflict, "firmId", message).into());
        }
        let detail = json!({
            "elevationRequestId": id, "roleId": role, "firmId": firm, "minutes": minutes,
        });
        let event = SecurityEvent { kind: "ELEVATION_REQUESTED", user: Some(viewer), detail };
        security_event(write, event).await?;
        let values = json!({
            "requester": about.try_get::<_, &str>("requester")?,
            "role": about.try_get::<_, &str>("role")?,
            "reason": input.text("reason"),
            "hours": hours(minutes),
        });
        for approver in write.query(APPROVERS, &[&viewer, &firm]).await? {
            let to = Recipient::User(approver.try_get(0)?);
            let values = values.clone();
            let mail = Mail { template: "elevation_requested", to, values, token: None };
            mail::enqueue(write, mail).await?;
        }
        Ok(payload(id))
    }
}

/// Minutes as hours, with a digit after the point where one is needed.
fn hours(minutes: i64) -> String {
    let tenths = (minutes + 3) / 6;
    match tenths % 10 {
        0 => (tenths / 10).to_string(),
        digit => format!("{}.{digit}", tenths / 10),
    }
}

/// The id as clients know it.
fn typed(prefix: &str, id: Uuid) -> String {
    let mut text = Vec::new();
    type_id::encode(prefix, id.as_bytes(), &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_told_as_people_say_them() {
        for (minutes, said) in [(60, "1"), (90, "1.5"), (480, "8"), (20, "0.3"), (1, "0")] {
            assert_eq!(hours(minutes), said);
        }
    }
}
