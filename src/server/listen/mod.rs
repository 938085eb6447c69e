//! The listener: HTTP/1.1 and HTTP/2 on one socket, bounded in connections and in patience.
//!
//! Promises: a connection that brings no request is closed after a while, one beyond the limits is
//! refused at once and counted, and a stop lets every request under way finish within its time.

mod activity;
mod connection;
mod gate;

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use connection::Protocols;

pub(super) use connection::Peer;
pub(super) use gate::Gate;

/// How long to wait when the process has no file left for another connection.
const OUT_OF_FILES: Duration = Duration::from_millis(100);

/// How long a trusted proxy may keep a connection that it does not use: longer than proxies do, so
/// that none sends a request while the connection is being closed.
const PROXY_PATIENCE: Duration = Duration::from_secs(5 * 60);

/// What the listener gives a connection, and how long it waits for it.
pub(super) struct Listening {
    /// What answers the requests.
    pub(super) routes: Router,
    /// Which connections are let in.
    pub(super) gate: Arc<Gate>,
    /// How long a client may take to begin a request, and to send its head.
    pub(super) header_read_timeout: Duration,
    /// How long requests under way may take to finish once the server stops.
    pub(super) shutdown_timeout: Duration,
}

impl Listening {
    /// Answers until `stop`, then lets requests under way finish. Gives the number of connections
    /// that were cut off because they did not.
    pub(super) async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()>,
    ) -> usize {
        let patience = self.header_read_timeout;
        let of_strangers = Protocols::new(patience);
        let of_proxies = Protocols::new(patience.max(PROXY_PATIENCE));
        let (stopping, stopped) = watch::channel(false);
        let mut connections = JoinSet::new();
        tokio::pin!(stop);
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let Some(stream) = self.accepted(accepted).await else { continue };
                    let peer = match stream.peer_addr() {
                        Ok(address) => Peer(address.ip().to_canonical()),
                        // It has gone already.
                        Err(_) => continue,
                    };
                    let pass = match self.gate.admit(peer.0) {
                        Ok(pass) => pass,
                        Err(refusal) => {
                            refusal.tell(&stream);
                            continue;
                        }
                    };
                    let service = TowerToHyperService::new(self.routes.clone());
                    let is_proxy = self.gate.is_proxy(peer.0);
                    let protocols = if is_proxy { &of_proxies } else { &of_strangers }.clone();
                    let serving =
                        connection::serve(stream, peer, service, protocols, stopped.clone());
                    connections.spawn(async move {
                        serving.await;
                        drop(pass);
                    });
                }
                Some(_) = connections.join_next() => {}
                () = &mut stop => break,
            }
        }
        drop(listener);
        // Nobody listens if no connection is left.
        let _ = stopping.send(true);
        let finished = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(self.shutdown_timeout, finished).await.is_ok() {
            return 0;
        }
        let cut_off = connections.len();
        connections.shutdown().await;
        cut_off
    }

    async fn accepted(
        &self,
        accepted: io::Result<(TcpStream, std::net::SocketAddr)>,
    ) -> Option<TcpStream> {
        match accepted {
            Ok((stream, _)) => {
                // An answer leaves at once; without it, it only leaves later.
                let _ = stream.set_nodelay(true);
                Some(stream)
            }
            Err(error) => {
                let of_the_connection = matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionAborted
                        | io::ErrorKind::ConnectionReset
                        | io::ErrorKind::ConnectionRefused
                );
                if !of_the_connection {
                    tracing::warn!(error = &error as &dyn std::error::Error, "cannot accept");
                    tokio::time::sleep(OUT_OF_FILES).await;
                }
                None
            }
        }
    }
}
