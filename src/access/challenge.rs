//! Steps that wait for an answer: a sign-in for its second factor, a new factor for its first use.
//!
//! Promises: whoever began a step holds a secret that nobody guesses, of which a hash is kept; a step
//! is finished within `CHALLENGE_LIFETIME`, once, for the purpose it was begun for.

use chrono::{DateTime, SecondsFormat, Utc};
use loaders::{
    Before, Output, Payload, RequestError, UserError, UserErrorCode, Value, WriteContext,
    WriteError,
};
use tokio_postgres::Row;
use uuid::Uuid;

use super::factors::passkey::PasskeySite;
use super::session::Transport;
use super::{RequestContext, opaque};

/// What a step is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A sign-in that needs a second factor.
    SignIn,
    /// A sign-in by a passkey alone, of nobody in particular yet.
    PasskeySignIn,
    /// A new passkey.
    PasskeyRegistration,
    /// A new app for one-time codes.
    TotpEnrollment,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "SIGN_IN",
            Self::PasskeySignIn => "PASSKEY_SIGN_IN",
            Self::PasskeyRegistration => "PASSKEY_REGISTRATION",
            Self::TotpEnrollment => "TOTP_ENROLLMENT",
        }
    }
}

/// What is remembered of a step until its answer.
#[derive(Debug, Clone, Default)]
pub struct Step<'a> {
    /// Whose it is, if that is known.
    pub user: Option<Uuid>,
    /// Of a sign-in: how the session is to be held.
    pub transport: Option<Transport>,
    /// Of a new factor: what to call it.
    pub name: Option<&'a str>,
    /// What the answer is held against.
    pub state: Option<&'a [u8]>,
}

/// A step that was opened.
#[derive(Debug, Clone)]
pub struct Opened {
    /// For whoever began it.
    pub secret: String,
    /// Until when it can be finished.
    pub expires_at: DateTime<Utc>,
}

impl Opened {
    /// With its fields in a payload: `challenge` and `expiresAt`.
    pub fn add_to(&self, payload: Payload) -> Payload {
        payload.with("challenge", text(&self.secret)).with("expiresAt", time(self.expires_at))
    }
}

/// A step that may be finished.
#[derive(Debug, Clone)]
pub struct Challenge {
    id: Uuid,
    /// Whose it is, if that was known.
    pub user: Option<Uuid>,
    /// See [`Step::transport`].
    pub transport: Transport,
    /// See [`Step::name`].
    pub name: Option<String>,
    /// See [`Step::state`].
    pub state: Vec<u8>,
}

const OPEN: &str = "INSERT INTO authentication_challenges
        (purpose, user_id, secret_hash, transport, name, state, expires_at)
    VALUES ($1::text, $2, $3, $4::text, $5, $6, now() + make_interval(secs => $7))
    RETURNING expires_at";

const FIND: &str = "SELECT id, user_id, transport, name, state,
        expires_at <= now() AS is_over, finished_at IS NOT NULL AS is_finished
    FROM authentication_challenges WHERE secret_hash = $1 AND purpose = $2::text";

const FINISH: &str = "UPDATE authentication_challenges SET finished_at = now() WHERE id = $1";

/// Opens a step.
///
/// # Errors
/// The database is away.
pub async fn open(
    write: &WriteContext<'_>,
    purpose: Purpose,
    step: Step<'_>,
) -> Result<Opened, WriteError> {
    let secret = opaque::secret().map_err(failed)?;
    let hash = opaque::hash(&secret);
    let lifetime = RequestContext::of(write)?.access.config().challenge_lifetime.as_secs_f64();
    let Step { user, transport, name, state } = step;
    let (purpose, transport) = (purpose.as_str(), transport.map(Transport::as_str));
    let hash = hash.as_slice();
    let row = write
        .query_one(OPEN, &[&purpose, &user, &hash, &transport, &name, &state, &lifetime])
        .await?;
    Ok(Opened { secret, expires_at: row.try_get("expires_at")? })
}

/// Looks at a step that may be finished, before the transaction that takes it.
///
/// # Errors
/// A mistake at `challenge`: unknown, over, or finished.
pub async fn look(
    before: &Before<'_>,
    purpose: Purpose,
    secret: &str,
) -> Result<Challenge, WriteError> {
    let (hash, purpose) = (opaque::hash(secret), purpose.as_str());
    read(before.query(FIND, &[&hash.as_slice(), &purpose]).await?.first())
}

/// Locks a step that may be finished.
///
/// # Errors
/// See [`look`].
pub async fn take(
    write: &WriteContext<'_>,
    purpose: Purpose,
    secret: &str,
) -> Result<Challenge, WriteError> {
    let (hash, purpose) = (opaque::hash(secret), purpose.as_str());
    let sql = format!("{FIND} FOR UPDATE");
    read(write.query_opt(&sql, &[&hash.as_slice(), &purpose]).await?.as_ref())
}

/// The same, of the user who is signed in: somebody else's is as good as none.
///
/// # Errors
/// See [`look`].
pub async fn take_own(
    write: &WriteContext<'_>,
    purpose: Purpose,
    secret: &str,
) -> Result<Challenge, WriteError> {
    let user = write.viewer_id()?;
    let found = take(write, purpose, secret).await?;
    if found.user == Some(user) { Ok(found) } else { read(None) }
}

/// What [`FIND`] found, if it may be finished.
fn read(row: Option<&Row>) -> Result<Challenge, WriteError> {
    let wrong = |code, message: &str| UserError::new(code, &["challenge"], message);
    let Some(row) = row else {
        let message = "there is no such challenge: begin again";
        return Err(wrong(UserErrorCode::InvalidCredentials, message).into());
    };
    if row.try_get("is_finished")? {
        let message = "this challenge was answered before: begin again";
        return Err(wrong(UserErrorCode::AlreadyDone, message).into());
    }
    if row.try_get("is_over")? {
        let message = "the time of this challenge is over: begin again";
        return Err(wrong(UserErrorCode::Expired, message).into());
    }
    let state: Option<Vec<u8>> = row.try_get("state")?;
    let transport: Option<&str> = row.try_get("transport")?;
    Ok(Challenge {
        id: row.try_get("id")?,
        user: row.try_get("user_id")?,
        transport: Transport::named(transport.unwrap_or_default()),
        name: row.try_get("name")?,
        state: state.unwrap_or_default(),
    })
}

/// A step that was answered, rightly or not, is not answered again.
///
/// # Errors
/// The database is away.
pub async fn finish(write: &WriteContext<'_>, challenge: &Challenge) -> Result<(), WriteError> {
    write.execute(FINISH, &[&challenge.id]).await?;
    Ok(())
}

const FACTORS: &str = "SELECT
    EXISTS (SELECT FROM user_mfa_methods WHERE user_id = $1 AND kind = 'TOTP'),
    EXISTS (SELECT FROM user_mfa_methods WHERE user_id = $1 AND kind = 'PASSKEY'),
    EXISTS (SELECT FROM user_recovery_codes WHERE user_id = $1 AND used_at IS NULL)";

/// Begins the second half of a sign-in of a user who has second factors, once the password was right:
/// the contract's `SignInChallenge`. The session that comes of it is held as `transport` says.
///
/// # Errors
/// The database is away.
pub async fn begin(
    write: &WriteContext<'_>,
    user: Uuid,
    transport: Transport,
) -> Result<Output, WriteError> {
    let has = write.query_one(FACTORS, &[&user]).await?;
    let (has_totp, has_passkey, has_codes): (bool, bool, bool) =
        (has.try_get(0)?, has.try_get(1)?, has.try_get(2)?);
    let config = RequestContext::of(write)?.access.config();
    let site = PasskeySite::new(&config.public_url, config.challenge_lifetime);
    // Where the site has no name any more, passkeys answer nothing; codes still do.
    let asked = site.ok().filter(|_| has_passkey).map(|site| site.begin_authentication());
    let asked = asked.transpose().map_err(failed)?;
    let step = Step {
        user: Some(user),
        transport: Some(transport),
        state: asked.as_ref().map(|asked| asked.state.as_slice()),
        ..Step::default()
    };
    let opened = open(write, Purpose::SignIn, step).await?;
    let methods = [has_totp.then_some("TOTP"), asked.as_ref().map(|_| "PASSKEY")];
    let methods = methods.into_iter().flatten().map(|kind| Output::Leaf(enum_value(kind)));
    let fields = vec![
        ("challenge", text(&opened.secret)),
        ("expiresAt", time(opened.expires_at)),
        ("methods", Output::List(methods.collect())),
        ("hasRecoveryCodes", Output::Leaf(Value::from(has_codes))),
        ("passkeyOptions", asked.map_or(Output::Null, |asked| json(&asked.options))),
    ];
    Ok(Output::Object { type_name: "SignInChallenge", fields })
}

/// Something that is a defect, or the system's: neither the person nor the database did it.
pub fn failed(error: impl std::error::Error + Send + Sync + 'static) -> WriteError {
    RequestError::Panic(error.into()).into()
}

fn enum_value(name: &str) -> Value {
    Value::Enum(async_graphql::Name::new(name))
}

/// A text as a leaf.
fn text(text: &str) -> Output {
    Output::Leaf(Value::from(text))
}

/// A moment as a leaf.
pub fn time(time: DateTime<Utc>) -> Output {
    text(&time.to_rfc3339_opts(SecondsFormat::Micros, true))
}

/// Any JSON as a leaf.
pub fn json(value: &serde_json::Value) -> Output {
    Value::from_json(value.clone()).map_or(Output::Null, Output::Leaf)
}
