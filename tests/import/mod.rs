//! Imports through the importer's one function, and through the command line, against a real
//! database. The files here are small and made up; `lucas_county` takes the real one.

mod bad_rows;
mod command_line;
mod good_files;
mod interrupted;
mod lucas_county;
mod wrong_mappings;

use std::path::PathBuf;
use std::process::Stdio;

use agent_free::import::{self, ImportArguments, ImportError, Report};
use tempfile::TempDir;
use tokio::process::Command;
use tokio_postgres::Client;

use crate::support::TestDatabase;

const HEADER: &str = "number,price,sold,built,area,bedrooms,baths,wall,kind,lon,lat";

/// Three good rows.
const ROWS: [&str; 3] = [
    "A-1,100000,1993-01-04,1950,1000,3,1,wood,SINGLE_FAMILY_RESIDENCE,-83.60,41.60",
    "A-2,120000.50,1993-01-18,1960,1200,3,2,brick,SINGLE_FAMILY_RESIDENCE,-83.60,41.60",
    "A-3,90000,1993-02-01,,900,2,1,none,DUPLEX,-83.50,41.65",
];

const MAPPING: &str = r#"
[file]
path = "sales.csv"
time_zone = "America/New_York"

[identifier]
column = "number"
kind = "PARCEL_NUMBER"
issuing_system = "Test County"

[columns]
number = { kind = "text", meaning = "parcel number", max_length = 20 }
price = { kind = "decimal", meaning = "price paid", min = 1 }
sold = { kind = "date", meaning = "day of the sale", latest = "1998-06-30" }
built = { kind = "integer", meaning = "year of construction", optional = true }
area = { kind = "decimal", meaning = "living area, square feet" }
bedrooms = { kind = "integer", meaning = "bedrooms", max = 5000000000 }
baths = { kind = "integer", meaning = "bathrooms", min = 0, max = 20 }
wall = { kind = "text", meaning = "exterior wall", optional = true, absent = ["none"] }
kind = { kind = "text", meaning = "kind of house" }
lon = { kind = "decimal", meaning = "longitude", decimals = 6, min = -180, max = 180 }
lat = { kind = "decimal", meaning = "latitude", decimals = 6, min = -90, max = 90 }

[property]
published = true

[property.fields]
property_type_id = { constant = "RESIDENTIAL" }
property_sub_type_id = { column = "kind" }
year_built = { column = "built" }
living_area = { column = "area" }
bedrooms_total = { column = "bedrooms" }
bathrooms_full = { column = "baths" }
bathrooms_total_integer = { sum = ["baths"] }
location = { longitude = "lon", latitude = "lat" }

[[features]]
code = "EXTERIOR_WALL"
value = { column = "wall", values = { wood = "WOOD", brick = "BRICK" } }

[[records]]
table = "listings"
match = ["source_system_name", "source_system_key"]
[records.fields]
source_system_name = { constant = "Test County" }
source_system_key = { column = "number" }
standard_status = { constant = "CLOSED" }
status_change_timestamp = { column = "sold" }
close_date = { column = "sold" }
close_price = { column = "price" }

[[records]]
table = "property_valuations"
match = ["source", "method"]
history = true
[records.fields]
amount = { column = "price" }
method = { constant = "OTHER" }
source = { constant = "Test County" }

[sample_owners]
name = "Sample Owner"
count = 2

[market_areas]
code = "TEST_COUNTY"
name = "Test County"
projection = 32122
edge_metres = 2000
"#;

/// A folder with a mapping and its data file.
struct Files {
    folder: TempDir,
}

impl Files {
    /// The mapping above with these bytes as its data.
    fn new(data: impl AsRef<[u8]>) -> Self {
        let files = Self { folder: tempfile::tempdir().unwrap() };
        files.write("sales.csv", data);
        files.write("sales.toml", MAPPING);
        files
    }

    /// The header and these rows.
    fn of_rows(rows: &[impl AsRef<str>]) -> Self {
        Self::new(text(rows))
    }

    fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        std::fs::write(self.folder.path().join(name), contents).unwrap();
    }

    fn mapping(&self) -> PathBuf {
        self.folder.path().join("sales.toml")
    }

    fn mapping_text(&self) -> String {
        self.mapping().into_os_string().into_string().unwrap()
    }

    /// Imports with the options that `change` sets.
    async fn import_with(
        &self,
        database: &TestDatabase,
        change: impl FnOnce(&mut ImportArguments),
    ) -> Result<Report, ImportError> {
        let mut arguments = arguments(self.mapping());
        change(&mut arguments);
        import::run(arguments, database.url()).await
    }

    async fn import(&self, database: &TestDatabase) -> Report {
        self.import_with(database, |_| {}).await.unwrap()
    }
}

/// The program with these arguments, on this database.
fn agent_free(database: &TestDatabase, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agent-free"));
    command.args(arguments).env_clear().env("DATABASE_URL", database.url());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

fn arguments(mapping: PathBuf) -> ImportArguments {
    let (keep_going, dry_run, update) = (false, false, false);
    ImportArguments { mapping, keep_going, dry_run, update, max_rejections: 1000 }
}

fn text(rows: &[impl AsRef<str>]) -> String {
    let rows: Vec<_> = rows.iter().map(AsRef::as_ref).collect();
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

/// A row with another value in one column.
fn with(row: &str, column: &str, value: &str) -> String {
    let mut fields: Vec<_> = row.split(',').collect();
    fields[HEADER.split(',').position(|name| name == column).unwrap()] = value;
    fields.join(",")
}

/// Every row of every table as text, so that two states can be compared to the last digit.
async fn state(database: &TestDatabase) -> Vec<(String, String)> {
    let client = database.connect().await;
    let tables = "SELECT tablename::text FROM pg_tables
                   WHERE schemaname = 'public' AND tablename <> 'spatial_ref_sys' ORDER BY 1";
    let mut state = Vec::new();
    for table in client.query(tables, &[]).await.unwrap() {
        let table: String = table.get(0);
        let rows = format!(
            "SELECT coalesce(md5(string_agg(t::text, ';' ORDER BY t::text)), '') FROM {table} t"
        );
        state.push((table, client.query_one(&rows, &[]).await.unwrap().get(0)));
    }
    state
}

/// The one value that a statement gives, as text.
async fn value(client: &Client, statement: &str) -> Option<String> {
    let statement = format!("SELECT ({statement})::text");
    client.query_one(&statement, &[]).await.unwrap().get(0)
}
