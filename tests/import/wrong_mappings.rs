//! Mappings that do not fit themselves, the file or the database: each says where, what is
//! wrong and what to do, and all mistakes are told at once.

use agent_free::import::ImportError;

use super::{Files, MAPPING, ROWS, state};
use crate::support::TestDatabase;

/// A change of the good mapping, and the beginning of the message about it.
const MISTAKES: [(&str, &str, &str); 25] = [
    (
        "number = {",
        "nr = {",
        "columns: the file has a column `number` that the mapping does not describe",
    ),
    (
        "number = {",
        "nr = {",
        "columns.nr: the file has no such column; it should hold: parcel number",
    ),
    ("number = {", "nr = {", "identifier.column: there is no column `number`; write one of area,"),
    ("America/New_York", "Ohio", "file.time_zone: `Ohio` is no time zone"),
    (
        "year_built =",
        "year =",
        "property.fields.year: properties has no such column; write one of above_grade",
    ),
    (
        "year_built =",
        "latitude =",
        "property.fields.latitude: properties.latitude is filled by the database; leave it out",
    ),
    (
        "year_built =",
        "version =",
        "property.fields.version: properties.version is filled by the database; leave it out",
    ),
    (
        "{ column = \"built\" }",
        "{ column = \"sold\" }",
        "property.fields.year_built: column `sold` is declared date, which does not fit a field of type integer",
    ),
    (
        "{ sum = [\"baths\"] }",
        "{ sum = [\"sold\"] }",
        "property.fields.bathrooms_total_integer: column `sold` is no number, so it cannot be added",
    ),
    (
        "{ column = \"area\" }",
        "{ longitude = \"lon\", latitude = \"lat\" }",
        "property.fields.living_area: a point does not fit a column of type numeric(14,2)",
    ),
    (
        "\"RESIDENTIAL\"",
        "\"RESIDENCE\"",
        "property.fields.property_type_id: `RESIDENCE` is no code of property_types",
    ),
    (
        "property_type_id = { constant = \"RESIDENTIAL\" }",
        "",
        "property.fields: properties needs a value for `property_type_id`; add property.fields.property_type_id",
    ),
    (
        "{ constant = \"CLOSED\" }",
        "{ constant = \"SOLD\" }",
        "records[0].fields.standard_status: `SOLD` is no standard_status",
    ),
    (
        "kind = \"PARCEL_NUMBER\"",
        "kind = \"PARCEL\"",
        "identifier.kind: `PARCEL` is no property_identifier_kind",
    ),
    (
        "\"EXTERIOR_WALL\"",
        "\"WALL\"",
        "features[0].code: `WALL` is no feature type; write the code of one, or define it",
    ),
    (
        "brick = \"BRICK\"",
        "brick = \"BRICKS\"",
        "features[0].value: `BRICKS` is no value that EXTERIOR_WALL allows",
    ),
    (
        "code = \"EXTERIOR_WALL\"",
        "code = \"EXTERIOR_WALL\"\ndefine = { name = \"Wall\", value_kind = \"NUMBER\", unit = \"feet\" }",
        "features[0].define: the database has EXTERIOR_WALL as TEXT in no unit; define it the same way",
    ),
    (
        "code = \"EXTERIOR_WALL\"",
        "code = \"OUTSIDE\"\ndefine = { name = \"Wall\", value_kind = \"COLOR\" }",
        "features[0].define: value for domain feature_value_kind violates check constraint",
    ),
    (
        "\"property_valuations\"",
        "\"valuations\"",
        "records[1].table: there is no table `valuations` whose rows belong to properties",
    ),
    (
        "\"property_valuations\"",
        "\"users\"",
        "records[1].table: there is no table `users` whose rows belong to properties",
    ),
    (
        "match = [\"source\", \"method\"]",
        "match = [\"origin\"]",
        "records[1].match: `origin` is not among the record's fields",
    ),
    ("history = true", "only_with = \"cost\"", "records[1].only_with: there is no column `cost`"),
    (
        "location = {",
        "boundary = {",
        "market_areas: properties have no location, so no area can be found for them",
    ),
    ("latest = \"1998-06-30\"", "min = 5", "columns.sold: min and max are bounds for numbers"),
    (
        "latest = \"1998-06-30\"",
        "format = \"%Q\"",
        "columns.sold.format: `%Q` is no way to write a date",
    ),
];

#[tokio::test]
async fn each_mistake_names_its_place_and_its_remedy() {
    let database = TestDatabase::new().await;
    let before = state(&database).await;
    let files = Files::of_rows(&ROWS);
    for (good, wrong, expected) in MISTAKES {
        assert!(MAPPING.contains(good), "{good}");
        files.write("sales.toml", MAPPING.replacen(good, wrong, 1));
        match files.import_with(&database, |_| {}).await {
            Err(ImportError::Mapping(mistakes)) => {
                let told: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
                assert!(
                    told.iter().any(|mistake| mistake.starts_with(expected)),
                    "{wrong}: {told:#?}"
                );
            }
            other => panic!("{wrong}: {other:?}"),
        }
    }
    assert_eq!(state(&database).await, before);
}

#[tokio::test]
async fn all_mistakes_are_told_at_once() {
    let wrong = MAPPING
        .replace("America/New_York", "Ohio")
        .replace("year_built", "year")
        .replace("CLOSED", "SOLD");
    let files = Files::of_rows(&ROWS);
    files.write("sales.toml", wrong);
    match files.import_with(&TestDatabase::new().await, |_| {}).await {
        Err(error @ ImportError::Mapping(_)) => {
            let text = error.to_string();
            assert!(text.starts_with("the mapping has 3 mistake(s):\n"), "{text}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_no_mapping_is_told_with_its_line() {
    let table = [
        (
            "kind = \"decimal\", meaning = \"price paid\"",
            "kind = \"money\", meaning = \"price paid\"",
            "unknown variant `money`",
        ),
        ("published = true", "public = true", "unknown field `public`"),
        ("{ sum = [\"baths\"] }", "{ total = [\"baths\"] }", "unknown field `total`"),
        (
            "{ sum = [\"baths\"] }",
            "{ sum = [\"baths\"], column = \"baths\" }",
            "write one of { column",
        ),
        ("{ sum = [\"baths\"] }", "{ sum = [] }", "write one of { column"),
        ("meaning = \"price paid\", ", "", "missing field `meaning`"),
        ("[identifier]", "[identifier", "TOML parse error at line"),
    ];
    let database = TestDatabase::new().await;
    let files = Files::of_rows(&ROWS);
    for (good, wrong, expected) in table {
        assert!(MAPPING.contains(good), "{good}");
        files.write("sales.toml", MAPPING.replacen(good, wrong, 1));
        match files.import_with(&database, |_| {}).await {
            Err(error @ ImportError::MappingSyntax { .. }) => {
                let text = error.to_string();
                assert!(text.contains(expected) && text.contains("line"), "{wrong}: {text}");
            }
            other => panic!("{wrong}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn files_and_databases_that_are_not_there_are_told() {
    let database = TestDatabase::new().await;
    let files = Files::of_rows(&ROWS);
    let ended = files.import_with(&TestDatabase::empty().await, |_| {}).await;
    assert!(matches!(ended, Err(ImportError::NoTables)), "{ended:?}");
    files.write("sales.toml", MAPPING.replace("sales.csv", "nowhere.csv"));
    let ended = files.import_with(&database, |_| {}).await;
    assert!(matches!(ended, Err(ImportError::File { .. })), "{ended:?}");
    let ended = files.import_with(&database, |arguments| arguments.mapping.push("none")).await;
    assert!(matches!(ended, Err(ImportError::MappingFile { .. })), "{ended:?}");
}

#[tokio::test]
async fn a_mapping_may_bring_its_own_feature_types() {
    let database = TestDatabase::new().await;
    let files = Files::of_rows(&ROWS);
    let feature = "
[[features]]
code = \"BEDROOM_COUNT\"
define = { name = \"Bedrooms as counted\", value_kind = \"NUMBER\", unit = \"rooms\" }
value = { column = \"bedrooms\" }

[sample_owners]";
    files.write("sales.toml", MAPPING.replace("[sample_owners]", feature));
    files.import(&database).await;
    let again = files.import(&database).await;
    assert_eq!(again.unchanged, 3);
    let client = database.connect().await;
    let sum = "SELECT sum(number_value) FROM property_features JOIN property_feature_types t
                   ON t.id = feature_type_id WHERE t.code = 'BEDROOM_COUNT' AND t.unit = 'rooms'";
    assert_eq!(super::value(&client, sum).await.as_deref(), Some("8.0000"));
}
