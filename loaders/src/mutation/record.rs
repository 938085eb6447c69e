//! Writing rows from inputs: one mechanism for every plain record, and for workflows that write a
//! row besides their rule.
//!
//! An input's fields are bound to columns at start-up; statements are made of those names, and
//! values are parameters. What can be told before the database is asked (a null, a number with too
//! many digits, a reference to nothing) is told of all fields at once.

use std::collections::BTreeMap;

use async_graphql::Value;
use async_trait::async_trait;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::cells::{Cells, cells};
use super::context::WriteContext;
use super::user_error::WriteError;
use super::{Input, Mutation, Payload};
use crate::bind::Entity;
use crate::contract::record::Operation;
use crate::error::RequestError;
use crate::resolver::Output;
use crate::scalar::{Kind, Param, encode_array, type_id};

/// A mutation that follows from `@writable`.
pub(crate) struct RecordWrite {
    pub(crate) operation: Operation,
    pub(crate) type_name: &'static str,
    /// The payload's field for what was written.
    pub(crate) result: &'static str,
}

#[async_trait]
impl Mutation for RecordWrite {
    async fn run(&self, write: &WriteContext<'_>, input: &Input) -> Result<Payload, WriteError> {
        let Self { operation, type_name, result } = *self;
        let payload = Payload::new();
        match operation {
            Operation::Create => {
                let id = write.insert(type_name, input).await?;
                Ok(payload.entity(result, type_name, id))
            }
            Operation::CreateMany => {
                let ids = write.insert_all(type_name, &input.items("items")).await?;
                Ok(payload.entities(result, type_name, ids))
            }
            Operation::Update => {
                let id = input.id("id", type_name)?;
                write.lock(type_name, id, input.expected_version(), "id").await?;
                write.update(type_name, id, input).await?;
                Ok(payload.entity(result, type_name, id))
            }
            Operation::Delete => {
                let id = input.id("id", type_name)?;
                write.lock(type_name, id, input.expected_version(), "id").await?;
                write.delete(type_name, id).await?;
                let mut text = Vec::new();
                type_id::encode(&crate::registry::snake_case(type_name), id.as_bytes(), &mut text);
                let text = String::from_utf8_lossy(&text).into_owned();
                Ok(payload.with(result, Output::Leaf(Value::from(text))))
            }
        }
    }
}

impl WriteContext<'_> {
    /// Makes a row from the fields of an input that are columns or to-one relations of this type
    /// (`propertyId`); other fields are left to the caller. What is absent gets the database's
    /// default. The viewer must see what it refers to, and may write the row.
    ///
    /// # Errors
    /// Mistakes in the input, those of all its fields at once as far as they can be told before
    /// writing; `FORBIDDEN` for a row that the viewer may not make.
    pub async fn insert(&self, type_name: &str, input: &Input) -> Result<Uuid, WriteError> {
        let ids = self.insert_all(type_name, std::slice::from_ref(input)).await?;
        ids.into_iter().next().ok_or_else(|| defect("a row was made without an id"))
    }

    /// Makes several rows, all of them or none, in one statement as far as they leave the same
    /// fields to the database's defaults.
    ///
    /// # Errors
    /// See [`Self::insert`]. Of what only the database can tell, the first mistake is told.
    pub async fn insert_all(
        &self,
        type_name: &str,
        inputs: &[Input],
    ) -> Result<Vec<Uuid>, WriteError> {
        if inputs.is_empty() {
            return Ok(Vec::new());
        }
        let entity = self.bound(type_name)?;
        let rows = self.checked(entity, inputs).await?;
        let ids: Vec<Uuid> = rows.iter().map(|_| Uuid::now_v7()).collect();
        // Rows whose defaulted fields are the same share a statement.
        let mut groups: BTreeMap<Vec<&str>, Vec<usize>> = BTreeMap::new();
        for (index, row) in rows.iter().enumerate() {
            groups.entry(row.given_over_defaults()).or_default().push(index);
        }
        for (over_defaults, group) in groups {
            let insertion = Insertion::new(entity, &over_defaults);
            let group: Vec<_> = group.into_iter().map(|index| (ids[index], &rows[index])).collect();
            self.insert_group(&insertion, &group).await?;
        }
        self.require_writable(type_name, &ids).await?;
        Ok(ids)
    }

    /// Sets the columns that an input gives: a field that is absent stays as it is, null clears it.
    /// The row is locked already, by [`Self::lock`]. An input that gives nothing changes nothing.
    ///
    /// # Errors
    /// See [`Self::insert`]; `FORBIDDEN` for a row that the viewer could no longer write.
    pub async fn update(&self, type_name: &str, id: Uuid, input: &Input) -> Result<(), WriteError> {
        let entity = self.bound(type_name)?;
        let rows = self.checked(entity, std::slice::from_ref(input)).await?;
        let Some(row) = rows.first().filter(|row| !row.cells.is_empty()) else { return Ok(()) };
        let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&id];
        let mut set = Vec::with_capacity(row.cells.len());
        for cell in &row.cells {
            parameters.push(&cell.param);
            let column = &cell.settable.column;
            let place = format!("${}::{}", parameters.len(), column.kind.sql_type());
            let value = if column.geography { geography(&place) } else { place };
            set.push(format!("{} = {value}", column.name));
        }
        let sql = format!("UPDATE {} SET {} WHERE id = $1", entity.table, set.join(", "));
        self.execute(&sql, &parameters).await.map_err(|error| self.within(error, input))?;
        self.require_writable(type_name, &[id]).await
    }

    /// Deletes a row, which is locked already; hides it where the table keeps what was deleted.
    ///
    /// # Errors
    /// `IN_USE` where others depend on it.
    pub async fn delete(&self, type_name: &str, id: Uuid) -> Result<(), WriteError> {
        let entity = self.bound(type_name)?;
        let sql = if entity.soft_deletion {
            format!("UPDATE {} SET deleted_at = now() WHERE id = $1", entity.table)
        } else {
            format!("DELETE FROM {} WHERE id = $1", entity.table)
        };
        self.execute(&sql, &[&id]).await.map(drop)
    }

    fn bound(&self, type_name: &str) -> Result<&Entity, WriteError> {
        let entity = self.run.model.entity(type_name).map(|(_, entity)| entity);
        entity.ok_or_else(|| defect(&format!("`{type_name}` has no table")))
    }

    /// The cells of each input, when nothing in them is a mistake.
    async fn checked<'s>(
        &'s self,
        entity: &'s Entity,
        inputs: &[Input],
    ) -> Result<Vec<Cells<'s>>, WriteError> {
        let mut mistakes = Vec::new();
        let rows: Vec<Cells<'s>> =
            inputs.iter().map(|input| cells(entity, input, &mut mistakes)).collect();
        mistakes.extend(self.missing_references(&rows, inputs).await?);
        if mistakes.is_empty() { Ok(rows) } else { Err(WriteError::User(mistakes)) }
    }

    /// Makes the rows of one statement. Where the database refuses them, the first that it refuses
    /// is found by halves, so that the mistake names its place.
    async fn insert_group(
        &self,
        insertion: &Insertion<'_>,
        rows: &[(Uuid, &Cells<'_>)],
    ) -> Result<(), WriteError> {
        if let [(_, row)] = rows {
            let inserted = self.insert_rows(insertion, rows).await;
            return inserted.map_err(|error| self.within(error, &row.input));
        }
        self.execute("SAVEPOINT rows", &[]).await?;
        let Err(error) = self.insert_rows(insertion, rows).await else { return Ok(()) };
        if !self.is_mistake(&error) {
            return Err(error);
        }
        self.execute("ROLLBACK TO SAVEPOINT rows", &[]).await?;
        // All rows before `first` are in; one of those from it to `end` is refused.
        let (mut first, mut end) = (0, rows.len());
        while end - first > 1 {
            let middle = first.midpoint(end);
            self.execute("SAVEPOINT rows", &[]).await?;
            match self.insert_rows(insertion, &rows[first..middle]).await {
                Ok(()) => first = middle,
                Err(error) if self.is_mistake(&error) => {
                    self.execute("ROLLBACK TO SAVEPOINT rows", &[]).await?;
                    end = middle;
                }
                Err(error) => return Err(error),
            }
        }
        let refused = &rows[first..end];
        match self.insert_rows(insertion, refused).await {
            Err(error) => Err(self.within(error, &refused[0].1.input)),
            Ok(()) => Err(error),
        }
    }

    async fn insert_rows(
        &self,
        insertion: &Insertion<'_>,
        rows: &[(Uuid, &Cells<'_>)],
    ) -> Result<(), WriteError> {
        let mut parameters = vec![Param::UuidArray(rows.iter().map(|(id, _)| *id).collect())];
        for (field, kind) in &insertion.fields {
            let values: Vec<Value> = rows.iter().map(|(_, row)| row.value(field)).collect();
            let array = encode_array(element(*kind), &values);
            parameters.push(array.map_err(|error| defect(&error.to_string()))?);
        }
        let parameters: Vec<&(dyn ToSql + Sync)> =
            parameters.iter().map(|parameter| parameter as &(dyn ToSql + Sync)).collect();
        self.execute(&insertion.sql, &parameters).await.map(drop)
    }

    fn is_mistake(&self, error: &WriteError) -> bool {
        matches!(error, WriteError::Database(error) if self.run.model.mistake(error).is_some())
    }

    /// What the database refused, as a mistake in this object of the input.
    fn within(&self, error: WriteError, input: &Input) -> WriteError {
        match error {
            WriteError::Database(error) => match self.run.model.mistake(&error) {
                Some(mistake) => input.holding(mistake).into(),
                None => WriteError::Database(error),
            },
            other => other,
        }
    }
}

/// The statement that makes rows. Its text depends on the type alone, and on which columns with a
/// default are given all the same: the others are NULL where they are absent, as without it.
struct Insertion<'a> {
    sql: String,
    fields: Vec<(&'a str, Kind)>,
}

impl<'a> Insertion<'a> {
    fn new(entity: &'a Entity, over_defaults: &[&str]) -> Self {
        let mut settable: Vec<_> = entity
            .settable
            .iter()
            .filter(|(name, settable)| {
                !settable.has_default || over_defaults.contains(&name.as_str())
            })
            .collect();
        settable.sort_by_key(|(name, _)| *name);
        let mut columns = vec!["id".to_string()];
        let mut values = vec!["c0".to_string()];
        let mut arrays = vec!["$1::uuid[]".to_string()];
        let mut names = vec!["c0".to_string()];
        let mut fields = Vec::with_capacity(settable.len());
        for (index, (name, settable)) in settable.into_iter().enumerate() {
            let (column, place) = (&settable.column, format!("c{}", index + 1));
            columns.push(column.name.clone());
            values.push(match column.kind {
                Kind::TextArray => format!(
                    "CASE WHEN {place} IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text({place})) END"
                ),
                _ if column.geography => geography(&place),
                _ => place.clone(),
            });
            arrays.push(format!("${}::{}[]", index + 2, element(column.kind).sql_type()));
            names.push(place);
            fields.push((name.as_str(), column.kind));
        }
        let sql = format!(
            "INSERT INTO {} ({}) SELECT {} FROM unnest({}) AS given ({})",
            entity.table,
            columns.join(", "),
            values.join(", "),
            arrays.join(", "),
            names.join(", ")
        );
        Self { sql, fields }
    }
}

/// What an array of such values is made of: PostgreSQL would take arrays apart to their last item.
fn element(kind: Kind) -> Kind {
    if kind == Kind::TextArray { Kind::Json } else { kind }
}

/// A geography from GeoJSON. Heights are left out: a place is a place on the ground.
fn geography(place: &str) -> String {
    format!("ST_Force2D(ST_GeomFromGeoJSON({place}))::geography")
}

fn defect(message: &str) -> WriteError {
    WriteError::Request(RequestError::Statement(message.into()))
}
