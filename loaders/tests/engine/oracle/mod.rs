//! Random operations over random data: the engine answers each as a naive evaluator does.
//!
//! `LOADERS_SEED` repeats a run, `LOADERS_WORLDS` says over how many sets of data it goes.

mod compare;
mod evaluate;
mod figures;
mod filter;
mod generate;
mod inputs;
mod list;
mod values;
pub(crate) mod world;

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use loaders::Viewer;
use loaders::contract::Contract;
use uuid::Uuid;

use crate::database::{data, setting, with_database};
use crate::domain;
use crate::random::Random;
pub(crate) use compare::{Cursors, difference};
pub(crate) use evaluate::answer;
pub(crate) use generate::variables;
use world::{BRANCHES, World, uuid};

const OPERATIONS_A_WORLD: u64 = 150;

/// One of everybody who asks: the public, the staff, and readers of whom some have nothing.
pub(crate) fn viewers(world: &World, random: &mut Random) -> Vec<Viewer> {
    let known = world.of("Reader").first().and_then(|row| uuid(row, "id")).unwrap_or_default();
    let another = world.of("Reader").last().and_then(|row| uuid(row, "id")).unwrap_or_default();
    vec![
        domain::public(),
        domain::staff(),
        domain::reader(known, &[*random.one(&BRANCHES)]),
        domain::reader(another, &[]),
        domain::reader(random.uuid(), &BRANCHES),
        Viewer::of_class("reader"),
    ]
}

#[tokio::test]
async fn random_operations_are_answered_as_by_the_oracle() {
    with_database(async |database| {
        let number = |name: &str| setting(name).and_then(|text| text.parse::<u64>().ok());
        let clock = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let start = number("LOADERS_SEED").unwrap_or(clock);
        let contract = Contract::parse(&domain::contract()).expect("the library's contract");
        let engine = database.engine().await;
        for seed in start..start + number("LOADERS_WORLDS").unwrap_or(3) {
            let random = &mut Random(seed);
            let world = World::random(random);
            database.run(&format!("TRUNCATE {}", world::TABLES.map(|(_, table)| table).join(", "))).await;
            world.insert(&database).await;
            let viewers = viewers(&world, random);
            let mut cursors = Cursors::default();
            let mut known: HashMap<String, Uuid> = HashMap::new();
            for _ in 0..OPERATIONS_A_WORLD {
                let operation = generate::operation(&contract, &world, random);
                let (mut query, mut variables) = (operation.query, operation.variables.to_string());
                for wish in operation.wishes {
                    let found = data(&engine, &wish.query, &serde_json::Value::Null, &domain::staff()).await;
                    let list = found.as_object().and_then(|data| data.values().next()).expect("a list");
                    let cursor = list["edges"][0]["cursor"].as_str().unwrap_or_else(|| panic!("{}: {found}", wish.query)).to_string();
                    let (name, quoted) = (format!("\"{}\"", wish.name), format!("\"{cursor}\""));
                    (query, variables) = (query.replace(&name, &quoted), variables.replace(&name, &quoted));
                    known.insert(cursor, wish.row);
                }
                let variables = serde_json::from_str(&variables).expect("JSON");
                let viewer = random.one(&viewers);
                let expected = answer(&contract, &world, viewer, &known, 4, (&query, &variables));
                let given = data(&engine, &query, &variables, viewer).await;
                if let Some(difference) = difference(&expected, &given, &mut cursors) {
                    panic!("LOADERS_SEED={seed}: {difference}\n{viewer:?}\n{query}\n{variables}\nexpected {expected}\ngiven    {given}");
                }
            }
        }
    })
    .await;
}
