//! A keyed change of a property as somebody would write it by hand for this one case: the same
//! statements, prepared once a connection, one after the other in a bare transaction.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use chrono::{DateTime, SecondsFormat, Utc};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use serde::Deserialize;
use serde_json::json;
use tokio_postgres::types::PgLsn;
use tokio_postgres::{Config, NoTls};
use uuid::Uuid;

use super::{Failure, json as answered, typed_id};
use crate::error::BenchError;

#[derive(Deserialize)]
struct Request {
    variables: Variables,
}

#[derive(Deserialize)]
struct Variables {
    input: Input,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    id: String,
    year_built: i32,
}

const ACTOR: &str =
    "SELECT set_config('app.actor', $1, true), set_config('app.request_id', $2, true)";

const WAIT: &str = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";

const FIND: &str = "SELECT request_hash, answer, errors, position_mark FROM idempotency_keys
    WHERE viewer = $1 AND key = $2 AND field = $3 AND expires_at > now()";

const LOCK: &str =
    "SELECT id, version FROM properties WHERE id = $1 AND deleted_at IS NULL FOR UPDATE";

const CHANGE: &str = "UPDATE properties SET year_built = $2 WHERE id = $1";

const ALLOWED: &str = "SELECT count(*) FROM properties WHERE id = ANY ($1) AND deleted_at IS NULL";

const READ: &str = "SELECT id, year_built, version, updated_at FROM properties
    WHERE id = ANY ($1) AND deleted_at IS NULL";

const KEEP: &str = "INSERT INTO idempotency_keys
    (viewer, key, field, request_hash, answer, errors, position_mark, expires_at)
    VALUES ($1, $2, $3, sha256($4), $5, '[]', $6, now() + interval '1 day')";

const TRANSACTION: &str = "SELECT pg_current_xact_id()::text::int8";

const WAL: &str = "SELECT pg_current_wal_flush_lsn()";

pub(super) fn router(database_url: &str, pool_size: u32) -> Result<Router, BenchError> {
    let config: Config = database_url
        .parse()
        .map_err(BenchError::database::<tokio_postgres::Error>("reading DATABASE_URL"))?;
    let manager = Manager::from_config(
        config,
        NoTls,
        ManagerConfig { recycling_method: RecyclingMethod::Fast },
    );
    let pool = Pool::builder(manager)
        .max_size(pool_size as usize)
        .build()
        .map_err(BenchError::database("making the pool"))?;
    Ok(Router::new().route("/graphql", post(change)).with_state(pool))
}

async fn change(
    State(pool): State<Pool>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let Request { variables: Variables { input } } = serde_json::from_slice(&body)?;
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
    let id = typed_id::decode_typed("property", &input.id).ok_or("not a property")?;
    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    let request_id = Uuid::now_v7().to_string();
    transaction.execute(&transaction.prepare_cached(ACTOR).await?, &[&"", &request_id]).await?;
    let viewer = "user";
    if !key.is_empty() {
        let name = format!("{viewer}\n{key}\nupdateProperty");
        transaction.execute(&transaction.prepare_cached(WAIT).await?, &[&name]).await?;
        let find = transaction.prepare_cached(FIND).await?;
        if transaction.query_opt(&find, &[&viewer, &key, &"updateProperty"]).await?.is_some() {
            return Err("a key was used again".into());
        }
    }
    transaction.query_one(&transaction.prepare_cached(LOCK).await?, &[&id]).await?;
    let set = transaction.prepare_cached(CHANGE).await?;
    transaction.execute(&set, &[&id, &input.year_built]).await?;
    let ids = [id];
    let allowed = transaction.prepare_cached(ALLOWED).await?;
    let allowed: i64 = transaction.query_one(&allowed, &[&&ids[..]]).await?.try_get(0)?;
    if allowed != 1 {
        return Err("not allowed".into());
    }
    let read = transaction.prepare_cached(READ).await?;
    let row = transaction.query_one(&read, &[&&ids[..]]).await?;
    let updated_at: DateTime<Utc> = row.try_get(3)?;
    let property = json!({
        "id": typed_id::encode("property", row.try_get(0)?),
        "yearBuilt": row.try_get::<_, Option<i32>>(1)?,
        "version": row.try_get::<_, i32>(2)?,
        "updatedAt": updated_at.to_rfc3339_opts(SecondsFormat::Micros, true),
    });
    let mut payload = json!({ "property": property, "errors": [], "position": null });
    if !key.is_empty() {
        let mark = Uuid::now_v7().simple().to_string();
        let keep = transaction.prepare_cached(KEEP).await?;
        let answer = payload.to_string();
        transaction
            .execute(&keep, &[&viewer, &key, &"updateProperty", &&body[..], &answer, &mark])
            .await?;
    }
    let number = transaction.prepare_cached(TRANSACTION).await?;
    let number: i64 = transaction.query_one(&number, &[]).await?.try_get(0)?;
    transaction.commit().await?;
    let wal = client.prepare_cached(WAL).await?;
    let wal: PgLsn = client.query_one(&wal, &[]).await?.try_get(0)?;
    payload["position"] = format!("{number:016x}{:016x}", u64::from(wal)).into();
    Ok(answered(json!({ "data": { "updateProperty": payload } }).to_string().into_bytes()))
}
