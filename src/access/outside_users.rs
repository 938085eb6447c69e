//! Whom a token of the outside issuer speaks of: somebody it has named before, or a new user.
//!
//! Nobody is recognised by an e-mail address or a name: whoever can make the issuer say them would
//! have the account. A user with an account of ours links the two himself.

use loaders::{Pool, RequestError};
use uuid::Uuid;

const FIND: &str = "SELECT user_id FROM external_identities WHERE issuer = $1 AND subject = $2";

/// One statement, so that all of it is there or nothing.
const MAKE: &str = "
WITH made AS (
    INSERT INTO users (user_type, display_name, status) VALUES ('BUYER', $3, 'ACTIVE')
    RETURNING id
), identity AS (
    INSERT INTO external_identities (issuer, subject, user_id) SELECT $1, $2, id FROM made
), role AS (
    INSERT INTO user_roles (user_id, role_id, reason)
    SELECT made.id, roles.id, 'Named by an outside issuer'
    FROM made, roles WHERE roles.name = 'buyer' AND roles.is_shipped
)
SELECT id FROM made, record_security_event(
    'SIGNED_UP', made.id, NULL, NULL, jsonb_build_object('issuer', $1::text)
)";

/// How long the name of a user may be.
const NAME_LENGTH: usize = 200;

/// Who has no name there.
const NAMELESS: &str = "New user";

/// The user of this subject; the first time, a new one.
pub(super) async fn find_or_make(
    pool: &Pool,
    issuer: &str,
    subject: &str,
    name: Option<&str>,
) -> Result<Uuid, RequestError> {
    let find = async || {
        let rows = pool.query(FIND, &[&issuer, &subject]).await?;
        Ok::<Option<Uuid>, RequestError>(rows.first().map(|row| row.get(0)))
    };
    if let Some(user) = find().await? {
        return Ok(user);
    }
    let name: String = name.unwrap_or_default().trim().chars().take(NAME_LENGTH).collect();
    let name = if name.is_empty() { NAMELESS.to_owned() } else { name };
    match pool.write(MAKE, &[&issuer, &subject, &name]).await {
        Ok(rows) if !rows.is_empty() => Ok(rows[0].get(0)),
        Ok(_) => Err(RequestError::Statement("no user was made".into())),
        // Another request was first.
        Err(error) => find().await?.ok_or(error),
    }
}
