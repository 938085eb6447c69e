//! What the database says about the tables that a mapping names.

use std::collections::BTreeMap;

use tokio_postgres::GenericClient;

use super::mapping::FeatureDefinition;

/// A column as a target of an import.
#[derive(Debug, Clone)]
pub(crate) struct TargetColumn {
    /// Its type as SQL writes it, with length or precision.
    pub(crate) type_name: String,
    /// What the type is at bottom: a domain's base, without length or precision.
    pub(crate) base_type: String,
    /// A row cannot do without a value for it.
    pub(crate) required: bool,
    /// The server or the database fills it.
    pub(crate) computed: bool,
    /// The table with a unique `code` that it refers to, if it does.
    pub(crate) codes: Option<String>,
}

/// A table's columns by name; empty when there is no such table.
pub(crate) type Table = BTreeMap<String, TargetColumn>;

/// Columns that the database keeps itself; a mapping may not set them.
const OWN: [&str; 6] = ["id", "version", "created_at", "updated_at", "deleted_at", "property_id"];

const COLUMNS: &str = "
SELECT a.attname,
       format_type(a.atttypid, a.atttypmod),
       format_type(CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE a.atttypid END, NULL),
       a.attnotnull AND NOT a.atthasdef,
       a.attgenerated <> '',
       (SELECT f.confrelid::regclass::text
          FROM pg_constraint f
          JOIN pg_attribute code ON code.attrelid = f.confrelid AND code.attname = 'code'
          JOIN pg_index one ON one.indrelid = f.confrelid AND one.indisunique
               AND one.indpred IS NULL AND one.indkey::text = code.attnum::text
         WHERE f.contype = 'f' AND f.conrelid = a.attrelid AND f.conkey = ARRAY[a.attnum]
         LIMIT 1)
  FROM pg_attribute a
  JOIN pg_type t ON t.oid = a.atttypid
 WHERE a.attrelid = to_regclass(quote_ident($1)) AND a.attnum > 0 AND NOT a.attisdropped";

/// Reads one table's columns.
pub(crate) async fn table(
    client: &impl GenericClient,
    name: &str,
) -> Result<Table, tokio_postgres::Error> {
    let rows = client.query(COLUMNS, &[&name]).await?;
    Ok(rows
        .iter()
        .map(|row| {
            let name: String = row.get(0);
            let own = OWN.contains(&name.as_str());
            let column = TargetColumn {
                type_name: row.get(1),
                base_type: row.get(2),
                required: row.get::<_, bool>(3) && !own,
                computed: row.get::<_, bool>(4) || own,
                codes: row.get(5),
            };
            (name, column)
        })
        .collect())
}

/// Why PostgreSQL refuses a text as a value of a type; nothing if it takes it.
pub(crate) async fn refusal(
    client: &impl GenericClient,
    text: &str,
    type_name: &str,
) -> Result<Option<String>, tokio_postgres::Error> {
    let literal = postgres_protocol::escape::escape_literal(text);
    // A savepoint, because a refused text would otherwise end the import's transaction.
    client.batch_execute("SAVEPOINT refusal").await?;
    let tried = client.batch_execute(&format!("SELECT CAST({literal} AS {type_name})")).await;
    client.batch_execute("ROLLBACK TO SAVEPOINT refusal; RELEASE SAVEPOINT refusal").await?;
    refused(tried)
}

/// Whether a code table has this code.
pub(crate) async fn has_code(
    client: &impl GenericClient,
    table: &str,
    code: &str,
) -> Result<bool, tokio_postgres::Error> {
    let found = client.query_opt(&format!("SELECT FROM {table} WHERE code = $1"), &[&code]).await?;
    Ok(found.is_some())
}

/// The expression by which the database normalises an identifier's `value`, of its `kind`.
pub(crate) async fn identifier_normalization(
    client: &impl GenericClient,
) -> Result<String, tokio_postgres::Error> {
    let row = client
        .query_one(
            "SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d
               JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
              WHERE d.adrelid = 'property_identifiers'::regclass
                AND a.attname = 'normalized_value'",
            &[],
        )
        .await?;
    Ok(row.get(0))
}

/// A kind of feature, as the database defines it.
pub(crate) struct FeatureType {
    pub(crate) value_kind: String,
    pub(crate) unit: Option<String>,
    pub(crate) allowed_values: Option<Vec<String>>,
}

/// Finds a kind of feature by its code.
pub(crate) async fn feature_type(
    client: &impl GenericClient,
    code: &str,
) -> Result<Option<FeatureType>, tokio_postgres::Error> {
    let row = client
        .query_opt(
            "SELECT value_kind::text, unit, allowed_values
               FROM property_feature_types WHERE code = $1",
            &[&code],
        )
        .await?;
    Ok(row.map(|row| FeatureType {
        value_kind: row.get(0),
        unit: row.get(1),
        allowed_values: row.get(2),
    }))
}

/// Adds a kind of feature; returns why the database refuses it, if it does.
pub(crate) async fn add_feature_type(
    client: &impl GenericClient,
    code: &str,
    definition: &FeatureDefinition,
) -> Result<Option<String>, tokio_postgres::Error> {
    client.batch_execute("SAVEPOINT feature_type").await?;
    let added = client
        .execute(
            "INSERT INTO property_feature_types (code, name, value_kind, unit)
             VALUES ($1, $2, $3::text, $4)",
            &[&code, &definition.name, &definition.value_kind, &definition.unit],
        )
        .await;
    let end = match added {
        Ok(_) => "RELEASE SAVEPOINT feature_type",
        Err(_) => "ROLLBACK TO SAVEPOINT feature_type; RELEASE SAVEPOINT feature_type",
    };
    client.batch_execute(end).await?;
    refused(added)
}

/// Tells a refusal of the database, with its message, from a failure.
fn refused<T>(
    tried: Result<T, tokio_postgres::Error>,
) -> Result<Option<String>, tokio_postgres::Error> {
    match tried {
        Ok(_) => Ok(None),
        Err(error) => match error.as_db_error() {
            Some(refused) => Ok(Some(refused.message().to_owned())),
            None => Err(error),
        },
    }
}
