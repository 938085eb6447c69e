//! Files without a mistake: what becomes of them, and that a second time changes nothing.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use super::{Files, HEADER, ROWS, state, text, value, with};
use crate::support::TestDatabase;

#[tokio::test]
async fn rows_become_properties_with_all_that_belongs_to_them() {
    let database = TestDatabase::new().await;
    let report = Files::of_rows(&ROWS).import(&database).await;
    assert_eq!((report.read, report.inserted, report.rejected), (3, 3, 0));
    assert!(report.committed);

    let client = database.connect().await;
    let of = |number: &str, what: &str| {
        format!(
            "SELECT {what} FROM properties p JOIN property_identifiers i ON i.property_id = p.id
               JOIN listings l ON l.property_id = p.id WHERE i.value = '{number}'"
        )
    };
    let table = [
        (of("A-2", "i.normalized_value"), Some("A2")),
        (of("A-2", "p.year_built"), Some("1960")),
        (of("A-3", "p.year_built"), None),
        (of("A-2", "p.bathrooms_total_integer"), Some("2")),
        (of("A-2", "ST_AsText(p.location)"), Some("POINT(-83.6 41.6)")),
        (of("A-2", "p.published_at IS NOT NULL"), Some("true")),
        (of("A-2", "l.close_price"), Some("120000.50")),
        (of("A-2", "l.list_price"), None),
        (of("A-2", "l.seller_id"), None),
        // Midnight of that day in Ohio.
        (
            of("A-2", "l.status_change_timestamp AT TIME ZONE 'UTC'"),
            Some("1993-01-18 05:00:00"),
        ),
        (
            "SELECT string_agg(new_status || ' ' || (changed_at AT TIME ZONE 'UTC')::date, ', '
                 ORDER BY changed_at) FROM listing_status_history"
                .to_owned(),
            Some("CLOSED 1993-01-04, CLOSED 1993-01-18, CLOSED 1993-02-01"),
        ),
        (
            "SELECT string_agg(price_kind || ' ' || new_price, ', ' ORDER BY changed_at)
               FROM listing_price_history"
                .to_owned(),
            Some("CLOSE_PRICE 100000.00, CLOSE_PRICE 120000.50, CLOSE_PRICE 90000.00"),
        ),
        (
            "SELECT string_agg(text_value, ', ' ORDER BY text_value) FROM property_features"
                .to_owned(),
            Some("BRICK, WOOD"),
        ),
        ("SELECT count(*) FROM property_valuations WHERE valued_at IS NULL".to_owned(), Some("3")),
        (
            "SELECT string_agg(display_name, ', ' ORDER BY display_name) FROM users
              WHERE is_sample"
                .to_owned(),
            Some("Sample Owner 0001, Sample Owner 0002"),
        ),
        ("SELECT count(owner_id) FROM properties".to_owned(), Some("3")),
        // Two hexagons and their parent; every property lies in its own.
        ("SELECT count(*) FROM market_areas WHERE is_synthetic".to_owned(), Some("3")),
        (
            "SELECT count(*) FROM properties p JOIN market_areas a ON a.id = p.market_area_id
              WHERE ST_Covers(a.boundary, p.location)"
                .to_owned(),
            Some("3"),
        ),
        (
            "SELECT median_price FROM market_trends t JOIN market_areas a ON a.id = t.market_area_id
              WHERE a.code = 'TEST_COUNTY' AND month = '1993-01-01' AND property_type_id IS NULL"
                .to_owned(),
            Some("110000.25"),
        ),
    ];
    for (statement, expected) in table {
        assert_eq!(value(&client, &statement).await.as_deref(), expected, "{statement}");
    }
}

#[tokio::test]
async fn the_second_time_changes_nothing() {
    let database = TestDatabase::new().await;
    let files = Files::of_rows(&ROWS);
    files.import(&database).await;
    let before = state(&database).await;
    for update in [false, true] {
        let again = files.import_with(&database, |arguments| arguments.update = update);
        let again = again.await.unwrap();
        assert_eq!((again.inserted, again.unchanged, again.differing), (0, 3, 0));
        assert_eq!(again.trends_changed, 0);
        assert_eq!(state(&database).await, before);
    }
}

#[tokio::test]
async fn a_dry_run_reports_everything_and_keeps_nothing() {
    let database = TestDatabase::new().await;
    let before = state(&database).await;
    let files = Files::of_rows(&ROWS);
    let report = files.import_with(&database, |arguments| arguments.dry_run = true).await.unwrap();
    assert_eq!((report.inserted, report.committed), (3, false));
    assert_eq!(state(&database).await, before);
}

#[tokio::test]
async fn other_values_are_reported_and_written_only_when_asked() {
    let database = TestDatabase::new().await;
    Files::of_rows(&ROWS).import(&database).await;
    let before = state(&database).await;
    let changed = Files::of_rows(&[
        with(ROWS[0], "price", "101000"),
        // The same parcel, written differently.
        with(ROWS[1], "number", "A2"),
        with(&with(ROWS[2], "lon", "-83.70"), "wall", "wood"),
    ]);

    let report = changed.import(&database).await;
    assert_eq!((report.inserted, report.unchanged, report.differing), (0, 0, 3));
    let lines: Vec<_> = report.differences.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "line 2, listings.close_price: the database has 100000.00, the file 101000.00",
            "line 2, property_valuations.amount: the database has 100000.00, the file 101000.00",
            "line 3, listings.close_date: the database has nothing, the file 1993-01-18",
            "line 3, listings.close_price: the database has nothing, the file 120000.50",
            "line 3, listings.standard_status: the database has nothing, the file CLOSED",
            "line 3, listings.status_change_timestamp: the database has nothing, the file 1993-01-18 05:00:00+00",
            "line 4, properties.location: the database has POINT(-83.5 41.65), the file POINT(-83.7 41.65)",
            "line 4, property_features.EXTERIOR_WALL.text_value: the database has nothing, the file WOOD",
        ]
    );
    assert_eq!(without_areas(state(&database).await), without_areas(before));

    let update = |files: Files| {
        let database = &database;
        async move { files.import_with(database, |arguments| arguments.update = true).await.unwrap() }
    };
    let report = update(Files::of_rows(&[
        with(ROWS[0], "price", "101000"),
        ROWS[1].to_owned(),
        with(&with(ROWS[2], "lon", "-83.70"), "wall", "wood"),
    ]))
    .await;
    assert_eq!((report.unchanged, report.differing), (1, 2));
    let client = database.connect().await;
    let table = [
        // The valuation is a ledger: the old amount stays.
        (
            "SELECT string_agg(amount::text, ' ' ORDER BY amount) FROM property_valuations
              WHERE amount BETWEEN 100000 AND 110000",
            "100000.00 101000.00",
        ),
        // A corrected price is a change of its own in the history.
        (
            "SELECT string_agg(change_type || ' ' || new_price, ', ' ORDER BY changed_at)
               FROM listing_price_history WHERE new_price BETWEEN 100000 AND 110000",
            "CLOSED 100000.00, PRICE_CHANGE 101000.00",
        ),
        ("SELECT string_agg(version::text, ' ' ORDER BY version) FROM properties", "1 1 2"),
        (
            "SELECT count(*) FROM properties p JOIN market_areas a ON a.id = p.market_area_id
              WHERE ST_Covers(a.boundary, p.location)",
            "3",
        ),
        ("SELECT count(*) FROM property_features", "3"),
    ];
    for (statement, expected) in table {
        assert_eq!(value(&client, statement).await.as_deref(), Some(expected), "{statement}");
    }
    let again = update(changed_for_good()).await;
    assert_eq!((again.unchanged, again.differing, again.trends_changed), (3, 0, 0));
}

/// What the test above has made of the rows.
fn changed_for_good() -> Files {
    Files::of_rows(&[
        with(ROWS[0], "price", "101000"),
        ROWS[1].to_owned(),
        with(&with(ROWS[2], "lon", "-83.70"), "wall", "wood"),
    ])
}

/// A place that is only reported may still need a hexagon, which is no change of any row.
fn without_areas(mut state: Vec<(String, String)>) -> Vec<(String, String)> {
    state.retain(|(table, _)| table != "market_areas");
    state
}

#[tokio::test]
async fn the_same_file_may_be_written_in_several_ways() {
    let plain = text(&ROWS);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(plain.as_bytes()).unwrap();
    let quoted = ROWS.map(|row| format!("\"{}\"", row.replace(',', "\",\"")));
    let reordered = {
        let turn = |row: &str| row.split(',').rev().collect::<Vec<_>>().join(",");
        let mut lines = vec![turn(HEADER)];
        lines.extend(ROWS.map(turn));
        lines.join("\n")
    };
    let table = [
        ("gzip", gzip.finish().unwrap()),
        ("a byte order mark", format!("\u{feff}{plain}").into_bytes()),
        ("Windows line ends", plain.replace('\n', "\r\n").into_bytes()),
        ("no last line end", plain.trim_end().as_bytes().to_vec()),
        ("spaces", plain.replace(',', " , ").into_bytes()),
        ("empty lines", plain.replace('\n', "\n\n").into_bytes()),
        ("quotes", text(&quoted).into_bytes()),
        ("other order", reordered.into_bytes()),
    ];
    let database = TestDatabase::new().await;
    Files::new(&plain).import(&database).await;
    for (way, data) in table {
        let report = Files::new(data).import(&database).await;
        assert_eq!((report.read, report.unchanged, report.rejected), (3, 3, 0), "{way}");
    }
}
