//! Keyset pages: each row exactly once, in either direction, in any order, while others come in.

use loaders::Engine;
use serde_json::{Value as Json, json};

use crate::database::{data, with_database};
use crate::domain;
use crate::oracle::world::{World, insert};
use crate::random::Random;

const ORDERS: [&str; 8] = [
    "[{createdAt: DESC}]",
    "[{title: ASC}]",
    "[{subtitle: ASC}, {pages: DESC}]",
    "[{soldAt: ASC_NULLS_FIRST}, {title: DESC}]",
    "[{mood: DESC_NULLS_LAST}, {signed: DESC}]",
    "[{price: DESC}, {weight: ASC_NULLS_FIRST}, {publishedOn: DESC_NULLS_LAST}]",
    "[{id: DESC}]",
    "[{published: DESC}, {cover: ASC}]",
];

#[tokio::test]
async fn every_row_once_forwards_and_backwards() {
    with_database(async |database| {
        let world = World::random(&mut Random(21));
        world.insert(&database).await;
        let engine = database.engine().await;
        for order in ORDERS {
            let all = ids(&engine, order, "first: 1000").await.0;
            assert!(all.len() > 20);
            for size in [1, 3, 7] {
                assert_eq!(
                    walk(&engine, order, size, true, &mut async || {}).await,
                    all,
                    "{order} forwards by {size}"
                );
                let mut backwards = walk(&engine, order, size, false, &mut async || {}).await;
                backwards.reverse();
                assert_eq!(backwards, all, "{order} backwards by {size}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn rows_that_come_in_meanwhile_neither_hide_nor_repeat_others() {
    with_database(async |database| {
        let random = &mut Random(22);
        let world = World::random(random);
        world.insert(&database).await;
        let engine = database.engine().await;
        for order in ORDERS {
            let before = ids(&engine, order, "first: 1000").await.0;
            for forward in [true, false] {
                let (random, template) = (&mut *random, world.of("Book"));
                let seen = walk(&engine, order, 4, forward, &mut async || {
                    let mut row = random.one(template).clone();
                    row["id"] = random.uuid().to_string().into();
                    row["previous_id"] = Json::Null;
                    insert(&database, "books", &[row]).await;
                })
                .await;
                let mut distinct = seen.clone();
                distinct.sort_by_key(ToString::to_string);
                distinct.dedup();
                assert_eq!(distinct.len(), seen.len(), "{order}: nothing twice");
                let mut kept: Vec<_> = seen.into_iter().filter(|id| before.contains(id)).collect();
                if !forward {
                    kept.reverse();
                }
                assert_eq!(kept, before, "{order}: nothing left out");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn the_nearest_are_walked_in_order() {
    with_database(async |database| {
        World::random(&mut Random(23)).insert(&database).await;
        let engine = database.engine().await;
        let near = "near: {longitude: -83.5000371, latitude: 41.6500419, withinMeters: 30000}";
        let list = |page: &str| format!("{{ shops({near}, {page}) {{ pageInfo {{ endCursor hasNextPage }} edges {{ distanceMeters node {{ id }} }} }} }}");
        let all = data(&engine, &list("first: 1000"), &Json::Null, &domain::staff()).await["shops"]["edges"].clone();
        let (mut walked, mut page) = (Vec::new(), "first: 2".to_string());
        loop {
            let found = data(&engine, &list(&page), &Json::Null, &domain::staff()).await["shops"].take();
            walked.extend(found["edges"].as_array().expect("edges").iter().cloned());
            if found["pageInfo"]["hasNextPage"] == false {
                break;
            }
            page = format!("first: 2, after: {}", found["pageInfo"]["endCursor"]);
        }
        assert_eq!(Json::from(walked), all);
        assert!(all.as_array().is_some_and(|all| all.len() > 5 && all.is_sorted_by_key(|edge| edge["distanceMeters"].as_f64())));
    })
    .await;
}

/// Walks the books page by page to their end, and does something after each page.
async fn walk(
    engine: &Engine,
    order: &str,
    size: usize,
    forward: bool,
    between: &mut impl AsyncFnMut(),
) -> Vec<Json> {
    let (first, after) = if forward { ("first", "after") } else { ("last", "before") };
    let (mut seen, mut page) = (Vec::new(), format!("{first}: {size}"));
    loop {
        let (mut ids, info) = ids(engine, order, &page).await;
        if !forward {
            ids.reverse();
        }
        seen.extend(ids);
        let (more, cursor) =
            if forward { ("hasNextPage", "endCursor") } else { ("hasPreviousPage", "startCursor") };
        if info[more] == json!(false) {
            return seen;
        }
        assert!(seen.len() < 2000, "{order}: no end");
        between().await;
        page = format!("{first}: {size}, {after}: {}", info[cursor]);
    }
}

async fn ids(engine: &Engine, order: &str, page: &str) -> (Vec<Json>, Json) {
    let query = format!(
        "{{ books(orderBy: {order}, {page}) {{ nodes {{ id }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
    );
    let mut found = data(engine, &query, &Json::Null, &domain::staff()).await["books"].take();
    let ids =
        found["nodes"].as_array().expect("nodes").iter().map(|node| node["id"].clone()).collect();
    (ids, found["pageInfo"].take())
}
