//! Mail: what is sent, to whom, and how it leaves.
//!
//! [`enqueue`] writes a job in the transaction that wants the mail, so it goes out after the commit
//! and never without one; sent at least once. A mail that proves something carries a one-time
//! token in its link. The token is made when the mail is sent ([`token`]): no secret waits in the
//! queue, and another attempt replaces the token of the one before.
//!
//! - `templates/`: one file a mail; [`render`] makes subject, text and HTML of it.
//! - [`transport`]: the port, with a mail server, a folder, or nothing behind it.

mod render;
mod send;
mod token;
mod transport;

use loaders::{ErrorCode, FieldError, Pool, RequestError, WriteContext, WriteError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::access::RequestContext;
use crate::config::{AccessConfig, MailConfig};
use crate::jobs::Jobs;
pub use render::{MailTemplateError, TEMPLATES};
pub use token::{MailToken, TokenPurpose};
pub use transport::MailError;

/// The job that sends one mail.
const SEND_MAIL: &str = "send_mail";

/// A mail to one person.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The name of its file in `templates/`, such as `verify_email`.
    pub template: &'static str,
    /// To whom it goes.
    pub to: Recipient,
    /// What the template names besides `link` and `lifetime`: an object of texts and numbers. They
    /// are shown as they are, on one line each.
    pub values: Value,
    /// What its `link` proves, if it proves something.
    pub token: Option<MailToken>,
}

/// To whom a mail goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// The user, at the address by which he signs in now; nobody if he has none.
    User(Uuid),
    /// This address, verified or not.
    Address(String),
}

/// A mail as it waits in the queue.
#[derive(Debug, Serialize, Deserialize)]
struct Waiting {
    template: String,
    to: String,
    values: Map<String, Value>,
    token: Option<MailToken>,
}

/// The address is that of now: a mail about its change goes to the one that is meant.
const ENQUEUE: &str = "
    INSERT INTO jobs (name, payload)
    SELECT $1, $2::text::jsonb || jsonb_build_object('to', email) FROM (
        SELECT email FROM user_authentication WHERE user_id = $3
        UNION ALL
        SELECT $4::text WHERE $4 IS NOT NULL
    ) recipient";

/// Refuses what could not end well without a mail. Asked before anything is looked up, so that the
/// refusal tells nothing.
///
/// # Errors
/// `STORE_UNAVAILABLE` where mail goes nowhere.
pub fn require(write: &WriteContext<'_>) -> Result<(), WriteError> {
    if RequestContext::of(write)?.access.sends_mail() {
        return Ok(());
    }
    let message = "this needs a mail, and none can be sent: who runs this server must set MAIL_URL";
    Err(FieldError::new(ErrorCode::StoreUnavailable, message).into())
}

/// Sends a mail once the transaction is committed. One that carries a token is [required](require);
/// others only tell of something that is done.
///
/// # Errors
/// What the database says; or the template needs other values, which is a defect.
pub async fn enqueue(write: &WriteContext<'_>, mail: Mail) -> Result<(), WriteError> {
    if mail.token.is_some() {
        require(write)?;
    }
    let (payload, user, address) = waiting(mail)?;
    write.execute(ENQUEUE, &[&SEND_MAIL, &payload, &user, &address]).await?;
    Ok(())
}

/// Sends a mail from a job, in a transaction of its own.
///
/// # Errors
/// See [`enqueue`].
pub async fn enqueue_alone(pool: &Pool, mail: Mail) -> Result<(), RequestError> {
    let (payload, user, address) = waiting(mail)?;
    pool.write(ENQUEUE, &[&SEND_MAIL, &payload, &user, &address]).await.map(drop)
}

/// The job's payload but for the address, whose it is, and the address itself: one of the two.
fn waiting(mail: Mail) -> Result<(String, Option<Uuid>, Option<String>), RequestError> {
    let Mail { template, to, values, token } = mail;
    let values = match values {
        Value::Object(values) => values,
        _ => Map::new(),
    };
    render::check(template, &values).map_err(|error| RequestError::Statement(error.into()))?;
    let payload = json!({ "template": template, "values": values, "token": token }).to_string();
    Ok(match to {
        Recipient::User(user) => (payload, Some(user), None),
        Recipient::Address(address) => (payload, None, Some(address)),
    })
}

/// Adds the job that sends mail, and says where mail goes.
///
/// # Errors
/// The mail server's address cannot be used, or the folder cannot be made.
pub fn add_jobs(
    jobs: &mut Jobs,
    config: &MailConfig,
    access: &AccessConfig,
) -> Result<(), MailError> {
    jobs.add(SEND_MAIL, send::SendMail::new(config, access)?);
    Ok(())
}
