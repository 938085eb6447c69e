//! GraphiQL as somebody works in it: operations go into its editor and are run by its button, from a
//! browser that knows the server by a name.

use std::net::SocketAddr;

use agent_free::config::Config;
use serde_json::{Value, json};

use super::browser::Browser;
use super::editor_ready;
use crate::support::free_address;
use crate::users::{Accounts, PASSWORD};

/// Who signs in.
pub(super) const EMAIL: &str = "ada@example.test";

/// Asks who the page is.
pub(super) const WHO: &str = "query Who { viewer { user { displayName } } }";

/// A server, and where browsers find it: under a name, for they make no passkeys for an address.
pub(super) async fn site(change: impl FnOnce(&mut Config)) -> (Accounts, String) {
    let address: SocketAddr = free_address().await.parse().unwrap();
    let origin = format!("http://localhost:{}", address.port());
    let accounts = Accounts::start_with(|config| {
        config.http.listen_address = address;
        config.access.public_url.clone_from(&origin);
        change(config);
    })
    .await;
    (accounts, origin)
}

/// A browser with GraphiQL open.
pub(super) async fn open(origin: &str) -> Browser {
    let mut browser = Browser::open(&format!("{origin}/graphiql")).await;
    editor_ready(&mut browser).await;
    browser
}

/// Puts an operation into the editor in the place of what is there, and presses the button.
pub(super) async fn press(browser: &mut Browser, operation: &str) {
    let name = operation.split([' ', '(', '{']).nth(1).unwrap();
    let put = format!(
        "const of = (name) => __MONACO.editor.getModels().find(({{ uri }}) => uri.path.endsWith(name));
        of('operation.graphql').setValue({});
        of('response.json').setValue('');",
        json!(operation)
    );
    browser.evaluate(&format!("(() => {{ {put} }})()")).await;
    let named = format!(
        "document.querySelector('.graphiql-tab-active').innerText.trim() === {}",
        json!(name)
    );
    browser.wait_for(&named).await;
    browser.click("button.graphiql-execute-button").await;
}

/// What the page shows as the answer, once it does.
pub(super) async fn answer(browser: &mut Browser) -> Value {
    let shown = "__MONACO.editor.getModels()
        .find(({ uri }) => uri.path.endsWith('response.json')).getValue().trim()";
    let text = browser.wait_for(shown).await;
    serde_json::from_str(text.as_str().unwrap()).unwrap()
}

/// Runs an operation in GraphiQL and gives its one payload.
pub(super) async fn run(browser: &mut Browser, operation: &str) -> Value {
    press(browser, operation).await;
    payload(answer(browser).await)
}

/// Who the page is, as its user sees it.
pub(super) async fn who(browser: &mut Browser) -> Value {
    run(browser, WHO).await["user"]["displayName"].clone()
}

/// Signs in by cookies.
pub(super) async fn sign_in(browser: &mut Browser) -> Value {
    run(browser, &sign_in_with(PASSWORD)).await
}

/// The operation for it.
pub(super) fn sign_in_with(password: &str) -> String {
    format!(
        "mutation SignIn {{
            signIn(input: {{ email: \"{EMAIL}\", password: \"{password}\", transport: COOKIE }}) {{
                session {{ accessToken refreshToken expiresAt }}
                challenge {{ challenge methods hasRecoveryCodes passkeyOptions }}
                errors {{ code path }}
            }}
        }}"
    )
}

/// The one field of an answer without errors.
#[track_caller]
pub(super) fn payload(answer: Value) -> Value {
    assert!(answer.get("errors").is_none(), "{answer:#}");
    let fields = answer["data"].as_object().unwrap_or_else(|| panic!("no data in {answer:#}"));
    let (_, payload) = fields.iter().next().unwrap();
    let mistakes = payload.get("errors").and_then(Value::as_array);
    assert!(mistakes.is_none_or(Vec::is_empty), "{answer:#}");
    payload.clone()
}
