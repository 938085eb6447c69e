//! Makes a row of any table, with what the database demands of it, from the database's own catalog:
//! so that a new table needs nothing here unless it has a rule of its own.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::property::kinds;

struct Column {
    name: String,
    base_type: String,
    demanded: bool,
    /// The first value of a closed list.
    first_value: Option<String>,
    refers_to: Option<String>,
}

const COLUMNS: &str = "
    SELECT c.relname::text, a.attname::text,
        format_type(coalesce(nullif(t.typbasetype, 0), a.atttypid), NULL),
        a.attnotnull AND (NOT a.atthasdef OR pg_get_expr(f.adbin, f.adrelid) = 'app_actor()'),
        (SELECT substring(pg_get_constraintdef(d.oid) FROM '''([^'']*)''')
         FROM pg_constraint d WHERE d.contypid = t.oid AND d.contype = 'c' LIMIT 1),
        (SELECT k.confrelid::regclass::text FROM pg_constraint k
         WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.conkey = ARRAY[a.attnum] LIMIT 1)
    FROM pg_attribute a LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
    JOIN pg_type t ON t.oid = a.atttypid JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
        AND NOT a.attisdropped AND a.attgenerated = '' AND a.attname <> 'id'
    ORDER BY a.attnum";

/// The tables of a database.
pub struct Tables(HashMap<String, Vec<Column>>);

impl Tables {
    pub async fn read(client: &Client) -> Self {
        let mut tables: HashMap<String, Vec<Column>> = HashMap::new();
        for row in client.query(COLUMNS, &[]).await.unwrap() {
            let column = Column {
                name: row.get(1),
                base_type: row.get(2),
                demanded: row.get(3),
                first_value: row.get(4),
                refers_to: row.get(5),
            };
            tables.entry(row.get(0)).or_default().push(column);
        }
        Self(tables)
    }

    /// The table of a type: the plural of its name, unless it is known by another.
    pub fn of_type(&self, type_name: &str) -> String {
        if kinds::is_known(type_name) {
            return kinds::table(type_name).to_owned();
        }
        let special = [
            ("UserProfileChange", "user_profile_history"),
            ("RoleInheritance", "role_inheritance"),
            ("RoleAssignment", "user_roles"),
            ("MfaMethod", "user_mfa_methods"),
        ];
        if let Some((_, table)) = special.iter().find(|(known, _)| *known == type_name) {
            return (*table).to_owned();
        }
        let mut plural = crate::property::snake_case(type_name);
        if let Some(stem) = plural.strip_suffix('y').filter(|stem| !stem.ends_with('e')) {
            plural = format!("{stem}ies");
        } else {
            plural.push('s');
        }
        assert!(self.0.contains_key(&plural), "rows.rs does not know the table of {type_name}");
        plural
    }

    /// What the database demands of a row, but for these values: the rest as it comes. References
    /// are to be given: the tables that it must refer to, by column.
    pub fn references(&self, table: &str, given: &Map<String, Value>) -> Vec<(String, String)> {
        let demanded = self.0[table].iter().filter(|column| column.demanded);
        demanded
            .filter(|column| !given.contains_key(&column.name))
            .filter_map(|column| Some((column.name.clone(), column.refers_to.clone()?)))
            .collect()
    }

    /// Inserts a row with these values and any others that are demanded.
    pub async fn insert(
        &self,
        client: &Client,
        table: &str,
        mut values: Map<String, Value>,
    ) -> Uuid {
        for column in self.0[table].iter().filter(|column| column.demanded) {
            if !values.contains_key(&column.name) {
                values.insert(column.name.clone(), any_value(table, column));
            }
        }
        let id = Uuid::now_v7();
        values.insert("id".into(), json!(id));
        let columns = values.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let statement = format!(
            "INSERT INTO {table} ({columns}) SELECT {columns}
             FROM jsonb_populate_record(NULL::{table}, $1::text::jsonb)"
        );
        let values = Value::Object(values).to_string();
        if let Err(error) = client.execute(&statement, &[&values]).await {
            panic!("{table} {values}: {:?}", error.as_db_error());
        }
        id
    }
}

fn any_value(table: &str, column: &Column) -> Value {
    if let Some(first) = &column.first_value {
        return json!(first);
    }
    match column.base_type.as_str() {
        "text" => json!(format!("T{}", Uuid::now_v7().simple()).to_uppercase()),
        "text[]" => json!([]),
        "integer" | "bigint" | "smallint" | "numeric" => json!(1),
        "boolean" => json!(false),
        "date" => json!("2024-01-02"),
        "timestamp with time zone" => json!("2124-01-02T03:04:05Z"),
        "jsonb" => json!({}),
        "inet" => json!("127.0.0.1"),
        "uuid" => json!(Uuid::now_v7()),
        "bytea" => json!(format!("\\x{0}{0}", Uuid::now_v7().simple())),
        other => panic!("{table}.{}: no value of {other}", column.name),
    }
}
