//! Who asks our server where not everybody may: users with an API key, made straight in the database.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use url::Url;
use uuid::Uuid;

use crate::error::BenchError;
use crate::volume;

const USER: &str = "
    WITH made AS (
        INSERT INTO users (id, user_type, display_name) VALUES ($1, 'SERVICE', 'Measured')
    ), assigned AS (
        INSERT INTO user_roles (user_id, role_id)
        SELECT $1, id FROM roles WHERE name = $2 AND is_shipped
    )
    INSERT INTO api_keys (user_id, name, key_hash, hint, permissions, expires_at)
    SELECT $1, 'Measured', $3, 'test', array_agg(name), now() + interval '1 day' FROM permissions";

/// Makes a user who has this shipped role; gives what such a user sends in `Authorization`.
pub(super) async fn authorization(database: &str, role: &str) -> Result<String, BenchError> {
    let database = Url::parse(database)
        .map_err(|error| BenchError::program("the address of the database", error))?;
    let client = volume::connect(&database).await?;
    let id = Uuid::now_v7();
    let secret = [Uuid::now_v7().into_bytes(), Uuid::now_v7().into_bytes()].concat();
    let key = format!("afk_{}", BASE64URL_NOPAD.encode(&secret));
    let hash = Sha256::digest(&key).to_vec();
    client
        .execute(USER, &[&id, &role, &hash])
        .await
        .map_err(BenchError::database("making a user"))?;
    Ok(format!("Bearer {key}"))
}
