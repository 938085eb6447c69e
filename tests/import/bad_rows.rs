//! Rows with mistakes: each is reported with line, column and reason, and none is kept.

use agent_free::import::ImportError;

use super::{Files, HEADER, ROWS, state, text, value, with};
use crate::support::TestDatabase;

/// Each mistake as a column with a value, and how it is reported.
const MISTAKES: [(&str, &str, &str); 22] = [
    ("number", "", "column number: has no value, and the column is not optional"),
    (
        "number",
        "123456789012345678901",
        "column number: `123456789012345678901` is 21 characters long, more than the 20 allowed",
    ),
    ("number", "A1", "column number: `A1` is the identifier of line 2 already"),
    ("price", "abc", "column price: `abc` is not a decimal number"),
    ("price", "0", "column price: `0` is less than 1, the least allowed"),
    ("price", "1.005", "column price: `1.005` has more than 2 digits after the point"),
    ("price", "1000000000000", "column price: listings: numeric field overflow"),
    ("sold", "1993-02-30", "column sold: `1993-02-30` is not a date written as %Y-%m-%d"),
    ("sold", "04/01/1993", "column sold: `04/01/1993` is not a date written as %Y-%m-%d"),
    ("sold", "1998-07-01", "column sold: `1998-07-01` is after 1998-06-30, the latest allowed"),
    ("built", "195O", "column built: `195O` is not a whole number"),
    (
        "built",
        "1200",
        "column built: properties: new row for relation \"properties\" violates check constraint \"properties_year_built_range\"",
    ),
    (
        "area",
        "-1",
        "column area: properties: new row for relation \"properties\" violates check constraint \"properties_living_area_not_negative\"",
    ),
    ("bedrooms", "3000000000", "column bedrooms: properties: integer out of range"),
    ("bedrooms", "", "column bedrooms: has no value, and the column is not optional"),
    ("baths", "21", "column baths: `21` is more than 20, the most allowed"),
    ("baths", "1.5", "column baths: `1.5` is not a whole number"),
    (
        "wall",
        "straw",
        "column wall: `straw` is none of the values that the mapping translates (brick, wood)",
    ),
    ("kind", "CASTLE", "column kind: `CASTLE` is no code of property_sub_types"),
    ("lon", "-183", "column lon: `-183` is less than -180, the least allowed"),
    ("lat", "41.1234567", "column lat: `41.1234567` has more than 6 digits after the point"),
    ("lat", "4\x001", "column lat: `4\\01` is not a decimal number"),
];

#[tokio::test]
async fn each_mistake_is_reported_and_nothing_is_kept() {
    let database = TestDatabase::new().await;
    let before = state(&database).await;
    for (column, wrong, reason) in MISTAKES {
        let files = Files::of_rows(&[ROWS[0], &with(ROWS[1], column, wrong), ROWS[2]]);
        let report = files.import(&database).await;
        let reasons: Vec<_> = report.rejections.iter().map(ToString::to_string).collect();
        assert_eq!(reasons, [format!("line 3, {reason}")]);
        assert_eq!((report.read, report.rejected, report.committed), (3, 1, false));
        assert!(!report.is_clean());
    }
    assert_eq!(state(&database).await, before);
}

#[tokio::test]
async fn all_mistakes_are_reported_at_once_and_good_rows_kept_when_asked() {
    let bad: Vec<_> = MISTAKES
        .iter()
        .enumerate()
        // Rows of their own, so that only the one mistake is in each.
        .map(|(index, (column, wrong, _))| {
            with(&with(ROWS[1], "number", &format!("B-{index}")), column, wrong)
        })
        .collect();
    let mut rows: Vec<&str> = vec![ROWS[0]];
    rows.extend(bad.iter().map(String::as_str));
    rows.push(ROWS[2]);
    let files = Files::of_rows(&rows);
    let database = TestDatabase::new().await;
    let before = state(&database).await;

    let report = files.import(&database).await;
    let expected: Vec<_> = MISTAKES
        .iter()
        .enumerate()
        .map(|(index, (_, _, reason))| format!("line {}, {reason}", index + 3))
        .collect();
    let reasons: Vec<_> = report.rejections.iter().map(ToString::to_string).collect();
    assert_eq!(reasons, expected);
    assert!(!report.committed);
    assert_eq!(state(&database).await, before);

    let kept = files.import_with(&database, |arguments| arguments.keep_going = true);
    let kept = kept.await.unwrap();
    assert_eq!((kept.inserted, kept.rejected, kept.committed), (2, 22, true));
    let client = database.connect().await;
    let values = "SELECT string_agg(value, ' ' ORDER BY value) FROM property_identifiers";
    assert_eq!(value(&client, values).await.as_deref(), Some("A-1 A-3"));
    assert_eq!(value(&client, "SELECT count(*) FROM properties").await.as_deref(), Some("2"));
    assert_eq!(value(&client, "SELECT count(*) FROM listings").await.as_deref(), Some("2"));
}

#[tokio::test]
async fn rows_of_another_shape_are_reported() {
    let mut data = text(&[ROWS[0], "A-9,1,2"]).into_bytes();
    data.extend_from_slice(format!("{},more\n", ROWS[1]).as_bytes());
    data.extend_from_slice(with(ROWS[2], "wall", "\u{1}").replace('\u{1}', "@").as_bytes());
    let at = data.iter().position(|byte| *byte == b'@').unwrap();
    data[at] = 0xff;
    let report = Files::new(data).import(&TestDatabase::new().await).await;
    let reasons: Vec<_> = report.rejections.iter().map(ToString::to_string).collect();
    assert_eq!(
        reasons,
        [
            "line 3: has 3 fields where the header has 11",
            "line 4: has 12 fields where the header has 11",
            "line 5, column wall: `\u{fffd}` is not UTF-8 text",
        ]
    );
}

#[tokio::test]
async fn several_mistakes_of_one_row_count_as_one_rejected_row() {
    let row = with(&with(ROWS[1], "price", "x"), "baths", "y");
    let report = Files::of_rows(&[&row]).import(&TestDatabase::new().await).await;
    assert_eq!((report.rejected, report.rejections.len()), (1, 2));
}

#[tokio::test]
async fn it_gives_up_on_a_file_that_is_bad_throughout() {
    let rows: Vec<_> = (0..50).map(|_| with(ROWS[0], "price", "x")).collect();
    let files = Files::of_rows(&rows);
    let database = TestDatabase::new().await;
    let ended = files.import_with(&database, |arguments| {
        arguments.max_rejections = 10;
        arguments.keep_going = true;
    });
    match ended.await {
        Err(ImportError::TooManyRejections(rejections)) => assert_eq!(rejections.len(), 10),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_file_that_breaks_off_is_an_error_and_leaves_nothing() {
    let rows: Vec<_> =
        (0..20_000).map(|index| with(ROWS[0], "number", &format!("C-{index}"))).collect();
    let whole = text(&rows);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, whole.as_bytes()).unwrap();
    let mut cut = gzip.finish().unwrap();
    cut.truncate(cut.len() / 2);
    let open_quote = whole.replacen("C-100,", "\"C-100,", 1);
    let database = TestDatabase::new().await;
    let before = state(&database).await;
    for data in [cut, open_quote.into_bytes()] {
        let files = Files::new(data);
        let ended = files.import_with(&database, |arguments| arguments.keep_going = true).await;
        assert!(matches!(ended, Err(ImportError::Record(_))), "{ended:?}");
        assert_eq!(state(&database).await, before);
    }
}

#[tokio::test]
async fn a_file_without_rows_is_a_good_file() {
    let report = Files::new(HEADER).import(&TestDatabase::new().await).await;
    assert_eq!((report.read, report.committed), (0, true));
}
