//! Bodies made smaller: quickly rather than as small as can be.

use std::io::{self, Write};

use super::negotiation::Encoding;

/// Smaller bodies fit into one packet anyway.
const WORTH_IT: usize = 1 << 10;

/// Larger bodies keep a thread so long that other requests would feel it.
const ELSEWHERE: usize = 128 << 10;

/// The body in this encoding; none where it is not worth the time.
pub(super) async fn compress(body: &[u8], encoding: Encoding) -> Option<Vec<u8>> {
    if body.len() < WORTH_IT {
        return None;
    }
    let compressed = if body.len() < ELSEWHERE {
        compressed(body, encoding)
    } else {
        let body = body.to_vec();
        tokio::task::spawn_blocking(move || compressed(&body, encoding)).await.ok()?
    };
    // Writing into memory does not fail; if it did, the plain body is as good.
    compressed.ok()
}

fn compressed(body: &[u8], encoding: Encoding) -> io::Result<Vec<u8>> {
    let out = Vec::with_capacity(body.len() / 4);
    match encoding {
        Encoding::Zstd => zstd::bulk::compress(body, 1),
        Encoding::Brotli => {
            // The window holds most answers whole and keeps the encoder's memory small.
            let (buffer, quality, window) = (16 << 10, 3, 18);
            let mut writer = brotli::CompressorWriter::new(out, buffer, quality, window);
            writer.write_all(body)?;
            writer.flush()?;
            Ok(writer.into_inner())
        }
        Encoding::Gzip => {
            let mut writer = flate2::write::GzEncoder::new(out, flate2::Compression::fast());
            writer.write_all(body)?;
            writer.finish()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[tokio::test]
    async fn each_encoding_gives_the_body_back() {
        for repeats in [100, 20_000] {
            let body = "{\"id\":\"property_01h2xcejqtf2nbrexx3vqjhp41\"},".repeat(repeats);
            let body = body.as_bytes();
            for encoding in [Encoding::Zstd, Encoding::Brotli, Encoding::Gzip] {
                let small = compress(body, encoding).await.unwrap();
                assert!(small.len() < body.len() / 5, "{encoding:?}: {}", small.len());
                let mut back = Vec::new();
                match encoding {
                    Encoding::Zstd => {
                        back = zstd::stream::decode_all(&small[..]).unwrap();
                    }
                    Encoding::Brotli => {
                        brotli::BrotliDecompress(&mut &small[..], &mut back).unwrap();
                    }
                    Encoding::Gzip => {
                        flate2::read::GzDecoder::new(&small[..]).read_to_end(&mut back).unwrap();
                    }
                }
                assert_eq!(back, body, "{encoding:?}");
            }
        }
    }

    #[tokio::test]
    async fn what_is_small_stays_as_it_is() {
        assert_eq!(compress(b"{\"data\":null}", Encoding::Gzip).await, None);
    }
}
