//! What the live database has: columns, indexes and constraints of every table, read once at
//! start-up.

use std::collections::HashMap;

use tokio_postgres::GenericClient;

/// The tables of the search path, by name.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    pub(crate) tables: HashMap<String, Table>,
    /// Every rule that the database can refuse a row by.
    pub(crate) constraints: Vec<Constraint>,
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
    /// The database has a value for it where none is given.
    pub(crate) has_default: bool,
    /// The database alone writes it.
    pub(crate) is_generated: bool,
    /// The type as it was declared: `numeric(14,2)`, `geography(Point,4326)`.
    pub(crate) declared: String,
}

/// A rule that the database refuses a row by, and names when it does.
#[derive(Debug)]
pub(crate) struct Constraint {
    pub(crate) name: String,
    /// The table that has it; none for a rule of a domain.
    pub(crate) table: Option<String>,
    pub(crate) kind: ConstraintKind,
    /// The columns that it speaks of; of a domain the names of all columns of it, each once.
    pub(crate) columns: Vec<String>,
    /// Its definition as PostgreSQL shows it; empty for a trigger.
    pub(crate) definition: String,
}

/// What kind of rule it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConstraintKind {
    Check,
    ForeignKey,
    /// A primary key, too.
    Unique,
    Exclusion,
    /// A check of a domain.
    Domain,
    /// A trigger that raises an error under this name.
    Trigger,
}

/// A B-tree index: its leading plain columns, each with whether it is descending and whether
/// NULLs come first.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) columns: Vec<(String, bool, bool)>,
}

const COLUMNS: &str = "
    SELECT c.relname, a.attname, coalesce(nullif(t.typbasetype, 0), t.oid)::regtype::text, a.attnotnull,
        (a.atthasdef AND a.attgenerated = '') OR t.typdefault IS NOT NULL,
        a.attgenerated <> '' OR a.attidentity <> '', format_type(a.atttypid, a.atttypmod)
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

// A trigger's function names the constraint that it stands for, or leaves it to be the trigger's own
// name.
const CONSTRAINTS: &str = "
    SELECT k.conname::text, c.relname::text, k.contype::text, ARRAY(
            SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS key(number, place)
            JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = key.number ORDER BY key.place
        ), pg_get_constraintdef(k.oid)
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE k.contype IN ('c', 'f', 'p', 'u', 'x') AND pg_table_is_visible(c.oid) AND c.relnamespace <> 'pg_catalog'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'e')
    UNION ALL
    SELECT k.conname, NULL, 'd', ARRAY(
            SELECT DISTINCT a.attname::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE a.atttypid = t.oid AND c.relkind IN ('r', 'p') AND NOT a.attisdropped ORDER BY 1
        ), pg_get_constraintdef(k.oid)
    FROM pg_constraint k JOIN pg_type t ON t.oid = k.contypid
    WHERE pg_type_is_visible(t.oid) AND t.typnamespace <> 'information_schema'::regnamespace
    UNION ALL
    SELECT DISTINCT coalesce(named.name, g.tgname), c.relname, 't', '{}'::text[], ''
    FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_proc p ON p.oid = g.tgfoid
    LEFT JOIN LATERAL (SELECT match[1] FROM regexp_matches(p.prosrc, $$CONSTRAINT = '([^']+)'$$, 'g') AS match) AS named(name) ON true
    WHERE NOT g.tgisinternal AND p.prosrc LIKE '%RAISE EXCEPTION%' AND pg_table_is_visible(c.oid)
    ORDER BY 1, 2";

impl Catalog {
    /// Reads the catalog over one connection.
    pub(crate) async fn read(client: &impl GenericClient) -> Result<Self, tokio_postgres::Error> {
        let mut catalog = Self::default();
        for row in client.query(COLUMNS, &[]).await? {
            let table = catalog.tables.entry(row.get(0)).or_default();
            let column = TableColumn {
                base_type: row.get(2),
                not_null: row.get(3),
                has_default: row.get(4),
                is_generated: row.get(5),
                declared: row.get(6),
            };
            table.columns.insert(row.get(1), column);
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
        for row in client.query(CONSTRAINTS, &[]).await? {
            let kind = match row.get(2) {
                "c" => ConstraintKind::Check,
                "f" => ConstraintKind::ForeignKey,
                "x" => ConstraintKind::Exclusion,
                "d" => ConstraintKind::Domain,
                "t" => ConstraintKind::Trigger,
                _ => ConstraintKind::Unique,
            };
            catalog.constraints.push(Constraint {
                name: row.get(0),
                table: row.get(1),
                kind,
                columns: row.get(3),
                definition: row.get(4),
            });
        }
        Ok(catalog)
    }
}
