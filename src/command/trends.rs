//! `agent-free trends`: computes the market trends again from the sales.

use super::CommandError;
use crate::config::DatabaseUrl;
use crate::database::{self, DatabaseError};
use crate::property::market_trends;

pub(super) async fn run(url: &DatabaseUrl) -> Result<(), CommandError> {
    let mut client = database::connect(url).await?;
    let refreshed = async {
        let transaction = client.transaction().await?;
        let changed = market_trends::refresh(&transaction).await?;
        transaction.commit().await?;
        Ok::<_, tokio_postgres::Error>(changed)
    };
    let changed = refreshed.await.map_err(DatabaseError::Statement)?;
    println!("{changed} market trends changed.");
    Ok(())
}
