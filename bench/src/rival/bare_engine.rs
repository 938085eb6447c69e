//! Our engine with nothing before it: a body is read, the operation runs, its bytes are sent. What
//! the whole door costs is measured against this.

use std::ffi::OsString;
use std::sync::Arc;

use agent_free::{config, server};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use loaders::{Engine, Viewer};

use super::{Failure, json};
use crate::error::BenchError;

#[derive(serde::Deserialize)]
struct Body {
    query: String,
    variables: async_graphql::Variables,
}

pub(super) async fn router(database_url: &str, pool_size: u32) -> Result<Router, BenchError> {
    let config = config::examine(|name| match name {
        "DATABASE_URL" => Some(OsString::from(database_url)),
        "DATABASE_POOL_SIZE" => Some(OsString::from(pool_size.to_string())),
        _ => None,
    });
    let failed = |error: String| BenchError::program("the bare engine", error);
    let config = config.config.map_err(|error| failed(error.to_string()))?;
    let engine = server::engine(&config).await.map_err(|error| failed(error.to_string()))?;
    let viewer = Viewer::of_class("anonymous");
    Ok(Router::new().route("/graphql", post(answer)).with_state(Arc::new((engine, viewer))))
}

async fn answer(
    State(served): State<Arc<(Engine, Viewer)>>,
    body: Bytes,
) -> Result<Response, Failure> {
    let Body { query, variables } = serde_json::from_slice(&body)?;
    let (engine, viewer) = &*served;
    let answer = engine.execute(loaders::Request::new(&query, &variables), viewer).await;
    Ok(json(answer.body))
}
