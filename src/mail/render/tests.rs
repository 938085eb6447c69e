//! What values can and cannot do to a mail.

use serde_json::json;

use super::*;

const URL: &str = "https://agent.example";
const LINK: &str = "https://agent.example/verify-email#token=abc";

/// What each template names beside `link` and `lifetime`, without what it can do without.
const VALUES: &[(&str, &[&str])] = &[
    ("account_closed", &[]),
    ("account_exists", &[]),
    ("change_email", &[]),
    ("elevation_decided", &["role", "decision"]),
    ("elevation_requested", &["requester", "role", "reason"]),
    ("email_changed", &["new_email"]),
    ("factor_added", &["method"]),
    ("factor_removed", &["method"]),
    ("invitation_colleague", &["inviter", "firm"]),
    ("invitation_party", &["inviter", "property"]),
    ("password_changed", &[]),
    ("reset_password", &[]),
    ("session_reuse", &[]),
    ("verify_contact", &[]),
    ("verify_email", &[]),
];

fn with(values: Value) -> Map<String, Value> {
    let Value::Object(values) = values else { panic!("an object") };
    values
}

fn invitation(inviter: &str) -> Rendered {
    let values = with(json!({ "inviter": inviter, "firm": "Oak & Sons" }));
    render("invitation_colleague", &values, URL, LINK, "7 days").unwrap()
}

#[test]
fn every_template_takes_its_values_and_misses_each() {
    let names: Vec<&str> = TEMPLATES.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, VALUES.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    for (template, needed) in VALUES {
        let values: Map<String, Value> =
            needed.iter().map(|name| ((*name).to_owned(), json!("x"))).collect();
        check(template, &values).unwrap_or_else(|error| panic!("{template}: {error:?}"));
        for missing in *needed {
            let mut fewer = values.clone();
            fewer.remove(*missing);
            assert!(check(template, &fewer).is_err(), "{template} without {missing}");
        }
    }
    assert!(check("no_such_mail", &Map::new()).is_err());
}

#[test]
fn a_value_begins_neither_a_header_nor_a_paragraph_nor_a_link() {
    let honest = invitation("Eve");
    for evil in [
        "Eve\r\nBcc: everyone@example.test",
        "Eve\n\nhttps://evil.example/",
        "Eve\u{2028}\u{2029}x",
        "Eve\u{85}\u{b}\u{c}\0x",
        "Eve\u{202e}x",
    ] {
        let mail = invitation(evil);
        assert_eq!(mail.subject.lines().count(), 1, "{:?}", mail.subject);
        assert!(!mail.subject.chars().any(char::is_control), "{:?}", mail.subject);
        assert_eq!(mail.text.lines().count(), honest.text.lines().count(), "{}", mail.text);
        assert_eq!(mail.html.matches("<a ").count(), honest.html.matches("<a ").count());
    }
}

#[test]
fn a_value_stands_for_itself_in_html() {
    let mail = invitation("<script>alert('x')</script> {{ link }} \"& co\"");
    assert!(mail.text.contains("<script>alert('x')</script> {{ link }} \"& co\""));
    let escaped = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; {{ link }} &quot;&amp; co&quot;";
    assert!(mail.html.contains(escaped), "{}", mail.html);
    assert!(!mail.html.contains("<script"));
    assert!(mail.html.contains("Oak &amp; Sons"));
}

#[test]
fn the_link_can_be_followed() {
    let mail = render("verify_email", &Map::new(), URL, LINK, "24 hours").unwrap();
    assert!(mail.text.contains(&format!("\n\n{LINK}\n\n")), "{}", mail.text);
    assert!(mail.html.contains(&format!("<a href=\"{LINK}\">")), "{}", mail.html);
    assert!(mail.text.contains("24 hours"));
}

#[test]
fn a_long_value_is_cut() {
    let mail = invitation(&"x".repeat(5000));
    assert!(mail.text.len() < 3 * VALUE_LENGTH);
}
