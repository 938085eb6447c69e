//! A hidden row shows nowhere: everything that could tell of it answers as if it were not there.

use loaders::contract::Shape;
use serde_json::{Value, json};
use uuid::Uuid;

use super::probes::{Probes, filtered, references};
use super::{Factory, both_servers, hiding, id, kinds};
use crate::support::{TestDatabase, TestServer};

/// For each way to hide a row of each type: what everyone is told is the same before the row is
/// there and after, in every place. What administrators are told is different in every place, or the
/// place would prove nothing.
#[tokio::test]
async fn a_hidden_row_changes_no_answer() {
    let database = TestDatabase::new().await;
    let (public, administrator) = both_servers(&database).await;
    let factory = Factory::new(&database).await;
    let (mut ways, mut places) = (0, 0);
    for type_name in kinds::types() {
        for way in hiding::ways(type_name) {
            let mut values = way.plan(&factory, type_name).await;
            let uuid = Uuid::now_v7();
            values.insert("id".into(), json!(uuid));
            let probes = Probes::of(&factory, type_name, uuid, &values);
            let before = tokio::join!(probes.ask(&public), probes.ask(&administrator));
            factory.insert(type_name, &values).await;
            let after = tokio::join!(probes.ask(&public), probes.ask(&administrator));
            ways += 1;
            for (place, (probe, answer)) in after.0.iter().enumerate() {
                places += 1;
                assert_eq!(
                    before.0[place].1, *answer,
                    "{} shows to everyone in {probe}",
                    way.label
                );
                let (was, is) = (&before.1[place].1, &after.1[place].1);
                assert_eq!(
                    was == is,
                    way.from_everyone,
                    "{}: for administrators, {probe} was {was} and is {is}",
                    way.label
                );
            }
        }
    }
    assert!(ways >= 40 && places >= 600, "only {ways} ways and {places} places");
}

/// A row that may show refers to a hidden one: the reference is null, and no filter finds it.
#[tokio::test]
async fn a_hidden_row_is_not_found_through_what_refers_to_it() {
    let database = TestDatabase::new().await;
    let (public, administrator) = both_servers(&database).await;
    let factory = Factory::new(&database).await;
    let mut seen = 0;
    for target in kinds::types() {
        for way in hiding::ways(target) {
            for (owner, field, column) in references(&factory.contract, target) {
                if hiding::is_shown_by(&way, owner, &column) {
                    continue;
                }
                seen += 1;
                let values = way.plan(&factory, target).await;
                let hidden = factory.insert(target, &values).await;
                let row = id(owner, factory.full(owner, json!({ column: hidden })).await);
                let hidden = id(target, hidden);
                let reference = (row.as_str(), field.name.as_str(), hidden.as_str());
                let place = format!("{owner}.{} to {}", field.name, way.label);
                let told = told(&public, &factory, owner, reference).await;
                assert_eq!(told, (json!(null), false, true), "{place}, for everyone");
                let told = self::told(&administrator, &factory, owner, reference).await;
                let found = match way.from_everyone {
                    true => (json!(null), false, true),
                    false => (json!(hidden), true, false),
                };
                assert_eq!(told, found, "{place}, for administrators");
            }
        }
    }
    assert!(seen >= 10, "only {seen} references");
}

/// What the row's field refers to, whether a filter finds the row by it, and by its absence.
async fn told(
    server: &TestServer,
    factory: &Factory,
    owner: &str,
    (row, field, hidden): (&str, &str, &str),
) -> (Value, bool, bool) {
    let matches = format!("{field}: {{ id: {{ eq: {hidden:?} }} }}");
    let found = |condition: &str| {
        let condition = format!("{{ id: {{ eq: {row:?} }}, {condition} }}");
        filtered(&factory.contract, owner, &condition)
    };
    let (with, without) = (found(&matches), found(&format!("not: {{ {matches} }}")));
    let node = format!("node: node(id: {row:?}) {{ ... on {owner} {{ it: {field} {{ id }} }} }}");
    let list = |alias: &str, fields: &[String]| -> String {
        fields.iter().enumerate().map(|(n, field)| format!("{alias}{n}: {field}\n")).collect()
    };
    let query = format!("{{ {node} {} {} }}", list("with", &with), list("without", &without));
    let answer = server.query(&query, json!({})).await;
    let data = answer.data().as_object().unwrap();
    assert!(data["node"].is_object(), "{owner} {row} is hidden itself");
    let any = |alias: &str| {
        let counts = data.iter().filter(|(key, _)| key.trim_end_matches(char::is_numeric) == alias);
        counts.into_iter().any(|(_, list)| list["totalCount"].as_i64() > Some(0))
    };
    let reference = data["node"]["it"]["id"].clone();
    (reference, any("with"), any("without"))
}

/// The probes' own premise: what administrators see is seen, and code lists are seen by everyone.
#[tokio::test]
async fn what_is_published_is_seen_by_everyone() {
    let database = TestDatabase::new().await;
    let (public, _) = both_servers(&database).await;
    let factory = Factory::new(&database).await;
    for type_name in kinds::types() {
        if type_name == "MarketingCampaign" {
            continue; // what marketing costs is never public
        }
        let row = id(type_name, factory.full(type_name, json!({})).await);
        let query = "query ($id: ID!) { node(id: $id) { __typename } }";
        let answer = public.query(query, json!({ "id": row })).await;
        assert_eq!(answer.data(), &json!({ "node": { "__typename": type_name } }));
        for field in factory.contract.fields(type_name) {
            if let Shape::ToOne(target) = factory.contract.shape(field)
                && kinds::is_known(target)
            {
                let query = format!(
                    "query ($id: ID!) {{ node(id: $id) {{ ... on {type_name} {{ it: {} {{ id }} }} }} }}",
                    field.name
                );
                let answer = public.query(&query, json!({ "id": row })).await;
                let hidden = field.name == "marketingCampaign";
                assert_eq!(
                    answer.data()["node"]["it"].is_null(),
                    hidden,
                    "{type_name}.{}",
                    field.name
                );
            }
        }
    }
}
