//! The queries, as files in `bench/queries/`, and the bodies that carry them.

use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::error::BenchError;

/// A document; its variables come with each request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    /// What the tables call it.
    pub(crate) name: &'static str,
    document: &'static str,
}

/// The list query of the design, for every server but PostGraphile.
pub(crate) const LIST: Request =
    Request { name: "list", document: include_str!("../../queries/list.graphql") };

/// The same in PostGraphile's words.
pub(crate) const POSTGRAPHILE_LIST: Request =
    Request { name: "list", document: include_str!("../../queries/list_postgraphile.graphql") };

/// Where the next page of the list starts.
pub(crate) const CURSOR: Request =
    Request { name: "cursor", document: include_str!("../../queries/cursor.graphql") };

/// A change of one property.
pub(crate) const UPDATE_PROPERTY: Request = Request {
    name: "update property",
    document: include_str!("../../queries/update_property.graphql"),
};

/// A sign-in.
pub(crate) const SIGN_IN: Request =
    Request { name: "sign in", document: include_str!("../../queries/sign_in.graphql") };

const DEEP: Request = Request {
    name: "three levels, filters across relations",
    document: include_str!("../../queries/deep.graphql"),
};
const NEAR: Request = Request {
    name: "near a point, by distance",
    document: include_str!("../../queries/near.graphql"),
};
const BY_MONTH: Request =
    Request { name: "sales by month", document: include_str!("../../queries/by_month.graphql") };

impl Request {
    /// The body of a POST.
    pub(crate) fn body(&self, variables: Value) -> Value {
        json!({"query": self.document, "variables": variables})
    }

    /// Whether an answer holds no value at all, only empty lists and nulls.
    pub(crate) fn is_empty(&self, answer: &Value) -> bool {
        fn empty(value: &Value) -> bool {
            match value {
                Value::Array(items) => items.iter().all(empty),
                Value::Object(fields) => fields.values().all(empty),
                Value::Null => true,
                _ => false,
            }
        }
        empty(&answer["data"])
    }
}

/// The queries whose plans are looked at, with variables that find something: a place where many
/// houses stand, and the market area around it.
pub(crate) async fn plans(database: &Client) -> Result<Vec<(Request, Value)>, BenchError> {
    let row = database
        .query_one(
            "SELECT market_area_id, avg(longitude)::float8, avg(latitude)::float8
             FROM (SELECT market_area_id, longitude, latitude FROM properties WHERE market_area_id IS NOT NULL LIMIT 1000) AS sample
             GROUP BY market_area_id ORDER BY count(*) DESC, market_area_id LIMIT 1",
            &[],
        )
        .await
        .map_err(BenchError::database("choosing a market area"))?;
    let area: uuid::Uuid = row.get(0);
    let (longitude, latitude): (f64, f64) = (row.get(1), row.get(2));
    let area = crate::rival::typed_id::encode("market_area", area);
    Ok(vec![
        (DEEP, json!({"area": area})),
        (NEAR, json!({"longitude": longitude, "latitude": latitude})),
        (BY_MONTH, json!({"area": area})),
    ])
}
