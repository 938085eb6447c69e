//! What the transport knows of a request beyond its operation: where it came from, by what it is
//! signed in, and the cookies that its answer sets. Mutations reach it through
//! [`RequestContext::of`].

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderValue, header};
use loaders::{ErrorCode, FieldError, WriteContext, WriteError};
use uuid::Uuid;

use super::{Access, cookies, csrf};

/// How many characters of what a client calls itself are kept.
const USER_AGENT_LENGTH: usize = 500;

/// By what a request is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// Nothing: nobody is signed in.
    None,
    /// An access token of ours in the header `Authorization`.
    Bearer,
    /// The same in a cookie.
    Cookie,
    /// The API key of this id.
    ApiKey(Uuid),
    /// A token of the outside issuer.
    Outside,
}

/// One request, as the door knows it.
#[derive(Debug)]
pub struct RequestContext {
    /// What issues and checks tokens.
    pub access: Arc<Access>,
    /// Where it came from; trusted proxies are believed.
    pub address: IpAddr,
    /// By what it is signed in.
    pub credential: Credential,
    /// The session that it belongs to, if it is signed in by one.
    pub session: Option<Uuid>,
    headers: HeaderMap,
    set_cookies: Mutex<Vec<(&'static str, String)>>,
}

impl RequestContext {
    /// A request that is not signed in.
    pub fn anonymous(access: Arc<Access>, address: IpAddr, headers: &HeaderMap) -> Self {
        let wanted = [header::USER_AGENT, header::COOKIE, csrf::HEADER];
        let kept = wanted.iter().flat_map(|name| {
            headers.get_all(name).iter().map(|value| (name.clone(), value.clone()))
        });
        Self {
            access,
            address,
            credential: Credential::None,
            session: None,
            headers: kept.collect(),
            set_cookies: Mutex::default(),
        }
    }

    /// The request that a mutation belongs to.
    ///
    /// # Errors
    /// The engine was called without one: a defect.
    pub fn of<'a>(write: &'a WriteContext<'_>) -> Result<&'a Self, WriteError> {
        write.context().ok_or_else(|| {
            let message = "the mutation was called without its request";
            FieldError::new(ErrorCode::Internal, message).into()
        })
    }

    /// The session that a mutation belongs to: what concerns the account itself is closed to API
    /// keys and to tokens of an outside issuer.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` where nobody is signed in, `FORBIDDEN` where somebody is without a session.
    pub fn require_session(write: &WriteContext<'_>) -> Result<Uuid, WriteError> {
        write.viewer_id()?;
        Self::of(write)?.session.ok_or_else(|| {
            let message = "this needs a session: sign in with a password or a passkey";
            FieldError::new(ErrorCode::Forbidden, message).into()
        })
    }

    /// What the client calls itself, shortened.
    pub fn user_agent(&self) -> Option<String> {
        let text = self.headers.get(header::USER_AGENT)?.to_str().ok()?.trim();
        (!text.is_empty()).then(|| text.chars().take(USER_AGENT_LENGTH).collect())
    }

    /// The refresh token of its cookie.
    pub fn refresh_token(&self) -> Option<&str> {
        cookies::find(&self.headers, cookies::REFRESH).filter(|token| !token.is_empty())
    }

    /// The CSRF token of its header.
    pub fn csrf_token(&self) -> Option<&str> {
        self.headers.get(csrf::HEADER)?.to_str().ok()
    }

    /// The answer sets a cookie: its value and what follows it. A later one replaces an earlier one
    /// of the same name.
    pub fn set_cookie(&self, name: &'static str, value: &str) {
        let mut cookies = self.set_cookies.lock().unwrap_or_else(PoisonError::into_inner);
        cookies.retain(|(earlier, _)| *earlier != name);
        cookies.push((name, format!("{name}={value}")));
    }

    /// What set cookies has failed.
    pub(crate) fn forget_cookies(&self) {
        self.set_cookies.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Adds the cookies that were set to an answer's head. What sets them belongs to one client
    /// alone, so nobody keeps it.
    pub(crate) fn write_cookies(&self, headers: &mut HeaderMap) {
        let mut cookies = self.set_cookies.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, cookie) in cookies.drain(..) {
            if let Ok(value) = HeaderValue::from_str(&cookie) {
                headers.append(header::SET_COOKIE, value);
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            }
        }
    }
}
