//! What a mutation does before its transaction: it may take long, for it holds no connection.

use std::any::Any;

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::user_error::WriteError;
use crate::pool::Pool;
use crate::viewer::Viewer;

/// What is there before a mutation's transaction.
pub struct Before<'a> {
    pub(crate) viewer: &'a Viewer,
    pub(crate) context: Option<&'a (dyn Any + Send + Sync)>,
    pub(crate) pool: &'a Pool,
}

impl Before<'_> {
    /// Who is asking.
    pub fn viewer(&self) -> &Viewer {
        self.viewer
    }

    /// What the transport knows of the request, if it is of this type.
    pub fn context<T: 'static>(&self) -> Option<&T> {
        self.context?.downcast_ref()
    }

    /// Reads over a connection of its own. What it finds may have changed when the transaction
    /// begins.
    ///
    /// # Errors
    /// The database is away, or refuses the statement.
    pub async fn query(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, WriteError> {
        Ok(self.pool.query(sql, parameters).await?)
    }
}

/// What [`super::Mutation::before`] found, for the same mutation's `run`.
#[derive(Default)]
pub struct Prepared(Option<Box<dyn Any + Send + Sync>>);

impl Prepared {
    /// Nothing.
    pub fn none() -> Self {
        Self::default()
    }

    /// A value.
    pub fn new(value: impl Any + Send + Sync) -> Self {
        Self(Some(Box::new(value)))
    }

    /// The value, if it is of this type.
    pub(crate) fn get<T: 'static>(&self) -> Option<&T> {
        self.0.as_ref()?.downcast_ref()
    }
}
