//! Signing out, here and elsewhere.

use serde_json::{Value, json};

use super::{Accounts, PASSWORD, codes};

const SIGN_OUT: &str = "mutation ($token: String) {
    signOut(input: { refreshToken: $token }) { signedOut errors { code } }
}";

const SIGN_OUT_EVERYWHERE: &str = "mutation ($keep: Boolean!) {
    signOutEverywhere(input: { keepThis: $keep }) { endedSessions errors { code } }
}";

const END_SESSION: &str = "mutation ($id: ID!) {
    endSession(input: { id: $id }) { session { id endReason endedAt } errors { code } }
}";

const SESSIONS: &str = "{ viewer { user { sessions { nodes {
    id transport authenticatedBy userAgent address endedAt endReason user { id }
} } } } }";

#[tokio::test]
async fn signing_out_ends_the_session_with_the_next_request() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    let here = accounts.sign_in("ada@example.test", PASSWORD).await;
    let there = accounts.sign_in("ada@example.test", PASSWORD).await;
    let out = accounts.send(Some(&here), SIGN_OUT, json!({})).await;
    assert_eq!(out.data()["signOut"]["signedOut"], true);
    assert_eq!(accounts.count_sessions(&here).await, None);
    assert_eq!(accounts.count_sessions(&there).await, Some(1));

    // By the refresh token, when the access token is over.
    let out = accounts.send(None, SIGN_OUT, json!({ "token": there.refresh })).await;
    assert_eq!(out.data()["signOut"]["signedOut"], true);
    assert_eq!(accounts.count_sessions(&there).await, None);
    let again = accounts.send(None, SIGN_OUT, json!({ "token": there.refresh })).await;
    assert_eq!(again.data()["signOut"]["signedOut"], false);
}

#[tokio::test]
async fn signing_out_everywhere_keeps_this_one_if_asked() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    accounts.make("eve@example.test").await;
    let eve = accounts.sign_in("eve@example.test", PASSWORD).await;
    let here = accounts.sign_in("ada@example.test", PASSWORD).await;
    let there = accounts.sign_in("ada@example.test", PASSWORD).await;
    let out = accounts.send(Some(&here), SIGN_OUT_EVERYWHERE, json!({ "keep": true })).await;
    assert_eq!(out.data()["signOutEverywhere"]["endedSessions"], 1);
    assert_eq!(accounts.count_sessions(&here).await, Some(1));
    assert_eq!(accounts.count_sessions(&there).await, None);
    let out = accounts.send(Some(&here), SIGN_OUT_EVERYWHERE, json!({ "keep": false })).await;
    assert_eq!(out.data()["signOutEverywhere"]["endedSessions"], 1);
    assert_eq!(accounts.count_sessions(&here).await, None);
    assert_eq!(accounts.count_sessions(&eve).await, Some(1), "others stay signed in");
    let nobody = accounts.send(None, SIGN_OUT_EVERYWHERE, json!({ "keep": false })).await;
    assert_eq!(nobody.error_codes(), ["UNAUTHENTICATED"]);
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_their_user_alone() {
    let accounts = Accounts::start().await;
    accounts.make("ada@example.test").await;
    accounts.make("eve@example.test").await;
    let ada = accounts.sign_in("ada@example.test", PASSWORD).await;
    let there = accounts.sign_in("ada@example.test", PASSWORD).await;
    let eve = accounts.sign_in("eve@example.test", PASSWORD).await;

    let listed = accounts.send(Some(&ada), SESSIONS, json!({})).await;
    let nodes = listed.data()["viewer"]["user"]["sessions"]["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 2);
    assert_eq!(nodes[0]["id"].as_str(), Some(there.session.as_str()), "the newest first");
    assert_eq!(nodes[0]["address"], "127.0.0.1");
    assert_eq!(nodes[0]["authenticatedBy"], "PASSWORD");

    let id = json!({ "id": there.session });
    let foreign = accounts.send(Some(&eve), END_SESSION, id.clone()).await;
    assert_eq!(codes(&foreign, "endSession"), ["NOT_FOUND"]);
    let node = "query ($id: ID!) { node(id: $id) { id } }";
    let hidden = accounts.send(Some(&eve), node, id.clone()).await;
    assert_eq!(hidden.data()["node"], Value::Null);

    let ended = accounts.send(Some(&ada), END_SESSION, id.clone()).await;
    assert_eq!(ended.data()["endSession"]["session"]["endReason"], "ENDED_BY_USER");
    assert_eq!(accounts.count_sessions(&there).await, None);
    let again = accounts.send(Some(&ada), END_SESSION, id).await;
    assert_eq!(codes(&again, "endSession"), ["ALREADY_DONE"]);
}
