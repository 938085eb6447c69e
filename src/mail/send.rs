//! The job that sends one mail: token, template, message, transport.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use uuid::Uuid;

use super::transport::Transport;
use super::{MailError, Waiting, render, transport};
use crate::access::opaque;
use crate::config::{AccessConfig, MailConfig};
use crate::jobs::{Job, JobError, Work};

/// Sends what waits.
pub(super) struct SendMail {
    config: MailConfig,
    public_url: String,
    transport: Option<Box<dyn Transport>>,
}

impl SendMail {
    pub(super) fn new(config: &MailConfig, access: &AccessConfig) -> Result<Self, MailError> {
        let transport = transport::open(config.url.as_ref())?;
        Ok(Self { config: config.clone(), public_url: access.public_url.clone(), transport })
    }

    /// All attempts at one mail have the same `Message-ID`: who gets it twice can tell.
    fn message(
        &self,
        id: Uuid,
        to: Mailbox,
        rendered: render::Rendered,
    ) -> Result<Message, lettre::error::Error> {
        let domain = self.config.from.email.domain();
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        Message::builder()
            .from(self.config.from.clone())
            .to(to)
            .subject(rendered.subject)
            .message_id(Some(format!("<{id}@{domain}>")))
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
            .multipart(MultiPart::alternative_plain_html(rendered.text, rendered.html))
    }
}

#[async_trait]
impl Job for SendMail {
    async fn run(&self, work: &Work<'_>) -> Result<(), JobError> {
        let Some(transport) = &self.transport else {
            tracing::warn!(job = %work.id, "a mail went nowhere, because MAIL_URL is not set");
            return Ok(());
        };
        let Waiting { template, to, values, token } = serde_json::from_value(work.payload.clone())
            .map_err(|error| JobError::Hopeless("the mail cannot be read", error.into()))?;
        let mailbox = to
            .parse()
            .map_err(|error| JobError::Hopeless("this is no address", Box::new(error)))?;
        let (link, lifetime) = match &token {
            None => (self.public_url.clone(), String::new()),
            Some(token) => {
                let secret = opaque::secret()
                    .map_err(|error| JobError::Failed("no token can be made", error.into()))?;
                let expires_at = token.expiry(&self.config);
                token.keep(work.pool, &to, &secret, expires_at).await?;
                (token.link(&self.public_url, &secret), in_words(expires_at))
            }
        };
        let rendered = render::render(&template, &values, &self.public_url, &link, &lifetime)
            .map_err(|error| JobError::Hopeless("the mail cannot be written", error.into()))?;
        let message = self
            .message(work.id, mailbox, rendered)
            .map_err(|error| JobError::Hopeless("the mail cannot be written", error.into()))?;
        transport.send(message).await.map_err(|error| match error.is_hopeless() {
            true => JobError::Hopeless("the mail is refused", error.into()),
            false => JobError::Failed("the mail cannot be sent", error.into()),
        })
    }
}

/// A moment, for people in any place.
fn in_words(moment: DateTime<Utc>) -> String {
    moment.format("%-d %B %Y, %H:%M UTC").to_string()
}
