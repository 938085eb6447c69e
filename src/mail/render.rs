//! A template and its values become a subject, a text and HTML.
//!
//! A template is a text: its first line is the subject, then come paragraphs with an empty line
//! between. The HTML is made of the rendered text, where every sign stands for itself; so there is
//! nothing that a value could open or close. Values are put on one line each: none of them can
//! begin a header, a paragraph or a link.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use minijinja::{Environment, Error, UndefinedBehavior};
use serde_json::{Map, Value};
use thiserror::Error as ThisError;

macro_rules! templates {
    ($($name:literal,)*) => {
        /// Every template: its name and its text.
        pub const TEMPLATES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("templates/", $name, ".txt"))),)*];
    };
}

templates! {
    "account_closed",
    "account_exists",
    "change_email",
    "elevation_decided",
    "elevation_requested",
    "email_changed",
    "factor_added",
    "factor_removed",
    "invitation_colleague",
    "invitation_party",
    "password_changed",
    "reset_password",
    "session_reuse",
    "verify_contact",
    "verify_email",
}

/// How long a value may be; what is longer is cut.
const VALUE_LENGTH: usize = 1000;

/// A mail cannot be made of its template.
#[derive(Debug, ThisError)]
pub enum MailTemplateError {
    /// There is none of this name, it is wrong, or a value is missing.
    #[error("a mail's template cannot be filled in")]
    Template(#[from] Error),
    /// What came out has no subject or no text.
    #[error("the mail's template {0} has no subject or no text")]
    Empty(String),
}

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rendered {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
}

static ENVIRONMENT: LazyLock<Result<Environment<'static>, Error>> = LazyLock::new(|| {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    for (name, text) in TEMPLATES {
        environment.add_template(name, text)?;
    }
    Ok(environment)
});

/// Whether the template can be filled in with these values.
pub(super) fn check(template: &str, values: &Map<String, Value>) -> Result<(), MailTemplateError> {
    let link = "https://agent-free.invalid/page#token=secret";
    render(template, values, "https://agent-free.invalid", link, "a day").map(drop)
}

/// Fills in a template. `link` leads to the front end at `public_url`; `lifetime` says how long it
/// counts.
pub(super) fn render(
    template: &str,
    values: &Map<String, Value>,
    public_url: &str,
    link: &str,
    lifetime: &str,
) -> Result<Rendered, MailTemplateError> {
    let environment =
        ENVIRONMENT.as_ref().map_err(|error| Error::new(error.kind(), error.to_string()))?;
    let own = [("link", link), ("lifetime", lifetime), ("public_url", public_url)];
    let context: BTreeMap<&str, String> = values
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.as_str(), on_one_line(value)))
        .chain(own.map(|(name, value)| (name, value.to_owned())))
        .collect();
    let filled =
        environment.get_template(template)?.render(minijinja::Value::from_pairs(context))?;
    let empty = || MailTemplateError::Empty(template.to_owned());
    let (subject, body) = filled.trim().split_once("\n\n").ok_or_else(empty)?;
    let paragraphs: Vec<&str> =
        body.split("\n\n").map(str::trim).filter(|text| !text.is_empty()).collect();
    if subject.trim().is_empty() || subject.contains('\n') || paragraphs.is_empty() {
        return Err(empty());
    }
    Ok(Rendered {
        subject: subject.trim().to_owned(),
        text: format!("{}\n\n-- \nAgent Free\n{public_url}\n", paragraphs.join("\n\n")),
        html: html(&paragraphs, public_url),
    })
}

/// Without line breaks and what else nobody sees, such as signs that turn the direction of what
/// follows.
fn on_one_line(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let shown = text.replace(is_hidden, " ");
    let words: Vec<&str> = shown.split_whitespace().collect();
    words.join(" ").chars().take(VALUE_LENGTH).collect()
}

fn is_hidden(sign: char) -> bool {
    let is_mark = matches!(
        sign,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    );
    is_mark || sign.is_control()
}

fn html(paragraphs: &[&str], public_url: &str) -> String {
    let mut body = String::new();
    for paragraph in paragraphs {
        let escaped = escape(paragraph);
        let own = paragraph.strip_prefix(public_url).is_some_and(|rest| rest.starts_with('/'));
        if own && !paragraph.contains(char::is_whitespace) {
            body.push_str(&format!("<p><a href=\"{escaped}\">{escaped}</a></p>\n"));
        } else {
            body.push_str(&format!("<p>{}</p>\n", escaped.replace('\n', "<br>\n")));
        }
    }
    let public_url = escape(public_url);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"></head>\n\
         <body style=\"font-family: sans-serif; max-width: 40em\">\n{body}\
         <hr>\n<p><a href=\"{public_url}\">Agent Free</a></p>\n</body>\n</html>\n"
    )
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
