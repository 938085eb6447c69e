//! Second factors in a real browser: Chromium takes our options for passkeys, and what it makes of them
//! is taken here.

use agent_free::access::factors::totp::{PERIOD, TotpSecret};
use chrono::Utc;
use data_encoding::BASE32_NOPAD;
use serde_json::{Value, json};

use super::browser::Browser;
use super::page::{EMAIL, open, payload, run, sign_in, site, who};

const SIGN_OUT: &str = "mutation SignOut { signOut(input: {}) { signedOut errors { code } } }";

const ANSWER: &str = "mutation Answer($challenge: String!, $credential: JSON!) {
    answerChallenge(input: { challenge: $challenge, credential: $credential }) {
        session { sessionId } errors { code path message }
    }
}";

/// What a page does with passkeys, as `docs/front-end.md` tells it.
const PASSKEYS: &str = "
    async function ask(query, variables) {
        const csrf = document.cookie.match(/agent-free-csrf=([^;]*)/)?.[1];
        const headers = { 'Content-Type': 'application/json', ...(csrf && { 'X-CSRF-Token': csrf }) };
        const body = JSON.stringify({ query, variables });
        return fetch('/graphql', { method: 'POST', headers, body }).then((answer) => answer.json());
    }
    const create = async (options) => navigator.credentials.create({
        publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
    }).then((credential) => credential.toJSON());
    const get = async (options) => navigator.credentials.get({
        publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
    }).then((credential) => credential.toJSON());";

/// Runs this in the page, with [`PASSKEYS`] at hand, and gives what it returns.
async fn script(browser: &mut Browser, body: &str) -> Value {
    let text = format!(
        "(async () => {{ {PASSKEYS} {body} }})().catch((error) => ({{ failed: String(error) }}))"
    );
    let value = browser.evaluate(&text).await;
    assert!(value.get("failed").is_none(), "{value}");
    value
}

/// Chromium has an authenticator from now on that recognizes its person.
async fn add_authenticator(browser: &mut Browser) {
    browser.call("WebAuthn.enable", json!({})).await;
    let options = json!({ "options": {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": true,
        "hasUserVerification": true,
        "isUserVerified": true,
        "automaticPresenceSimulation": true,
    } });
    browser.call("WebAuthn.addVirtualAuthenticator", options).await;
    browser.call("Emulation.setFocusEmulationEnabled", json!({ "enabled": true })).await;
}

#[tokio::test]
async fn a_browser_makes_a_passkey_and_signs_in_by_it() {
    let (accounts, origin) = site(|_| {}).await;
    accounts.make(EMAIL).await;
    let mut browser = open(&origin).await;
    add_authenticator(&mut browser).await;
    sign_in(&mut browser).await;
    let register = "
        const begun = await ask(`mutation {
            beginPasskeyRegistration(input: { name: \"Laptop\" }) { challenge options errors { code message } }
        }`);
        const { challenge, options } = begun.data.beginPasskeyRegistration;
        return ask(`mutation ($challenge: String!, $credential: JSON!) {
            finishPasskeyRegistration(input: { challenge: $challenge, credential: $credential }) {
                mfaMethod { kind name } errors { code path message }
            }
        }`, { challenge, credential: await create(options) });";
    let made = payload(script(&mut browser, register).await);
    assert_eq!(made["mfaMethod"], json!({ "kind": "PASSKEY", "name": "Laptop" }));
    // The browser knows that this device has one already.
    let again =
        register.replace("await create(options)", "String(await create(options).catch(String))");
    let again = script(&mut browser, &again).await;
    let mistake = &again["data"]["finishPasskeyRegistration"]["errors"][0];
    assert!(mistake["message"].as_str().unwrap().contains("InvalidStateError"), "{again}");
    run(&mut browser, SIGN_OUT).await;

    // By itself, without a name or a password.
    let by_passkey = "
        const begun = await ask(`mutation {
            beginPasskeySignIn(input: { transport: COOKIE }) { challenge options errors { code message } }
        }`);
        const { challenge, options } = begun.data.beginPasskeySignIn;
        return ask(`mutation ($challenge: String!, $credential: JSON!) {
            finishPasskeySignIn(input: { challenge: $challenge, credential: $credential }) {
                session { sessionId } errors { code path message }
            }
        }`, { challenge, credential: await get(options) });";
    payload(script(&mut browser, by_passkey).await);
    assert_eq!(who(&mut browser).await, "Ada Lovelace");
    run(&mut browser, SIGN_OUT).await;
    assert_eq!(who(&mut browser).await, Value::Null);

    // And as a second factor.
    let begun = sign_in(&mut browser).await;
    assert_eq!(
        (&begun["session"], &begun["challenge"]["methods"]),
        (&Value::Null, &json!(["PASSKEY"]))
    );
    let second = format!(
        "const {{ challenge, passkeyOptions }} = {};
        return ask(`{ANSWER}`, {{ challenge, credential: await get(passkeyOptions) }});",
        begun["challenge"]
    );
    payload(script(&mut browser, &second).await);
    assert_eq!(who(&mut browser).await, "Ada Lovelace");
    assert_eq!(browser.complaints, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test]
async fn one_time_and_recovery_codes_are_typed_into_graphiql() {
    let (accounts, origin) = site(|_| {}).await;
    accounts.make(EMAIL).await;
    let mut browser = open(&origin).await;
    sign_in(&mut browser).await;
    let enroll =
        "mutation Enroll { enrollTotp(input: {}) { challenge secret uri errors { code } } }";
    let begun = run(&mut browser, enroll).await;
    let secret = BASE32_NOPAD.decode(begun["secret"].as_str().unwrap().as_bytes()).unwrap();
    let confirm = format!(
        "mutation Confirm {{
            confirmTotp(input: {{ challenge: {}, code: \"{}\" }}) {{
                mfaMethod {{ kind }} errors {{ code path message }}
            }}
        }}",
        begun["challenge"],
        TotpSecret::from_bytes(secret).code_at(Utc::now().timestamp() / PERIOD)
    );
    assert_eq!(run(&mut browser, &confirm).await["mfaMethod"]["kind"], "TOTP");
    let generate =
        "mutation Codes { generateRecoveryCodes(input: {}) { codes errors { code message } } }";
    let codes = run(&mut browser, generate).await["codes"].clone();
    run(&mut browser, SIGN_OUT).await;

    let challenge = sign_in(&mut browser).await["challenge"].clone();
    assert_eq!(
        (&challenge["methods"], &challenge["hasRecoveryCodes"]),
        (&json!(["TOTP"]), &json!(true))
    );
    let recover = format!(
        "mutation Recover {{
            answerChallenge(input: {{ challenge: {}, recoveryCode: {} }}) {{
                session {{ sessionId }} errors {{ code path message }}
            }}
        }}",
        challenge["challenge"], codes[0]
    );
    run(&mut browser, &recover).await;
    assert_eq!(who(&mut browser).await, "Ada Lovelace");
    browser.close().await;
}
