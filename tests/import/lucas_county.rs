//! The whole real file: known figures, and trends held against a naive computation.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use agent_free::import;
use flate2::read::GzDecoder;
use rust_decimal::Decimal;

use super::{arguments, value};
use crate::support::TestDatabase;

fn data() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// Month → (price, price per square foot) of each sale, read without the importer.
fn sales_by_month() -> BTreeMap<String, Vec<(Decimal, Decimal)>> {
    let file = std::fs::File::open(data().join("lucas_county_sales.csv.gz")).unwrap();
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let mut months: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let fields: Vec<_> = line.split(',').collect();
        let (price, area): (Decimal, Decimal) =
            (fields[1].parse().unwrap(), fields[5].parse().unwrap());
        months.entry(format!("{}-01", &fields[2][..7])).or_default().push((price, price / area));
    }
    months
}

fn median(mut values: Vec<Decimal>) -> Decimal {
    values.sort_unstable();
    let (lower, upper) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
    ((lower + upper) / Decimal::TWO)
        .round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
}

#[tokio::test]
async fn the_whole_file_is_imported() {
    let database = TestDatabase::new().await;
    let mapping = data().join("lucas_county_sales.toml");
    let report = import::run(arguments(mapping.clone()), database.url()).await.unwrap();
    assert_eq!((report.read, report.inserted, report.rejected), (23_637, 23_637, 0));

    let client = database.connect().await;
    let table = [
        ("SELECT count(*) FROM properties WHERE published_at IS NOT NULL", "23637"),
        ("SELECT sum(close_price) FROM listings", "1853918405.00"),
        ("SELECT min(close_date) || ' ' || max(close_date) FROM listings", "1993-01-04 1998-06-30"),
        (
            "SELECT count(*) FROM listings WHERE standard_status = 'CLOSED' AND list_price IS NULL",
            "23637",
        ),
        (
            "SELECT sum(amount) FROM property_valuations WHERE method = 'ASSESSMENT'",
            "1742419474.00",
        ),
        ("SELECT count(*) FROM listing_status_history", "23637"),
        ("SELECT count(*) FROM listing_price_history", "23637"),
        ("SELECT count(DISTINCT value) FROM property_identifiers WHERE kind = 'INTERNAL'", "23637"),
        ("SELECT count(*) FROM users WHERE is_sample", "500"),
        ("SELECT count(DISTINCT owner_id) FROM properties", "500"),
        ("SELECT count(*) FROM properties WHERE unparsed_address IS NOT NULL", "0"),
        ("SELECT count(*) FROM market_areas WHERE NOT is_synthetic", "0"),
        (
            "SELECT count(*) FROM properties p JOIN market_areas a ON a.id = p.market_area_id
              WHERE a.kind = 'GRID_CELL' AND ST_Covers(a.boundary, p.location)",
            "23637",
        ),
        // Hexagons meet without gap or overlap: their areas add up to the parent's.
        (
            "SELECT round(sum(ST_Area(boundary)) FILTER (WHERE parent_id IS NOT NULL)
                 - sum(ST_Area(boundary)) FILTER (WHERE parent_id IS NULL))
               FROM market_areas",
            "0",
        ),
        (
            "SELECT string_agg(code || ' ' || n, ', ' ORDER BY code) FROM (
                 SELECT t.code, count(*) AS n FROM property_features f
                   JOIN property_feature_types t ON t.id = f.feature_type_id GROUP BY t.code) AS c",
            "EXTERIOR_WALL 23637, GARAGE_AREA 20382, GARAGE_TYPE 23637, LOT_DEPTH 19997, \
             LOT_FRONTAGE 23610, STORIES 23637",
        ),
        ("SELECT sum(stories_total * 2)::integer FROM properties", "62906"),
    ];
    for (statement, expected) in table {
        assert_eq!(value(&client, statement).await.as_deref(), Some(expected), "{statement}");
    }

    let trends = "
        SELECT month::text, sales_count, median_price::text, median_price_per_square_foot::text,
               median_days_on_market::text
          FROM market_trends t JOIN market_areas a ON a.id = t.market_area_id
         WHERE a.parent_id IS NULL AND t.property_type_id IS NULL ORDER BY month";
    let computed: Vec<_> = client
        .query(trends, &[])
        .await
        .unwrap()
        .iter()
        .map(|row| {
            let number = |index| row.get::<_, String>(index).parse::<Decimal>().unwrap();
            assert_eq!(row.get::<_, Option<String>>(4), None, "no listing date is known");
            (row.get::<_, String>(0), row.get::<_, i32>(1), number(2), number(3))
        })
        .collect();
    let expected: Vec<_> = sales_by_month()
        .into_iter()
        .map(|(month, sales)| {
            let count = i32::try_from(sales.len()).unwrap();
            let (prices, per_area) = sales.into_iter().unzip();
            (month, count, median(prices), median(per_area))
        })
        .collect();
    assert_eq!(computed.len(), 66);
    assert_eq!(computed, expected);

    // One cell, too, and each sale is in exactly one.
    let cells = "SELECT sum(sales_count) FROM market_trends t
                   JOIN market_areas a ON a.id = t.market_area_id
                  WHERE a.kind = 'GRID_CELL' AND t.property_type_id IS NULL";
    assert_eq!(value(&client, cells).await.as_deref(), Some("23637"));

    let again = import::run(arguments(mapping), database.url()).await.unwrap();
    assert_eq!((again.unchanged, again.differing, again.trends_changed), (23_637, 0, 0));
    let versions = "SELECT max(version) FROM properties";
    assert_eq!(value(&client, versions).await.as_deref(), Some("1"));
}
