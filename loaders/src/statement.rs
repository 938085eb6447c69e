//! Statements of the server's own, outside any request: each by itself, over a pooled connection.

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::error::RequestError;
use crate::pool::{Connection, Pool};
use crate::run::failure;

impl Pool {
    /// Reads.
    ///
    /// # Errors
    /// The database is away, or refuses the statement.
    pub async fn query(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, RequestError> {
        self.run(sql, parameters, false).await
    }

    /// Writes, in a transaction of its own; gives the rows that the statement returns.
    ///
    /// # Errors
    /// The database is away, or refuses the statement: nothing is written then.
    pub async fn write(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, RequestError> {
        self.run(sql, parameters, true).await
    }

    async fn run(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
        writes: bool,
    ) -> Result<Vec<Row>, RequestError> {
        let mut connection = self.take().await.map_err(RequestError::away)?;
        let Some(Connection { session, wire }) = connection.connection() else {
            return Err(RequestError::Store("no connection".into()));
        };
        wire.drive(async {
            let (_, prepared) = session.prepared_text(sql).await?;
            if !writes {
                return session.client.query(&prepared, parameters).await;
            }
            session.enter_transaction();
            session.client.batch_execute("BEGIN READ WRITE").await?;
            let rows = session.client.query(&prepared, parameters).await;
            let end = if rows.is_ok() { "COMMIT" } else { "ROLLBACK" };
            session.client.batch_execute(end).await?;
            session.leave_transaction();
            rows
        })
        .await
        .map_err(|error| {
            let failure = failure(error, false);
            if matches!(failure, RequestError::Store(_)) {
                session.lose();
            }
            failure
        })
    }
}
