//! async-graphql as its guide shows it: `SimpleObject` on SeaORM's models, relations through
//! `async_graphql::dataloader`, a new loader for each request.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{
    ComplexObject, Context, EmptyMutation, EmptySubscription, ID, Object, Request, Schema,
    SimpleObject,
};
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use axum::{Json, Router};
use chrono::{NaiveDate, SecondsFormat};
use entity::property::{
    properties, property_feature_types, property_features, property_valuations,
};
use entity::users::users;
use rust_decimal::Decimal;
use sea_orm::sea_query::NullOrdering;
use sea_orm::{
    ColumnTrait, Condition, ConnectOptions, Database, DatabaseConnection, DbErr, EntityTrait,
    Order, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::{Failure, json, typed_id};
use crate::error::BenchError;

type Rows = Schema<Query, EmptyMutation, EmptySubscription>;

pub(super) async fn router(database_url: &str, pool_size: u32) -> Result<Router, BenchError> {
    let mut options = ConnectOptions::new(database_url);
    options.max_connections(pool_size).test_before_acquire(false).sqlx_logging(false);
    let database =
        Database::connect(options).await.map_err(BenchError::database("making the pool"))?;
    let schema =
        Schema::build(Query, EmptyMutation, EmptySubscription).data(database.clone()).finish();
    Ok(Router::new().route("/graphql", post(execute)).with_state((schema, database)))
}

async fn execute(
    State((schema, database)): State<(Rows, DatabaseConnection)>,
    Json(request): Json<Request>,
) -> Result<Response, Failure> {
    let answer =
        schema.execute(request.data(DataLoader::new(Related(database), tokio::spawn))).await;
    Ok(json(serde_json::to_vec(&answer)?))
}

struct Query;

#[Object]
impl Query {
    async fn properties(
        &self,
        context: &Context<'_>,
        first: u64,
        after: Option<ID>,
    ) -> async_graphql::Result<PropertyConnection> {
        let database: &DatabaseConnection = context.data()?;
        let mut page = properties::Entity::find()
            .filter(properties::Column::DeletedAt.is_null())
            .filter(properties::Column::PublishedAt.is_not_null())
            .order_by_desc(properties::Column::CreatedAt)
            .order_by_desc(properties::Column::Id)
            .limit(first);
        if let Some(after) = after {
            let id = typed_id::decode_typed("property", &after)
                .ok_or("`after` is not a property's id")?;
            let last =
                properties::Entity::find_by_id(id).one(database).await?.ok_or("`after` is gone")?;
            page = page.filter(
                Condition::any().add(properties::Column::CreatedAt.lt(last.created_at)).add(
                    Condition::all()
                        .add(properties::Column::CreatedAt.eq(last.created_at))
                        .add(properties::Column::Id.lt(id)),
                ),
            );
        }
        let nodes = page.all(database).await?.into_iter().map(Property::from).collect();
        Ok(PropertyConnection { nodes })
    }
}

#[derive(SimpleObject)]
struct PropertyConnection {
    nodes: Vec<Property>,
}

#[derive(SimpleObject)]
#[graphql(complex)]
struct Property {
    id: ID,
    city: Option<String>,
    county_or_parish: Option<String>,
    living_area: Option<Decimal>,
    year_built: Option<i32>,
    bedrooms_total: Option<i32>,
    bathrooms_total_integer: Option<i32>,
    lot_size_square_feet: Option<Decimal>,
    latitude: Option<Decimal>,
    longitude: Option<Decimal>,
    created_at: String,
    #[graphql(skip)]
    key: Uuid,
    #[graphql(skip)]
    owner_key: Option<Uuid>,
}

impl From<properties::Model> for Property {
    fn from(model: properties::Model) -> Self {
        Self {
            id: typed_id::encode("property", model.id).into(),
            city: model.city,
            county_or_parish: model.county_or_parish,
            living_area: model.living_area,
            year_built: model.year_built,
            bedrooms_total: model.bedrooms_total,
            bathrooms_total_integer: model.bathrooms_total_integer,
            lot_size_square_feet: model.lot_size_square_feet,
            latitude: model.latitude,
            longitude: model.longitude,
            // The scalar that comes with the library writes `+00:00` where the contract says `Z`.
            created_at: model.created_at.to_rfc3339_opts(SecondsFormat::AutoSi, true),
            key: model.id,
            owner_key: model.owner_id,
        }
    }
}

#[ComplexObject]
impl Property {
    async fn owner(&self, context: &Context<'_>) -> async_graphql::Result<Option<User>> {
        match self.owner_key {
            Some(key) => load(context, OwnerOf(key)).await,
            None => Ok(None),
        }
    }

    async fn features(
        &self,
        context: &Context<'_>,
        first: usize,
    ) -> async_graphql::Result<FeatureConnection> {
        let mut nodes = load(context, FeaturesOf(self.key)).await?.unwrap_or_default();
        nodes.truncate(first);
        Ok(FeatureConnection { nodes })
    }

    async fn valuations(
        &self,
        context: &Context<'_>,
        first: usize,
    ) -> async_graphql::Result<ValuationConnection> {
        if first != 1 {
            return Err("only the newest valuation can be had here".into());
        }
        Ok(ValuationConnection {
            nodes: load(context, NewestValuationOf(self.key)).await?.into_iter().collect(),
        })
    }
}

#[derive(Clone, SimpleObject)]
struct User {
    id: ID,
    display_name: String,
}

#[derive(SimpleObject)]
struct FeatureConnection {
    nodes: Vec<Feature>,
}

#[derive(Clone, SimpleObject)]
#[graphql(complex)]
struct Feature {
    number_value: Option<Decimal>,
    text_value: Option<String>,
    boolean_value: Option<bool>,
    date_value: Option<NaiveDate>,
    #[graphql(skip)]
    feature_type_key: Uuid,
}

#[ComplexObject]
impl Feature {
    async fn feature_type(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Option<FeatureType>> {
        load(context, TypeOf(self.feature_type_key)).await
    }
}

#[derive(Clone, SimpleObject)]
struct FeatureType {
    code: String,
    name: String,
    unit: Option<String>,
}

#[derive(SimpleObject)]
struct ValuationConnection {
    nodes: Vec<Valuation>,
}

#[derive(Clone, SimpleObject)]
struct Valuation {
    amount: Decimal,
    valued_at: Option<NaiveDate>,
    source: String,
}

async fn load<K>(
    context: &Context<'_>,
    key: K,
) -> async_graphql::Result<Option<<Related as Loader<K>>::Value>>
where
    K: Send + Sync + std::hash::Hash + Eq + Clone + 'static,
    Related: Loader<K, Error = Arc<DbErr>>,
{
    let loader: &DataLoader<Related> = context.data()?;
    Ok(loader.load_one(key).await?)
}

/// Reads what hangs on many keys at once.
struct Related(DatabaseConnection);

#[derive(Clone, PartialEq, Eq, Hash)]
struct OwnerOf(Uuid);
#[derive(Clone, PartialEq, Eq, Hash)]
struct FeaturesOf(Uuid);
#[derive(Clone, PartialEq, Eq, Hash)]
struct TypeOf(Uuid);
#[derive(Clone, PartialEq, Eq, Hash)]
struct NewestValuationOf(Uuid);

impl Loader<OwnerOf> for Related {
    type Value = User;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[OwnerOf]) -> Result<HashMap<OwnerOf, User>, Self::Error> {
        let found = users::Entity::find()
            .filter(users::Column::Id.is_in(keys.iter().map(|key| key.0)))
            .filter(users::Column::DeletedAt.is_null())
            .all(&self.0)
            .await?;
        let user = |model: users::Model| User {
            id: typed_id::encode("user", model.id).into(),
            display_name: model.display_name,
        };
        Ok(found.into_iter().map(|model| (OwnerOf(model.id), user(model))).collect())
    }
}

impl Loader<FeaturesOf> for Related {
    type Value = Vec<Feature>;
    type Error = Arc<DbErr>;

    async fn load(
        &self,
        keys: &[FeaturesOf],
    ) -> Result<HashMap<FeaturesOf, Vec<Feature>>, Self::Error> {
        let found = property_features::Entity::find()
            .filter(property_features::Column::PropertyId.is_in(keys.iter().map(|key| key.0)))
            .order_by_asc(property_features::Column::CreatedAt)
            .order_by_asc(property_features::Column::Id)
            .all(&self.0)
            .await?;
        let mut features: HashMap<FeaturesOf, Vec<Feature>> = HashMap::with_capacity(keys.len());
        for model in found {
            features.entry(FeaturesOf(model.property_id)).or_default().push(Feature {
                number_value: model.number_value,
                text_value: model.text_value,
                boolean_value: model.boolean_value,
                date_value: model.date_value,
                feature_type_key: model.feature_type_id,
            });
        }
        Ok(features)
    }
}

impl Loader<TypeOf> for Related {
    type Value = FeatureType;
    type Error = Arc<DbErr>;

    async fn load(&self, keys: &[TypeOf]) -> Result<HashMap<TypeOf, FeatureType>, Self::Error> {
        let found = property_feature_types::Entity::find()
            .filter(property_feature_types::Column::Id.is_in(keys.iter().map(|key| key.0)))
            .all(&self.0)
            .await?;
        let kind = |model: property_feature_types::Model| FeatureType {
            code: model.code,
            name: model.name,
            unit: model.unit,
        };
        Ok(found.into_iter().map(|model| (TypeOf(model.id), kind(model))).collect())
    }
}

impl Loader<NewestValuationOf> for Related {
    type Value = Valuation;
    type Error = Arc<DbErr>;

    async fn load(
        &self,
        keys: &[NewestValuationOf],
    ) -> Result<HashMap<NewestValuationOf, Valuation>, Self::Error> {
        let found = property_valuations::Entity::find()
            .filter(property_valuations::Column::PropertyId.is_in(keys.iter().map(|key| key.0)))
            .distinct_on([property_valuations::Column::PropertyId])
            .order_by_asc(property_valuations::Column::PropertyId)
            .order_by_with_nulls(
                property_valuations::Column::ValuedAt,
                Order::Desc,
                NullOrdering::Last,
            )
            .order_by_desc(property_valuations::Column::Id)
            .all(&self.0)
            .await?;
        let valuation = |model: property_valuations::Model| Valuation {
            amount: model.amount,
            valued_at: model.valued_at,
            source: model.source,
        };
        Ok(found
            .into_iter()
            .map(|model| (NewestValuationOf(model.property_id), valuation(model)))
            .collect())
    }
}
