//! The real server, in this process, on a port of its own.

use std::ffi::OsString;
use std::net::SocketAddr;

use agent_free::config::{self, Config};
use agent_free::server;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{Answer, TestDatabase};

/// A running server, stopped with this value.
pub struct TestServer {
    address: SocketAddr,
    client: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), server::ServerError>>,
}

impl TestServer {
    /// A server with the default settings, but that it tells the cost of each answer.
    pub async fn start(database: &TestDatabase) -> Self {
        Self::start_with(database, |_| {}).await
    }

    /// A server whose settings the test changes.
    pub async fn start_with(database: &TestDatabase, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = default_config(database);
        config.http.expose_cost = true;
        change(&mut config);
        Self::of(config).await
    }

    /// A server with these settings.
    pub async fn of(config: Config) -> Self {
        let listener = TcpListener::bind(config.http.listen_address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let shutdown = async move {
                // A sender that was dropped asks for the end as well.
                let _ = stopped.await;
            };
            server::serve(&config, listener, shutdown).await
        });
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut server = Self { address, client, stop: Some(stop), task };
        server.wait_until_it_answers().await;
        server
    }

    /// The address of something that it serves, such as `/graphql`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A client for requests that [`Self::query`] does not make.
    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// Sends an operation as a front end would.
    pub async fn query(&self, text: &str, variables: Value) -> Answer {
        let body = json!({ "query": text, "variables": variables });
        let request = self.client.post(self.url("/graphql")).json(&body);
        Answer::from(request.send().await.unwrap()).await
    }

    /// Asks the server to stop and waits until it has.
    pub async fn stop(mut self) -> Result<(), server::ServerError> {
        drop(self.stop.take());
        (&mut self.task).await.unwrap()
    }

    async fn wait_until_it_answers(&mut self) {
        let request = self.client.get(self.url("/health/live")).send();
        tokio::select! {
            biased;
            ended = &mut self.task => panic!("the server does not start: {:?}", ended.unwrap()),
            answer = request => assert!(answer.unwrap().status().is_success()),
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The defaults, on this database and a free port.
pub fn default_config(database: &TestDatabase) -> Config {
    let examination = config::examine(|name| match name {
        "DATABASE_URL" => Some(OsString::from(database.url())),
        "LISTEN_ADDRESS" => Some("127.0.0.1:0".into()),
        _ => None,
    });
    examination.config.unwrap()
}
