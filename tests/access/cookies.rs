//! Browsers that are signed in by cookies: what they must bring along, and what their answers take
//! away.

use reqwest::header::{AUTHORIZATION, COOKIE, SET_COOKIE};
use reqwest::{RequestBuilder, Response};
use uuid::Uuid;

use super::{Person, Seen, Signer, World, claims, seen, typed, unauthenticated, with};

const ACCESS: &str = "__Host-agent-free-access";

fn by_cookie(request: RequestBuilder, token: &str, csrf: &str) -> RequestBuilder {
    request.header(COOKIE, format!("{ACCESS}={token}")).header("x-csrf-token", csrf)
}

/// The same question by GET, which writes nothing.
fn get(world: &World, person: &Person) -> RequestBuilder {
    let query = format!("{{ node(id: \"{}\") {{ id }} }}", typed("api_key", person.mark));
    world.server.client().get(world.server.url("/graphql")).query(&[("query", query)])
}

fn takes_the_cookie(response: &Response) -> bool {
    let mut lines = response.headers().get_all(SET_COOKIE).iter();
    lines.any(|line| line.to_str().unwrap().starts_with(&format!("{ACCESS}=; Max-Age=0; Path=/;")))
}

#[tokio::test]
async fn what_may_write_brings_the_csrf_token_of_its_session() {
    let world = World::new().await;
    let (person, other) = (world.person().await, world.person().await);
    let token = world.signer().await.token(&person);
    let forbidden = Seen::Refused(403, "CSRF_TOKEN_INVALID".to_owned());
    let post = || world.asks(&person);
    assert_eq!(seen(by_cookie(post(), &token, &person.csrf)).await, Seen::Own);
    for foreign in [other.csrf.as_str(), "", "null"] {
        assert_eq!(seen(by_cookie(post(), &token, foreign)).await, forbidden, "{foreign:?}");
    }
    let without = || post().header(COOKIE, format!("{ACCESS}={token}"));
    assert_eq!(seen(without()).await, forbidden);
    let in_a_cookie =
        post().header(COOKIE, format!("{ACCESS}={token}; agent-free-csrf={}", person.csrf));
    assert_eq!(seen(in_a_cookie).await, forbidden, "what a browser sends by itself proves nothing");
    // A query by GET writes nothing, and no other site reads its answer.
    let read = get(&world, &person).header(COOKIE, format!("{ACCESS}={token}"));
    assert_eq!(seen(read).await, Seen::Own);
    // A header is sent by whoever means it.
    let bearer = post().header(AUTHORIZATION, format!("Bearer {token}"));
    assert_eq!(seen(bearer).await, Seen::Own);
}

#[tokio::test]
async fn a_cookie_whose_time_is_over_counts_as_none_and_is_taken_away() {
    let world = World::new().await;
    let person = world.person().await;
    let signer = world.signer().await;
    let over = signer.sign(&signer.header(), &with(&claims(&person), "exp", super::now() - 60));
    let ended = {
        let session = world.session_of(person.user).await;
        let end =
            "UPDATE user_sessions SET ended_at = now(), end_reason = 'SIGNED_OUT' WHERE id = $1";
        world.client.execute(end, &[&session]).await.unwrap();
        signer
            .sign(&signer.header(), &with(&claims(&person), "sid", typed("user_session", session)))
    };
    for token in [over, ended] {
        let request = || world.asks(&person).header(COOKIE, format!("{ACCESS}={token}"));
        assert_eq!(seen(request()).await, Seen::Nothing);
        assert!(takes_the_cookie(&request().send().await.unwrap()));
        // In the header it is refused: whoever sends that can refresh it.
        assert_eq!(world.sees_with(&token, &person).await, unauthenticated());
    }
}

#[tokio::test]
async fn a_cookie_that_was_forged_is_refused_and_taken_away() {
    let world = World::new().await;
    let person = world.person().await;
    let signer = world.signer().await;
    let forged = Signer::new(&signer.kid).token(&person);
    let key = format!("afk_{}", "a".repeat(43));
    for token in [forged.as_str(), "nonsense", key.as_str()] {
        let request = || by_cookie(world.asks(&person), token, &person.csrf);
        assert_eq!(seen(request()).await, unauthenticated());
        assert!(takes_the_cookie(&request().send().await.unwrap()));
    }
}

#[tokio::test]
async fn of_header_and_cookie_the_header_counts() {
    let world = World::new().await;
    let (person, other) = (world.person().await, world.person().await);
    let signer = world.signer().await;
    let (own, others) = (signer.token(&person), signer.token(&other));
    let both = |header: &str, cookie: &str| {
        let request = world.asks(&person).header(COOKIE, format!("{ACCESS}={cookie}"));
        request.header(AUTHORIZATION, format!("Bearer {header}"))
    };
    assert_eq!(seen(both(&own, &others)).await, Seen::Own);
    assert_eq!(seen(both(&others, &own)).await, Seen::Nothing);
    let refused = both("nonsense", &own).send().await.unwrap();
    assert!(!takes_the_cookie(&refused), "the cookie had no say in it");
    assert_eq!(seen(both("nonsense", &own)).await, unauthenticated());
}

/// Nobody can plant a session and wait for somebody to sign in with it: what a request brings along
/// never decides which session is used later.
#[tokio::test]
async fn a_session_that_was_planted_is_nobodys() {
    let world = World::new().await;
    let person = world.person().await;
    let signer = world.signer().await;
    let planted = Uuid::now_v7();
    let token = signer
        .sign(&signer.header(), &with(&claims(&person), "sid", typed("user_session", planted)));
    assert_eq!(world.sees_with(&token, &person).await, unauthenticated());
    let csrf = format!("csrf of {planted}");
    assert_eq!(seen(by_cookie(world.asks(&person), &token, &csrf)).await, Seen::Nothing);
    let sql = "SELECT count(*) FROM user_sessions WHERE id = $1";
    assert_eq!(world.client.query_one(sql, &[&planted]).await.unwrap().get::<_, i64>(0), 0);
}
