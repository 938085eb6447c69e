//! The hand-written handler over sqlx: the same statements, one after the other on one connection
//! (sqlx sends several at once over several connections only, which costs more).

use std::collections::HashMap;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use sqlx::Row;
use sqlx::postgres::{PgPool, PgPoolOptions, PgRow};
use uuid::Uuid;

use super::answer::{
    Answer, Feature, FeatureType, Nodes, Owner, Property, Request, Valuation, places,
};
use super::statements::{FEATURES, FIRST_PAGE, NEXT_PAGE, OWNERS, VALUATIONS};
use super::{Failure, json};
use crate::error::BenchError;

pub(super) async fn router(database_url: &str, pool_size: u32) -> Result<Router, BenchError> {
    let pool = PgPoolOptions::new()
        .max_connections(pool_size)
        .test_before_acquire(false)
        .connect(database_url)
        .await
        .map_err(BenchError::database("making the pool"))?;
    Ok(Router::new().route("/graphql", post(list)).with_state(pool))
}

async fn list(State(pool): State<PgPool>, body: Bytes) -> Result<Response, Failure> {
    let Request { variables } = serde_json::from_slice(&body)?;
    let mut connection = pool.acquire().await?;
    let page = match variables.after()? {
        None => sqlx::query(FIRST_PAGE).bind(variables.first).fetch_all(&mut *connection).await?,
        Some(after) => {
            sqlx::query(NEXT_PAGE)
                .bind(variables.first)
                .bind(after)
                .fetch_all(&mut *connection)
                .await?
        }
    };
    let ids = page.iter().map(|row| row.try_get(0)).collect::<Result<Vec<Uuid>, _>>()?;
    let mut owner_ids = page
        .iter()
        .filter_map(|row| row.try_get(1).transpose())
        .collect::<Result<Vec<Uuid>, _>>()?;
    owner_ids.sort_unstable();
    owner_ids.dedup();
    let owners = sqlx::query(OWNERS).bind(&owner_ids).fetch_all(&mut *connection).await?;
    let features = sqlx::query(FEATURES).bind(&ids).fetch_all(&mut *connection).await?;
    let valuations = sqlx::query(VALUATIONS).bind(&ids).fetch_all(&mut *connection).await?;
    drop(connection);

    Ok(json(answer(&page, &ids, &owners, &features, &valuations)?.bytes()?))
}

fn answer<'a>(
    page: &'a [PgRow],
    ids: &[Uuid],
    owners: &'a [PgRow],
    features: &'a [PgRow],
    valuations: &'a [PgRow],
) -> sqlx::Result<Answer<'a>> {
    let owners = owners
        .iter()
        .map(|row| {
            let id = row.try_get(0)?;
            Ok((id, Owner { id, display_name: row.try_get(1)? }))
        })
        .collect::<sqlx::Result<HashMap<Uuid, Owner<'_>>>>()?;
    let mut properties = page
        .iter()
        .map(|row| {
            let owner: Option<Uuid> = row.try_get(1)?;
            Ok(Property {
                id: row.try_get(0)?,
                city: row.try_get(2)?,
                county_or_parish: row.try_get(3)?,
                living_area: row.try_get(4)?,
                year_built: row.try_get(5)?,
                bedrooms_total: row.try_get(6)?,
                bathrooms_total_integer: row.try_get(7)?,
                lot_size_square_feet: row.try_get(8)?,
                latitude: row.try_get(9)?,
                longitude: row.try_get(10)?,
                created_at: row.try_get(11)?,
                owner: owner.and_then(|id| owners.get(&id).copied()),
                features: Nodes::default(),
                valuations: Nodes::default(),
            })
        })
        .collect::<sqlx::Result<Vec<_>>>()?;
    let places = places(ids);
    for row in features {
        if let Some(&place) = places.get(&row.try_get(0)?) {
            properties[place].features.nodes.push(Feature {
                feature_type: FeatureType {
                    code: row.try_get(1)?,
                    name: row.try_get(2)?,
                    unit: row.try_get(3)?,
                },
                number_value: row.try_get(4)?,
                text_value: row.try_get(5)?,
            });
        }
    }
    for row in valuations {
        if let Some(&place) = places.get(&row.try_get(0)?) {
            properties[place].valuations.nodes.push(Valuation {
                amount: row.try_get(1)?,
                valued_at: row.try_get(2)?,
                source: row.try_get(3)?,
            });
        }
    }
    Ok(Answer::new(properties))
}
