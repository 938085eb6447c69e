//! Ways to reach somebody: one form, one primary of a kind, verification, consent.

use serde_json::{Value, json};

use super::{World, done, finds, id, refused, run};
use crate::support::{MailFolder, TestDatabase, TestServer};

const SELECTION: &str = "contactMethod { id kind isPrimary email phone phoneRegion phoneExtension streetAddress country verifiedAt }";

#[tokio::test]
async fn addresses_and_numbers_have_one_form() {
    let world = World::new().await;
    let user = world.user("buyer").await;
    let create = async |input: Value| {
        run(world.server.as_user(&user), "createContactMethod", SELECTION, input).await
    };
    let answer = create(json!({ "email": " Ada.L@EXAMPLE.test " })).await;
    let made = &done(&answer)["contactMethod"];
    assert_eq!(
        (&made["email"], &made["kind"], &made["isPrimary"]),
        (&json!("Ada.L@example.test"), &json!("EMAIL"), &json!(true))
    );
    let answer = create(json!({ "phone": { "number": "(419) 555-0100 ext. 7" } })).await;
    let made = &done(&answer)["contactMethod"];
    assert_eq!(
        (&made["phone"], &made["phoneRegion"], &made["phoneExtension"]),
        (&json!("+14195550100"), &json!("US"), &json!("7"))
    );
    let answer =
        create(json!({ "address": { "streetAddress": "1 Elm St", "city": "Toledo" } })).await;
    assert_eq!(done(&answer)["contactMethod"]["country"], "US");

    let table = [
        (json!({ "email": "nowhere" }), "INVALID email"),
        (json!({ "email": "ada.l@example.test" }), "TAKEN email"),
        (json!({ "phone": { "number": "555-0100" } }), "INVALID phone.number"),
        (json!({ "phone": { "number": "419 555 0100 x7", "region": "US" } }), "TAKEN phone.number"),
        (json!({ "phone": { "number": "030 901820", "region": "QQ" } }), "INVALID phone.region"),
        (
            json!({ "address": { "streetAddress": "", "city": "Toledo" } }),
            "TOO_LONG address.streetAddress",
        ),
        (
            json!({ "address": { "streetAddress": "1 Elm St", "city": "Toledo", "country": "Ohio" } }),
            "INVALID address.country",
        ),
        (json!({}), "INVALID "),
        (json!({ "email": "a@example.test", "phone": { "number": "419-555-0101" } }), "INVALID "),
    ];
    for (input, expected) in table {
        assert_eq!(refused(&create(input.clone()).await), expected, "{input}");
    }
}

#[tokio::test]
async fn one_of_a_kind_is_primary() {
    let world = World::new().await;
    let user = world.user("buyer").await;
    let create = async |input: Value| {
        let answer =
            run(world.server.as_user(&user), "createContactMethod", SELECTION, input).await;
        done(&answer)["contactMethod"]["id"].clone()
    };
    let first = create(json!({ "email": "one@example.test" })).await;
    let second = create(json!({ "email": "two@example.test" })).await;
    let phone = create(json!({ "phone": { "number": "419-555-0100" } })).await;
    let primary = async || {
        let query = "query($id: ID!) { user(id: $id) { contactMethods(filter: {isPrimary: {eq: true}}) { id } } }";
        let variables = json!({ "id": id("User", user.id) });
        let answer = world.server.as_user(&user).query(query, variables).await;
        answer.data()["user"]["contactMethods"].clone()
    };
    assert_eq!(primary().await, json!([{ "id": first }, { "id": phone }]));
    let input = json!({ "id": second, "isPrimary": true });
    done(&run(world.server.as_user(&user), "updateContactMethod", SELECTION, input).await);
    assert_eq!(primary().await, json!([{ "id": second }, { "id": phone }]));
}

#[tokio::test]
async fn a_mail_proves_an_address_once() {
    let database = TestDatabase::new().await;
    let mails = MailFolder::new();
    let server = TestServer::start_with(&database, |config| mails.configure(config)).await;
    let world = World::of(database, server).await;
    let (user, other) = (world.user("buyer").await, world.user("buyer").await);
    let ask = || world.server.as_user(&user);
    let input = json!({ "email": "ada@example.test" });
    let answer = run(ask(), "createContactMethod", SELECTION, input).await;
    let made = done(&answer)["contactMethod"]["id"].clone();
    let request = async |asker| {
        run(asker, "requestContactVerification", SELECTION, json!({ "id": made })).await
    };
    assert_eq!(refused(&request(world.server.as_user(&other)).await), "NOT_FOUND id");
    done(&request(ask()).await);
    let token = mails.wait_for("ada@example.test").await.token();

    // Whoever has the link: here nobody in particular, to whom the payload shows nothing.
    let verify = async |token: &str| {
        let input = json!({ "token": token });
        run(world.server.anonymous(), "verifyContact", SELECTION, input).await
    };
    assert_eq!(refused(&verify("x").await), "INVALID_CREDENTIALS token");
    assert_eq!(done(&verify(&token).await)["contactMethod"], Value::Null);
    assert_eq!(refused(&verify(&token).await), "ALREADY_DONE token");
    assert_eq!(refused(&request(ask()).await), "ALREADY_DONE id");
    assert_eq!(
        world.count("SELECT count(*) FROM contact_methods WHERE verified_at IS NOT NULL").await,
        1
    );
    assert_eq!(
        world.count("SELECT count(*) FROM security_events WHERE kind = 'CONTACT_VERIFIED'").await,
        1
    );
}

#[tokio::test]
async fn staff_prove_a_number() {
    let world = World::new().await;
    let user = world.user("buyer").await;
    let input = json!({ "phone": { "number": "419-555-0100" } });
    let answer = run(world.server.as_user(&user), "createContactMethod", SELECTION, input).await;
    let made = done(&answer)["contactMethod"]["id"].clone();
    let confirm =
        async |asker| run(asker, "confirmContactMethod", SELECTION, json!({ "id": made })).await;
    assert_eq!(refused(&confirm(world.server.anonymous()).await), "NOT_FOUND id");
    assert_eq!(refused(&confirm(world.server.as_user(&user)).await), "FORBIDDEN");
    let staff = world.user("staff").await;
    assert_eq!(refused(&confirm(world.server.as_user(&staff)).await), "FORBIDDEN");
    let answer = confirm(world.server.as_administrator()).await;
    assert_ne!(done(&answer)["contactMethod"]["verifiedAt"], Value::Null);
    let asked = run(
        world.server.as_user(&user),
        "requestContactVerification",
        SELECTION,
        json!({ "id": made }),
    )
    .await;
    assert_eq!(refused(&asked), "INVALID id");
}

#[tokio::test]
async fn a_consent_is_given_and_withdrawn() {
    let world = World::new().await;
    let (user, other) = (world.user("buyer").await, world.user("buyer").await);
    let ask = || world.server.as_user(&user);
    let input = json!({ "email": "ada@example.test" });
    let answer = run(ask(), "createContactMethod", SELECTION, input).await;
    let email = done(&answer)["contactMethod"]["id"].clone();
    let selection = "contactConsent { id channel givenAt withdrawnAt }";
    let give = async |asker, channel: &str| {
        let input =
            json!({ "contactMethodId": email, "channel": channel, "source": "Sign-up form" });
        run(asker, "createContactConsent", selection, input).await
    };
    assert_eq!(refused(&give(ask(), "TEXTS").await), "CONFLICT channel");
    assert_eq!(
        refused(&give(world.server.as_user(&other), "MARKETING").await),
        "NOT_FOUND contactMethodId"
    );
    let answer = give(ask(), "MARKETING").await;
    let consent = done(&answer)["contactConsent"]["id"].clone();
    assert_eq!(refused(&give(ask(), "MARKETING").await), "CONFLICT channel");
    let withdraw = async |asker, source: &str| {
        let input = json!({ "id": consent, "source": source });
        run(asker, "withdrawContactConsent", selection, input).await
    };
    assert_eq!(refused(&withdraw(world.server.as_user(&other), "Letter").await), "NOT_FOUND id");
    assert_eq!(refused(&withdraw(ask(), "").await), "TOO_LONG source");
    assert_ne!(
        done(&withdraw(ask(), "Letter").await)["contactConsent"]["withdrawnAt"],
        Value::Null
    );
    assert_eq!(refused(&withdraw(ask(), "Letter").await), "ALREADY_DONE id");
    done(&give(ask(), "MARKETING").await);
    assert_eq!(world.count("SELECT count(*) FROM contact_consents").await, 2);
    assert!(!finds(world.server.as_user(&other), consent.as_str().unwrap()).await);
}
