//! The port through which mail leaves, and what is behind it: a mail server, a folder, nothing.

use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use axum::http::uri::Authority;
use lettre::transport::smtp;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use thiserror::Error;
use uuid::Uuid;

use crate::config::MailUrl;

/// Why a mail did not leave.
#[derive(Debug, Error)]
pub enum MailError {
    /// The mail server is away, or refuses.
    #[error("the mail server does not take it")]
    Smtp(#[from] smtp::Error),
    /// The folder cannot be written.
    #[error("MAIL_URL: the folder {} cannot be written", path.display())]
    Folder {
        /// Where it is.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl MailError {
    /// Whether another attempt fares no better: the server knows no such person, or takes no such
    /// mail. What it says of ourselves, such as a wrong password, an operator can mend.
    pub(super) fn is_hopeless(&self) -> bool {
        let Self::Smtp(error) = self else { return false };
        let code = error.status().map(u16::from);
        code.is_some_and(|code| (550..=559).contains(&code))
    }
}

/// Where mail goes.
#[async_trait]
pub(super) trait Transport: Send + Sync {
    /// Hands over one mail.
    async fn send(&self, message: Message) -> Result<(), MailError>;
}

/// What is behind the port, by the configuration; said on one line.
pub(super) fn open(url: Option<&MailUrl>) -> Result<Option<Box<dyn Transport>>, MailError> {
    match url {
        None => {
            tracing::warn!("mail goes nowhere, because MAIL_URL is not set");
            Ok(None)
        }
        Some(url @ MailUrl::Smtp(address)) => {
            let server = Server::new(address)?;
            tracing::info!(%url, "mail goes to a server");
            Ok(Some(Box::new(server)))
        }
        Some(MailUrl::Folder(path)) => {
            let folder = Folder::new(path)?;
            tracing::info!(path = %path.display(), "mail goes into a folder");
            Ok(Some(Box::new(folder)))
        }
    }
}

/// A mail server; each mail goes over a connection of its own.
struct Server(AsyncSmtpTransport<Tokio1Executor>);

impl Server {
    /// Beside a password nothing is sent before the connection is encrypted, with a certificate
    /// that counts. Without one encryption is taken where it is offered, whoever signed its
    /// certificate: that is better than none, and somebody in between could offer none.
    fn new(url: &str) -> Result<Self, MailError> {
        let from_url = AsyncSmtpTransport::<Tokio1Executor>::from_url;
        let builder = match url.strip_prefix("smtp://") {
            None => from_url(url)?,
            Some(rest) if rest.contains('@') => from_url(&format!("{url}?tls=required"))?,
            Some(rest) => {
                let host = rest.parse::<Authority>().map(|place| place.host().to_owned());
                let tls = TlsParameters::builder(host.unwrap_or_default())
                    .dangerous_accept_invalid_certs(true)
                    .dangerous_accept_invalid_hostnames(true)
                    .build()?;
                from_url(url)?.tls(Tls::Opportunistic(tls))
            }
        };
        Ok(Self(builder.build()))
    }
}

#[async_trait]
impl Transport for Server {
    async fn send(&self, message: Message) -> Result<(), MailError> {
        self.0.send(message).await?;
        Ok(())
    }
}

/// A folder with one file a mail, in the order in which they were sent.
struct Folder(PathBuf);

impl Folder {
    fn new(path: &Path) -> Result<Self, MailError> {
        let failed = |source| MailError::Folder { path: path.to_owned(), source };
        std::fs::create_dir_all(path).map_err(failed)?;
        Ok(Self(path.to_owned()))
    }

    /// Under another name first, so that nobody reads half a mail.
    fn write(path: &Path, mail: &[u8]) -> io::Result<()> {
        let name = Uuid::now_v7();
        let unfinished = path.join(format!(".{name}"));
        std::fs::write(&unfinished, mail)?;
        std::fs::rename(unfinished, path.join(format!("{name}.eml")))
    }
}

#[async_trait]
impl Transport for Folder {
    async fn send(&self, message: Message) -> Result<(), MailError> {
        // A file of some kilobytes, in development: no reason for another thread.
        let written = Self::write(&self.0, &message.formatted());
        written.map_err(|source| MailError::Folder { path: self.0.clone(), source })
    }
}
