//! The steps themselves: each goes up, down and up again, carries the rows that were there, and
//! leaves a schema that keeps the house rules.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
use migration::{Migrator, MigratorTrait};

use crate::support::TestDatabase;

/// A row for each table of each step: what could be there before the next step is taken.
const ROWS: &[(&str, &str)] = &[
    ("m0001_foundations", ""),
    ("m0002_users", include_str!("rows/m0002_users.sql")),
    ("m0003_property_codes", include_str!("rows/m0003_property_codes.sql")),
    ("m0004_market_areas", include_str!("rows/m0004_market_areas.sql")),
    ("m0005_properties", include_str!("rows/m0005_properties.sql")),
    ("m0006_property_identifiers", include_str!("rows/m0006_property_identifiers.sql")),
    ("m0007_property_features", include_str!("rows/m0007_property_features.sql")),
    ("m0008_amenities", include_str!("rows/m0008_amenities.sql")),
    ("m0009_property_upkeep", include_str!("rows/m0009_property_upkeep.sql")),
    ("m0010_listings", include_str!("rows/m0010_listings.sql")),
    ("m0011_listing_history", include_str!("rows/m0011_listing_history.sql")),
    ("m0012_property_valuations", include_str!("rows/m0012_property_valuations.sql")),
    ("m0013_market_trends", include_str!("rows/m0013_market_trends.sql")),
    ("m0014_marketing", include_str!("rows/m0014_marketing.sql")),
    ("m0015_idempotency_keys", include_str!("rows/m0015_idempotency_keys.sql")),
    ("m0016_listing_stamps", ""),
    ("m0017_property_endings", include_str!("rows/m0017_property_endings.sql")),
    ("m0018_accounts", include_str!("rows/m0018_accounts.sql")),
    ("m0019_firms", include_str!("rows/m0019_firms.sql")),
    ("m0019_profiles", include_str!("rows/m0019_profiles.sql")),
    ("m0019_qualifications", include_str!("rows/m0019_qualifications.sql")),
    ("m0020_roles", include_str!("rows/m0020_roles.sql")),
    ("m0021_second_factors", include_str!("rows/m0021_second_factors.sql")),
    ("m0022_tokens", include_str!("rows/m0022_tokens.sql")),
    ("m0023_security_events", include_str!("rows/m0023_security_events.sql")),
    ("m0024_jobs", include_str!("rows/m0024_jobs.sql")),
    ("m0025_public_users", ""),
    ("m0026_properties_of", ""),
];

#[tokio::test]
async fn every_step_goes_both_ways_and_carries_rows() {
    let database = TestDatabase::empty().await;
    let connection = &database.connection;
    Migrator::install(connection).await.expect("the table of steps");
    let bare = database.dump();
    let names: Vec<String> =
        Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
    assert_eq!(
        names,
        ROWS.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        "each step has its rows"
    );

    for (name, rows) in ROWS {
        let (before, held) = (database.dump(), contents(&database).await);
        Migrator::up(connection, Some(1))
            .await
            .unwrap_or_else(|error| panic!("{name} up: {error}"));
        let after = database.dump();
        assert_ne!(before, after, "{name} does nothing");
        kept(name, &held, &contents(&database).await);
        Migrator::down(connection, Some(1))
            .await
            .unwrap_or_else(|error| panic!("{name} down: {error}"));
        same(&before, &database.dump(), &format!("{name} down leaves something or takes too much"));
        assert_eq!(contents(&database).await, held, "{name} down changes rows");
        Migrator::up(connection, Some(1))
            .await
            .unwrap_or_else(|error| panic!("{name} up again: {error}"));
        same(&after, &database.dump(), &format!("{name} differs the second time"));
        database.run(rows).await;
    }
    for (table, rows) in contents(&database).await {
        assert!(!rows.is_empty(), "{table} has no row in tests/rows");
    }

    let whole = database.dump();
    Migrator::down(connection, None).await.expect("all the way down, with rows in every table");
    same(&bare, &database.dump(), "all the way down leaves something");
    Migrator::up(connection, None).await.expect("all the way up");
    same(&whole, &database.dump(), "all the way up differs the second time");
}

/// Fails with the lines that only one of two dumps has.
fn same(expected: &str, found: &str, complaint: &str) {
    let missing = |from: &str, of: &str| {
        let lines: BTreeSet<&str> = from.lines().collect();
        of.lines().filter(|line| !lines.contains(line)).collect::<Vec<_>>().join("\n")
    };
    let (gone, left) = (missing(found, expected), missing(expected, found));
    assert!(expected == found, "{complaint}\ngone:\n{gone}\nleft:\n{left}");
}

/// Every row of every table, as JSON by column, so that a column added later does not disturb.
async fn contents(database: &TestDatabase) -> BTreeMap<String, BTreeSet<String>> {
    let tables = database.texts(&tables_sql("quote_ident(relname)")).await;
    let mut contents = BTreeMap::new();
    for table in tables {
        let rows = database.texts(&format!("SELECT to_jsonb({table})::text FROM {table}")).await;
        contents.insert(table, rows.into_iter().collect());
    }
    contents
}

/// Fails unless each row held is still there, whatever columns it may have gained.
fn kept(
    step: &str,
    held: &BTreeMap<String, BTreeSet<String>>,
    now: &BTreeMap<String, BTreeSet<String>>,
) {
    for (table, rows) in held {
        let present: Vec<async_graphql::Value> = now[table].iter().map(|row| parse(row)).collect();
        for row in rows {
            let async_graphql::Value::Object(columns) = parse(row) else {
                panic!("a row is an object")
            };
            let same = |candidate: &async_graphql::Value| match candidate {
                async_graphql::Value::Object(candidate) => {
                    columns.iter().all(|(name, value)| candidate.get(name) == Some(value))
                }
                _ => false,
            };
            assert!(present.iter().any(same), "{step} loses or changes a row of {table}: {row}");
        }
    }
}

fn parse(json: &str) -> async_graphql::Value {
    json.parse::<serde_json::Value>()
        .ok()
        .and_then(|value| async_graphql::Value::from_json(value).ok())
        .expect("JSON from the database")
}

#[tokio::test]
async fn every_foreign_key_has_an_index() {
    let database = migrated().await;
    let without = database
        .texts(
            "SELECT conrelid::regclass || '.' || conname FROM pg_constraint AS key
             WHERE contype = 'f' AND NOT EXISTS (
                 SELECT FROM pg_index WHERE indrelid = conrelid AND indpred IS NULL
                     AND (indkey::smallint[])[0:cardinality(conkey) - 1] @> conkey)",
        )
        .await;
    assert_eq!(without, Vec::<String>::new());
}

#[tokio::test]
async fn constraints_and_indexes_are_named_after_their_table() {
    let database = migrated().await;
    let suffixes =
        "CASE contype WHEN 'p' THEN '_pkey' WHEN 'u' THEN '_key' WHEN 'f' THEN '_fkey' ELSE '' END";
    let own_tables = tables_sql("oid");
    let misnamed = database
        .texts(&format!(
            "SELECT conname FROM pg_constraint JOIN pg_class AS class ON class.oid = conrelid
             WHERE conrelid IN ({own_tables}) AND NOT (
                 starts_with(conname, relname || '_') AND conname LIKE '%' || {suffixes}
                 AND conname !~ '_check[0-9]*$' AND length(conname) < 63)
             UNION ALL
             SELECT class.relname FROM pg_index JOIN pg_class AS class ON class.oid = indexrelid
             WHERE indrelid IN ({own_tables}) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
                 AND NOT (starts_with(class.relname, indrelid::regclass || '_') AND class.relname LIKE '%\\_idx'
                     AND length(class.relname) < 63)"
        ))
        .await;
    assert_eq!(misnamed, Vec::<String>::new());
}

#[tokio::test]
async fn every_table_has_the_common_columns() {
    let database = migrated().await;
    let own_tables = tables_sql("oid");
    let without = database
        .texts(&format!(
            "SELECT class.relname || '.' || common FROM pg_class AS class,
                 unnest(ARRAY['id uuid', 'version integer', 'created_at timestamp with time zone',
                     'updated_at timestamp with time zone']) AS common
             WHERE class.oid IN ({own_tables}) AND NOT EXISTS (
                 SELECT FROM pg_attribute WHERE attrelid = class.oid AND attnotnull
                     AND attname || ' ' || format_type(atttypid, atttypmod) = common)
             UNION ALL
             SELECT class.relname || ' is not touched' FROM pg_class AS class
             WHERE class.oid IN ({own_tables}) AND NOT EXISTS (
                 SELECT FROM pg_trigger WHERE tgrelid = class.oid AND tgfoid = 'touch_row'::regproc)"
        ))
        .await;
    assert_eq!(without, Vec::<String>::new());
}

/// Closed lists that no field shows.
const OUTSIDE_THE_CONTRACT: &[&str] = &["challenge_purpose", "login_outcome", "user_token_purpose"];

#[tokio::test]
async fn closed_lists_are_the_contracts_enums() {
    let database = migrated().await;
    let domains = database
        .texts(
            "SELECT typname || ' ' || (
                 SELECT string_agg(value[1], ' ' ORDER BY value[1])
                 FROM regexp_matches(pg_get_constraintdef(pg_constraint.oid), '''([A-Z0-9_]+)''', 'g') AS value)
             FROM pg_constraint JOIN pg_type ON pg_type.oid = contypid
             WHERE typnamespace = 'public'::regnamespace ORDER BY typname",
        )
        .await;
    let shown: Vec<String> = domains
        .into_iter()
        .filter(|domain| {
            !OUTSIDE_THE_CONTRACT.iter().any(|name| domain.starts_with(&format!("{name} ")))
        })
        .collect();
    assert_eq!(shown, enums_of_the_contract());
}

/// Each enum that people wrote, as `snake_case_name VALUE VALUE`, sorted.
fn enums_of_the_contract() -> Vec<String> {
    let contract = include_str!("../../../schema.graphql");
    let written = contract.split("# ---- derived ----").next().unwrap_or(contract);
    let document = parse_schema(written).expect("schema.graphql parses");
    let mut enums: Vec<String> = document
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            TypeSystemDefinition::Type(ty) => match &ty.node.kind {
                TypeKind::Enum(list) => {
                    let mut words: Vec<&str> =
                        list.values.iter().map(|value| value.node.value.node.as_str()).collect();
                    words.sort_unstable();
                    Some(format!("{} {}", snake_case(&ty.node.name.node), words.join(" ")))
                }
                _ => None,
            },
            _ => None,
        })
        .collect();
    enums.sort();
    enums
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for (index, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

async fn migrated() -> TestDatabase {
    let database = TestDatabase::empty().await;
    Migrator::up(&database.connection, None).await.expect("migrations run");
    database
}

/// The tables that are ours: neither an extension's nor the list of steps.
fn tables_sql(column: &str) -> String {
    format!(
        "SELECT {column} FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
             AND relname <> 'seaql_migrations'
             AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')"
    )
}
