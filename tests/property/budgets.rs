//! What a query costs follows from its shape: as many statements for few properties as for many.

use serde_json::{Value, json};
use uuid::Uuid;

use super::examples::{Example, readme, tabs};
use super::{Factory, both_servers, id};
use crate::support::{TestDatabase, TestServer};

/// Houses that every example finds, with something in each of their lists.
struct Houses<'a> {
    factory: &'a Factory,
    owner: Uuid,
    area: Uuid,
    wall: Uuid,
}

impl<'a> Houses<'a> {
    async fn new(factory: &'a Factory) -> Self {
        let area = json!({ "code": "LUCAS_COUNTY_OH" });
        let wall = "SELECT id FROM property_feature_types WHERE code = 'EXTERIOR_WALL'";
        Self {
            factory,
            owner: factory.make("User", json!({})).await,
            area: factory.make("MarketArea", area).await,
            wall: factory.client.query_one(wall, &[]).await.unwrap().get(0),
        }
    }

    async fn add(&self) -> Uuid {
        let house = json!({
            "owner_id": self.owner,
            "market_area_id": self.area,
            // Within both distances of the examples that ask for what is near.
            "location": "POINT(-83.612 41.664)",
            "year_built": 1922,
            "bedrooms_total": 5,
            "living_area": "3000",
        });
        let property = self.factory.make("Property", house).await;
        let of = |values: Value| {
            let mut values = values;
            values["property_id"] = json!(property);
            values
        };
        let wall =
            json!({ "feature_type_id": self.wall, "text_value": "BRICK", "number_value": null });
        self.factory.make("PropertyFeature", of(wall)).await;
        self.factory.make("PropertyValuation", of(json!({}))).await;
        let sale = json!({ "close_date": "1998-01-05", "close_price": "300000" });
        self.factory.make("Listing", of(sale)).await;
        let sale = json!({ "close_date": "1997-06-30", "close_price": "280000" });
        self.factory.make("Listing", of(sale)).await;
        property
    }

    async fn add_trend(&self) {
        let residential = self.factory.residential().await;
        let trend = json!({ "market_area_id": self.area, "property_type_id": residential });
        self.factory.make("MarketTrend", trend).await;
    }
}

async fn costs(server: &TestServer, examples: &[Example]) -> Vec<(String, u64)> {
    let mut costs = Vec::new();
    for example in examples {
        let answer = server.query(&example.query, example.variables.clone()).await;
        let data = answer.data().to_string();
        assert!(data.len() > 60 && !data.contains(":[]"), "{} finds nothing: {data}", example.name);
        costs.push((example.name.clone(), answer.count_statements()));
    }
    costs
}

#[tokio::test]
async fn examples_take_as_many_statements_for_fifty_properties_as_for_two() {
    let database = TestDatabase::new().await;
    let (server, _) = both_servers(&database).await;
    let factory = Factory::new(&database).await;
    let houses = Houses::new(&factory).await;
    houses.add_trend().await;
    // Two: a property needs another one to be compared with.
    let first = id("Property", houses.add().await);
    houses.add().await;
    // Of nobody there is nothing to tell.
    let tabs = tabs(&first).into_iter().filter(|tab| tab.name != "who-am-i");
    let examples: Vec<_> = tabs.chain(readme()).collect();
    let few = costs(&server, &examples).await;
    for _ in 2..50 {
        houses.add().await;
    }
    houses.add_trend().await;
    let many = costs(&server, &examples).await;
    assert_eq!(few, many);
    let known = |name: &str| few.iter().find(|(known, _)| known == name).map(|(_, count)| *count);
    // As the README says, in words.
    assert_eq!(known("README 1"), Some(8));
    assert_eq!(known("README 2"), Some(1));
    assert_eq!(known("houses"), Some(8));
}

/// Alias after alias, point reads are one statement.
#[tokio::test]
async fn point_reads_with_equal_selections_are_one_statement() {
    let database = TestDatabase::new().await;
    let (server, _) = both_servers(&database).await;
    let factory = Factory::new(&database).await;
    let mut aliases = String::new();
    for number in 0..50 {
        let property = id("Property", factory.make("Property", json!({})).await);
        aliases +=
            &format!("p{number}: property(id: {property:?}) {{ id propertyType {{ code }} }}\n");
        let query = format!("{{ {aliases} }}");
        let answer = server.query(&query, json!({})).await;
        assert_eq!(answer.data().as_object().map(|fields| fields.len()), Some(number + 1));
        assert_eq!(answer.count_statements(), 2, "{} aliases", number + 1);
    }
}
