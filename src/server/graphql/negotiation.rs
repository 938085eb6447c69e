//! What the client would rather have: the media type and the encoding of the answer.

use axum::http::{HeaderMap, HeaderName, header};

/// The media types that answers come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MediaType {
    /// `application/json`: 200 for whatever came to the engine.
    Json,
    /// `application/graphql-response+json`: the status tells what became of the request.
    GraphqlResponse,
}

impl MediaType {
    /// As the header says it.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        }
    }
}

/// The encodings that bodies come in, the quickest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Zstd,
    Brotli,
    Gzip,
}

impl Encoding {
    /// As headers say it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Zstd => "zstd",
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }
}

/// The media type for this client; none if it takes neither.
pub(super) fn media_type(headers: &HeaderMap) -> Option<MediaType> {
    let ranges = items(headers, &header::ACCEPT);
    if ranges.is_empty() {
        return Some(MediaType::Json);
    }
    // How well a type is liked is what the most specific range says that has it.
    let liked = |name: &str| {
        [name, "application/*", "*/*"].into_iter().enumerate().find_map(|(rank, range)| {
            let of_range = ranges.iter().filter(|(listed, _)| listed.eq_ignore_ascii_case(range));
            Some((of_range.map(|(_, quality)| *quality).max()?, rank == 0))
        })
    };
    let (json, _) = liked("application/json").unwrap_or_default();
    let (graphql, by_name) = liked("application/graphql-response+json").unwrap_or_default();
    match json.max(graphql) {
        0 => None,
        // Who names the newer type knows it; who takes anything may not.
        _ if graphql > json || (graphql == json && by_name) => Some(MediaType::GraphqlResponse),
        _ => Some(MediaType::Json),
    }
}

/// The encoding for this client; none if it would rather have the body as it is.
pub(super) fn encoding(headers: &HeaderMap) -> Option<Encoding> {
    let listed = items(headers, &header::ACCEPT_ENCODING);
    let find = |name: &str| {
        listed.iter().find(|(item, _)| item.eq_ignore_ascii_case(name)).map(|(_, quality)| *quality)
    };
    let liked = |name| find(name).or_else(|| find("*")).unwrap_or(0);
    let plain = find("identity").unwrap_or(0);
    let mut best = None;
    for encoding in [Encoding::Zstd, Encoding::Brotli, Encoding::Gzip] {
        let quality = liked(encoding.name());
        if quality > 0 && quality >= plain && best.is_none_or(|(most, _)| quality > most) {
            best = Some((quality, encoding));
        }
    }
    best.map(|(_, encoding)| encoding)
}

/// The items of a list, each with its quality in thousandths. An item whose quality cannot be read
/// is left out.
fn items<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<(&'a str, u16)> {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).filter_map(item).collect()
}

fn item(text: &str) -> Option<(&str, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let quality = parts.find_map(|part| {
        part.split_once('=').filter(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
    });
    let quality = match quality {
        None => 1.0,
        Some((_, value)) => {
            value.trim().parse::<f32>().ok().filter(|quality| (0.0..=1.0).contains(quality))?
        }
    };
    // Three digits are all that the header's grammar allows.
    Some((name, (quality * 1000.0).round() as u16))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(&name, line.parse().unwrap());
        }
        headers
    }

    #[test]
    fn the_media_type_is_the_one_liked_best() {
        let json = Some(MediaType::Json);
        let graphql = Some(MediaType::GraphqlResponse);
        let table: [(&[&str], _); 18] = [
            (&[], json),
            (&[""], json),
            (&["*/*"], json),
            (&["application/*"], json),
            (&["application/json"], json),
            (&["Application/GraphQL-Response+JSON"], graphql),
            (
                &["application/graphql-response+json; charset=utf-8, application/json; q=0.9"],
                graphql,
            ),
            (&["application/json", "application/graphql-response+json"], graphql),
            (&["application/json, application/graphql-response+json;q=0.9"], json),
            (&["application/graphql-response+json, */*;q=0.1"], graphql),
            (&["application/json;q=0.5, */*"], graphql),
            (&["application/json;q=0, application/*"], graphql),
            (&["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"], json),
            (&["text/html"], None),
            (&["application/json;q=0"], None),
            (&["*/*;q=0"], None),
            (&["application/json;q=x"], json),
            (&["text/html", "application/json;q=0.001"], json),
        ];
        for (lines, expected) in table {
            // A header without items says no more than none.
            assert_eq!(media_type(&headers(header::ACCEPT, lines)), expected, "{lines:?}");
        }
    }

    #[test]
    fn the_encoding_is_the_one_liked_best() {
        let table = [
            ("", None),
            ("gzip, deflate, br, zstd", Some(Encoding::Zstd)),
            ("gzip, deflate, br", Some(Encoding::Brotli)),
            ("gzip, deflate", Some(Encoding::Gzip)),
            ("GZIP", Some(Encoding::Gzip)),
            ("deflate", None),
            ("*", Some(Encoding::Zstd)),
            ("*, zstd;q=0", Some(Encoding::Brotli)),
            ("zstd;q=0.5, gzip", Some(Encoding::Gzip)),
            ("gzip;q=0.5, identity", None),
            ("identity;q=0.1, gzip;q=0.2", Some(Encoding::Gzip)),
            ("gzip;q=0", None),
            ("identity", None),
        ];
        for (line, expected) in table {
            let headers = headers(header::ACCEPT_ENCODING, &[line]);
            assert_eq!(encoding(&headers), expected, "{line}");
        }
    }
}
