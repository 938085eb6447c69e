//! What follows when second factors change: it is recorded, and the user is told.

use loaders::{WriteContext, WriteError};
use serde_json::json;
use uuid::Uuid;

use crate::access::{SecurityEvent, security_event};
use crate::mail::{self, Mail, Recipient};

/// A second factor was added.
pub(super) async fn added(
    write: &WriteContext<'_>,
    user: Uuid,
    kind: &str,
    name: &str,
) -> Result<(), WriteError> {
    tell(write, user, ("FACTOR_ADDED", "factor_added"), kind, name).await
}

/// A second factor was removed.
pub(super) async fn removed(
    write: &WriteContext<'_>,
    user: Uuid,
    kind: &str,
    name: &str,
) -> Result<(), WriteError> {
    tell(write, user, ("FACTOR_REMOVED", "factor_removed"), kind, name).await
}

async fn tell(
    write: &WriteContext<'_>,
    user: Uuid,
    (event, template): (&'static str, &'static str),
    kind: &str,
    name: &str,
) -> Result<(), WriteError> {
    let detail = json!({ "method": kind, "name": name });
    security_event(write, SecurityEvent { kind: event, user: Some(user), detail }).await?;
    let what = if kind == "TOTP" { "the app" } else { "the passkey" };
    let values = json!({ "method": format!("{what} “{name}”") });
    mail::enqueue(write, Mail { template, to: Recipient::User(user), values, token: None }).await
}
