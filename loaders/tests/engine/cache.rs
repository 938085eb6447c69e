//! Plans are made once and serve every request of their shape, and none of another.

use std::collections::HashMap;

use loaders::EngineOptions;
use loaders::contract::Contract;
use serde_json::{Value as Json, json};

use crate::database::{data, execute, with_database};
use crate::domain::{self, public, reader, staff};
use crate::oracle::world::World;
use crate::oracle::{Cursors, answer, difference, variables, viewers};
use crate::random::Random;

/// One document in which everything hangs on variables.
const DOCUMENT: &str = "query($filter: BookFilter, $related: ReviewFilter, $order: [BookOrder!], $first: Int, $text: String, $among: [Int!], $also: Boolean! = false) {
  books(filter: $filter, orderBy: $order, first: $first) { nodes { id title } totalCount pageInfo { hasNextPage } }
  all: books(last: $first, filter: {reviews: {some: $related}, title: {contains: $text}, pages: {in: $among, ne: $first}}, orderBy: $order) { nodes { id author @include(if: $also) { name } } aggregate { price { sum } } }
}";

#[tokio::test]
async fn no_plan_answers_for_variables_of_another_shape() {
    with_database(async |database| {
        let random = &mut Random(31);
        let world = World::random(random);
        world.insert(&database).await;
        let contract = Contract::parse(&domain::contract()).expect("the library's contract");
        let roomy = database.engine().await;
        // One that forgets nearly everything at once.
        let options =
            EngineOptions { page_size_default: 4, cache_bytes: 1, ..EngineOptions::default() };
        let narrow = database
            .start(&domain::contract(), domain::registry(), options)
            .await
            .expect("an engine");
        let viewers = viewers(&world, random);
        let mut cursors = Cursors::default();
        for _ in 0..100 {
            let mut variables = variables(&contract, &world, random);
            let viewer = random.one(&viewers);
            // Twice what differs in nothing but the fields that are selected.
            for also in [true, false] {
                variables["also"] = also.into();
                let question = (DOCUMENT, &variables);
                let expected = answer(&contract, &world, viewer, &HashMap::new(), 4, question);
                for engine in [&roomy, &narrow] {
                    let given = data(engine, DOCUMENT, &variables, viewer).await;
                    let difference = difference(&expected, &given, &mut cursors);
                    assert_eq!(
                        difference, None,
                        "{viewer:?}\n{variables}\nexpected {expected}\ngiven    {given}"
                    );
                }
            }
        }
        assert_eq!(roomy.cached().0, 1, "one document");
        assert_eq!(narrow.cached(), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn equal_shapes_share_a_plan() {
    with_database(async |database| {
        let engine = database.engine().await;
        let plans = async |variables: Json, viewer| {
            data(&engine, DOCUMENT, &variables, &viewer).await;
            engine.cached().1
        };
        assert_eq!(plans(json!({"first": 1, "text": "a", "among": [1]}), public()).await, 1);
        assert_eq!(
            plans(json!({"first": 1, "text": "b", "among": [1, 2, 3], "also": false}), public())
                .await,
            1,
            "other values"
        );
        assert_eq!(
            plans(json!({"first": 1, "text": "b", "among": [1], "also": true}), public()).await,
            2,
            "another field is selected"
        );
        assert_eq!(plans(json!({"text": "b", "among": [1]}), public()).await, 3, "no page size");
        assert_eq!(
            plans(json!({"first": 1, "text": "a", "among": [1]}), staff()).await,
            4,
            "another class of viewers"
        );
        assert_eq!(
            plans(json!({"first": 1, "text": "a", "among": [1]}), reader(uuid::Uuid::nil(), &[]))
                .await,
            5
        );
        assert_eq!(
            plans(
                json!({"first": 1, "text": "a", "among": [1]}),
                reader(uuid::Uuid::max(), &["north"])
            )
            .await,
            5,
            "another viewer of the class"
        );
        assert_eq!(plans(json!({"first": 1, "filter": {"pages": {"gt": 1}}}), public()).await, 6);
        assert_eq!(
            plans(json!({"first": 1, "filter": {"pages": {"lt": 1}}}), public()).await,
            7,
            "another operator"
        );
        assert_eq!(engine.cached().0, 1);
    })
    .await;
}

#[tokio::test]
async fn operations_of_one_document_are_told_apart() {
    with_database(async |database| {
        let engine = database.engine().await;
        let query = "query A { genres { totalCount } } query B { authors { totalCount } }";
        let variables = async_graphql::Variables::default();
        for (name, expected) in [("A", "genres"), ("B", "authors"), ("A", "genres")] {
            let request = loaders::Request {
                operation_name: Some(name),
                ..loaders::Request::new(query, &variables)
            };
            let answer = engine.execute(request, &public()).await;
            assert_eq!(
                String::from_utf8_lossy(&answer.body),
                format!("{{\"data\":{{\"{expected}\":{{\"totalCount\":0}}}}}}")
            );
        }
        let answer = execute(&engine, query, &Json::Null, &public()).await;
        assert!(String::from_utf8_lossy(&answer.body).contains("OPERATION_NOT_FOUND"));
    })
    .await;
}
