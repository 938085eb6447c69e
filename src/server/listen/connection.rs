//! One connection: which protocol it speaks, and when it has been silent for too long.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};

use super::activity::{Activity, Counted};

/// Who is at the other end of a connection; each of its requests carries it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// How long a head may be, in bytes. A query by GET stands in it.
const HEAD_BYTES: usize = 64 << 10;

/// Requests at once over one connection of HTTP/2.
const STREAMS: u32 = 100;

/// How often a silent connection of HTTP/2 is asked whether anybody is there, and how long it may
/// take to say so.
const PING_INTERVAL: Duration = Duration::from_secs(30);
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// How HTTP is spoken.
#[derive(Clone)]
pub(super) struct Protocols {
    builder: Builder<TokioExecutor>,
    patience: Duration,
}

impl Protocols {
    pub(super) fn new(patience: Duration) -> Self {
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(patience)
            .max_buf_size(HEAD_BYTES);
        // What a client resets in a hurry is bounded by hyper itself.
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(HEAD_BYTES as u32)
            .keep_alive_interval(PING_INTERVAL)
            .keep_alive_timeout(PING_TIMEOUT);
        Self { builder, patience }
    }
}

/// Answers the requests of a connection until it ends, is silent for too long, or the server stops
/// and those under way are answered.
pub(super) async fn serve(
    stream: TcpStream,
    peer: Peer,
    routes: TowerToHyperService<Router>,
    protocols: Protocols,
    mut stopped: watch::Receiver<bool>,
) {
    let activity = Arc::<Activity>::default();
    let service = service_fn(|mut request: Request<Incoming>| {
        let under_way = activity.begin();
        request.extensions_mut().insert(peer);
        let answer = routes.call(request);
        async move {
            let answer = answer.await;
            drop(under_way);
            answer
        }
    });
    let io = TokioIo::new(Counted { stream, activity: activity.clone() });
    let connection = protocols.builder.serve_connection(io, service);
    tokio::pin!(connection);
    let patience = protocols.patience;
    let mut looks = tokio::time::interval_at(Instant::now() + patience, patience);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut seen = activity.progress();
    let mut closing = false;
    let mut stopping = false;
    loop {
        tokio::select! {
            // How it ended concerns the client alone: it went away or spoke no HTTP.
            _ = connection.as_mut() => return,
            // The sender's end is the server's.
            _ = stopped.wait_for(|stopped| *stopped), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            _ = looks.tick() => {
                let now = activity.progress();
                if activity.is_busy() || now != seen {
                    seen = now;
                    closing = false;
                } else if closing {
                    return;
                } else {
                    closing = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }
}
