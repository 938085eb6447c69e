//! Mail that a test reads: a folder that a server writes it to.
//!
//! ```ignore
//! let mails = MailFolder::new();
//! let server = TestServer::start_with(&database, |config| mails.configure(config)).await;
//! // … something that sends a mail …
//! let token = mails.wait_for("buyer@example.test").await.token();
//! ```

use std::fs;
use std::time::Duration;

use agent_free::config::{Config, MailUrl};
use tempfile::TempDir;

/// A folder of mails, removed with this value.
pub struct MailFolder(TempDir);

/// A mail as its reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentMail {
    /// The address that it went to.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// The same in HTML.
    pub html: String,
    /// All of it, as it was sent.
    pub raw: String,
}

impl MailFolder {
    /// An empty one.
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Lets a server send its mail here, and do its jobs itself.
    pub fn configure(&self, config: &mut Config) {
        config.mail.url = Some(MailUrl::Folder(self.0.path().to_owned()));
        config.jobs.workers = 1;
    }

    /// All mails until now, in the order in which they were sent.
    pub fn all(&self) -> Vec<SentMail> {
        let mut files: Vec<_> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
            .collect();
        files.sort();
        files.iter().map(|file| SentMail::parse(&fs::read_to_string(file).unwrap())).collect()
    }

    /// The newest mail to this address, once there is one.
    pub async fn wait_for(&self, to: &str) -> SentMail {
        self.wait_until(to, |mails| mails.last().cloned()).await
    }

    /// The newest mail to this address about something, once there is one.
    pub async fn wait_for_subject(&self, to: &str, subject: &str) -> SentMail {
        let fits = |mail: &&SentMail| mail.subject.contains(subject);
        self.wait_until(to, |mails| mails.iter().rev().find(fits).cloned()).await
    }

    /// All mails to this address, once there are as many.
    pub async fn wait_for_count(&self, to: &str, count: usize) -> Vec<SentMail> {
        self.wait_until(to, |mails| (mails.len() >= count).then(|| mails.to_vec())).await
    }

    async fn wait_until<T>(&self, to: &str, find: impl Fn(&[SentMail]) -> Option<T>) -> T {
        for _ in 0..1200 {
            let mails: Vec<SentMail> =
                self.all().into_iter().filter(|mail| mail.to.eq_ignore_ascii_case(to)).collect();
            if let Some(found) = find(&mails) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the mail to {to} does not come; there are {:#?}", self.all());
    }
}

impl SentMail {
    /// Reads a mail as it is sent.
    #[track_caller]
    pub fn parse(raw: &str) -> Self {
        let raw = raw.replace("\r\n", "\n");
        let (head, body) = raw.split_once("\n\n").unwrap();
        // A long header goes on in the next line.
        let head = head.replace("\n ", " ");
        let boundary = header(&head, "Content-Type").split_once("boundary=\"").unwrap().1;
        let boundary = boundary.split('"').next().unwrap();
        let separator = format!("--{boundary}");
        let mut parts = body.split(&separator).skip(1).map(part);
        let to = header(&head, "To").trim_matches(['<', '>']).to_owned();
        let (text, html) = (parts.next().unwrap(), parts.next().unwrap());
        Self { to, subject: decode_words(header(&head, "Subject")), text, html, raw: raw.clone() }
    }

    /// The link that it carries.
    #[track_caller]
    pub fn link(&self) -> &str {
        let links: Vec<&str> = self.text.lines().filter(|line| line.contains("#token=")).collect();
        assert_eq!(links.len(), 1, "one link in {}", self.text);
        links[0]
    }

    /// The one-time token in that link.
    #[track_caller]
    pub fn token(&self) -> String {
        self.link().split_once("#token=").unwrap().1.to_owned()
    }
}

#[track_caller]
fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let line = head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
    line.unwrap_or_else(|| panic!("no header {name} in {head}")).trim()
}

/// One part of several: its body, decoded.
fn part(raw: &str) -> String {
    let (head, body) = raw.trim_start().split_once("\n\n").unwrap();
    let encoding = head.lines().find_map(|line| line.strip_prefix("Content-Transfer-Encoding: "));
    match encoding {
        Some("base64") => {
            let signs: String = body.split_whitespace().collect();
            String::from_utf8(data_encoding::BASE64.decode(signs.as_bytes()).unwrap()).unwrap()
        }
        Some("quoted-printable") => from_quoted_printable(body),
        _ => body.to_owned(),
    }
}

fn from_quoted_printable(text: &str) -> String {
    let joined = text.replace("=\n", "");
    let mut bytes = Vec::new();
    let mut rest = joined.as_bytes();
    while let [first, after @ ..] = rest {
        match (first, after) {
            (b'=', [high, low, after @ ..]) => {
                let code = [*high, *low];
                let code = std::str::from_utf8(&code).unwrap();
                bytes.push(u8::from_str_radix(code, 16).unwrap());
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// A header whose words may be encoded: `=?utf-8?b?…?=`.
fn decode_words(text: &str) -> String {
    let mut decoded = String::new();
    let mut was_encoded = false;
    for word in text.split(' ') {
        let encoded = word.strip_prefix("=?utf-8?b?").and_then(|word| word.strip_suffix("?="));
        // The space between two encoded words belongs to neither.
        let is_split = was_encoded && encoded.is_some();
        if !is_split && !decoded.is_empty() {
            decoded.push(' ');
        }
        match encoded {
            Some(encoded) => {
                let bytes = data_encoding::BASE64.decode(encoded.as_bytes()).unwrap();
                decoded.push_str(&String::from_utf8(bytes).unwrap());
            }
            None => decoded.push_str(word),
        }
        was_encoded = encoded.is_some();
    }
    decoded
}
