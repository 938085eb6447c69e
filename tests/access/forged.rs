//! Tokens that are wrong in one place: each is refused, and none is taken for nobody.

use data_encoding::BASE64URL_NOPAD;
use reqwest::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use ring::hmac;
use ring::signature::KeyPair as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Seen, Signer, World, claims, message, now, typed, unauthenticated, with};

#[tokio::test]
async fn a_token_that_counts_is_its_sessions() {
    let world = World::new().await;
    let (person, other) = (world.person().await, world.person().await);
    let token = world.signer().await.token(&person);
    assert_eq!(world.sees_with(&token, &person).await, Seen::Own);
    assert_eq!(world.sees_with(&token, &other).await, Seen::Nothing);
    assert_eq!(super::seen(world.asks(&person)).await, Seen::Nothing, "without it, nobody asks");
}

#[tokio::test]
async fn claims_that_are_wrong_are_refused() {
    let world = World::new().await;
    let (person, other) = (world.person().await, world.person().await);
    let signer = world.signer().await;
    let right = claims(&person);
    let wrong = [
        ("over", with(&right, "exp", now() - 60)),
        ("over for good", with(&right, "exp", 1)),
        ("without an end", with(&right, "exp", Value::Null)),
        ("ends in words", with(&right, "exp", "tomorrow")),
        ("not yet", with(&right, "nbf", now() + 120)),
        ("from the future", with(&right, "iat", now() + 120)),
        ("foreign issuer", with(&right, "iss", "https://evil.example")),
        ("several issuers, none ours", with(&right, "iss", json!(["https://evil.example"]))),
        ("no issuer", with(&right, "iss", Value::Null)),
        ("foreign audience", with(&right, "aud", "http://127.0.0.1:8080/other")),
        ("no audience", with(&right, "aud", Value::Null)),
        ("nobody", with(&right, "sub", Value::Null)),
        ("not a user", with(&right, "sub", typed("property", person.user))),
        ("somebody else", with(&right, "sub", typed("user", other.user))),
        ("no session", with(&right, "sid", Value::Null)),
        ("not a session", with(&right, "sid", typed("user", person.session))),
        ("unknown session", with(&right, "sid", typed("user_session", Uuid::now_v7()))),
        ("somebody else's session", with(&right, "sid", typed("user_session", other.session))),
    ];
    for (name, claims) in wrong {
        let token = signer.sign(&signer.header(), &claims);
        assert_eq!(world.sees_with(&token, &person).await, unauthenticated(), "{name}");
        assert_eq!(world.sees_with(&token, &other).await, unauthenticated(), "{name}");
    }
    let within_skew = with(&right, "exp", now() - 10);
    let token = signer.sign(&signer.header(), &within_skew);
    assert_eq!(world.sees_with(&token, &person).await, Seen::Own, "clocks may differ a little");
}

#[tokio::test]
async fn headers_that_are_wrong_are_refused() {
    let world = World::new().await;
    let person = world.person().await;
    let signer = world.signer().await;
    let right = signer.header();
    let own = Signer::new(&signer.kid);
    let wrong = [
        ("an identity token", with(&right, "typ", "JWT")),
        ("no form", with(&right, "typ", Value::Null)),
        ("no key", with(&right, "kid", Value::Null)),
        ("an unknown key", with(&right, "kid", "unknown")),
        ("a path as key", with(&right, "kid", "../../../../dev/null")),
        ("a statement as key", with(&right, "kid", "' OR true --")),
        ("an extension that must be understood", with(&right, "crit", json!(["b64"]))),
        ("none", with(&right, "alg", "none")),
        ("None", with(&right, "alg", "None")),
        ("another algorithm", with(&right, "alg", "ES256")),
        ("no algorithm", with(&right, "alg", Value::Null)),
    ];
    for (name, header) in wrong {
        let token = signer.sign(&header, &claims(&person));
        assert_eq!(world.sees_with(&token, &person).await, unauthenticated(), "{name}");
    }
    // Keys that the token brings along itself are not looked at.
    for (name, value) in [("jwk", own.jwk()), ("jku", json!("http://127.0.0.1:1/keys"))] {
        let token = own.sign(&with(&right, name, value), &claims(&person));
        assert_eq!(world.sees_with(&token, &person).await, unauthenticated(), "{name}");
    }
}

#[tokio::test]
async fn signatures_that_are_wrong_are_refused() {
    let world = World::new().await;
    let person = world.person().await;
    let signer = world.signer().await;
    let (header, claims) = (signer.header(), claims(&person));
    let right = signer.sign(&header, &claims);
    let (signed, signature) = right.rsplit_once('.').unwrap();

    // The public key as the secret of a code that both sides compute.
    let confused = |key: &[u8]| {
        let message = message(&with(&header, "alg", "HS256"), &claims);
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let code = hmac::sign(&key, message.as_bytes());
        format!("{message}.{}", BASE64URL_NOPAD.encode(code.as_ref()))
    };
    let public_key = signer.pair.public_key().as_ref();
    let tampered = message(&header, &super::with(&claims, "exp", now() + 6000));
    let unsigned = message(&super::with(&header, "alg", "none"), &claims);
    let table = [
        ("the public key as a secret", confused(public_key)),
        ("the key set as a secret", confused(signer.jwk().to_string().as_bytes())),
        ("a foreign key of the same name", Signer::new(&signer.kid).sign(&header, &claims)),
        ("another payload", format!("{tampered}.{signature}")),
        ("no signature", format!("{signed}.")),
        ("no part for it", signed.to_owned()),
        ("none, and no signature", format!("{unsigned}.")),
        ("none, and the signature", format!("{unsigned}.{signature}")),
        ("cut off", right[..right.len() - 2].to_owned()),
        ("a part too many", format!("{right}.{signature}")),
        ("nothing", ".".to_owned()),
        ("empty parts", "..".to_owned()),
        ("no token", "token".to_owned()),
        ("too long", "a".repeat(10_000)),
    ];
    for (name, token) in table {
        assert_eq!(world.sees_with(&token, &person).await, unauthenticated(), "{name}");
    }
    assert_eq!(world.sees_with(&right, &person).await, Seen::Own);
}

#[tokio::test]
async fn only_one_bearer_is_taken() {
    let world = World::new().await;
    let person = world.person().await;
    let token = world.signer().await.token(&person);
    let table = [
        ("another scheme", "Basic dXNlcjpwYXNz".to_owned()),
        ("no scheme", token.clone()),
        ("nothing", "Bearer ".to_owned()),
        ("two", format!("Bearer {token} {token}")),
        ("a key that nobody has", format!("Bearer afk_{}", "a".repeat(43))),
    ];
    for (name, value) in table {
        let asked = world.asks(&person).header(AUTHORIZATION, value);
        assert_eq!(super::seen(asked).await, unauthenticated(), "{name}");
    }
    let bearer = format!("Bearer {token}");
    let twice = world.asks(&person).header(AUTHORIZATION, &bearer).header(AUTHORIZATION, &bearer);
    assert_eq!(super::seen(twice).await, unauthenticated(), "two headers");
    let small = world.asks(&person).header(AUTHORIZATION, format!("bearer {token}"));
    assert_eq!(super::seen(small).await, Seen::Own, "schemes have no case");

    let refused = world.asks(&person).header(AUTHORIZATION, "Bearer x").send().await.unwrap();
    let challenge = &refused.headers()[WWW_AUTHENTICATE];
    assert_eq!(challenge, "Bearer error=\"invalid_token\"");
}
