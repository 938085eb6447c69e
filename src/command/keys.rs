//! `agent-free keys`: the keys that sign access tokens, and the one that encrypts secrets at rest.

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;

use super::CommandError;
use crate::access::keys::{NewKey, ROTATE};
use crate::access::{self, KeyError};
use crate::config::{AccessConfig, Config, SecretKey};
use crate::database::{self, DatabaseError};

/// For servers that have not heard of the new key yet.
const MARGIN_SECONDS: u64 = 60;

const LIST: &str = "SELECT kid, active_from, retired_at,
        retired_at IS NULL AND active_from = max(active_from) FILTER (WHERE retired_at IS NULL) OVER ()
    FROM signing_keys ORDER BY active_from DESC, id DESC";

const RECORD: &str = "SELECT record_security_event(
    'SIGNING_KEY_ROTATED', NULL, NULL, NULL, jsonb_build_object('kid', $1::text))";

#[derive(Debug, Args)]
pub(super) struct KeysArguments {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Make a new signing key, which signs from now on; the old one checks until its tokens are over
    Rotate,
    /// List the signing keys
    List,
    /// Print 32 random bytes for SECRET_KEY
    NewSecret,
}

pub(super) async fn run(arguments: &KeysArguments) -> Result<(), CommandError> {
    if let KeysCommand::NewSecret = arguments.command {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| KeyError::Unusable)?;
        println!("{}", SecretKey::new(bytes).to_base64());
        return Ok(());
    }
    let config = Config::from_environment()?;
    let mut client = database::connect(&config.database.url).await?;
    match arguments.command {
        KeysCommand::Rotate => rotate(&mut client, &config.access).await,
        _ => list(&client).await,
    }
}

async fn rotate(client: &mut Client, config: &AccessConfig) -> Result<(), CommandError> {
    let secret_box = access::secret_box(config)?;
    let NewKey { kid, public_key, private_key } = NewKey::generate(&secret_box)?;
    let lifetime = config.access_token_lifetime + config.clock_skew_max;
    let seconds = (lifetime.as_secs() + MARGIN_SECONDS) as f64;
    let rotated = async {
        let transaction = client.transaction().await?;
        let parameters: [&(dyn ToSql + Sync); 4] = [&kid, &public_key, &private_key, &seconds];
        let replaced = transaction.execute(ROTATE, &parameters).await?;
        transaction.execute(RECORD, &[&kid]).await?;
        transaction.commit().await?;
        Ok::<_, tokio_postgres::Error>(replaced)
    };
    let replaced = rotated.await.map_err(DatabaseError::Statement)?;
    println!("{kid} signs from now on.");
    if replaced > 0 {
        println!("{replaced} before it still check for {seconds} s.");
    }
    Ok(())
}

async fn list(client: &Client) -> Result<(), CommandError> {
    for row in client.query(LIST, &[]).await.map_err(DatabaseError::Statement)? {
        let kid: String = row.get(0);
        let active_from: DateTime<Utc> = row.get(1);
        let retired_at: Option<DateTime<Utc>> = row.get(2);
        let state = match retired_at {
            None if row.get(3) => "signs".to_owned(),
            None => "checks".to_owned(),
            Some(at) if at > Utc::now() => format!("checks until {}", at.to_rfc3339()),
            Some(at) => format!("retired {}", at.to_rfc3339()),
        };
        println!("{kid}  since {}  {state}", active_from.to_rfc3339());
    }
    Ok(())
}
