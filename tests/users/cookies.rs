//! Signing in for browsers: the tokens come in cookies.

use reqwest::header::{COOKIE, SET_COOKIE};
use serde_json::{Value, json};

use super::{Accounts, PASSWORD};

/// A browser: keeps cookies, and repeats the one that scripts can read.
#[derive(Default, Clone)]
struct Browser(Vec<(String, String)>);

const SIGN_IN: &str = "mutation ($email: String!, $password: String!) {
    signIn(input: { email: $email, password: $password, transport: COOKIE }) {
        session { accessToken refreshToken csrfToken } errors { code }
    }
}";

const REFRESH: &str = "mutation {
    refreshSession(input: {}) { session { accessToken refreshToken csrfToken } errors { code } }
}";

const SIGN_OUT: &str = "mutation { signOut(input: {}) { signedOut errors { code } } }";

const WHO: &str = "{ viewer { user { displayName } } }";

impl Browser {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    /// Sends an operation, with the cookies but those left out; gives the answer and what was set.
    async fn send(
        &mut self,
        accounts: &Accounts,
        text: &str,
        csrf: bool,
        but: &str,
    ) -> (Value, Vec<String>) {
        let variables = json!({ "email": "ada@example.test", "password": PASSWORD });
        let variables = if text == SIGN_IN { variables } else { json!({}) };
        let body = json!({ "query": text, "variables": variables });
        let kept = self.0.iter().filter(|(name, _)| name != but);
        let cookies: Vec<String> = kept.map(|(name, value)| format!("{name}={value}")).collect();
        let mut request =
            accounts.server.client().post(accounts.server.url("/graphql")).json(&body);
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        if let (true, Some(token)) = (csrf, self.get("agent-free-csrf")) {
            request = request.header("x-csrf-token", token);
        }
        let response = request.send().await.unwrap();
        let set: Vec<String> = response
            .headers()
            .get_all(SET_COOKIE)
            .iter()
            .map(|cookie| cookie.to_str().unwrap().to_owned())
            .collect();
        for cookie in &set {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.0.retain(|(have, _)| have != name);
            if !cookie.contains("Max-Age=0;") {
                self.0.push((name.to_owned(), value.to_owned()));
            }
        }
        (response.json().await.unwrap(), set)
    }
}

#[tokio::test]
async fn a_browser_signs_in_refreshes_and_signs_out_without_seeing_a_token() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    let mut browser = Browser::default();
    let (answer, set) = browser.send(&accounts, SIGN_IN, false, "").await;
    let session = &answer["data"]["signIn"]["session"];
    assert_eq!(session["accessToken"], Value::Null, "{answer}");
    assert_eq!(session["refreshToken"], Value::Null);
    assert_eq!(session["csrfToken"].as_str(), browser.get("agent-free-csrf"));
    for cookie in &set {
        assert!(cookie.contains("Path=/; Secure; SameSite=Strict"), "{cookie}");
        let is_readable = cookie.starts_with("agent-free-csrf=");
        assert_eq!(cookie.ends_with("HttpOnly"), !is_readable, "{cookie}");
    }
    let (who, _) = browser.send(&accounts, WHO, true, "").await;
    assert_eq!(who["data"]["viewer"]["user"]["displayName"], "Ada Lovelace", "{who}");

    // Also when the access token is over, and gone from the browser.
    let before = browser.get("__Host-agent-free-refresh").unwrap().to_owned();
    let (answer, set) = browser.send(&accounts, REFRESH, true, "__Host-agent-free-access").await;
    assert_eq!(answer["data"]["refreshSession"]["errors"], json!([]), "{answer}");
    assert_eq!(set.len(), 3);
    assert_ne!(browser.get("__Host-agent-free-refresh"), Some(before.as_str()));
    let (who, _) = browser.send(&accounts, WHO, true, "").await;
    assert_eq!(who["data"]["viewer"]["user"]["displayName"], "Ada Lovelace", "{who}");

    let (out, _) = browser.send(&accounts, SIGN_OUT, true, "").await;
    assert_eq!(out["data"]["signOut"]["signedOut"], true, "{out}");
    assert!(browser.0.is_empty(), "{:?}", browser.0);
}

/// A page that has several requests under way, or several tabs, does not wait for all of them before
/// one refreshes.
#[tokio::test]
async fn what_is_under_way_during_a_refresh_goes_on() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    let mut browser = Browser::default();
    browser.send(&accounts, SIGN_IN, false, "").await;
    let mut other_tab = browser.clone();
    for _ in 0..2 {
        let (answer, _) = browser.send(&accounts, REFRESH, true, "").await;
        assert_eq!(answer["data"]["refreshSession"]["errors"], json!([]), "{answer}");
        let (who, _) = other_tab.send(&accounts, WHO, true, "").await;
        assert_eq!(who["data"]["viewer"]["user"]["displayName"], "Ada Lovelace", "{who}");
    }
    // Who refreshes without the token, as one may whose access token is gone, gets another.
    let before = browser.get("agent-free-csrf").unwrap().to_owned();
    browser.send(&accounts, REFRESH, false, "__Host-agent-free-access").await;
    assert_ne!(browser.get("agent-free-csrf"), Some(before.as_str()));
    let (who, _) = browser.send(&accounts, WHO, true, "").await;
    assert_eq!(who["data"]["viewer"]["user"]["displayName"], "Ada Lovelace", "{who}");
}

#[tokio::test]
async fn another_site_does_nothing_through_a_browser() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    let mut browser = Browser::default();
    browser.send(&accounts, SIGN_IN, false, "").await;
    let (refused, _) = browser.send(&accounts, SIGN_OUT, false, "").await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "CSRF_TOKEN_INVALID", "{refused}");
    let (who, _) = browser.send(&accounts, WHO, true, "").await;
    assert_eq!(who["data"]["viewer"]["user"]["displayName"], "Ada Lovelace", "{who}");
}

#[tokio::test]
async fn a_session_that_was_there_before_is_not_the_one_after() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    let mut browser = Browser::default();
    browser.send(&accounts, SIGN_IN, false, "").await;
    let planted = browser.0.clone();
    browser.send(&accounts, SIGN_IN, true, "").await;
    for (name, value) in planted {
        assert_ne!(browser.get(&name), Some(value.as_str()), "{name} is what somebody has planted");
    }
}
