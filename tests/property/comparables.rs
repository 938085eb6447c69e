//! `Property.comparables` and `Property.pricePerSquareFoot`, held against loops over all rows of a
//! random market: places that coincide or are missing, sales on the edges of the window, other
//! types, hidden properties and hidden sales.

use std::cmp::Ordering;
use std::collections::HashMap;

use chrono::{Months, NaiveDate};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Factory, both_servers, id};
use crate::support::TestDatabase;

#[derive(Debug)]
struct Property {
    uuid: Uuid,
    type_id: Uuid,
    living_area: Option<Decimal>,
    published: bool,
    deleted: bool,
}

#[derive(Debug)]
struct Sale {
    uuid: Uuid,
    property: Uuid,
    date: Option<NaiveDate>,
    price: Option<Decimal>,
    closed: bool,
    deleted: bool,
}

/// All rows, and the distance between each two properties that have a place.
struct Market {
    properties: Vec<Property>,
    sales: Vec<Sale>,
    meters: HashMap<(Uuid, Uuid), f64>,
    today: NaiveDate,
    /// Whether the market shows closed listings to everyone.
    closed_is_public: bool,
}

/// Numbers that look random and are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }
}

/// Days around each other's month ends, so that windows begin and end on them.
const DAYS: [&str; 9] = [
    "2022-02-28",
    "2022-03-31",
    "2022-11-30",
    "2023-02-28",
    "2023-03-01",
    "2023-03-31",
    "2023-09-30",
    "2024-02-29",
    "2024-03-31",
];

/// No two differences are equal (a Golomb ruler), so only places that coincide are equally far.
const MARKS: [f64; 6] = [0.0, 1.0, 3.0, 7.0, 12.0, 20.0];

async fn fill(factory: &Factory) {
    let mut random = Random(7);
    let land = "SELECT id FROM property_types WHERE code = 'LAND'";
    let land: Uuid = factory.client.query_one(land, &[]).await.unwrap().get(0);
    let residential = factory.residential().await;
    for _ in 0..60 {
        let (east, north) = (MARKS[random.below(6)], MARKS[random.below(6)]);
        let place = format!("POINT({} {})", -83.6 + east / 1000.0, 41.6 + north / 1300.0);
        let area = match random.below(5) {
            0 => json!(null),
            1 => json!("0"),
            _ => json!(format!("{}.{}", 700 + random.below(2000), random.below(100))),
        };
        let property = json!({
            "property_type_id": if random.one_in(5) { land } else { residential },
            "location": if random.one_in(10) { json!(null) } else { json!(place) },
            "living_area": area,
            "published_at": if random.one_in(6) { json!(null) } else { json!("2024-01-01T00:00:00Z") },
            "deleted_at": if random.one_in(12) { json!("2024-01-01T00:00:00Z") } else { json!(null) },
        });
        let property = factory.make("Property", property).await;
        for _ in 0..random.below(4) {
            let closed = !random.one_in(6);
            let price = json!(format!("{}.5", 50_000 + random.below(100_000)));
            let sale = json!({
                "property_id": property,
                "standard_status": if closed { "CLOSED" } else { "EXPIRED" },
                "close_date": DAYS[random.below(DAYS.len())],
                "close_price": if closed && !random.one_in(6) { price } else { json!(null) },
                "deleted_at": if random.one_in(6) { json!("2024-05-01T00:00:00Z") } else { json!(null) },
            });
            factory.make("Listing", sale).await;
        }
    }
}

impl Market {
    async fn read(factory: &Factory) -> Self {
        let all = async |statement: &str| factory.client.query(statement, &[]).await.unwrap();
        let decimal = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        let properties = "SELECT id, property_type_id, living_area::text, published_at IS NOT NULL,
            deleted_at IS NOT NULL FROM properties";
        let sales = "SELECT id, property_id, close_date::text, close_price::text,
            standard_status = 'CLOSED', deleted_at IS NOT NULL FROM listings";
        let meters = "SELECT a.id, b.id, ST_Distance(a.location, b.location, false)
            FROM properties a, properties b WHERE a.location IS NOT NULL AND b.location IS NOT NULL";
        let settings = "SELECT current_date::text, bool_or(is_public) FROM listing_statuses
            WHERE standard_status = 'CLOSED'";
        let settings = factory.client.query_one(settings, &[]).await.unwrap();
        Self {
            properties: all(properties)
                .await
                .iter()
                .map(|row| Property {
                    uuid: row.get(0),
                    type_id: row.get(1),
                    living_area: decimal(row.get(2)),
                    published: row.get(3),
                    deleted: row.get(4),
                })
                .collect(),
            sales: all(sales)
                .await
                .iter()
                .map(|row| Sale {
                    uuid: row.get(0),
                    property: row.get(1),
                    date: row.get::<_, Option<&str>>(2).map(|text| text.parse().unwrap()),
                    price: decimal(row.get(3)),
                    closed: row.get(4),
                    deleted: row.get(5),
                })
                .collect(),
            meters: all(meters)
                .await
                .iter()
                .map(|row| ((row.get(0), row.get(1)), row.get(2)))
                .collect(),
            today: settings.get::<_, &str>(0).parse().unwrap(),
            closed_is_public: settings.get(1),
        }
    }

    fn sees(&self, property: &Property, everything: bool) -> bool {
        !property.deleted && (everything || property.published)
    }

    /// The newest closed sale of a property that the viewer sees and `wanted` accepts.
    fn newest(
        &self,
        property: Uuid,
        everything: bool,
        wanted: impl Fn(&Sale) -> bool,
    ) -> Option<&Sale> {
        let sales = self.sales.iter().filter(|sale| {
            let seen = !sale.deleted && (everything || self.closed_is_public);
            sale.property == property && sale.closed && seen && wanted(sale)
        });
        sales.max_by_key(|sale| (sale.date, sale.uuid))
    }

    fn price_per_square_foot(price: Decimal, property: &Property) -> Value {
        match property.living_area {
            Some(area) if !area.is_zero() => {
                let rounding = RoundingStrategy::MidpointAwayFromZero;
                json!(format!("{:.2}", (price / area).round_dp_with_strategy(2, rounding)))
            }
            _ => Value::Null,
        }
    }

    fn own_price_per_square_foot(&self, property: &Property, everything: bool) -> Value {
        let sale = self.newest(property.uuid, everything, |sale| sale.price.is_some());
        sale.map_or(Value::Null, |sale| Self::price_per_square_foot(sale.price.unwrap(), property))
    }

    /// The comparables without their distances, and these by themselves.
    fn comparables(
        &self,
        of: &Property,
        everything: bool,
        [first, within, months]: [u32; 3],
    ) -> (Vec<Value>, Vec<f64>) {
        let own = self.newest(of.uuid, everything, |_| true).and_then(|sale| sale.date);
        let day = own.unwrap_or(self.today);
        let after = day - Months::new(months);
        let mut found = Vec::new();
        for other in &self.properties {
            let Some(&meters) = self.meters.get(&(of.uuid, other.uuid)) else { continue };
            let alike = other.type_id == of.type_id && other.uuid != of.uuid;
            if !alike || !self.sees(other, everything) || meters > f64::from(within) {
                continue;
            }
            let in_window = |sale: &Sale| {
                sale.price.is_some() && sale.date.is_some_and(|d| d <= day && d > after)
            };
            if let Some(sale) = self.newest(other.uuid, everything, in_window) {
                found.push((meters, other, sale));
            }
        }
        found.sort_by(|one, two| {
            let by_distance = one.0.partial_cmp(&two.0).unwrap_or(Ordering::Equal);
            by_distance.then(one.1.uuid.cmp(&two.1.uuid))
        });
        found.truncate(first as usize);
        let comparable = |(meters, other, sale): (f64, &Property, &Sale)| {
            let price = sale.price.unwrap();
            let comparable = json!({
                "property": { "id": id("Property", other.uuid) },
                "listing": { "id": id("Listing", sale.uuid) },
                "distanceMeters": null,
                "closeDate": sale.date,
                "closePrice": format!("{price:.2}"),
                "pricePerSquareFoot": Self::price_per_square_foot(price, other),
            });
            (comparable, meters)
        };
        found.into_iter().map(comparable).unzip()
    }
}

const QUERY: &str = "query ($first: Int!, $within: Int!, $months: Int!) {
    properties(first: 100) { nodes {
        id pricePerSquareFoot
        comparables(first: $first, withinMeters: $within, months: $months) {
            property { id } listing { id }
            distanceMeters closeDate closePrice pricePerSquareFoot
        }
    } }
}";

#[tokio::test]
async fn comparables_are_what_loops_over_all_rows_find() {
    let database = TestDatabase::new().await;
    let (public, administrator) = both_servers(&database).await;
    let factory = Factory::new(&database).await;
    fill(&factory).await;
    let hidden = "UPDATE listing_statuses SET is_public = false WHERE standard_status = 'CLOSED'";
    for rule in ["", hidden] {
        factory.execute(rule).await;
        let market = Market::read(&factory).await;
        let mut found = 0;
        for (server, everything) in [(&public, false), (&administrator, true)] {
            for limits in [
                [5, 2000, 12],
                [100, 50_000, 1200],
                [3, 400, 13],
                [100, 900, 1],
                [0, 2000, 12],
                [9, 0, 24],
            ] {
                let [first, within, months] = limits;
                let variables = json!({ "first": first, "within": within, "months": months });
                let answer = server.query(QUERY, variables).await;
                let nodes = answer.data()["properties"]["nodes"].as_array().unwrap();
                let seen = market.properties.iter().filter(|p| market.sees(p, everything)).count();
                assert_eq!(nodes.len(), seen);
                for node in nodes {
                    let of = |property: &&Property| node["id"] == id("Property", property.uuid);
                    let property = market.properties.iter().find(of).unwrap();
                    let mut given = node["comparables"].as_array().unwrap().clone();
                    let (expected, meters) = market.comparables(property, everything, limits);
                    found += expected.len();
                    for (comparable, meters) in given.iter_mut().zip(meters) {
                        let told = comparable["distanceMeters"].take().as_f64().unwrap();
                        assert!((told - meters).abs() < 1e-6, "{told} and {meters}");
                    }
                    assert_eq!(given, expected, "{limits:?} {everything} {property:?}");
                    let price = market.own_price_per_square_foot(property, everything);
                    assert_eq!(node["pricePerSquareFoot"], price, "{property:?}");
                }
            }
        }
        assert!(found > 300, "the market has only {found} comparables");
    }
}

#[tokio::test]
async fn arguments_beyond_their_limits_are_refused_and_the_rest_answers() {
    let database = TestDatabase::new().await;
    let (public, _) = both_servers(&database).await;
    let property = id("Property", Factory::new(&database).await.make("Property", json!({})).await);
    for (arguments, says) in [
        ("first: 101", "`first` is 101; it goes from 0 to 100"),
        ("first: -1", "`first` is -1; it goes from 0 to 100"),
        ("withinMeters: 50001", "`withinMeters` is 50001; it goes from 0 to 50000"),
        ("withinMeters: -1", "`withinMeters` is -1; it goes from 0 to 50000"),
        ("months: 1201", "`months` is 1201; it goes from 0 to 1200"),
        ("months: -1", "`months` is -1; it goes from 0 to 1200"),
    ] {
        let query = format!(
            "query ($id: ID!) {{
                bad: property(id: $id) {{ comparables({arguments}) {{ closeDate }} }}
                good: property(id: $id) {{ comparables {{ closeDate }} }}
            }}"
        );
        let answer = public.query(&query, json!({ "id": property })).await;
        assert_eq!(answer.error_codes(), ["ARGUMENT_LIMIT"], "{arguments}");
        assert_eq!(answer.errors()[0]["message"], says);
        assert_eq!(answer.errors()[0]["path"], json!(["bad", "comparables"]));
        let rest = json!({ "bad": { "comparables": null }, "good": { "comparables": [] } });
        assert_eq!(answer.partial_data(), &rest);
    }
}
