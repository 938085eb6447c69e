//! What happened to accounts, sessions and permissions, written with the change itself: it is
//! recorded if and only if it happened.

use loaders::{WriteContext, WriteError};
use serde_json::Value;
use uuid::Uuid;

use super::RequestContext;

/// Something that happened. Who acted, in which session and from where, is known to the request.
#[derive(Debug, Clone)]
pub struct SecurityEvent<'a> {
    /// One of the contract's `SecurityEventKind`.
    pub kind: &'a str,
    /// The user whom it concerns, if it is one.
    pub user: Option<Uuid>,
    /// What else there is to know, as an object; never a secret.
    pub detail: Value,
}

/// Records it, in the mutation's transaction.
///
/// # Errors
/// The database is away, or does not know the kind.
pub async fn security_event(
    write: &WriteContext<'_>,
    event: SecurityEvent<'_>,
) -> Result<(), WriteError> {
    let request = write.context::<RequestContext>();
    let session = request.and_then(|request| request.session);
    let address = request.map(|request| request.address);
    let SecurityEvent { kind, user, detail } = event;
    let detail = detail.to_string();
    let sql =
        "SELECT record_security_event($1::text, $2::uuid, $3::uuid, $4::inet, $5::text::jsonb)";
    write.execute(sql, &[&kind, &user, &session, &address, &detail]).await?;
    Ok(())
}
