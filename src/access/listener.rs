//! Hears, over a connection of its own, whose access has changed, and makes the server forget what
//! it knew of him.
//!
//! PostgreSQL gives out what was told before it answers the connection's next statement. So whoever
//! sends one and has its answer has heard of everything that was committed before. That is done
//! each second, and after each write.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls, Notification};

use super::cache::Sessions;
use super::keys::Keys;
use crate::config::DatabaseUrl;

const CHANNELS: &str = "LISTEN access_changed; LISTEN signing_keys_changed";

const BEAT: Duration = Duration::from_secs(1);

/// How long PostgreSQL may take to connect or to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// Why nothing is heard any more.
#[derive(Debug, Error)]
enum Deaf {
    #[error("the connection failed")]
    Connection(#[from] tokio_postgres::Error),
    #[error("the connection has ended")]
    Ended,
    #[error("PostgreSQL does not answer in time")]
    Late(#[from] tokio::time::error::Elapsed),
}

/// Listens until it is dropped.
pub(super) struct Listener {
    ear: Arc<Ear>,
    task: JoinHandle<()>,
}

struct Ear {
    config: Config,
    sessions: Arc<Sessions>,
    keys: Arc<Keys>,
    client: Mutex<Option<Arc<Client>>>,
}

impl Listener {
    /// Begins to listen.
    pub(super) fn start(
        url: &DatabaseUrl,
        sessions: Arc<Sessions>,
        keys: Arc<Keys>,
    ) -> Result<Self, tokio_postgres::Error> {
        let mut config: Config = url.expose().parse()?;
        config.application_name("agent-free listener").connect_timeout(ANSWER_TIMEOUT);
        let ear = Arc::new(Ear { config, sessions, keys, client: Mutex::default() });
        let task = tokio::spawn(listen(ear.clone()));
        Ok(Self { ear, task })
    }

    /// Waits until everything was heard that was committed by now. Where nothing can be heard
    /// there is nothing to wait for: what is remembered does not count then.
    pub(super) async fn catch_up(&self) {
        let client = self.ear.client.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(client) = client else { return };
        let answered = tokio::time::timeout(ANSWER_TIMEOUT, client.batch_execute("")).await;
        if !matches!(answered, Ok(Ok(()))) {
            self.ear.sessions.deaf();
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(ear: Arc<Ear>) {
    loop {
        let Err(error) = ear.listen().await;
        ear.client.lock().unwrap_or_else(PoisonError::into_inner).take();
        ear.sessions.deaf();
        tell(&error);
        tokio::time::sleep(BEAT).await;
    }
}

fn tell(error: &Deaf) {
    let error = error as &dyn std::error::Error;
    tracing::warn!(error, "changes of access are not heard: each request looks them up");
}

impl Ear {
    async fn listen(&self) -> Result<std::convert::Infallible, Deaf> {
        let connecting = self.config.connect(NoTls);
        let (client, mut connection) = tokio::time::timeout(ANSWER_TIMEOUT, connecting).await??;
        let hear = async {
            loop {
                match poll_fn(|context| connection.poll_message(context)).await {
                    Some(Ok(AsyncMessage::Notification(told))) => self.hear(&told),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(Deaf::from(error)),
                    None => return Err(Deaf::Ended),
                }
            }
        };
        let beat = async {
            let client = Arc::new(client);
            tokio::time::timeout(ANSWER_TIMEOUT, client.batch_execute(CHANNELS)).await??;
            // What changed before was told to nobody.
            self.sessions.forget_all();
            self.keys.reload().await;
            *self.client.lock().unwrap_or_else(PoisonError::into_inner) = Some(client.clone());
            loop {
                let asked = Instant::now();
                tokio::time::timeout(ANSWER_TIMEOUT, client.batch_execute("")).await??;
                self.sessions.heard(asked);
                tokio::time::sleep(BEAT).await;
            }
        };
        tokio::select! {
            ended = hear => ended,
            ended = beat => ended,
        }
    }

    fn hear(&self, told: &Notification) {
        if told.channel() == "signing_keys_changed" {
            let (sessions, keys) = (self.sessions.clone(), self.keys.clone());
            tokio::spawn(async move {
                keys.reload().await;
                sessions.forget_checked();
            });
        } else {
            match told.payload().parse() {
                Ok(user) => self.sessions.forget(user),
                Err(_) => self.sessions.forget_all(),
            }
        }
    }
}
