//! Random rows of the library: in memory for the oracle, in the database for the engine.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use crate::database::Database;
use crate::random::Random;

/// A row by column, each value in the form that an answer shows.
pub(crate) type Row = Map<String, Json>;

/// Every row there is, by type.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) rows: BTreeMap<&'static str, Vec<Row>>,
}

/// Types with their tables, each after those that it refers to.
pub(crate) const TABLES: [(&str, &str); 10] = [
    ("Genre", "genres"),
    ("Author", "authors"),
    ("Book", "books"),
    ("Review", "reviews"),
    ("Reply", "replies"),
    ("District", "districts"),
    ("Shop", "shops"),
    ("Stock", "stocks"),
    ("Reader", "readers"),
    ("Loan", "loans"),
];

/// Ties, upper and lower case, every character that a pattern knows, and what is not ASCII.
pub(crate) const TEXTS: [&str; 14] = [
    "",
    "Sphinx",
    "sphinx",
    "Sphinx II",
    "of black quartz",
    "50 % off",
    "50 euros off",
    "a_b",
    "aXb",
    "back\\slash",
    "\"quoted\"",
    "Ärger",
    "ÄRGER",
    "日本 🦀",
];

/// Where the branches are that readers work at.
pub(crate) const BRANCHES: [&str; 3] = ["north", "south", "west"];

const MOMENTS: [&str; 6] = [
    "2020-12-31T23:59:59.999999Z",
    "2021-01-01T00:00:00Z",
    "2021-01-01T00:00:00.500Z",
    "2021-01-15T12:00:00Z",
    "2021-03-01T08:30:00.000001Z",
    "2022-07-09T00:00:00Z",
];

const DATES: [&str; 6] =
    ["1999-12-31", "2000-01-01", "2000-02-29", "2020-06-15", "2020-06-16", "2021-01-01"];

const PRICES: [&str; 6] = ["0.00", "0.10", "9.99", "10.00", "100.00", "99999999.99"];

impl World {
    /// A small world: a few dozen rows of each type, with NULLs, ties, hidden rows and orphans.
    pub(crate) fn random(random: &mut Random) -> Self {
        let mut world = Self::default();
        for (type_name, count) in [
            ("Genre", 4),
            ("Author", 8),
            ("Book", 40),
            ("Review", 50),
            ("Reply", 60),
            ("District", 4),
            ("Shop", 18),
            ("Stock", 60),
            ("Reader", 4),
            ("Loan", 40),
        ] {
            for _ in 0..random.below(count / 2) + count / 2 {
                let row = world.row(type_name, random);
                world.rows.entry(type_name).or_default().push(row);
            }
        }
        world
    }

    fn row(&self, type_name: &str, random: &mut Random) -> Row {
        let mut row = Row::new();
        let mut set = |column: &str, value: Json| row.insert(column.to_string(), value);
        set("id", random.uuid().to_string().into());
        set("created_at", moment(random));
        match type_name {
            "Genre" | "Reader" => {
                set("name", text(random));
            }
            "Author" => {
                set("version", random.below(3).into());
                set("name", text(random));
                set("born", or_null(random, date));
                set("published", random.percent(70).into());
            }
            "Book" => {
                set("version", random.below(3).into());
                set("title", text(random));
                set("subtitle", or_null(random, text));
                set("price", or_null(random, |random| (*random.one(&PRICES)).into()));
                set("pages", or_null(random, |random| (random.below(6) as i64 * 50 - 100).into()));
                // Quarters: their sums are exact in any order.
                set(
                    "weight",
                    or_null(random, |random| (random.below(12) as f64 / 4.0 - 1.0).into()),
                );
                set("published_on", or_null(random, date));
                set("sold_at", or_null(random, moment));
                set("signed", or_null(random, |random| random.percent(50).into()));
                set("published", random.percent(75).into());
                set(
                    "mood",
                    or_null(random, |random| (*random.one(&["CALM", "WILD", "DARK"])).into()),
                );
                set("cover", (*random.one(&["HARD", "SOFT"])).into());
                set("tags", json!(["new", "old"][..random.below(3)]));
                set("moods", or_null(random, |random| json!(["WILD", "DARK"][..random.below(3)])));
                set("extra", or_null(random, |random| json!({"a": [random.below(9), null, "ü"]})));
                set("author_id", or_null(random, |random| self.some_id("Author", random)));
                set("genre_id", self.some_id("Genre", random));
                set("previous_id", or_null(random, |random| self.some_id("Book", random)));
                set("deleted_at", if random.percent(8) { moment(random) } else { Json::Null });
            }
            "Review" => {
                set("stars", random.below(6).into());
                set("text", or_null(random, text));
                set("book_id", self.some_id("Book", random));
            }
            "Reply" => {
                set("agrees", or_null(random, |random| random.percent(50).into()));
                set("review_id", self.some_id("Review", random));
            }
            "District" => {
                set("name", text(random));
                set("published", random.percent(70).into());
                set("boundary", or_null(random, area));
            }
            "Shop" => {
                set("name", text(random));
                set("opened", or_null(random, date));
                set("published", random.percent(70).into());
                set("location", or_null(random, place));
                set("district_id", or_null(random, |random| self.some_id("District", random)));
            }
            "Stock" => {
                set("quantity", random.below(5).into());
                set("book_id", self.some_id("Book", random));
                set("shop_id", self.some_id("Shop", random));
            }
            _ => {
                set("branch", (*random.one(&BRANCHES)).into());
                set("due", or_null(random, date));
                set(
                    "fee",
                    (*random.one(&["0", "0.5", "1.25", "-3", "1000000000000000000.000001"])).into(),
                );
                set("book_id", or_null(random, |random| self.some_id("Book", random)));
                set("reader_id", or_null(random, |random| self.some_id("Reader", random)));
            }
        }
        row
    }

    fn some_id(&self, type_name: &str, random: &mut Random) -> Json {
        self.rows
            .get(type_name)
            .filter(|rows| !rows.is_empty())
            .map_or(Json::Null, |rows| random.one(rows)["id"].clone())
    }

    pub(crate) fn of(&self, type_name: &str) -> &[Row] {
        self.rows.get(type_name).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn find(&self, type_name: &str, id: Uuid) -> Option<&Row> {
        self.of(type_name).iter().find(|row| uuid(row, "id") == Some(id))
    }

    /// Writes every row into the database.
    pub(crate) async fn insert(&self, database: &Database) {
        for (type_name, table) in TABLES {
            let rows: Vec<Row> = self.of(type_name).iter().cloned().map(stored).collect();
            insert(database, table, &rows).await;
        }
    }
}

/// Writes rows into one table.
pub(crate) async fn insert(database: &Database, table: &str, rows: &[Row]) {
    let rows = serde_json::to_string(rows).expect("JSON").replace('\'', "''");
    database
        .run(&format!(
            "INSERT INTO {table} SELECT * FROM jsonb_populate_recordset(NULL::{table}, '{rows}')"
        ))
        .await;
}

/// The uuid in a column; none for NULL.
pub(crate) fn uuid(row: &Row, column: &str) -> Option<Uuid> {
    row.get(column).and_then(Json::as_str).and_then(|text| Uuid::parse_str(text).ok())
}

/// Geographies as PostGIS reads them.
fn stored(mut row: Row) -> Row {
    let pair = |position: &Json| format!("{} {}", position[0], position[1]);
    for column in ["location", "boundary"] {
        let Some(value) = row.get_mut(column).filter(|value| value.is_object()) else { continue };
        let coordinates = &value["coordinates"];
        *value = match coordinates[0].as_array() {
            Some(ring) => {
                format!("POLYGON(({}))", ring.iter().map(pair).collect::<Vec<_>>().join(",")).into()
            }
            None => format!("POINT({})", pair(coordinates)).into(),
        };
    }
    row
}

fn or_null(random: &mut Random, value: impl FnOnce(&mut Random) -> Json) -> Json {
    if random.percent(25) { Json::Null } else { value(random) }
}

fn text(random: &mut Random) -> Json {
    (*random.one(&TEXTS)).into()
}

fn moment(random: &mut Random) -> Json {
    (*random.one(&MOMENTS)).into()
}

fn date(random: &mut Random) -> Json {
    (*random.one(&DATES)).into()
}

/// A place on a coarse grid, so that several shops share one.
fn place(random: &mut Random) -> Json {
    let (longitude, latitude) =
        (-83_600 + 20 * random.below(8) as i32, 41_600 + 20 * random.below(6) as i32);
    json!({"type": "Point", "coordinates": [f64::from(longitude + 5) / 1000.0, f64::from(latitude + 5) / 1000.0]})
}

/// A rectangle or a triangle, whose edges run between the grid's places, in either direction.
pub(crate) fn area(random: &mut Random) -> Json {
    let (west, south) =
        (-83_600 + 20 * random.below(5) as i32, 41_600 + 20 * random.below(4) as i32);
    let (east, north) =
        (west + 20 * (1 + random.below(5) as i32), south + 20 * (1 + random.below(4) as i32));
    let mut corners = vec![(west, south), (east, south), (east, north), (west, north)];
    corners.truncate(3 + random.below(2));
    if random.percent(50) {
        corners.reverse();
    }
    corners.push(corners[0]);
    let ring: Vec<[f64; 2]> = corners
        .iter()
        .map(|(x, y)| [f64::from(*x) / 1000.0 + 0.001, f64::from(*y) / 1000.0 + 0.001])
        .collect();
    json!({"type": "Polygon", "coordinates": [ring]})
}
