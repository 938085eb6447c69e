//! The first administrator, whom nobody can appoint: made from the command line, by whoever has the
//! database.

use std::io;

use serde_json::json;
use thiserror::Error;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::access::password::{PasswordError, Passwords};
use crate::access::password_rules::{PasswordMistake, PasswordRules};
use crate::config::AccessConfig;
use crate::users::email;

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Administrator {
    /// A new user.
    Made,
    /// A user who was there.
    Appointed,
    /// Somebody who was one before.
    Already,
}

/// Why there is no administrator.
#[derive(Debug, Error)]
pub(crate) enum AdministratorError {
    /// It is no address.
    #[error("{0} is not an e-mail address")]
    Address(String),
    /// Standard input ended, or is no text.
    #[error("no password could be read from standard input")]
    Input(#[from] io::Error),
    /// The password is not taken.
    #[error("the password {0}")]
    Weak(#[from] PasswordMistake),
    /// It cannot be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A statement failed.
    #[error("the database refused a statement")]
    Statement(#[from] tokio_postgres::Error),
}

const FIND: &str = "
    SELECT users.id FROM users JOIN user_authentication ON user_id = users.id
    WHERE lower(email) = lower($1) AND email_verified_at IS NOT NULL AND status = 'ACTIVE' AND deleted_at IS NULL";

const MAKE: &str = "
    WITH made AS (
        INSERT INTO users (user_type, display_name) VALUES ('ADMINISTRATOR', $2) RETURNING id
    )
    INSERT INTO user_authentication (user_id, email, email_verified_at, password_hash, password_changed_at)
    SELECT id, $1, now(), $3, now() FROM made RETURNING user_id";

const APPOINT: &str = "
    INSERT INTO user_roles (user_id, role_id, reason)
    SELECT $1, id, 'From the command line' FROM roles
    WHERE is_shipped AND name = 'administrator' AND NOT EXISTS (
        SELECT FROM user_roles held
        WHERE held.user_id = $1 AND held.role_id = roles.id AND revoked_at IS NULL AND ends_at IS NULL
    )";

const RECORD: &str = "
    SELECT record_security_event('ADMINISTRATOR_MADE', $1, NULL, NULL, $2::text::jsonb)";

/// Makes the user of this address an administrator, or a new one with the password that is read.
pub(crate) async fn make_administrator(
    client: &mut Client,
    config: &AccessConfig,
    address: &str,
    read_password: impl FnOnce() -> io::Result<String>,
) -> Result<Administrator, AdministratorError> {
    let address = address.trim();
    if !email::is_address(address) {
        return Err(AdministratorError::Address(address.to_owned()));
    }
    let found: Option<Uuid> = client.query_opt(FIND, &[&address]).await?.map(|row| row.get(0));
    let hash = match found {
        Some(_) => None,
        None => {
            let password = read_password()?;
            PasswordRules::of(config).check(&password, &[address], false)?;
            Some(Passwords::of(config)?.hash(&password).await?)
        }
    };
    let transaction = client.transaction().await?;
    let (user, outcome) = match (found, hash) {
        (Some(user), _) => (user, Administrator::Appointed),
        (None, hash) => {
            let name = address.split('@').next().unwrap_or(address);
            let made = transaction.query_one(MAKE, &[&address, &name, &hash]).await?;
            (made.get(0), Administrator::Made)
        }
    };
    if transaction.execute(APPOINT, &[&user]).await? == 0 {
        return Ok(Administrator::Already);
    }
    let detail = json!({ "by": "command line" }).to_string();
    transaction.execute(RECORD, &[&user, &detail]).await?;
    transaction.commit().await?;
    Ok(outcome)
}
