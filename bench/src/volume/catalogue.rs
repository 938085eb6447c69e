//! What the catalogue says of the tables that hang on properties and users: columns, foreign keys
//! among themselves, and the indexes that no constraint needs.

use tokio_postgres::Client;

use crate::error::BenchError;

/// Copies are made of these tables and of every table that refers to them, directly or not.
const ROOTS: [&str; 2] = ["users", "properties"];

/// A table whose rows are copied.
#[derive(Debug)]
pub(super) struct Table {
    /// Its name.
    pub(super) name: String,
    /// The columns that a row is made of; generated ones make themselves.
    pub(super) columns: Vec<String>,
    /// Foreign keys to copied tables.
    pub(super) references: Vec<Reference>,
    /// Indexes that no constraint needs: name and definition.
    pub(super) indexes: Vec<(String, String)>,
}

/// A foreign key to a copied table.
#[derive(Debug)]
pub(super) struct Reference {
    /// The referring column.
    pub(super) column: String,
    /// The table it refers to.
    pub(super) target: String,
    /// Whether every row has one.
    pub(super) required: bool,
}

const TABLES: &str = "
    WITH RECURSIVE copied (id) AS (
        SELECT to_regclass(root)::oid FROM unnest($1::text[]) AS root
        UNION
        SELECT key.conrelid FROM pg_constraint AS key JOIN copied ON key.confrelid = copied.id WHERE key.contype = 'f'
    )
    SELECT class.relname,
           ARRAY(SELECT attname::text FROM pg_attribute
                 WHERE attrelid = copied.id AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
                 ORDER BY attnum)
    FROM copied JOIN pg_class AS class ON class.oid = copied.id
    ORDER BY array_position($1::text[], class.relname::text), class.relname";

const REFERENCES: &str = "
    SELECT child.relname, attribute.attname, parent.relname, attribute.attnotnull
    FROM pg_constraint AS key
    JOIN pg_class AS child ON child.oid = key.conrelid
    JOIN pg_class AS parent ON parent.oid = key.confrelid
    JOIN pg_attribute AS attribute ON attribute.attrelid = child.oid AND attribute.attnum = key.conkey[1]
    WHERE key.contype = 'f' AND cardinality(key.conkey) = 1
    ORDER BY child.relname, attribute.attnum";

const INDEXES: &str = "
    SELECT class.relname, pg_get_indexdef(index.indexrelid), parent.relname
    FROM pg_index AS index
    JOIN pg_class AS class ON class.oid = index.indexrelid
    JOIN pg_class AS parent ON parent.oid = index.indrelid
    WHERE NOT index.indisunique
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = index.indexrelid)
      AND parent.relnamespace = 'public'::regnamespace";

/// The tables to copy, referred ones not necessarily first.
pub(super) async fn tables(database: &Client) -> Result<Vec<Table>, BenchError> {
    let reading = || BenchError::database::<tokio_postgres::Error>("reading the catalogue");
    let roots: Vec<&str> = ROOTS.to_vec();
    let mut tables: Vec<Table> = database
        .query(TABLES, &[&roots])
        .await
        .map_err(reading())?
        .into_iter()
        .map(|row| Table {
            name: row.get(0),
            columns: row.get(1),
            references: Vec::new(),
            indexes: Vec::new(),
        })
        .collect();
    let names: Vec<String> = tables.iter().map(|table| table.name.clone()).collect();
    for row in database.query(REFERENCES, &[]).await.map_err(reading())? {
        let (child, column, target, required): (String, String, String, bool) =
            (row.get(0), row.get(1), row.get(2), row.get(3));
        if names.contains(&target)
            && let Some(table) = tables.iter_mut().find(|table| table.name == child)
        {
            table.references.push(Reference { column, target, required });
        }
    }
    for row in database.query(INDEXES, &[]).await.map_err(reading())? {
        let (name, definition, parent): (String, String, String) =
            (row.get(0), row.get(1), row.get(2));
        if let Some(table) = tables.iter_mut().find(|table| table.name == parent) {
            table.indexes.push((name, definition));
        }
    }
    Ok(tables)
}
