//! What the live database has: columns and indexes of every table, read once at start-up.

use std::collections::HashMap;

use tokio_postgres::GenericClient;

/// The tables of the search path, by name.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    pub(crate) tables: HashMap<String, Table>,
}

#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) columns: HashMap<String, TableColumn>,
    pub(crate) indexes: Vec<Index>,
}

#[derive(Debug)]
pub(crate) struct TableColumn {
    /// The base type's name: for a domain, the type beneath it.
    pub(crate) base_type: String,
    pub(crate) not_null: bool,
}

/// A B-tree index: its leading plain columns, each with whether it is descending and whether
/// NULLs come first.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) columns: Vec<(String, bool, bool)>,
}

const COLUMNS: &str = "
    SELECT c.relname, a.attname, coalesce(nullif(t.typbasetype, 0), t.oid)::regtype::text, a.attnotnull
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_table_is_visible(c.oid)
      AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)";

// `indoption`: bit 0 is descending, bit 1 is NULLs first. An expression ends the usable prefix.
const INDEXES: &str = "
    SELECT c.relname, i.indexrelid::int8, a.attname, (i.indoption[k.n - 1] & 1) = 1, (i.indoption[k.n - 1] & 2) = 2
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indrelid
    JOIN pg_class x ON x.oid = i.indexrelid
    JOIN pg_am m ON m.oid = x.relam AND m.amname = 'btree'
    CROSS JOIN LATERAL generate_series(1, i.indnkeyatts::int) AS k(n)
    LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k.n - 1] AND a.attnum > 0
    WHERE i.indisvalid AND pg_table_is_visible(c.oid)
    ORDER BY i.indexrelid, k.n";

impl Catalog {
    /// Reads the catalog over one connection.
    pub(crate) async fn read(client: &impl GenericClient) -> Result<Self, tokio_postgres::Error> {
        let mut catalog = Self::default();
        for row in client.query(COLUMNS, &[]).await? {
            let table = catalog.tables.entry(row.get(0)).or_default();
            table
                .columns
                .insert(row.get(1), TableColumn { base_type: row.get(2), not_null: row.get(3) });
        }
        let mut current: Option<(i64, bool)> = None;
        for row in client.query(INDEXES, &[]).await? {
            let (table, index, column): (String, i64, Option<String>) =
                (row.get(0), row.get(1), row.get(2));
            let Some(table) = catalog.tables.get_mut(&table) else { continue };
            let same = current.is_some_and(|(id, _)| id == index);
            let ended = same && current.is_some_and(|(_, ended)| ended);
            if !same {
                table.indexes.push(Index { columns: Vec::new() });
            }
            current = Some((index, ended || column.is_none()));
            if let (Some(column), false, Some(last)) = (column, ended, table.indexes.last_mut()) {
                last.columns.push((column, row.get(3), row.get(4)));
            }
        }
        Ok(catalog)
    }
}
