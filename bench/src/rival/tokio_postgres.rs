//! The hand-written handler over tokio-postgres: statements prepared once a connection, and the
//! three that need only the page sent together.

use std::collections::HashMap;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use tokio::try_join;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, NoTls, Row};
use uuid::Uuid;

use super::answer::{
    Answer, Feature, FeatureType, Nodes, Owner, Property, Request, Valuation, places,
};
use super::statements::{FEATURES, FIRST_PAGE, NEXT_PAGE, OWNERS, VALUATIONS};
use super::{Failure, json};
use crate::error::BenchError;

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
    Ok(Router::new().route("/graphql", post(list)).with_state(pool))
}

async fn list(State(pool): State<Pool>, body: Bytes) -> Result<Response, Failure> {
    let Request { variables } = serde_json::from_slice(&body)?;
    let client = pool.get().await?;
    let page = match variables.after()? {
        None => {
            client.query(&client.prepare_cached(FIRST_PAGE).await?, &[&variables.first]).await?
        }
        Some(after) => {
            client
                .query(&client.prepare_cached(NEXT_PAGE).await?, &[&variables.first, &after])
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

    let of_page = async |statement, ids: &Vec<Uuid>| {
        let statement = client.prepare_cached(statement).await?;
        let parameters: [&(dyn ToSql + Sync); 1] = [ids];
        client.query(&statement, &parameters).await
    };
    let (owners, features, valuations) =
        try_join!(of_page(OWNERS, &owner_ids), of_page(FEATURES, &ids), of_page(VALUATIONS, &ids))?;
    drop(client);

    Ok(json(answer(&page, &ids, &owners, &features, &valuations)?.bytes()?))
}

fn answer<'a>(
    page: &'a [Row],
    ids: &[Uuid],
    owners: &'a [Row],
    features: &'a [Row],
    valuations: &'a [Row],
) -> Result<Answer<'a>, tokio_postgres::Error> {
    let owners = owners
        .iter()
        .map(|row| {
            let id = row.try_get(0)?;
            Ok((id, Owner { id, display_name: row.try_get(1)? }))
        })
        .collect::<Result<HashMap<Uuid, Owner<'_>>, tokio_postgres::Error>>()?;
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
        .collect::<Result<Vec<_>, tokio_postgres::Error>>()?;
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
