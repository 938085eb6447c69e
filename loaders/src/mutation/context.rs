//! A mutation's way to the database: its own transaction, with every statement counted, and the
//! lock through which it comes to a row.

use std::sync::Arc;
use std::time::Instant;

use async_graphql::Value;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use super::Prepared;
use super::user_error::{UserError, UserErrorCode, WriteError};
use crate::error::{FieldError, RequestError};
use crate::error_code::ErrorCode;
use crate::plan::input::Leaf;
use crate::plan::sql::{Parts, Policies, Seen};
use crate::plan::types::Parameter;
use crate::run::Run;
use crate::scalar::Kind;
use crate::viewer::Viewer;

/// The transaction of one mutation.
pub struct WriteContext<'a> {
    pub(crate) run: &'a Run<'a>,
    pub(crate) prepared: &'a Prepared,
}

impl WriteContext<'_> {
    /// Who is asking.
    pub fn viewer(&self) -> &Viewer {
        self.run.viewer
    }

    /// What the transport knows of the request, if it is of this type.
    pub fn context<T: 'static>(&self) -> Option<&T> {
        self.run.context?.downcast_ref()
    }

    /// What [`super::Mutation::before`] has prepared, if it is of this type.
    pub fn prepared<T: 'static>(&self) -> Option<&T> {
        self.prepared.get()
    }

    /// Who is signed in.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` where nobody is.
    pub fn viewer_id(&self) -> Result<Uuid, WriteError> {
        self.run.viewer.id().ok_or_else(|| {
            let message = "nobody is signed in: sign in first";
            FieldError::new(ErrorCode::Unauthenticated, message).into()
        })
    }

    /// That the viewer has this permission everywhere.
    ///
    /// # Errors
    /// `FORBIDDEN` if not.
    pub fn require(&self, permission: &str) -> Result<(), WriteError> {
        self.require_within(permission, None)
    }

    /// That the viewer has this permission in a scope: a firm, say.
    ///
    /// # Errors
    /// `FORBIDDEN` if not.
    pub fn require_in(&self, permission: &str, scope: Uuid) -> Result<(), WriteError> {
        self.require_within(permission, Some(scope))
    }

    fn require_within(&self, permission: &str, scope: Option<Uuid>) -> Result<(), WriteError> {
        if self.run.viewer.permissions.allows(permission, scope) {
            return Ok(());
        }
        Err(FieldError::lacks(permission).into())
    }

    /// Locks the row of this type and id until the transaction ends, and gives the named columns
    /// as they are then. The viewer must see the row and may write it; and the row must have the
    /// expected version, if one is given.
    ///
    /// # Errors
    /// `NOT_FOUND` at `id` for what is absent or hidden, `STALE_VERSION` at `expectedVersion`;
    /// `FORBIDDEN` for a row that the viewer sees and may not write.
    pub async fn lock(
        &self,
        type_name: &str,
        id: Uuid,
        expected_version: Option<i64>,
        columns: &str,
    ) -> Result<Row, WriteError> {
        self.lock_at(&["id"], type_name, id, expected_version, columns).await
    }

    /// The same, for an id that stands elsewhere in the input.
    ///
    /// # Errors
    /// See [`Self::lock`]; `NOT_FOUND` is at `path`.
    pub async fn lock_at(
        &self,
        path: &[&str],
        type_name: &str,
        id: Uuid,
        expected_version: Option<i64>,
        columns: &str,
    ) -> Result<Row, WriteError> {
        self.lock_row(path, type_name, id, expected_version, columns, None).await
    }

    /// The same as [`Self::lock`], where it takes a permission instead of what lets a row be written:
    /// the viewer has it everywhere, or by the policy for this row.
    ///
    /// # Errors
    /// See [`Self::lock`]; `FORBIDDEN` names the permission.
    pub async fn lock_permitted(
        &self,
        type_name: &str,
        id: Uuid,
        expected_version: Option<i64>,
        columns: &str,
        permission: &str,
    ) -> Result<Row, WriteError> {
        let permission = Some(permission);
        self.lock_row(&["id"], type_name, id, expected_version, columns, permission).await
    }

    async fn lock_row(
        &self,
        path: &[&str],
        type_name: &str,
        id: Uuid,
        expected_version: Option<i64>,
        columns: &str,
        permission: Option<&str>,
    ) -> Result<Row, WriteError> {
        let Some((entity, bound)) = self.run.model.entity(type_name) else {
            let message = format!("`{type_name}` has no table").into();
            return Err(RequestError::Statement(message).into());
        };
        let policies = Policies { model: self.run.model, viewer: self.run.viewer };
        let mut parts = Parts::default();
        let alias = parts.alias();
        let place = parts.parameter(
            Parameter::Value(
                Leaf::Constant(Value::from(id.to_string())),
                Kind::Uuid,
                String::new(),
            ),
            Type::UUID,
        );
        let mut seen = vec![format!("{alias}.id = {place}")];
        seen.extend(policies.conditions(entity, &alias, Seen::default(), &mut parts));
        let writable = match permission {
            None => policies.writable(entity, &alias, &mut parts),
            Some(permission) => policies.permitted(entity, &alias, permission, &mut parts).sql(),
        };
        let sql = format!(
            "SELECT {columns}, {alias}.version AS locked_version, ({writable}) IS TRUE AS locked_writable \
             FROM {} {alias} WHERE {} FOR UPDATE OF {alias}",
            bound.table,
            seen.join(" AND ")
        );
        let rows = self.run.query(&parts.statement(sql), &[]).await?;
        let Some(row) = rows.into_iter().next() else {
            let message = format!("there is no {} with this id", words(type_name));
            return Err(UserError::new(UserErrorCode::NotFound, path, message).into());
        };
        if !row.try_get("locked_writable")? {
            let refused = match permission {
                None => {
                    let message = format!("this {} is not yours to change", words(type_name));
                    FieldError::new(ErrorCode::Forbidden, message)
                }
                Some(permission) => FieldError::lacks(permission),
            };
            return Err(refused.into());
        }
        let version: i32 = row.try_get("locked_version")?;
        match expected_version {
            Some(expected) if expected != i64::from(version) => {
                let message = format!(
                    "the {} has version {version} by now, not {expected}: read it again and see what has changed",
                    words(type_name)
                );
                Err(UserError::new(UserErrorCode::StaleVersion, &["expectedVersion"], message)
                    .into())
            }
            _ => Ok(row),
        }
    }

    /// Whether the viewer sees and may write all these rows: asked of rows that were just made.
    ///
    /// # Errors
    /// `FORBIDDEN` if not.
    pub async fn require_writable(&self, type_name: &str, ids: &[Uuid]) -> Result<(), WriteError> {
        let Some((entity, bound)) = self.run.model.entity(type_name) else {
            let message = format!("`{type_name}` has no table").into();
            return Err(RequestError::Statement(message).into());
        };
        let policies = Policies { model: self.run.model, viewer: self.run.viewer };
        let mut parts = Parts::default();
        let alias = parts.alias();
        let keys = parts.parameter(Parameter::Keys, Type::UUID_ARRAY);
        let mut allowed = vec![format!("{alias}.id = ANY({keys})")];
        allowed.extend(policies.conditions(entity, &alias, Seen::default(), &mut parts));
        allowed.push(policies.writable(entity, &alias, &mut parts));
        let sql =
            format!("SELECT count(*) FROM {} {alias} WHERE {}", bound.table, allowed.join(" AND "));
        let rows = self.run.query(&parts.statement(sql), ids).await?;
        let allowed: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0))?;
        if usize::try_from(allowed).ok() == Some(ids.len()) {
            return Ok(());
        }
        let message = format!("you may not make such a {}", words(type_name));
        Err(FieldError::new(ErrorCode::Forbidden, message).into())
    }

    /// Runs a statement and gives its rows. Its text is written by us alone: whatever a request
    /// brings is a parameter. Parameters for closed lists are cast: `$1::text`.
    ///
    /// # Errors
    /// What the database says; a violated constraint becomes a mistake in the input.
    pub async fn query(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, WriteError> {
        let session = self.run.session;
        let (sql, prepared) = session.prepared_text(sql).await?;
        let started = Instant::now();
        session.begin();
        let rows = session.client.query(&prepared, parameters).await;
        session.end();
        let rows = rows?;
        self.run.note(sql, started, rows.len());
        Ok(rows)
    }

    /// The same, for a statement that gives one row or none.
    ///
    /// # Errors
    /// See [`Self::query`].
    pub async fn query_opt(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>, WriteError> {
        Ok(self.query(sql, parameters).await?.into_iter().next())
    }

    /// The same, for a statement that always gives a row.
    ///
    /// # Errors
    /// See [`Self::query`]; no row is a defect of ours.
    pub async fn query_one(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Row, WriteError> {
        self.query_opt(sql, parameters)
            .await?
            .ok_or_else(|| RequestError::Statement("the statement gave no row".into()).into())
    }

    /// Runs a statement and says how many rows it touched.
    ///
    /// # Errors
    /// See [`Self::query`].
    pub async fn execute(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, WriteError> {
        let session = self.run.session;
        let (sql, prepared) = session.prepared_text(sql).await?;
        let started = Instant::now();
        session.begin();
        let touched = session.client.execute(&prepared, parameters).await;
        session.end();
        let touched = touched?;
        self.run.note(sql, started, usize::try_from(touched).unwrap_or(usize::MAX));
        Ok(touched)
    }
}

/// `PropertyFeature` → `property feature`, for messages.
pub(crate) fn words(type_name: &str) -> Arc<str> {
    crate::registry::snake_case(type_name).replace('_', " ").into()
}
