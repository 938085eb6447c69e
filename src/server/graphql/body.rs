//! Bodies as they come in: bounded each by itself in bytes and in time, and all together in memory.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use http_body_util::BodyExt;
use loaders::{ErrorCode, Measure, RequestError};
use tokio::sync::{Semaphore, SemaphorePermit};

/// So much of each body does not count against what all may take together, so that large bodies
/// that come slowly never stand in the way of small ones.
const FREE: usize = 8 << 10;

/// What is counted together.
const BLOCK: usize = 4 << 10;

/// How much of a body that is refused is read and thrown away, and how long that may take: a client
/// that is still sending often takes a closed connection for the answer.
const DISCARDED: usize = 8 << 20;
const DISCARD_TIME: Duration = Duration::from_secs(2);

/// Reads bodies.
pub(super) struct Bodies {
    limit: usize,
    timeout: Duration,
    /// Blocks that bodies beyond their free part may take, and those that they still may.
    blocks_max: usize,
    blocks: Semaphore,
}

/// A body, and the memory that it counts for until it is dropped.
pub(super) struct Read<'a> {
    pub(super) bytes: Vec<u8>,
    _blocks: Option<SemaphorePermit<'a>>,
}

impl Bodies {
    /// Bodies of so many bytes each, and as much together as `together` of the largest.
    pub(super) fn new(limit: usize, timeout: Duration, together: usize) -> Self {
        let blocks = limit.div_ceil(BLOCK).saturating_mul(together).min(Semaphore::MAX_PERMITS);
        Self { limit, timeout, blocks_max: blocks, blocks: Semaphore::new(blocks) }
    }

    /// The whole body.
    pub(super) async fn read(&self, body: &mut Body) -> Result<Read<'_>, RequestError> {
        let announced = body.size_hint().lower();
        if announced > self.limit as u64 {
            return Err(self.too_long(announced));
        }
        match tokio::time::timeout(self.timeout, self.collect(body, announced as usize)).await {
            Ok(read) => read,
            Err(_) => Err(self.too_slow()),
        }
    }

    async fn collect(&self, body: &mut Body, announced: usize) -> Result<Read<'_>, RequestError> {
        let mut bytes = Vec::with_capacity(announced.min(FREE));
        let mut taken: Option<SemaphorePermit<'_>> = None;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| cut_off())?;
            let Ok(data) = frame.into_data() else { continue };
            let length = bytes.len() + data.len();
            if length > self.limit {
                return Err(self.too_long(length as u64));
            }
            let has = taken.as_ref().map_or(0, SemaphorePermit::num_permits);
            let needs = length.saturating_sub(FREE).div_ceil(BLOCK);
            if needs > has {
                let more = u32::try_from(needs - has).unwrap_or(u32::MAX);
                let more = self.blocks.try_acquire_many(more).map_err(|_| self.too_much())?;
                match &mut taken {
                    Some(taken) => taken.merge(more),
                    None => taken = Some(more),
                }
            }
            bytes.extend_from_slice(&data);
        }
        Ok(Read { bytes, _blocks: taken })
    }

    /// Reads what is left of a body that nobody wants, within bounds.
    pub(super) async fn discard(&self, body: &mut Body) {
        let read = async {
            let mut discarded = 0;
            while let Some(Ok(frame)) = body.frame().await {
                discarded += frame.data_ref().map_or(0, |data| data.len());
                if discarded > DISCARDED {
                    return;
                }
            }
        };
        // A client that is slower than that has to do without the words.
        let _ = tokio::time::timeout(DISCARD_TIME, read).await;
    }

    fn too_long(&self, measured: u64) -> RequestError {
        let limit = self.limit;
        RequestError::limit(
            ErrorCode::BodySizeLimit,
            Measure::of(limit, measured),
            format!(
                "the body has more than {limit} bytes (REQUEST_BODY_BYTES): ask for less at once"
            ),
        )
    }

    fn too_slow(&self) -> RequestError {
        let milliseconds = self.timeout.as_millis();
        RequestError::limit(
            ErrorCode::BodyTimeLimit,
            Measure::of(milliseconds, milliseconds),
            format!("the body was not here within {milliseconds} ms (BODY_READ_TIMEOUT)"),
        )
    }

    fn too_much(&self) -> RequestError {
        let limit = self.blocks_max * BLOCK;
        RequestError::limit(
            ErrorCode::Overloaded,
            Measure::of(limit, limit + BLOCK),
            format!(
                "the long bodies that are being read come to {limit} bytes (REQUEST_BODY_BYTES \
                 times REQUESTS_MAX): try again later"
            ),
        )
    }
}

fn cut_off() -> RequestError {
    RequestError::invalid(ErrorCode::MalformedRequest, "the body ends before its end")
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use futures_util::{StreamExt, stream};

    use super::*;

    fn chunks(sizes: &[usize]) -> Body {
        let chunks: Vec<_> = sizes
            .iter()
            .map(|size| Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; *size])))
            .collect();
        Body::from_stream(stream::iter(chunks))
    }

    #[tokio::test]
    async fn a_body_has_its_length() {
        let bodies = Bodies::new(100, Duration::from_secs(600), 1);
        assert_eq!(bodies.read(&mut chunks(&[60, 40])).await.ok().unwrap().bytes.len(), 100);
        let error = bodies.read(&mut chunks(&[60, 41])).await.err().unwrap();
        assert_eq!(error.code(), ErrorCode::BodySizeLimit);
        // One that says how long it is need not come at all.
        let error = bodies.read(&mut Body::from(vec![0; 101])).await.err().unwrap();
        assert_eq!(error.code(), ErrorCode::BodySizeLimit);
    }

    #[tokio::test]
    async fn a_body_has_its_time() {
        let bodies = Bodies::new(100, Duration::from_millis(30), 1);
        let start = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"{"))]);
        let error = bodies.read(&mut Body::from_stream(start.chain(stream::pending()))).await;
        assert_eq!(error.err().unwrap().code(), ErrorCode::BodyTimeLimit);
    }

    #[tokio::test]
    async fn long_bodies_share_their_memory_and_leave_room_for_short_ones() {
        let long = FREE + 10 * BLOCK;
        let bodies = Bodies::new(long, Duration::from_secs(600), 1);
        let read = bodies.read(&mut chunks(&[FREE, 10 * BLOCK])).await.ok().unwrap();
        let error = bodies.read(&mut chunks(&[FREE, 10 * BLOCK])).await.err().unwrap();
        assert_eq!(error.code(), ErrorCode::Overloaded);
        assert!(bodies.read(&mut chunks(&[FREE])).await.is_ok());
        drop(read);
        assert!(bodies.read(&mut chunks(&[FREE, 10 * BLOCK])).await.is_ok());
    }
}
