//! What keeps other sites from acting through a browser that is signed in by cookies: each request
//! but a query by GET repeats the session's CSRF token in a header, which no other site can read
//! or send.

use axum::http::{HeaderMap, HeaderName, Method};
use loaders::{ErrorCode, RequestError};
use subtle::ConstantTimeEq as _;

use super::opaque;

/// The header that repeats the token.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-csrf-token");

/// Refuses a request that is signed in by cookies and may write, unless it brings the token of its
/// session.
pub(super) fn check(
    method: &Method,
    headers: &HeaderMap,
    expected: Option<&[u8]>,
) -> Result<(), RequestError> {
    if matches!(*method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    let given = headers.get(HEADER).and_then(|value| value.to_str().ok());
    let fits = given.zip(expected).is_some_and(|(given, expected)| is(given, expected));
    if fits {
        return Ok(());
    }
    let message = "a request that is signed in by cookies repeats the cookie agent-free-csrf in the \
                   header X-CSRF-Token: the header is missing or belongs to another session";
    Err(RequestError::invalid(ErrorCode::CsrfTokenInvalid, message))
}

/// Whether the token has this hash.
pub fn is(token: &str, hash: &[u8]) -> bool {
    opaque::hash(token).ct_eq(hash).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_may_write_needs_the_token_of_its_session() {
        let hash = opaque::hash("right");
        let of = |method: Method, token: Option<&str>, expected: Option<&[u8]>| {
            let mut headers = HeaderMap::new();
            headers.extend(token.map(|token| (HEADER, token.parse().unwrap())));
            check(&method, &headers, expected).map_err(|error| error.code())
        };
        let refused = Err(ErrorCode::CsrfTokenInvalid);
        assert_eq!(of(Method::POST, Some("right"), Some(&hash)), Ok(()));
        assert_eq!(of(Method::GET, None, Some(&hash)), Ok(()));
        assert_eq!(of(Method::POST, None, Some(&hash)), refused);
        assert_eq!(of(Method::POST, Some("wrong"), Some(&hash)), refused);
        assert_eq!(of(Method::POST, Some(""), Some(&hash)), refused);
        assert_eq!(of(Method::POST, Some("right"), None), refused);
    }
}
