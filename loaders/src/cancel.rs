//! Cancelling what a connection runs, when nobody waits for it any more.
//!
//! A cancel request travels over a connection of its own and hits whatever runs when it arrives.
//! The server closes that connection once it has passed the request on: whoever waits for this
//! knows that no later statement will be hit.

use std::io;
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio_postgres::config::Host;
use tokio_postgres::error::SqlState;
use tokio_postgres::{CancelToken, Client, Config, NoTls};

use crate::pool::Connection;

/// How long one cancel request may take to show. Statements are sent together: a cancel ends the
/// one that runs, and the next begins.
const AGAIN: Duration = Duration::from_millis(25);

/// A connection could not be brought to rest.
#[derive(Debug, Error)]
pub(crate) enum CancelError {
    /// The server could not be reached.
    #[error("the server cannot be reached")]
    Socket(#[from] io::Error),
    /// The server or the connection failed.
    #[error("the connection failed")]
    Connection(#[from] tokio_postgres::Error),
    /// There are several servers, and the driver does not tell which one this is.
    #[error("it is not known which server the connection leads to")]
    UnknownServer,
}

/// Ends all that is under way on a connection; `last` runs when it is at rest. Until then it
/// tries again.
pub(crate) async fn bring_to_rest(
    config: &Config,
    connection: &mut Connection,
    last: &str,
) -> Result<(), CancelError> {
    let Connection { session, wire } = connection;
    loop {
        cancel(config, &session.client).await?;
        // Answers come in order: when this one is there, so are all before it.
        let settled = wire.drive(session.client.batch_execute(last));
        match tokio::time::timeout(AGAIN, settled).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) if error.code() == Some(&SqlState::QUERY_CANCELED) => {}
            Ok(Err(error)) => return Err(error.into()),
            Err(_) => {}
        }
    }
}

async fn cancel(config: &Config, client: &Client) -> Result<(), CancelError> {
    let token = client.cancel_token();
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let address = config.get_hostaddrs();
    if config.get_hosts().len().max(address.len()) > 1 {
        token.cancel_query(NoTls).await?;
        return Err(CancelError::UnknownServer);
    }
    match (address.first(), config.get_hosts().first()) {
        (Some(address), _) => passed_on(&token, TcpStream::connect((*address, port)).await?).await,
        (None, Some(Host::Tcp(name))) => {
            passed_on(&token, TcpStream::connect((name.as_str(), port)).await?).await
        }
        (None, Some(Host::Unix(folder))) => {
            let path = folder.join(format!(".s.PGSQL.{port}"));
            passed_on(&token, UnixStream::connect(path).await?).await
        }
        (None, None) => Err(CancelError::UnknownServer),
    }
}

/// Sends the request, and waits until the server says by its goodbye that it was passed on.
async fn passed_on(
    token: &CancelToken,
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
) -> Result<(), CancelError> {
    token.cancel_query_raw(&mut stream, NoTls).await?;
    stream.read_to_end(&mut Vec::new()).await?;
    Ok(())
}
