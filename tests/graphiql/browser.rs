//! A headless Chromium, driven through its DevTools protocol.
//!
//! Promises: a fresh profile, a record of each request that the page and its workers make and of
//! each error on the console, no word to the world outside this machine, and no process left behind.
//!
//! A crate for the whole protocol is a minute of compiling; a page needs these few methods.

use std::process::Stdio;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// How long a busy machine may take for one step.
const PATIENCE: Duration = Duration::from_secs(60);

/// The file in the profile to which Chromium's network service writes all that it does.
const NETWORK_LOG: &str = "network.json";

const FLAGS: [&str; 13] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    // Chromium's own errands, which no flag stops altogether, end at a port where nobody listens.
    "--proxy-server=127.0.0.1:9",
    "--window-size=1400,900",
    "--remote-debugging-port=0",
    "about:blank",
];

/// A tab that is not in front.
pub struct Tab(Option<String>);

/// The browser, and the tab in front, which is the one that it is asked about.
pub struct Browser {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// None for the browser itself.
    session: Option<String>,
    last_id: u64,
    /// What the console showed as errors: exceptions, refused or failed requests.
    pub complaints: Vec<String>,
    process: Child,
    profile: TempDir,
}

impl Browser {
    /// Starts Chromium and opens this address in it.
    pub async fn open(url: &str) -> Self {
        let profile = TempDir::new().unwrap();
        let process = Command::new("chromium")
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(format!("--log-net-log={}", profile.path().join(NETWORK_LOG).display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("Chromium starts (on Debian: apt-get install chromium)");
        let (socket, _) = connect_async(debugging_address(&profile).await).await.unwrap();
        let mut browser =
            Self { socket, session: None, last_id: 0, complaints: Vec::new(), process, profile };
        let targets = browser.call("Target.getTargets", json!({})).await;
        let targets = targets["targetInfos"].as_array().unwrap();
        let page = targets.iter().find(|target| target["type"] == "page").unwrap();
        browser.attach(&page["targetId"]).await;
        browser.call("Page.navigate", json!({ "url": url })).await;
        browser
    }

    /// Puts a tab in front.
    async fn attach(&mut self, target: &Value) {
        let target = json!({ "targetId": target, "flatten": true });
        let attached = self.call("Target.attachToTarget", target).await;
        self.session = attached["sessionId"].as_str().map(str::to_owned);
        self.call("Log.enable", json!({})).await;
        self.call("Runtime.enable", json!({})).await;
    }

    /// Opens this address in another tab, in front; gives the one that was there before.
    pub async fn open_tab(&mut self, url: &str) -> Tab {
        let before = Tab(self.session.take());
        let made = self.call("Target.createTarget", json!({ "url": url })).await;
        self.attach(&made["targetId"]).await;
        before
    }

    /// Puts this tab in front; gives the one that was there before.
    pub async fn show(&mut self, tab: Tab) -> Tab {
        let before = Tab(std::mem::replace(&mut self.session, tab.0));
        self.call("Page.bringToFront", json!({})).await;
        before
    }

    /// From now on, answers take a second and a half until they have reached the tab in front.
    pub async fn slow_down(&mut self) {
        let slow = json!({ "offline": false, "latency": 1500, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.call("Network.enable", json!({})).await;
        self.call("Network.emulateNetworkConditions", slow).await;
    }

    /// A cookie for the tab in front, also one that its scripts cannot read.
    pub async fn cookie(&mut self, name: &str) -> Option<Value> {
        let mut found = self.call("Network.getCookies", json!({})).await;
        let cookies = found["cookies"].as_array_mut().unwrap();
        cookies.iter_mut().find(|cookie| cookie["name"] == name).map(Value::take)
    }

    /// Calls a method of the protocol and gives its result.
    pub async fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.last_id += 1;
        let mut message = json!({ "id": self.last_id, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(message.to_string())).await.unwrap();
        loop {
            let mut message = self.receive().await;
            if message["id"] == self.last_id {
                assert!(message.get("error").is_none(), "{method}: {}", message["error"]);
                return message["result"].take();
            }
        }
    }

    /// The next message; an error on the console is noted.
    async fn receive(&mut self) -> Value {
        let message =
            timeout(PATIENCE, self.socket.next()).await.expect("Chromium answers in time");
        let message: Value =
            serde_json::from_str(message.unwrap().unwrap().to_text().unwrap()).unwrap();
        let event = &message["params"];
        if message["method"] == "Runtime.exceptionThrown" {
            self.complaints.push(event["exceptionDetails"].to_string());
        } else if message["method"] == "Log.entryAdded" && event["entry"]["level"] == "error" {
            self.complaints.push(event["entry"].to_string());
        }
        message
    }

    /// The value of a JavaScript expression in the page.
    pub async fn evaluate(&mut self, expression: &str) -> Value {
        let parameters =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut answer = self.call("Runtime.evaluate", parameters).await;
        answer["result"]["value"].take()
    }

    /// Waits until a JavaScript expression is truthy in the page, and gives its value.
    pub async fn wait_for(&mut self, expression: &str) -> Value {
        let attempt = async {
            loop {
                let value = self.evaluate(&format!("({expression}) || null")).await;
                if !value.is_null() {
                    return value;
                }
                sleep(Duration::from_millis(50)).await;
            }
        };
        if let Ok(value) = timeout(PATIENCE, attempt).await {
            return value;
        }
        let page = self.evaluate("document.body.innerText").await;
        panic!(
            "the page never came to: {expression}\nerrors: {:#?}\npage: {page}",
            self.complaints
        );
    }

    /// Clicks with the mouse in the middle of the element that a CSS selector finds, once it is there.
    pub async fn click(&mut self, selector: &str) {
        let outline = format!(
            "document.querySelector({})?.getBoundingClientRect().toJSON()",
            json!(selector)
        );
        let outline = self.wait_for(&outline).await;
        let number = |name: &str| outline[name].as_f64().unwrap();
        let (x, y) = (number("x") + number("width") / 2.0, number("y") + number("height") / 2.0);
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event).await;
        }
    }

    /// Ends the browser and gives the URL of each request that a page or worker made, in order.
    /// A test that fails before leaves the ending to `kill_on_drop`.
    pub async fn close(mut self) -> Vec<String> {
        self.session = None;
        self.call("Browser.close", json!({})).await;
        timeout(PATIENCE, self.process.wait()).await.expect("Chromium ends in time").unwrap();
        let log = std::fs::read(self.profile.path().join(NETWORK_LOG)).unwrap();
        let log: Value = serde_json::from_slice(&log).unwrap();
        let requests = log["events"].as_array().unwrap().iter().map(|event| &event["params"]);
        // What was typed into the address bar, or is the browser's own errand, has no origin.
        let of_pages = requests.filter(|request| {
            request["initiator"].as_str().is_some_and(|by| by != "not an origin")
        });
        of_pages.map(|request| request["url"].as_str().unwrap().to_owned()).collect()
    }
}

/// Chromium chooses a free port and writes it, and the path, into its profile.
async fn debugging_address(profile: &TempDir) -> String {
    let file = profile.path().join("DevToolsActivePort");
    let attempt = async {
        loop {
            let content = std::fs::read_to_string(&file).unwrap_or_default();
            match content.split_once('\n') {
                Some((port, path)) if !path.is_empty() => {
                    return format!("ws://127.0.0.1:{port}{path}");
                }
                _ => sleep(Duration::from_millis(20)).await,
            }
        }
    };
    timeout(PATIENCE, attempt).await.expect("Chromium opens its debugging port in time")
}
