//! The answer of the hand-written handlers: structs that borrow from the rows, written by serde.

use std::borrow::Cow;
use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

use super::typed_id;

/// The body of a request. Its document is fixed, so only the variables matter.
#[derive(Debug, Deserialize)]
pub(super) struct Request<'a> {
    #[serde(borrow)]
    pub(super) variables: Variables<'a>,
}

/// The variables of the list query.
#[derive(Debug, Deserialize)]
pub(super) struct Variables<'a> {
    pub(super) first: i64,
    #[serde(borrow)]
    after: Option<Cow<'a, str>>,
}

impl Variables<'_> {
    /// The property after which the page starts.
    pub(super) fn after(&self) -> Result<Option<Uuid>, &'static str> {
        let property =
            |id| typed_id::decode_typed("property", id).ok_or("`after` is not a property's id");
        self.after.as_deref().map(property).transpose()
    }
}

/// `{"data": {"properties": {"nodes": […]}}}`.
#[derive(Serialize)]
pub(super) struct Answer<'a> {
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    properties: Nodes<Property<'a>>,
}

impl<'a> Answer<'a> {
    /// The answer that holds these properties.
    pub(super) fn new(properties: Vec<Property<'a>>) -> Self {
        Self { data: Data { properties: Nodes { nodes: properties } } }
    }

    /// Its bytes.
    pub(super) fn bytes(&self) -> serde_json::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(64 * 1024);
        serde_json::to_writer(&mut bytes, self)?;
        Ok(bytes)
    }
}

/// A connection of which only the nodes are asked for.
#[derive(Serialize)]
pub(super) struct Nodes<T> {
    pub(super) nodes: Vec<T>,
}

impl<T> Default for Nodes<T> {
    fn default() -> Self {
        Self { nodes: Vec::new() }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Property<'a> {
    #[serde(serialize_with = "property_id")]
    pub(super) id: Uuid,
    pub(super) city: Option<&'a str>,
    pub(super) county_or_parish: Option<&'a str>,
    pub(super) living_area: Option<Decimal>,
    pub(super) year_built: Option<i32>,
    pub(super) bedrooms_total: Option<i32>,
    pub(super) bathrooms_total_integer: Option<i32>,
    pub(super) lot_size_square_feet: Option<Decimal>,
    pub(super) latitude: Option<Decimal>,
    pub(super) longitude: Option<Decimal>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) owner: Option<Owner<'a>>,
    pub(super) features: Nodes<Feature<'a>>,
    pub(super) valuations: Nodes<Valuation<'a>>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Owner<'a> {
    #[serde(serialize_with = "user_id")]
    pub(super) id: Uuid,
    pub(super) display_name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Feature<'a> {
    pub(super) feature_type: FeatureType<'a>,
    pub(super) number_value: Option<Decimal>,
    pub(super) text_value: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct FeatureType<'a> {
    pub(super) code: &'a str,
    pub(super) name: &'a str,
    pub(super) unit: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Valuation<'a> {
    pub(super) amount: Decimal,
    pub(super) valued_at: Option<NaiveDate>,
    pub(super) source: &'a str,
}

fn property_id<S: Serializer>(id: &Uuid, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&typed_id::encode("property", *id))
}

fn user_id<S: Serializer>(id: &Uuid, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&typed_id::encode("user", *id))
}

/// Where each property stands in the page.
pub(super) fn places(ids: &[Uuid]) -> HashMap<Uuid, usize> {
    ids.iter().enumerate().map(|(place, id)| (*id, place)).collect()
}
