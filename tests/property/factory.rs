//! Makes rows: with what the database demands, or with a value in every column that the contract
//! shows. A row that another one needs is made along the way.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{Days, NaiveDate};
use loaders::contract::model::base_name;
use loaders::contract::{Contract, Shape, TypeKind};
use serde_json::{Map, Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

use super::{contract, kinds, snake_case};
use crate::support::TestDatabase;

/// Values by column.
pub type Values = Map<String, Value>;

/// A column as the database has it.
#[derive(Debug)]
pub struct Column {
    pub name: String,
    /// Its type; of a closed list, the type of its values.
    base_type: String,
    not_null: bool,
    /// Whether the database fills it: by a default or by computing it.
    automatic: bool,
    generated: bool,
    /// The type whose rows it refers to.
    pub refers_to: Option<&'static str>,
}

/// Makes rows in one database.
pub struct Factory {
    pub client: Client,
    pub contract: Contract,
    tables: HashMap<&'static str, Vec<Column>>,
    made: AtomicU32,
}

const COLUMNS: &str = "
    SELECT a.attname::text, format_type(coalesce(nullif(t.typbasetype, 0), a.atttypid), NULL),
        a.attnotnull, a.atthasdef, a.attgenerated <> '',
        (SELECT k.confrelid::regclass::text FROM pg_constraint k
         WHERE k.conrelid = a.attrelid AND k.contype = 'f' AND k.conkey = ARRAY[a.attnum])
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum";

impl Factory {
    /// Learns the tables of the contract's types from the database.
    pub async fn new(database: &TestDatabase) -> Self {
        let (client, contract) = (database.connect().await, contract());
        let mut tables = HashMap::new();
        for (type_name, table) in kinds::TABLES {
            let rows = client.query(COLUMNS, &[table]).await.unwrap();
            let columns = rows.iter().map(|row| Column {
                name: row.get(0),
                base_type: row.get(1),
                not_null: row.get(2),
                automatic: row.get(3),
                generated: row.get(4),
                refers_to: row.get::<_, Option<&str>>(5).map(kinds::type_of),
            });
            tables.insert(*type_name, columns.collect());
        }
        Self { client, contract, tables, made: AtomicU32::new(0) }
    }

    /// The columns of a type's table.
    pub fn columns(&self, type_name: &str) -> &[Column] {
        self.tables.get(type_name).unwrap_or_else(|| panic!("kinds::TABLES lacks {type_name}"))
    }

    /// The column of this type's table that refers to a row of the other.
    pub fn column_to(&self, type_name: &str, target: &str) -> &str {
        let mut found = self.columns(type_name).iter().filter(|c| c.refers_to == Some(target));
        match (found.next(), found.next()) {
            (Some(column), None) => &column.name,
            _ => panic!("{type_name} has not exactly one column that refers to {target}"),
        }
    }

    /// A row with what the database demands and with these values.
    pub async fn make(&self, type_name: &str, values: Value) -> Uuid {
        let values = self.plan(type_name, values, false).await;
        self.insert(type_name, &values).await
    }

    /// A row with a value in every column that the contract shows, these values among them.
    pub async fn full(&self, type_name: &str, values: Value) -> Uuid {
        let values = self.plan(type_name, values, true).await;
        self.insert(type_name, &values).await
    }

    /// The values of a row yet to be inserted; the rows that it needs are there.
    pub async fn plan(&self, type_name: &str, given: Value, full: bool) -> Values {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let mut values = kinds::usual(type_name, number);
        if full {
            values.extend(kinds::full(type_name));
        }
        values.extend(given.as_object().unwrap().clone());
        for column in self.columns(type_name) {
            let wanted = match full {
                true => !column.generated && self.is_shown(type_name, column),
                false => column.not_null && !column.automatic,
            };
            if wanted && !values.contains_key(&column.name) {
                let value = self.value(type_name, column, number, full).await;
                values.insert(column.name.clone(), value);
            }
        }
        values
    }

    /// Inserts a planned row.
    pub async fn insert(&self, type_name: &str, values: &Values) -> Uuid {
        let table = kinds::table(type_name);
        if kinds::is_closed(type_name) {
            let first = format!("SELECT id FROM {table} ORDER BY id LIMIT 1");
            return self.client.query_one(&first, &[]).await.unwrap().get(0);
        }
        let columns: Vec<&str> = values.keys().map(String::as_str).collect();
        let columns = columns.join(", ");
        let statement = format!(
            "INSERT INTO {table} ({columns}) SELECT {columns}
             FROM jsonb_populate_record(NULL::{table}, $1::text::jsonb) RETURNING id"
        );
        let json = serde_json::to_string(values).unwrap();
        match self.client.query_one(&statement, &[&json]).await {
            Ok(row) => row.get(0),
            Err(error) => panic!("{type_name} {json}: {:?}", error.as_db_error()),
        }
    }

    /// Whether the contract shows the column, as a value or as what it refers to.
    fn is_shown(&self, type_name: &str, column: &Column) -> bool {
        let kept = ["id", "version", "created_at", "updated_at"];
        let relation = column.name.strip_suffix("_id").filter(|_| column.refers_to.is_some());
        let name = relation.unwrap_or(&column.name);
        let mut fields = self.contract.fields(type_name).iter();
        !kept.contains(&name) && fields.any(|field| snake_case(&field.name) == name)
    }

    async fn value(&self, type_name: &str, column: &Column, number: u32, full: bool) -> Value {
        if let Some(target) = column.refers_to {
            // A row of the same type is made without more of them.
            let uuid = match (target, full && target != type_name) {
                ("PropertyType", _) => self.residential().await,
                (_, true) => Box::pin(self.full(target, json!({}))).await,
                (_, false) => Box::pin(self.make(target, json!({}))).await,
            };
            return json!(uuid);
        }
        if let Some(first) = self.first_of_closed_list(type_name, column) {
            return json!(first);
        }
        let day = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + Days::new(u64::from(number));
        match column.base_type.as_str() {
            "text" => json!(format!("{}{number}", column.name[..4].to_uppercase())),
            "text[]" => json!([format!("A {number}"), "B \"b\" \\"]),
            "integer" => json!(number % 90 + 1),
            "numeric" => json!(format!("{}.5", number % 90 + 1)),
            "boolean" => json!(true),
            "date" => json!(day),
            "timestamp with time zone" => json!(format!("{day}T23:59:59.123456Z")),
            "jsonb" => json!([{ "feature": "é \"", "amount": number }]),
            other => panic!("{type_name}.{}: no value of {other}", column.name),
        }
    }

    fn first_of_closed_list(&self, type_name: &str, column: &Column) -> Option<&str> {
        let mut fields = self.contract.fields(type_name).iter();
        let field = fields.find(|field| snake_case(&field.name) == column.name)?;
        match (self.contract.shape(field), &self.contract.get(base_name(&field.ty))?.kind) {
            (Shape::Enum(_), TypeKind::Enum { values }) => Some(&values[0].name),
            _ => None,
        }
    }

    /// The type of property that most are of.
    pub async fn residential(&self) -> Uuid {
        let statement = "SELECT id FROM property_types WHERE code = 'RESIDENTIAL'";
        self.client.query_one(statement, &[]).await.unwrap().get(0)
    }

    /// Runs statements that give nothing back.
    pub async fn execute(&self, statements: &str) {
        self.client.batch_execute(statements).await.unwrap();
    }
}
