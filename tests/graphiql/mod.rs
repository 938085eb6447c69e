//! GraphiQL as its user meets it: a real browser opens the page, runs a query and reads the answer.

mod browser;
mod page;
mod second_factors;
mod sign_in;

use serde_json::{Value, json};

use crate::support::{TestDatabase, TestServer};
use browser::Browser;

/// The errors that the editors underline.
const UNDERLINED: &str =
    "JSON.stringify(__MONACO.editor.getModelMarkers({}).map(({ message }) => message))";

/// Waits for an answer that contains this.
async fn answer_with(browser: &mut Browser, part: &str) {
    let text = "(document.querySelector('.graphiql-response .view-lines')?.innerText ?? '')";
    // Monaco shows spaces that do not break.
    browser.wait_for(&format!("{text}.replaceAll('\\u00a0', ' ').includes({})", json!(part))).await;
}

/// The editor is ready when it colours what is in it.
async fn editor_ready(browser: &mut Browser) {
    browser
        .wait_for("document.querySelector('.graphiql-query-editor .view-line .mtk1 + span')")
        .await;
}

#[tokio::test]
async fn a_query_is_run_and_its_answer_seen() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    let mut browser = Browser::open(&server.url("/graphiql")).await;
    editor_ready(&mut browser).await;
    assert_eq!(browser.evaluate("document.title").await, "Agent Free");

    browser.click("button.graphiql-execute-button").await;
    answer_with(&mut browser, r#""totalCount": 0"#).await;

    browser.click(".graphiql-query-editor .view-lines").await;
    let control_a =
        json!({ "type": "keyDown", "code": "KeyA", "windowsVirtualKeyCode": 65, "modifiers": 2 });
    browser.call("Input.dispatchKeyEvent", control_a).await;
    // The editor adds the last bracket by itself.
    browser
        .call("Input.insertText", json!({ "text": "query Types { propertyTypes { code }" }))
        .await;
    browser.wait_for("document.querySelector('.graphiql-tabs').innerText.includes('Types')").await;
    browser.click("button.graphiql-execute-button").await;
    answer_with(&mut browser, r#""code": "RESIDENTIAL""#).await;
    assert_eq!(browser.evaluate(UNDERLINED).await, "[]");

    browser.click("button[aria-label='Show Documentation Explorer']").await;
    browser.click(".graphiql-doc-explorer-content a.graphiql-doc-explorer-type-name").await;
    browser
        .wait_for("document.querySelector('.graphiql-doc-explorer-title').innerText === 'Query'")
        .await;

    assert_eq!(browser.complaints, Vec::<String>::new());
    let requests = browser.close().await;
    assert!(requests.contains(&server.url("/graphiql/worker.js")), "{requests:?}");
    let outside: Vec<_> =
        requests.iter().filter(|url| !url.starts_with(&server.url("/"))).collect();
    assert!(outside.is_empty(), "{outside:?}");
}

#[tokio::test]
async fn the_page_may_not_speak_to_another_host() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    let mut browser = Browser::open(&server.url("/graphiql")).await;
    browser.wait_for("document.title === 'Agent Free'").await;
    let image = "new Promise(end => Object.assign(new Image(), { onerror: () => end('refused') }).src = 'http://outside.invalid/')";
    assert_eq!(browser.evaluate(image).await, "refused");
    let requests = browser.close().await;
    assert!(!requests.iter().any(|url| url.contains("outside.invalid")), "{requests:?}");
}

/// Holds the record to account: where nothing forbids it, a request to another host is in it.
#[tokio::test]
async fn a_request_to_another_host_would_be_seen() {
    let mut browser = Browser::open("data:text/html,<img src=http://outside.invalid/>").await;
    browser.wait_for("document.images[0]?.complete").await;
    assert_eq!(browser.close().await, ["http://outside.invalid/"]);
}

#[tokio::test]
async fn each_example_is_answered() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    let examples = server.client().get(server.url("/graphiql/examples.json")).send().await.unwrap();
    let examples: Vec<Value> = examples.json().await.unwrap();
    assert_eq!(examples.len(), 11);
    for example in examples {
        let variables = example["variables"]
            .as_str()
            .map_or(Value::Null, |text| serde_json::from_str(text).unwrap());
        let answer = server.query(example["query"].as_str().unwrap(), variables).await;
        assert!(answer.data().is_object(), "{example}");
    }
}

#[tokio::test]
async fn files_are_sent_compressed_and_once() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    let client = server.client();
    for (file, content_type, compressed) in [
        ("/graphiql", "text/html; charset=utf-8", false),
        ("/graphiql/", "text/html; charset=utf-8", false),
        ("/graphiql/main.js", "text/javascript; charset=utf-8", true),
        ("/graphiql/worker.js", "text/javascript; charset=utf-8", true),
        ("/graphiql/main.css", "text/css; charset=utf-8", true),
        ("/graphiql/icon.svg", "image/svg+xml", false),
        ("/graphiql/codicon.ttf", "font/ttf", true),
        ("/graphiql/roboto-latin-400-normal.woff2", "font/woff2", false),
        ("/graphiql/examples.json", "application/json", false),
        ("/graphiql/third-party-notices.txt", "text/plain; charset=utf-8", true),
    ] {
        let first = client
            .get(server.url(file))
            .header("accept-encoding", "br, gzip")
            .send()
            .await
            .unwrap();
        assert_eq!(first.status(), 200, "{file}");
        assert_eq!(first.headers()["content-type"], content_type, "{file}");
        assert_eq!(
            first.headers().get("content-encoding").is_some_and(|how| how == "gzip"),
            compressed,
            "{file}"
        );
        assert!(first.headers().contains_key("content-security-policy"), "{file}");
        let tag = first.headers()["etag"].clone();
        let again = client.get(server.url(file)).header("if-none-match", tag).send().await.unwrap();
        assert_eq!(again.status(), 304, "{file}");
        assert!(again.bytes().await.unwrap().is_empty(), "{file}");
        let plain = client
            .get(server.url(file))
            .header("accept-encoding", "gzip;q=0")
            .send()
            .await
            .unwrap();
        assert!(!plain.headers().contains_key("content-encoding"), "{file}");
    }
    let nothing = client.get(server.url("/graphiql/main.js.gz")).send().await.unwrap();
    assert_eq!(nothing.status(), 404);
}
