//! The settings of mail: where it goes, whom it comes from, how long what it carries counts.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::{AsyncSmtpTransport, Tokio1Executor};

use super::reader::{Reader, Setting};
use super::value;

/// Where mail goes, whom it comes from, how long what it carries counts.
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// Where it goes; nowhere without one.
    pub url: Option<MailUrl>,
    /// Whom it comes from.
    pub from: Mailbox,
    /// How long a link counts by which an address is verified.
    pub verification_lifetime: Duration,
    /// How long a link counts by which a password is reset.
    pub password_reset_lifetime: Duration,
}

/// Where mail goes.
#[derive(Clone, PartialEq, Eq)]
pub enum MailUrl {
    /// To a mail server, by its address with its password.
    Smtp(String),
    /// Into a folder, one file a mail.
    Folder(PathBuf),
}

impl fmt::Display for MailUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Smtp(url) => formatter.write_str(&value::hide_password(url)),
            Self::Folder(path) => write!(formatter, "folder:{}", path.display()),
        }
    }
}

impl fmt::Debug for MailUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl MailConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        reader.section("Mail");
        Self {
            url: reader.read(
                Setting::new(
                    "MAIL_URL",
                    "",
                    "Where mail goes. smtps://user:password@host is encrypted from the start;\n\
                     smtp://host:port turns to encryption where the server offers it, and with a user\n\
                     and a password sends nothing before it has; folder:PATH writes a file for each\n\
                     mail. Empty: nowhere, and nobody can sign up or reset a password.",
                )
                .hiding(hide_password),
                value::optional(mail_url),
            ),
            from: reader.read(
                Setting::new(
                    "MAIL_FROM",
                    "Agent Free <agent-free@localhost>",
                    "Whom mail comes from: Name <address@host>.",
                ),
                mailbox,
            ),
            verification_lifetime: reader.read(
                Setting::new(
                    "VERIFICATION_LIFETIME",
                    "24h",
                    "How long a link counts by which somebody proves an e-mail address.",
                ),
                value::lifetime,
            ),
            password_reset_lifetime: reader.read(
                Setting::new(
                    "PASSWORD_RESET_LIFETIME",
                    "1h",
                    "How long a link counts by which somebody resets a password.",
                ),
                value::lifetime,
            ),
        }
    }
}

fn hide_password(text: &str) -> String {
    if text.contains("://") { value::hide_password(text) } else { text.to_owned() }
}

fn mail_url(text: &str) -> Result<MailUrl, String> {
    if let Some(path) = text.strip_prefix("folder:") {
        let path = Some(path).filter(|path| !path.is_empty()).map(PathBuf::from);
        return path.map(MailUrl::Folder).ok_or_else(|| "names no folder".to_owned());
    }
    let is_smtp = ["smtp://", "smtps://"].iter().any(|scheme| text.starts_with(scheme));
    let is_plain = !text.contains(['?', '#']);
    match AsyncSmtpTransport::<Tokio1Executor>::from_url(text) {
        Ok(_) if is_smtp && is_plain => Ok(MailUrl::Smtp(text.to_owned())),
        _ => Err("is neither smtp://host:port, smtps://user:password@host nor folder:PATH".into()),
    }
}

fn mailbox(text: &str) -> Result<Mailbox, String> {
    text.parse().map_err(|_| "is not of the form Name <address@host>".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_goes_to_a_server_or_a_folder() {
        let smtp = |url: &str| Ok(MailUrl::Smtp(url.to_owned()));
        let wrong = "is neither smtp://host:port, smtps://user:password@host nor folder:PATH";
        let table = [
            ("folder:/var/mail", Ok(MailUrl::Folder("/var/mail".into()))),
            ("folder:", Err("names no folder".to_owned())),
            ("smtp://relay:25", smtp("smtp://relay:25")),
            ("smtps://agent:p%40ss@mail.example", smtp("smtps://agent:p%40ss@mail.example")),
            ("smtp://relay?tls=none", Err(wrong.to_owned())),
            ("smtps://", Err(wrong.to_owned())),
            ("http://relay", Err(wrong.to_owned())),
            ("relay:25", Err(wrong.to_owned())),
        ];
        for (text, expected) in table {
            assert_eq!(mail_url(text), expected, "{text}");
        }
    }

    #[test]
    fn the_password_is_never_shown() {
        let url = mail_url("smtps://agent:hunter2@mail.example").unwrap();
        assert_eq!(format!("{url} {url:?}").matches("hunter2").count(), 0);
        assert_eq!(hide_password("smtps://agent:hunter2@mail.example"), url.to_string());
        assert_eq!(hide_password("folder:/var/mail"), "folder:/var/mail");
    }

    #[test]
    fn a_sender_has_an_address() {
        assert_eq!(mailbox("Ada <ada@agent.example>").unwrap().email.domain(), "agent.example");
        for wrong in ["", "Ada", "Ada <ada>", "ada@agent.example\nBcc: x@example.test"] {
            assert!(mailbox(wrong).is_err(), "{wrong}");
        }
    }
}
