//! Removes the answers under idempotency keys whose time is over, in the background.
//!
//! Nothing depends on it but the size of a table: a key whose time is over counts as new, swept or
//! not. Several servers may sweep at once; each takes other rows.

use std::sync::Arc;
use std::time::Duration;

use loaders::Engine;
use tokio::task::JoinHandle;

/// How often it looks.
const INTERVAL: Duration = Duration::from_secs(60);

/// Sweeps until it is dropped.
pub(super) struct Sweeper(JoinHandle<()>);

impl Sweeper {
    pub(super) fn start(engine: Arc<Engine>) -> Self {
        Self(tokio::spawn(async move {
            loop {
                tokio::time::sleep(INTERVAL).await;
                // A bounded number at once, so that no statement takes long.
                loop {
                    match engine.sweep_idempotency_keys().await {
                        Ok(0) => break,
                        Ok(swept) => tracing::debug!(swept, "idempotency keys whose time was over"),
                        Err(error) => {
                            let error = &error as &dyn std::error::Error;
                            tracing::warn!(error, "idempotency keys were not swept");
                            break;
                        }
                    }
                }
            }
        }))
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}
