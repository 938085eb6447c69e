//! The copies themselves: one statement a table and copy, and the work around them.

use tokio_postgres::Client;

use super::catalogue::{Table, tables};
use super::execute;
use crate::error::BenchError;

/// A copy's rows are this much older than the row they were made from, in their ids and in
/// `created_at`. The newest rows are therefore the real ones, in a small database and in a large.
const MINUTES_APART: u32 = 1;

/// Copied houses stand up to this many degrees (about 200 m) from where the real one stands.
const JITTER_DEGREES: f64 = 0.002;

/// The id of a row's copy: the time inside the UUIDv7 moved back, its random part kept. A function
/// of id and copy alone, so a foreign key is copied without looking anything up.
const COPY_ID: &str = "
    CREATE FUNCTION pg_temp.copy_id(id uuid, copy integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
        SELECT (lpad(to_hex(('x' || substr(id::text, 1, 8) || substr(id::text, 10, 4))::bit(48)::bigint
                            - copy * 60000 * MINUTES), 12, '0') || substr(id::text, 14))::uuid
    $$";

/// The copy's number in a statement.
const COPY: &str = "$1::integer";

/// Copies the imported rows until there are this many properties; gives the number of rows made.
pub(super) async fn reach(database: &Client, properties: u64) -> Result<u64, BenchError> {
    let tables = tables(database).await?;
    let real = count(database, "properties").await?;
    let (Some(missing), true) = (properties.checked_sub(real), real > 0) else {
        return Err(BenchError::program(
            "volume",
            format!("the real rows alone are {real} properties; ask for as many or more"),
        ));
    };
    execute(database, "SET session_replication_role = replica; SET synchronous_commit = off")
        .await?;
    execute(database, "SET maintenance_work_mem = '1GB'; SET max_parallel_maintenance_workers = 2")
        .await?;
    execute(database, &COPY_ID.replace("MINUTES", &MINUTES_APART.to_string())).await?;

    for table in &tables {
        let Table { name, .. } = table;
        execute(
            database,
            &format!("CREATE TEMPORARY TABLE original_{name} AS SELECT * FROM {name} ORDER BY id"),
        )
        .await?;
        execute(database, &format!("ANALYZE original_{name}")).await?;
        for (index, _) in &table.indexes {
            execute(database, &format!("DROP INDEX {index}")).await?;
        }
    }
    let mut rows = 0;
    let copies = missing.div_ceil(real);
    for copy in 1..=copies {
        let sample = (missing - (copy - 1) * real).min(real);
        sample_properties(database, copy, sample).await?;
        for table in &tables {
            let statement = insertion(table, &tables, sample < real);
            let copy = i32::try_from(copy).unwrap_or(i32::MAX);
            let doing = format!("copying {}", table.name);
            rows += database
                .execute(&statement, &[&copy])
                .await
                .map_err(BenchError::database(doing))?;
        }
        eprint!("\rcopy {copy} of {copies}");
    }
    eprintln!(", then indexes, foreign keys, statistics");
    for table in &tables {
        for (_, definition) in &table.indexes {
            execute(database, definition).await?;
        }
    }
    execute(database, "VACUUM (ANALYZE)").await?;
    check(database, &tables).await?;
    Ok(rows)
}

async fn count(database: &Client, table: &str) -> Result<u64, BenchError> {
    let statement = format!("SELECT count(*) FROM {table}");
    let count: i64 =
        database.query_one(&statement, &[]).await.map_err(BenchError::database(statement))?.get(0);
    Ok(count.unsigned_abs())
}

/// Chooses the properties of one copy: all, or so many of them by a hash of id and copy.
async fn sample_properties(database: &Client, copy: u64, sample: u64) -> Result<(), BenchError> {
    execute(
        database,
        &format!(
            "DROP TABLE IF EXISTS pg_temp.chosen;
             CREATE TEMPORARY TABLE chosen AS
                 SELECT id FROM original_properties ORDER BY hashtextextended(id::text, {copy}), id LIMIT {sample};
             ANALYZE chosen"
        ),
    )
    .await
}

/// The statement that makes one copy of one table's rows.
fn insertion(table: &Table, tables: &[Table], sampled: bool) -> String {
    let values: Vec<String> = table.columns.iter().map(|column| value(table, column)).collect();
    let filter = if sampled { chosen(table, tables) } else { None };
    format!(
        "INSERT INTO {name} ({columns}) SELECT {values} FROM original_{name} AS o WHERE {filter} ORDER BY o.id",
        name = table.name,
        columns = table.columns.join(", "),
        values = values.join(", "),
        filter = filter.as_deref().unwrap_or("true"),
    )
}

/// What a column holds in a copy.
fn value(table: &Table, column: &str) -> String {
    let copied =
        column == "id" || table.references.iter().any(|reference| reference.column == column);
    match (table.name.as_str(), column) {
        _ if copied => format!("pg_temp.copy_id(o.{column}, {COPY})"),
        (_, "created_at") => format!("o.created_at - {COPY} * interval '{MINUTES_APART} minutes'"),
        // What is unique in the world gets the copy's number behind it.
        ("property_identifiers", "value") | ("listings", "source_system_key") => {
            format!("o.{column} || '-' || {COPY}")
        }
        ("properties", "location") => {
            let shift = |seed: u8| {
                format!(
                    "(hashtextextended(o.id::text || {COPY}, {seed}) % 1000) / 1000.0 * {JITTER_DEGREES}"
                )
            };
            format!("ST_Translate(o.location::geometry, {}, {})::geography", shift(1), shift(2))
        }
        _ => format!("o.{column}"),
    }
}

/// The condition by which a table's rows belong to the chosen properties. `None` for tables that
/// do not lead to a property: they are copied whole.
fn chosen(table: &Table, tables: &[Table]) -> Option<String> {
    fn path(table: &Table, tables: &[Table], alias: &str, depth: usize) -> Option<String> {
        if table.name == "properties" {
            return Some(format!("{alias}.id IN (SELECT id FROM pg_temp.chosen)"));
        }
        // A cycle among tables would never end; no path is longer than the number of tables.
        if depth > tables.len() {
            return None;
        }
        table.references.iter().filter(|reference| reference.required && reference.target != table.name).find_map(|reference| {
            let target = tables.iter().find(|target| target.name == reference.target)?;
            let alias_above = format!("{alias}_{}", reference.column);
            let condition = path(target, tables, &alias_above, depth + 1)?;
            let Table { name, .. } = target;
            let column = &reference.column;
            Some(format!("{alias}.{column} IN (SELECT id FROM original_{name} AS {alias_above} WHERE {condition})"))
        })
    }
    path(table, tables, "o", 0)
}

/// No foreign key of a copy may lead nowhere.
async fn check(database: &Client, tables: &[Table]) -> Result<(), BenchError> {
    for table in tables {
        for reference in &table.references {
            let statement = format!(
                "SELECT count(*) FROM {child} AS child WHERE child.{column} IS NOT NULL
                 AND NOT EXISTS (SELECT FROM {parent} AS parent WHERE parent.id = child.{column})",
                child = table.name,
                column = reference.column,
                parent = reference.target,
            );
            let orphans: i64 = database
                .query_one(&statement, &[])
                .await
                .map_err(BenchError::database(&statement))?
                .get(0);
            if orphans > 0 {
                return Err(BenchError::program(
                    "volume",
                    format!(
                        "{orphans} rows of {}.{} lead to no row of {}",
                        table.name, reference.column, reference.target
                    ),
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::Reference;
    use super::*;

    fn table(name: &str, columns: &[&str], references: &[(&str, &str, bool)]) -> Table {
        let reference = |&(column, target, required): &(&str, &str, bool)| Reference {
            column: column.to_owned(),
            target: target.to_owned(),
            required,
        };
        Table {
            name: name.to_owned(),
            columns: columns.iter().map(ToString::to_string).collect(),
            references: references.iter().map(reference).collect(),
            indexes: Vec::new(),
        }
    }

    fn house() -> Vec<Table> {
        vec![
            table("users", &["id", "display_name"], &[]),
            table("properties", &["id", "owner_id"], &[("owner_id", "users", false)]),
            table(
                "listings",
                &["id", "seller_id", "property_id"],
                &[("seller_id", "users", true), ("property_id", "properties", true)],
            ),
            table("history", &["id", "listing_id", "kind_id"], &[("listing_id", "listings", true)]),
        ]
    }

    #[test]
    fn a_copy_leads_to_copies_and_keeps_codes() {
        let tables = house();
        assert_eq!(
            insertion(&tables[3], &tables, false),
            "INSERT INTO history (id, listing_id, kind_id) \
             SELECT pg_temp.copy_id(o.id, $1::integer), pg_temp.copy_id(o.listing_id, $1::integer), o.kind_id \
             FROM original_history AS o WHERE true ORDER BY o.id"
        );
    }

    #[test]
    fn a_sample_holds_what_hangs_on_its_properties() {
        let tables = house();
        let condition = |table: usize| chosen(&tables[table], &tables);
        assert_eq!(condition(0), None);
        assert_eq!(condition(1).as_deref(), Some("o.id IN (SELECT id FROM pg_temp.chosen)"));
        let through_listings = condition(3).unwrap();
        assert!(
            through_listings.starts_with("o.listing_id IN (SELECT id FROM original_listings AS"),
            "{through_listings}"
        );
        assert!(
            through_listings.contains("property_id IN (SELECT id FROM original_properties AS"),
            "{through_listings}"
        );
        assert!(!through_listings.contains("users"), "{through_listings}");
    }
}
