//! The real server, in this process, on a port of its own.

use std::ffi::OsString;
use std::net::SocketAddr;

use agent_free::config::{self, Config};
use agent_free::server;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{OnceCell, oneshot};
use tokio::task::JoinHandle;

use super::viewer::{Asker, Asking, TestUser};
use super::{Answer, TestDatabase, connect};

/// A running server, stopped with this value.
pub struct TestServer {
    address: SocketAddr,
    database: String,
    asking: Asking,
    administrator: OnceCell<TestUser>,
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
        let database = config.database.url.expose().to_owned();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let shutdown = async move {
                // A sender that was dropped asks for the end as well.
                let _ = stopped.await;
            };
            server::serve(&config, listener, shutdown).await
        });
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut server = Self {
            address,
            database,
            asking: Asking::Administrator,
            administrator: OnceCell::new(),
            client,
            stop: Some(stop),
            task,
        };
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

    /// The same server, whose [`Self::query`] is asked by someone else than an administrator.
    pub fn asked_by(mut self, asking: Asking) -> Self {
        self.asking = asking;
        self
    }

    /// Sends an operation as a front end would: as an administrator, unless [`Self::asked_by`] says
    /// otherwise.
    pub async fn query(&self, text: &str, variables: Value) -> Answer {
        self.asker(self.asking.clone()).query(text, variables).await
    }

    /// Asks as an administrator.
    pub fn as_administrator(&self) -> Asker<'_> {
        self.asker(Asking::Administrator)
    }

    /// Asks as this user.
    pub fn as_user(&self, user: &TestUser) -> Asker<'_> {
        self.asker(Asking::User(user.clone()))
    }

    /// Asks as nobody in particular.
    pub fn anonymous(&self) -> Asker<'_> {
        self.asker(Asking::Anonymous)
    }

    fn asker(&self, asking: Asking) -> Asker<'_> {
        Asker { server: self, asking }
    }

    /// A new user who has this shipped role everywhere.
    pub async fn user(&self, role: &str) -> TestUser {
        TestUser::of_role(&connect(&self.database).await, role).await
    }

    /// Somebody who holds every permission, made when first asked for.
    pub async fn administrator(&self) -> &TestUser {
        self.administrator.get_or_init(|| self.user("administrator")).await
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

/// A key that protects nothing.
pub const SECRET_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// The defaults, on this database and a free port.
pub fn default_config(database: &TestDatabase) -> Config {
    let examination = config::examine(|name| match name {
        "DATABASE_URL" => Some(OsString::from(database.url())),
        "LISTEN_ADDRESS" => Some("127.0.0.1:0".into()),
        "SECRET_KEY" => Some(SECRET_KEY.into()),
        // Tests that wait for a job or a mail turn them on: see MailFolder.
        "WORKERS" => Some("0".into()),
        "MAIL_URL" => Some("smtp://127.0.0.1:9".into()),
        _ => None,
    });
    let mut config = examination.config.unwrap();
    // Tests ask faster than people do; those of the limits set them.
    config.rate_limits.viewer = None;
    config.rate_limits.address = None;
    config
}
