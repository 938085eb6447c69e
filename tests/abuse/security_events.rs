//! Security events: read by whom they concern and by those who may, changed by nobody.

use serde_json::json;

use crate::support::{TestDatabase, TestServer};

const EVENTS: &str =
    "{ securityEvents { nodes { kind user { id } actor { id } address detail } } }";

#[tokio::test]
async fn they_are_for_whom_they_concern_and_for_those_who_may_read_all() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    let (ada, bob) = (server.user("buyer").await, server.user("buyer").await);
    let client = database.connect().await;
    let record = "SELECT set_config('app.actor', $2, false), \
        record_security_event($1, $3, NULL, '2001:db8::7', '{\"by\": \"PASSWORD\"}')";
    for (kind, actor, user) in [
        ("SIGNED_IN", String::new(), Some(ada.id)),
        ("ROLE_ASSIGNED", bob.id.to_string(), Some(ada.id)),
        ("SIGNED_IN", String::new(), Some(bob.id)),
        ("ROLE_CREATED", bob.id.to_string(), None),
    ] {
        client.execute(record, &[&kind, &actor, &user]).await.unwrap();
    }
    let kinds = async |asker: crate::support::Asker<'_>| {
        let answer = asker.query(EVENTS, json!({})).await;
        let nodes = answer.partial_data()["securityEvents"]["nodes"].as_array().unwrap().clone();
        nodes.iter().map(|node| node["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kinds(server.as_user(&ada)).await, ["ROLE_ASSIGNED", "SIGNED_IN"]);
    assert_eq!(kinds(server.as_user(&bob)).await, ["SIGNED_IN"]);
    assert_eq!(kinds(server.anonymous()).await, [""; 0]);
    let all = ["ROLE_CREATED", "SIGNED_IN", "ROLE_ASSIGNED", "SIGNED_IN"];
    assert_eq!(kinds(server.as_administrator()).await, all);
    // Where the other was who gave her the role is not for her to know.
    let answer = server.as_user(&ada).query(EVENTS, json!({})).await;
    assert_eq!(answer.error_codes(), ["FORBIDDEN"]);
    let nodes = &answer.partial_data()["securityEvents"]["nodes"];
    assert_eq!(nodes[0]["address"], json!(null));
    assert_eq!(nodes[1]["address"], "2001:db8::7");

    let staff = server.user("staff").await;
    assert_eq!(kinds(server.as_user(&staff)).await, all);

    let answer = server.as_administrator().query(EVENTS, json!({})).await;
    let assigned = &answer.data()["securityEvents"]["nodes"][2];
    assert!(assigned["actor"]["id"].is_string() && assigned["actor"] != assigned["user"]);
    assert_eq!(assigned["address"], "2001:db8::7");
    assert_eq!(assigned["detail"], json!({ "by": "PASSWORD" }));
}

#[tokio::test]
async fn they_are_never_changed() {
    let database = TestDatabase::new().await;
    let client = database.connect().await;
    let record = "SELECT record_security_event('SIGNED_IN', NULL, NULL, NULL, NULL)";
    client.execute(record, &[]).await.unwrap();
    for change in ["UPDATE security_events SET kind = 'SIGNED_OUT'", "DELETE FROM security_events"]
    {
        let refused = client.execute(change, &[]).await.unwrap_err();
        let refused = refused.as_db_error().unwrap();
        assert_eq!(refused.constraint(), Some("security_events_immutable"));
    }
    let unknown = "SELECT record_security_event('SOMETHING', NULL, NULL, NULL, NULL)";
    assert!(client.execute(unknown, &[]).await.is_err());
}
