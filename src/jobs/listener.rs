//! Hears when a job is enqueued, so that nobody has to look all the time.
//!
//! Nothing depends on it but how soon a job begins: workers look by themselves as well.

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, ready};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_postgres::{AsyncMessage, NoTls};

use crate::config::DatabaseUrl;

/// How long it waits before it connects again.
const PAUSE: Duration = Duration::from_secs(1);

/// Rings the bell for each notification, for ever; connects again where a connection was lost.
pub(super) async fn listen(url: DatabaseUrl, bell: Arc<Notify>) {
    loop {
        if let Err(error) = hear(&url, &bell).await {
            let error = &error as &dyn std::error::Error;
            tracing::debug!(error, "no job is heard of until the database is back");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Until the connection ends.
async fn hear(url: &DatabaseUrl, bell: &Notify) -> Result<(), tokio_postgres::Error> {
    let mut config: tokio_postgres::Config = url.expose().parse()?;
    config.application_name("agent-free jobs");
    let (client, mut connection) = config.connect(NoTls).await?;
    let mut listening = pin!(client.batch_execute("LISTEN jobs"));
    let mut is_listening = false;
    // Statement and connection are polled in one task, which either of them wakes.
    poll_fn(|context| {
        if !is_listening && let Poll::Ready(begun) = listening.as_mut().poll(context) {
            begun?;
            is_listening = true;
            // What was enqueued before that.
            bell.notify_one();
        }
        while let Some(message) = ready!(connection.poll_message(context)).transpose()? {
            if let AsyncMessage::Notification(_) = message {
                bell.notify_one();
            }
        }
        Poll::Ready(Ok(()))
    })
    .await
}
