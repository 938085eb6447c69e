//! What the database promises by itself, whoever writes to it.

use entity::property::{properties, property_types};
use migration::{Migrator, MigratorTrait};
use sea_orm_migration::sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::support::TestDatabase;

/// A migrated database with one property.
async fn with_property() -> TestDatabase {
    let database = TestDatabase::empty().await;
    Migrator::up(&database.connection, None).await.expect("migrations run");
    database.run("INSERT INTO properties (property_type_id) SELECT id FROM property_types WHERE code = 'RESIDENTIAL'").await;
    database
}

fn list(status: &str, price: &str) -> String {
    format!(
        "INSERT INTO listings (property_id, standard_status, list_price) SELECT id, '{status}', {price} FROM properties"
    )
}

#[tokio::test]
async fn a_property_has_one_open_listing() {
    let database = with_property().await;
    database.run(&list("ACTIVE", "52000")).await;
    assert_eq!(
        database.refusal(&list("COMING_SOON", "52000")).await,
        "listings_one_open_per_property"
    );
    database.run(&list("INCOMPLETE", "NULL")).await;
    let publish =
        "UPDATE listings SET standard_status = 'ACTIVE' WHERE standard_status = 'INCOMPLETE'";
    assert_eq!(database.refusal(publish).await, "listings_one_open_per_property");
    database
        .run("UPDATE listings SET standard_status = 'WITHDRAWN' WHERE standard_status = 'ACTIVE'")
        .await;
    database.run(publish).await;
    database.run("UPDATE listings SET deleted_at = now() WHERE standard_status = 'ACTIVE'").await;
    database.run(&list("HOLD", "52000")).await;
}

#[tokio::test]
async fn each_status_and_price_is_recorded() {
    let database = with_property().await;
    database.run("INSERT INTO users (user_type, display_name) VALUES ('SELLER', 'Ada')").await;
    database.run(&list("INCOMPLETE", "NULL")).await;
    for change in [
        "list_price = 52000",
        "standard_status = 'ACTIVE'",
        "list_price = 51000, standard_status = 'PENDING'",
        "public_remarks = 'Nothing that history notes.'",
        "standard_status = 'ACTIVE'",
        "standard_status = 'CLOSED', close_price = 50500, close_date = '1998-03-02', status_change_timestamp = '1998-03-02T17:00:00Z'",
    ] {
        database
            .run(&format!("BEGIN; SELECT set_config('app.actor', (SELECT id FROM users)::text, true); UPDATE listings SET {change}; COMMIT"))
            .await;
    }
    let statuses = database
        .texts("SELECT concat_ws(' ', change_type, previous_status, new_status) FROM listing_status_history ORDER BY created_at, id")
        .await;
    assert_eq!(
        statuses,
        [
            "INCOMPLETE INCOMPLETE",
            "NEW_LISTING INCOMPLETE ACTIVE",
            "PENDING ACTIVE PENDING",
            "BACK_ON_MARKET PENDING ACTIVE",
            "CLOSED ACTIVE CLOSED",
        ]
    );
    let prices = database
        .texts("SELECT concat_ws(' ', change_type, price_kind, previous_price, new_price) FROM listing_price_history ORDER BY created_at, id")
        .await;
    assert_eq!(
        prices,
        [
            "NEW_LISTING LIST_PRICE 52000.00",
            "PRICE_CHANGE LIST_PRICE 52000.00 51000.00",
            "CLOSED CLOSE_PRICE 50500.00",
        ]
    );
    let closed = "SELECT (changed_at = '1998-03-02T17:00:00Z')::text FROM listing_status_history WHERE new_status = 'CLOSED'";
    assert_eq!(
        database.texts(closed).await,
        ["true"],
        "a time that the writer gives is the time recorded"
    );
    assert_eq!(
        database.texts("SELECT count(changed_by_id)::text FROM listing_status_history").await,
        ["4"]
    );
    let first_and_last =
        "SELECT concat_ws(' ', original_list_price, previous_list_price, list_price) FROM listings";
    assert_eq!(database.texts(first_and_last).await, ["52000.00 52000.00 51000.00"]);
}

/// Each change has the moment of its own writing, so that history is in the order of what happened
/// even where a transaction waited for another.
#[tokio::test]
async fn changes_of_one_transaction_have_times_of_their_own() {
    let database = with_property().await;
    database.run(&list("ACTIVE", "52000")).await;
    database
        .run(
            "BEGIN;
             UPDATE listings SET standard_status = 'PENDING';
             UPDATE listings SET standard_status = 'ACTIVE';
             UPDATE listings SET standard_status = 'PENDING', list_price = 51000;
             COMMIT",
        )
        .await;
    let statuses = "SELECT new_status FROM listing_status_history ORDER BY changed_at";
    assert_eq!(database.texts(statuses).await, ["ACTIVE", "PENDING", "ACTIVE", "PENDING"]);
    let distinct = "SELECT count(DISTINCT changed_at)::text FROM listing_status_history";
    assert_eq!(database.texts(distinct).await, ["4"]);
    let same = "SELECT (pending_timestamp = status_change_timestamp AND price_change_timestamp = status_change_timestamp)::text FROM listings";
    assert_eq!(database.texts(same).await, ["true"]);
}

#[tokio::test]
async fn a_property_on_offer_is_not_deleted() {
    let database = with_property().await;
    database.run(&list("HOLD", "52000")).await;
    let delete = "UPDATE properties SET deleted_at = now()";
    assert_eq!(database.refusal(delete).await, "properties_deleted_off_offer");
    database.run("UPDATE listings SET standard_status = 'EXPIRED'").await;
    database.run(delete).await;
    database.run("UPDATE properties SET deleted_at = NULL").await;
    let merge = "UPDATE properties SET merged_into_id = id";
    assert_eq!(database.refusal(merge).await, "properties_merged_into_id_deleted");
    let merge = "UPDATE properties SET merged_into_id = id, deleted_at = now()";
    assert_eq!(database.refusal(merge).await, "properties_merged_into_id_differs");
}

#[tokio::test]
async fn history_is_never_changed() {
    let database = with_property().await;
    database.run(&list("ACTIVE", "52000")).await;
    for table in ["listing_status_history", "listing_price_history"] {
        let guard = format!("{table}_immutable");
        assert_eq!(
            database.refusal(&format!("UPDATE {table} SET changed_at = now()")).await,
            guard
        );
        assert_eq!(database.refusal(&format!("DELETE FROM {table}")).await, guard);
    }
}

#[tokio::test]
async fn a_valuation_keeps_its_amount() {
    let database = with_property().await;
    database
        .run("INSERT INTO property_valuations (property_id, amount, method, source) SELECT id, 71400, 'ASSESSMENT', 'Auditor' FROM properties")
        .await;
    database.run("UPDATE property_valuations SET notes = 'Seen from the street.'").await;
    let guard = "property_valuations_immutable";
    assert_eq!(database.refusal("UPDATE property_valuations SET amount = 1").await, guard);
    assert_eq!(
        database.refusal("UPDATE property_valuations SET valued_at = '1998-01-01'").await,
        guard
    );
    assert_eq!(
        database.refusal("DELETE FROM property_valuations").await,
        "property_valuations_kept"
    );
}

#[tokio::test]
async fn a_feature_is_what_its_type_allows() {
    let database = with_property().await;
    let add = |code: &str, column: &str, value: &str| {
        format!(
            "INSERT INTO property_features (property_id, feature_type_id, {column})
             SELECT properties.id, property_feature_types.id, {value} FROM properties, property_feature_types WHERE code = '{code}'"
        )
    };
    let unfit = "property_features_value_fits";
    assert_eq!(database.refusal(&add("GARAGE_AREA", "text_value", "'large'")).await, unfit);
    assert_eq!(database.refusal(&add("GARAGE_AREA", "number_value", "-1")).await, unfit);
    assert_eq!(database.refusal(&add("GARAGE_TYPE", "text_value", "'HANGAR'")).await, unfit);
    assert_eq!(
        database.refusal(&add("SPA", "boolean_value, number_value", "true, 1")).await,
        "property_features_value_single"
    );
    database.run(&add("GARAGE_AREA", "number_value", "320")).await;
    database.run(&add("GARAGE_TYPE", "text_value", "'DETACHED'")).await;
    database.run(&add("VIEW", "text_value", "'The river'")).await;
    database.run(&add("SPA", "boolean_value", "false")).await;
    database.run(&add("LAST_ROOF_REPLACEMENT", "date_value", "'1997-06-01'")).await;
    assert_eq!(
        database.refusal(&add("SPA", "boolean_value", "true")).await,
        "property_features_feature_type_property_key"
    );
    assert_eq!(
        database
            .refusal("UPDATE property_features SET number_value = -1 WHERE number_value = 320")
            .await,
        unfit
    );

    let narrow = |change: &str| {
        format!("UPDATE property_feature_types SET {change} WHERE code = 'GARAGE_AREA'")
    };
    assert_eq!(
        database.refusal(&narrow("maximum = 300")).await,
        "property_feature_types_value_fits"
    );
    assert_eq!(
        database
            .refusal(&narrow("value_kind = 'TEXT', unit = NULL, minimum = NULL, maximum = NULL"))
            .await,
        "property_feature_types_value_fits"
    );
    database.run(&narrow("maximum = 400")).await;
}

#[tokio::test]
async fn parcel_numbers_compare_without_hyphens() {
    let database = with_property().await;
    let add = |kind: &str, value: &str| {
        format!(
            "INSERT INTO property_identifiers (property_id, kind, issuing_system, value) SELECT id, '{kind}', 'Auditor', '{value}' FROM properties"
        )
    };
    database.run(&add("PARCEL_NUMBER", "12-34 ab")).await;
    assert_eq!(
        database.texts("SELECT normalized_value FROM property_identifiers").await,
        ["1234AB"]
    );
    assert_eq!(
        database.refusal(&add("PARCEL_NUMBER", "1234-AB")).await,
        "property_identifiers_normalized_value_key"
    );
    assert_eq!(
        database.refusal(&add("PARCEL_NUMBER", "- -")).await,
        "property_identifiers_normalized_value_length"
    );
    database.run(&add("MLS_NUMBER", "12-34 ab")).await;
    database.run(&add("MLS_NUMBER", "1234ab")).await;
}

#[tokio::test]
async fn a_tree_has_no_circle() {
    let database = with_property().await;
    database
        .run(
            "INSERT INTO market_areas (code, name, kind) VALUES ('A', 'A', 'STATE');
             INSERT INTO market_areas (code, name, kind, parent_id) SELECT 'B', 'B', 'COUNTY', id FROM market_areas WHERE code = 'A';
             INSERT INTO market_areas (code, name, kind, parent_id) SELECT 'C', 'C', 'CITY', id FROM market_areas WHERE code = 'B'",
        )
        .await;
    let turn = "UPDATE market_areas SET parent_id = (SELECT id FROM market_areas WHERE code = 'C') WHERE code = 'A'";
    assert_eq!(database.refusal(turn).await, "market_areas_tree");
    assert_eq!(
        database.refusal("UPDATE market_areas SET parent_id = id WHERE code = 'C'").await,
        "market_areas_tree"
    );
}

#[tokio::test]
async fn ids_are_version_seven_and_sort_by_time() {
    let database = with_property().await;
    let id = "SELECT uuid_v7('2022-02-22T19:22:22.5005Z')::text";
    let id = database.texts(id).await.remove(0);
    assert!(id.starts_with("017f22e2-7ba4-7800-"), "{id}");
    assert!(matches!(id.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{id}");
    let swapped = "SELECT count(*)::text FROM (
        SELECT id, lag(id) OVER (ORDER BY moment) AS earlier
        FROM (SELECT moment, uuid_v7(moment) AS id
            FROM generate_series(timestamptz '2026-01-01', '2026-01-01T00:00:00.01', interval '1 microsecond') AS moment) AS ids
        ) AS pairs WHERE id < earlier";
    assert_eq!(database.texts(swapped).await, ["0"]);
}

#[tokio::test]
async fn an_update_raises_the_version() {
    let database = with_property().await;
    database.run("UPDATE properties SET city = 'Toledo'").await;
    database.run("UPDATE properties SET version = 40").await;
    assert_eq!(database.texts("SELECT version::text FROM properties").await, ["3"]);
}

/// Writes and reads a place and the columns that follow from others, through the entity.
#[tokio::test]
async fn entities_read_what_they_write() {
    let database = with_property().await;
    let residential = property_types::Entity::find()
        .filter(property_types::Column::Code.eq("RESIDENTIAL"))
        .one(&database.connection)
        .await
        .expect("property types are read")
        .expect("a seeded type");
    let written = properties::ActiveModel {
        id: Set("0190163d-8694-739b-aea5-966c26f8ad90".parse().expect("an id")),
        property_type_id: Set(residential.id),
        postal_code_plus4: Set(Some("1234".to_owned())),
        lot_size_square_feet: Set(Some(87_120.into())),
        location: Set(Some("POINT(-83.651951 41.567956)".to_owned())),
        ..Default::default()
    };
    let read = written.insert(&database.connection).await.expect("a property is written");
    assert_eq!(read.postal_code_plus4.as_deref(), Some("1234"));
    assert_eq!(read.lot_size_acres.expect("acres").to_string(), "2.0000");
    assert_eq!(read.latitude.expect("a latitude").to_string(), "41.56795600");
    assert_eq!(read.longitude.expect("a longitude").to_string(), "-83.65195100");
    assert_eq!(read.version, 1);
}
