//! Signing in by cookies, all of it in GraphiQL: what its page does about tokens holds in a real browser.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use super::browser::Browser;
use super::editor_ready;
use super::page::{
    EMAIL, WHO, answer, open, payload, press, run, sign_in, sign_in_with, site, who,
};
use crate::users::{Accounts, PASSWORD};

/// How many refresh tokens were replaced until now.
const REPLACED: &str = "SELECT count(*) FROM user_session_tokens";

/// A browser that is signed in.
async fn signed_in(accounts: &Accounts, origin: &str) -> Browser {
    accounts.make(EMAIL).await;
    let mut browser = open(origin).await;
    sign_in(&mut browser).await;
    assert_eq!(who(&mut browser).await, "Ada Lovelace");
    browser
}

async fn reload(browser: &mut Browser) {
    browser.evaluate("globalThis.isOld = true").await;
    browser.call("Page.reload", json!({})).await;
    browser.wait_for("globalThis.isOld === undefined").await;
    editor_ready(browser).await;
}

#[tokio::test]
async fn somebody_signs_up_works_comes_back_and_signs_out() {
    let (accounts, origin) = site(|_| {}).await;
    let mut browser = open(&origin).await;
    let sign_up = format!(
        "mutation SignUp {{
            signUp(input: {{ email: \"{EMAIL}\", password: \"{PASSWORD}\", displayName: \"Ada\" }}) {{
                email errors {{ code }}
            }}
        }}"
    );
    assert_eq!(run(&mut browser, &sign_up).await["email"], EMAIL);
    let mail = accounts.mails.wait_for(EMAIL).await;
    assert!(mail.link().starts_with(&format!("{origin}/verify-email#token=")), "{}", mail.link());
    let verify = format!(
        "mutation Verify {{
            verifyEmail(input: {{ token: \"{}\", password: \"{PASSWORD}\" }}) {{
                email errors {{ code }}
            }}
        }}",
        mail.token()
    );
    assert_eq!(run(&mut browser, &verify).await["email"], EMAIL);
    assert_eq!(who(&mut browser).await, Value::Null);

    press(&mut browser, &sign_in_with("sixteen sly beavers")).await;
    let wrong = answer(&mut browser).await;
    assert_eq!(wrong["data"]["signIn"]["errors"][0]["code"], "INVALID_CREDENTIALS", "{wrong}");
    let session = sign_in(&mut browser).await["session"].clone();
    assert_eq!((&session["accessToken"], &session["refreshToken"]), (&Value::Null, &Value::Null));
    // The page's scripts come to one cookie only, and that proves nothing alone.
    for name in ["__Host-agent-free-access", "__Host-agent-free-refresh"] {
        let cookie = browser.cookie(name).await.unwrap();
        assert_eq!((&cookie["httpOnly"], &cookie["secure"]), (&json!(true), &json!(true)));
        assert_eq!(cookie["sameSite"], "Strict");
    }
    let read = browser.evaluate("document.cookie").await;
    assert!(read.as_str().unwrap().starts_with("agent-free-csrf="), "{read}");
    assert!(!read.as_str().unwrap().contains(';'), "{read}");

    assert_eq!(who(&mut browser).await, "Ada");
    let write = "mutation Write {
        createContactMethod(input: { email: \"ada@lovelace.test\", label: \"Work\" }) {
            contactMethod { label } errors { code path }
        }
    }";
    assert_eq!(run(&mut browser, write).await["contactMethod"]["label"], "Work");
    reload(&mut browser).await;
    assert_eq!(who(&mut browser).await, "Ada");
    assert_eq!(browser.complaints, Vec::<String>::new());

    // What the page adds to its requests is what another site could not.
    let bare = "fetch('/graphql', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ query: 'mutation { signOut(input: {}) { signedOut } }' }),
    }).then((response) => response.json())";
    let refused = browser.evaluate(bare).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "CSRF_TOKEN_INVALID", "{refused}");
    assert_eq!(who(&mut browser).await, "Ada");

    let sign_out = "mutation SignOut { signOut(input: {}) { signedOut errors { code } } }";
    assert_eq!(run(&mut browser, sign_out).await["signedOut"], true);
    assert_eq!(who(&mut browser).await, Value::Null);
    assert_eq!(browser.call("Network.getCookies", json!({})).await["cookies"], json!([]));
    browser.close().await;
}

/// `Secure` cookies over HTTP are an exception that browsers make for the machine that they run on, by
/// whatever name. The page has to be at `PUBLIC_URL` nevertheless.
#[tokio::test]
async fn a_local_address_does_as_well_as_a_name() {
    let (accounts, origin) = site(|config| {
        config.access.public_url = config.access.public_url.replace("localhost", "127.0.0.1");
    })
    .await;
    let by_address = origin.replace("localhost", "127.0.0.1");
    signed_in(&accounts, &by_address).await.close().await;
}

#[tokio::test]
async fn a_session_outlives_its_access_token() {
    let (accounts, origin) = site(|config| {
        config.access.access_token_lifetime = Duration::from_secs(2);
        config.access.clock_skew_max = Duration::ZERO;
    })
    .await;
    let mut browser = signed_in(&accounts, &origin).await;
    while browser.cookie("__Host-agent-free-access").await.is_some() {
        sleep(Duration::from_millis(50)).await;
    }
    let before = accounts.count(REPLACED).await;
    assert_eq!(who(&mut browser).await, "Ada Lovelace");
    assert_eq!(accounts.count(REPLACED).await, before + 1);
    browser.close().await;
}

/// A server whose access tokens are so short that the page refreshes before each request.
async fn always_refreshing() -> (Accounts, String) {
    site(|config| config.access.access_token_lifetime = Duration::from_secs(30)).await
}

/// Runs an operation, and returns as soon as the server has replaced the refresh token for it: the
/// page, which is slow, has not heard of it.
async fn press_and_leave_refreshing(accounts: &Accounts, browser: &mut Browser) {
    browser.slow_down().await;
    let before = accounts.count(REPLACED).await;
    press(browser, WHO).await;
    while accounts.count(REPLACED).await == before {
        sleep(Duration::from_millis(20)).await;
    }
}

async fn count_ended(accounts: &Accounts) -> i64 {
    accounts.count("SELECT count(*) FROM user_sessions WHERE ended_at IS NOT NULL").await
}

#[tokio::test]
async fn two_tabs_take_turns_at_refreshing() {
    let (accounts, origin) = always_refreshing().await;
    let mut browser = signed_in(&accounts, &origin).await;
    let first = browser.open_tab(&format!("{origin}/graphiql")).await;
    editor_ready(&mut browser).await;
    assert_eq!(who(&mut browser).await, "Ada Lovelace");
    let second = browser.show(first).await;
    press_and_leave_refreshing(&accounts, &mut browser).await;
    let first = browser.show(second).await;
    assert_eq!(who(&mut browser).await, "Ada Lovelace");
    browser.show(first).await;
    let shown = payload(answer(&mut browser).await);
    assert_eq!(shown["user"]["displayName"], "Ada Lovelace");
    assert_eq!(count_ended(&accounts).await, 0);
    browser.close().await;
}

#[tokio::test]
async fn a_page_that_is_left_while_it_refreshes_stays_signed_in() {
    let (accounts, origin) = always_refreshing().await;
    let mut browser = signed_in(&accounts, &origin).await;
    press_and_leave_refreshing(&accounts, &mut browser).await;
    browser.call("Page.navigate", json!({ "url": "about:blank" })).await;
    browser.wait_for("location.href === 'about:blank'").await;
    browser.call("Page.navigate", json!({ "url": format!("{origin}/graphiql") })).await;
    editor_ready(&mut browser).await;
    assert_eq!(who(&mut browser).await, "Ada Lovelace");
    assert_eq!(count_ended(&accounts).await, 0);
    browser.close().await;
}
