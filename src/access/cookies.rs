//! The cookies of a browser that signed in with `transport: COOKIE`.
//!
//! The access token and the refresh token are out of reach of scripts; the CSRF token is within, for
//! a page of this site has to send it back as `X-CSRF-Token`. The browser forgets the access token
//! when its time is over.

use std::time::Duration;

use axum::http::{HeaderMap, header};

use super::RequestContext;
use super::token::AccessToken;

/// The cookie of the access token.
pub const ACCESS: &str = "__Host-agent-free-access";

/// The cookie of the refresh token.
pub const REFRESH: &str = "__Host-agent-free-refresh";

/// The cookie of the CSRF token.
pub const CSRF: &str = "agent-free-csrf";

/// The answer signs its browser in.
pub fn set(context: &RequestContext, access: &AccessToken, refresh_token: &str, csrf_token: &str) {
    let config = context.access.config();
    let short = config.access_token_lifetime;
    let long = config.refresh_token_lifetime;
    context.set_cookie(ACCESS, &hidden(&access.token, short));
    context.set_cookie(REFRESH, &hidden(refresh_token, long));
    context.set_cookie(CSRF, &readable(csrf_token, long));
}

/// The answer signs its browser out.
pub fn clear(context: &RequestContext) {
    clear_access(context);
    context.set_cookie(REFRESH, &hidden("", Duration::ZERO));
    context.set_cookie(CSRF, &readable("", Duration::ZERO));
}

/// The answer takes the access token alone: the session may still be refreshed.
pub(super) fn clear_access(context: &RequestContext) {
    context.set_cookie(ACCESS, &hidden("", Duration::ZERO));
}

/// The line that takes the access token away.
pub(super) fn without_access() -> String {
    format!("{ACCESS}={}", hidden("", Duration::ZERO))
}

/// The value of a cookie that a request brought.
pub(super) fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter();
    let mut pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

fn hidden(value: &str, age: Duration) -> String {
    format!("{}; HttpOnly", readable(value, age))
}

fn readable(value: &str, age: Duration) -> String {
    format!("{value}; Max-Age={}; Path=/; Secure; SameSite=Strict", age.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "a=1; agent-free-csrf=x=y;b=2".parse().unwrap());
        headers.append(header::COOKIE, "xagent-free-csrf=no; c=3".parse().unwrap());
        assert_eq!(find(&headers, CSRF), Some("x=y"));
        assert_eq!(find(&headers, "b"), Some("2"));
        assert_eq!(find(&headers, "c"), Some("3"));
        assert_eq!(find(&headers, "free-csrf"), None);
    }

    #[test]
    fn secrets_are_out_of_reach_of_scripts_and_other_sites() {
        let cookie = hidden("secret", Duration::from_secs(600));
        assert_eq!(cookie, "secret; Max-Age=600; Path=/; Secure; SameSite=Strict; HttpOnly");
    }
}
