//! Load that does not wait: requests are due at a fixed rate, whatever becomes of the earlier ones,
//! as many callers who know nothing of each other make it. A latency counts from the moment at
//! which its request was due, so a server that stalls cannot hide it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::measure::median;
use crate::error::BenchError;

/// How long one answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is sent, how often, how long, and over how many connections.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load<'a> {
    pub(crate) address: SocketAddr,
    pub(crate) body: &'a str,
    /// Requests a second.
    pub(crate) rate: f64,
    pub(crate) time: Duration,
    pub(crate) connections: usize,
}

/// What callers saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Latencies of answers with 200, in milliseconds.
    pub(crate) answered: Vec<f64>,
    /// Latencies of answers with 503, in milliseconds.
    pub(crate) refused: Vec<f64>,
    /// Everything else: other answers, broken connections.
    pub(crate) failed: usize,
    /// How long it took, from the first request due to the last answer.
    pub(crate) elapsed: Duration,
}

impl Seen {
    /// Answers with 200 a second.
    pub(crate) fn goodput(&self) -> f64 {
        self.answered.len() as f64 / self.elapsed.as_secs_f64()
    }
}

/// The value that this share of the others stays below.
pub(crate) fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len() as f64 * share) as usize;
    sorted.get(place.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

/// Half of the values stay below this one.
pub(crate) fn middle(values: &[f64]) -> f64 {
    median(values.to_vec())
}

/// Sends requests at this rate.
pub(crate) async fn send(load: Load<'_>) -> Result<Seen, BenchError> {
    let request: Arc<[u8]> = format!(
        "POST /graphql HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
         Accept: application/graphql-response+json\r\nContent-Length: {}\r\n\r\n{}",
        load.address,
        load.body.len(),
        load.body
    )
    .into_bytes()
    .into();
    let next = Arc::new(AtomicU64::new(0));
    let total = (load.rate * load.time.as_secs_f64()) as u64;
    let start = Instant::now() + Duration::from_millis(200);
    let callers: Vec<_> = (0..load.connections)
        .map(|place| {
            let (request, next) = (request.clone(), next.clone());
            // Several addresses of this machine, as several callers have.
            let from = Ipv4Addr::new(127, 0, 0, 2 + (place % 8) as u8);
            tokio::spawn(async move {
                let mut seen = Seen::default();
                let mut connection = None;
                loop {
                    let turn = next.fetch_add(1, Ordering::Relaxed);
                    if turn >= total {
                        return seen;
                    }
                    let due = start + Duration::from_secs_f64(turn as f64 / load.rate);
                    tokio::time::sleep_until(due.into()).await;
                    let answer = ask(&mut connection, from, load.address, &request);
                    match tokio::time::timeout(PATIENCE, answer).await {
                        Ok(Ok(200)) => seen.answered.push(due.elapsed().as_secs_f64() * 1e3),
                        Ok(Ok(503)) => seen.refused.push(due.elapsed().as_secs_f64() * 1e3),
                        _ => {
                            seen.failed += 1;
                            connection = None;
                        }
                    }
                }
            })
        })
        .collect();
    let mut all = Seen::default();
    for caller in callers {
        let seen = caller.await.map_err(|error| BenchError::program("a caller", error))?;
        all.answered.extend(seen.answered);
        all.refused.extend(seen.refused);
        all.failed += seen.failed;
    }
    all.elapsed = start.elapsed();
    Ok(all)
}

/// Sends a request over the caller's connection, a new one if need be, and gives the status.
async fn ask(
    connection: &mut Option<TcpStream>,
    from: Ipv4Addr,
    to: SocketAddr,
    request: &[u8],
) -> std::io::Result<u16> {
    let stream = match connection {
        Some(stream) => stream,
        None => {
            let socket = TcpSocket::new_v4()?;
            socket.bind(SocketAddr::from((from, 0)))?;
            let stream = socket.connect(to).await?;
            stream.set_nodelay(true)?;
            connection.insert(stream)
        }
    };
    stream.write_all(request).await?;
    let mut answer = Vec::with_capacity(64 * 1024);
    let broken = || std::io::Error::from(std::io::ErrorKind::InvalidData);
    loop {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(broken());
        }
        let Some(head) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
        let text = String::from_utf8_lossy(&answer[..head]).to_ascii_lowercase();
        let length: usize = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
            .ok_or_else(broken)?;
        let status = text.get(9..12).and_then(|status| status.parse().ok()).ok_or_else(broken)?;
        while answer.len() < head + 4 + length {
            if stream.read_buf(&mut answer).await? == 0 {
                return Err(broken());
            }
        }
        if text.contains("connection: close") {
            *connection = None;
        }
        return Ok(status);
    }
}
