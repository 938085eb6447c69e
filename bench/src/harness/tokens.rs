//! How fast the server knows who is asking, by what a request brings along: one request after the
//! other, in this process, without HTTP.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use agent_free::access::{Access, Lockout};
use agent_free::config;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use loaders::Pool;
use stores::rate_limits::{Chosen, Embedded};
use tokio_postgres::Client;
use url::Url;
use uuid::Uuid;

use super::report::Table;
use super::viewer;
use crate::error::BenchError;
use crate::volume;

/// Tokens that are seen for the first time, and requests of each other kind.
const ROUNDS: usize = 20_000;

const SESSION: &str = "
    WITH made AS (
        INSERT INTO users (user_type, display_name) VALUES ('BUYER', 'Measured') RETURNING id
    ), assigned AS (
        INSERT INTO user_roles (user_id, role_id)
        SELECT made.id, roles.id FROM made, roles WHERE roles.name = 'buyer' AND is_shipped
    )
    INSERT INTO user_sessions (user_id, transport, refresh_token_hash, authenticated_by, address,
        refresh_expires_at, expires_at)
    SELECT id, 'BEARER', uuid_send(id), 'PASSWORD', '192.0.2.1', now() + interval '1 day',
        now() + interval '1 day'
    FROM made RETURNING user_id, id";

/// Measures each kind of proof.
pub(crate) async fn tokens(database: &str) -> Result<Table, BenchError> {
    let url = Url::parse(database)
        .map_err(|error| BenchError::program("the address of the database", error))?;
    let client = volume::connect(&url).await?;
    let access = access(database).await?;
    let (user, session) = session(&client).await?;
    let mut table = Table::new(&["what a request brings along", "per second", "µs each"]);
    let mut row = |name: &str, took: Duration| {
        let each = took.as_secs_f64() / ROUNDS as f64;
        table.row(&[name, &format!("{:.0}", 1.0 / each), &format!("{:.2}", each * 1e6)]);
    };

    let nothing = [HeaderMap::new()];
    row("nothing", identify(&access, &nothing).await?);
    let key = viewer::authorization(database, "buyer").await?;
    row("an API key", identify(&access, &[authorization(&key)?]).await?);
    let begun = Instant::now();
    let issued: Result<Vec<_>, _> = (0..ROUNDS).map(|_| access.issue(user, session)).collect();
    let signing = begun.elapsed();
    let issued = issued.map_err(|error| BenchError::program("signing", error))?;
    let fresh: Result<Vec<HeaderMap>, BenchError> =
        issued.iter().map(|it| authorization(&format!("Bearer {}", it.token))).collect();
    let fresh = fresh?;
    row("a token seen before", identify(&access, &fresh[..1]).await?);
    row("a token for the first time", identify(&access, &fresh).await?);
    row("(a token is signed)", signing);
    table.note(
        "One thread. Whoever asks is known already, so no row asks the database; the signature of a \
         token is checked once, and found again by its hash until it is over.",
    );
    Ok(table)
}

async fn access(database: &str) -> Result<Arc<Access>, BenchError> {
    let failed = |what: &'static str| {
        move |error: Box<dyn std::error::Error>| BenchError::program(what, error)
    };
    let found = config::examine(|name| match name {
        "DATABASE_URL" => Some(OsString::from(database)),
        "SECRET_KEY" => Some("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".into()),
        _ => None,
    });
    let config = found.config.map_err(|error| failed("the configuration")(error.into()))?;
    let driver = database.parse().map_err(BenchError::database("reading its address"))?;
    let pool = Pool::new(driver, 4, Duration::from_secs(10));
    let pool = pool.map_err(BenchError::database("making a pool"))?;
    let limits = &config.rate_limits;
    let store = Chosen::new(None, Embedded::new(pool.clone(), limits.keys_max));
    let lockout = Lockout::new(Arc::new(store), limits);
    let access = Access::start(&config, pool, lockout).await;
    let access = access.map_err(|error| failed("access")(error.into()))?;
    // Until it listens, it asks the database each time.
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(access)
}

async fn session(client: &Client) -> Result<(Uuid, Uuid), BenchError> {
    let row = client.query_one(SESSION, &[]).await;
    let row = row.map_err(BenchError::database("making a session"))?;
    Ok((row.get(0), row.get(1)))
}

fn authorization(value: &str) -> Result<HeaderMap, BenchError> {
    let value =
        HeaderValue::from_str(value).map_err(|error| BenchError::program("a header", error))?;
    Ok(HeaderMap::from_iter([(header::AUTHORIZATION, value)]))
}

/// How long it takes to know who sends these requests, in turn, so many times.
async fn identify(access: &Arc<Access>, requests: &[HeaderMap]) -> Result<Duration, BenchError> {
    let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
    // Whoever asks is looked up once.
    for first in requests.iter().take(1) {
        drop(access.identify(&Method::POST, first, address).await);
    }
    let begun = Instant::now();
    for place in 0..ROUNDS {
        let request = &requests[place % requests.len()];
        let identified = access.identify(&Method::POST, request, address).await;
        identified.map_err(|error| BenchError::answer("access", error))?;
    }
    Ok(begun.elapsed())
}
