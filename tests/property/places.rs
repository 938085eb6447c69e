//! `near` and `within`: what lies at a distance, on a border, in a hole, in a market area.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Factory, both_servers, id};
use crate::support::{TestDatabase, TestServer};

/// Places by name, on a square of 0.1 degrees.
const PLACES: [(&str, &str); 7] = [
    ("middle", "POINT(-83.55 41.65)"),
    ("corner", "POINT(-83.6 41.6)"),
    // Borders run along great circles, so a meridian is straight and a parallel is not.
    ("west border", "POINT(-83.6 41.63)"),
    ("near the corner", "POINT(-83.59 41.61)"),
    ("outside", "POINT(-83.61 41.65)"),
    ("far", "POINT(0 0)"),
    ("nowhere", ""),
];

async fn fill(factory: &Factory) -> Vec<(&'static str, Uuid)> {
    let mut places = Vec::new();
    for (name, place) in PLACES {
        let location = if place.is_empty() { json!(null) } else { json!(place) };
        places.push((name, factory.make("Property", json!({ "location": location })).await));
    }
    places
}

/// Which places `properties` finds with these arguments, in its order.
async fn found(
    server: &TestServer,
    places: &[(&'static str, Uuid)],
    (definitions, arguments): (&str, &str),
    variables: Value,
) -> Vec<&'static str> {
    let query = format!(
        "query {definitions} {{ properties({arguments}) {{ totalCount nodes {{ id }} }} }}"
    );
    let answer = server.query(&query, variables).await;
    let list = &answer.data()["properties"];
    let nodes = list["nodes"].as_array().unwrap();
    assert_eq!(list["totalCount"], json!(nodes.len()));
    let name = |node: &Value| {
        let place = places.iter().find(|(_, uuid)| node["id"] == id("Property", *uuid));
        place.unwrap().0
    };
    nodes.iter().map(name).collect()
}

const WITHIN: (&str, &str) =
    ("($within: Within)", "within: $within, orderBy: [{ createdAt: ASC }]");

fn ring(west: f64, south: f64, east: f64, north: f64) -> Value {
    json!([[west, south], [east, south], [east, north], [west, north], [west, south]])
}

#[tokio::test]
async fn within_a_polygon() {
    let database = TestDatabase::new().await;
    let (server, _) = both_servers(&database).await;
    let places = fill(&Factory::new(&database).await).await;
    let (square, hole) = (ring(-83.6, 41.6, -83.5, 41.7), ring(-83.56, 41.64, -83.54, 41.66));
    let polygon = |rings: Value| json!({ "type": "Polygon", "coordinates": rings });
    let several = json!([[ring(-83.62, 41.64, -83.605, 41.66)], [ring(-0.5, -0.5, 0.5, 0.5)]]);
    let mut reversed = square.clone();
    reversed.as_array_mut().unwrap().reverse();
    for (area, expected) in [
        (polygon(json!([square])), &["middle", "corner", "west border", "near the corner"][..]),
        (polygon(json!([reversed])), &["middle", "corner", "west border", "near the corner"]),
        (polygon(json!([square, hole])), &["corner", "west border", "near the corner"]),
        (json!({ "type": "MultiPolygon", "coordinates": several }), &["outside", "far"]),
        (polygon(json!([ring(10.0, 10.0, 11.0, 11.0)])), &[]),
    ] {
        let variables = json!({ "within": { "polygon": area } });
        assert_eq!(found(&server, &places, WITHIN, variables).await, expected, "{area}");
    }
}

#[tokio::test]
async fn within_a_market_area() {
    let database = TestDatabase::new().await;
    let (server, _) = both_servers(&database).await;
    let factory = Factory::new(&database).await;
    let places = fill(&factory).await;
    let square = "MULTIPOLYGON(((-83.6 41.6, -83.5 41.6, -83.5 41.7, -83.6 41.7, -83.6 41.6)))";
    let area = factory.make("MarketArea", json!({ "boundary": square })).await;
    let unbounded = factory.make("MarketArea", json!({})).await;
    for (area, expected) in [
        (id("MarketArea", area), &["middle", "corner", "west border", "near the corner"][..]),
        // Nothing lies in an area without a boundary, or in one that does not exist.
        (id("MarketArea", unbounded), &[]),
        (id("MarketArea", Uuid::now_v7()), &[]),
    ] {
        let variables = json!({ "within": { "marketArea": area } });
        assert_eq!(found(&server, &places, WITHIN, variables).await, expected);
    }
}

#[tokio::test]
async fn near_a_point() {
    let database = TestDatabase::new().await;
    let (server, _) = both_servers(&database).await;
    let factory = Factory::new(&database).await;
    let places = fill(&factory).await;
    let meters = "SELECT ST_Distance('POINT(-83.6 41.6)'::geography, 'POINT(-83.55 41.65)', false)";
    let meters: f64 = factory.client.query_one(meters, &[]).await.unwrap().get(0);
    let nearest = ["corner", "near the corner", "west border", "outside", "middle"];
    for (within, order, expected) in [
        (meters + 0.001, "", &nearest[..]),
        (meters - 0.001, "", &nearest[..4]),
        (0.0, "", &nearest[..1]),
        (
            20_000_000.0,
            "",
            &["corner", "near the corner", "west border", "outside", "middle", "far"],
        ),
        (
            meters + 0.001,
            ", orderBy: [{ distance: DESC }]",
            &["middle", "outside", "west border", "near the corner", "corner"],
        ),
        (
            meters + 0.001,
            ", orderBy: [{ createdAt: ASC }]",
            &["middle", "corner", "west border", "near the corner", "outside"],
        ),
        (meters + 0.001, ", filter: { not: { id: { isNull: true } } }, first: 2", &nearest[..2]),
    ] {
        let near =
            format!("near: {{ longitude: -83.6, latitude: 41.6, withinMeters: $meters }}{order}");
        let query = ("($meters: Float!)", near.as_str());
        let names = match order.contains("first") {
            false => found(&server, &places, query, json!({ "meters": within })).await,
            true => nearest_edges(&server, &places, &near, within).await,
        };
        assert_eq!(names, expected, "{within} {order}");
    }
}

/// The places of one page's edges, whose distances grow from nothing.
async fn nearest_edges(
    server: &TestServer,
    places: &[(&'static str, Uuid)],
    near: &str,
    meters: f64,
) -> Vec<&'static str> {
    let query = format!(
        "query ($meters: Float!) {{ properties({near}) {{ edges {{ distanceMeters node {{ id }} }} }} }}"
    );
    let answer = server.query(&query, json!({ "meters": meters })).await;
    let edges = answer.data()["properties"]["edges"].as_array().unwrap();
    assert!(edges[0]["distanceMeters"].as_f64() <= edges[1]["distanceMeters"].as_f64());
    assert_eq!(edges[0]["distanceMeters"].as_f64(), Some(0.0));
    let name = |edge: &Value| {
        places.iter().find(|(_, uuid)| edge["node"]["id"] == id("Property", *uuid)).unwrap().0
    };
    edges.iter().map(name).collect()
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let database = TestDatabase::new().await;
    let (server, _) = both_servers(&database).await;
    let polygon = |coordinates: Value| json!({ "polygon": { "type": "Polygon", "coordinates": coordinates } });
    let query = "query ($within: Within) { properties(within: $within) { nodes { id } } }";
    for (within, says) in [
        (polygon(json!([[[0, 0], [1, 0], [1, 1]]])), "GeoJSON"),
        (polygon(json!([[[0, 0], [1, 0], [1, 1], [0, 1]]])), "GeoJSON"),
        (polygon(json!([[[0, 0], [181, 0], [1, 1], [0, 0]]])), "GeoJSON"),
        (polygon(json!([])), "GeoJSON"),
        (polygon(json!("POLYGON((0 0, 1 0, 1 1, 0 0))")), "GeoJSON"),
        (json!({ "polygon": { "type": "Point", "coordinates": [0, 0] } }), "Polygon"),
        (json!({ "polygon": "POINT(0 0)" }), "GeoJSON"),
        (json!({ "marketArea": id("Property", Uuid::now_v7()) }), "market_area"),
        (json!({ "marketArea": "area" }), "id"),
        (json!({}), "exactly one"),
        (
            json!({ "marketArea": id("MarketArea", Uuid::now_v7()), "polygon": { "type": "Point", "coordinates": [0, 0] } }),
            "exactly one",
        ),
    ] {
        let answer = server.query(query, json!({ "within": within })).await;
        assert_eq!(answer.error_codes(), ["BAD_USER_INPUT"], "{within}");
        let message = answer.errors()[0]["message"].as_str().unwrap();
        assert!(message.contains(says), "{within}: {message}");
    }
    for (arguments, says) in [
        ("near: { longitude: 181, latitude: 0, withinMeters: 1 }", "near.longitude"),
        ("near: { longitude: 0, latitude: -90.5, withinMeters: 1 }", "near.latitude"),
        ("near: { longitude: 0, latitude: 0, withinMeters: -1 }", "near.withinMeters"),
        ("orderBy: [{ distance: ASC }]", "`near`"),
    ] {
        let answer = server
            .query(&format!("{{ properties({arguments}) {{ nodes {{ id }} }} }}"), json!({}))
            .await;
        assert_eq!(answer.error_codes(), ["BAD_USER_INPUT"], "{arguments}");
        let message = answer.errors()[0]["message"].as_str().unwrap();
        assert!(message.contains(says), "{arguments}: {message}");
    }
    // A polygon that crosses itself is a polygon of strange form; it does no harm.
    let bow_tie = polygon(json!([[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]));
    let answer = server.query(query, json!({ "within": bow_tie })).await;
    assert_eq!(answer.data(), &json!({ "properties": { "nodes": [] } }));
}

#[tokio::test]
async fn a_distance_is_told_only_from_a_point() {
    let database = TestDatabase::new().await;
    let (server, _) = both_servers(&database).await;
    fill(&Factory::new(&database).await).await;
    let query = "{ properties { edges { distanceMeters } } }";
    let answer = server.query(query, json!({})).await;
    let edges = answer.data()["properties"]["edges"].as_array().unwrap();
    assert_eq!(edges.len(), PLACES.len());
    assert!(edges.iter().all(|edge| edge["distanceMeters"].is_null()));
}
