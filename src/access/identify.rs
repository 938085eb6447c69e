//! From what a request brings along to who is asking.
//!
//! What counts, in this order: the header `Authorization: Bearer` (an access token of ours, one of
//! the outside issuer, an API key), else the cookie of the access token, else nobody. A credential
//! that does not count is refused, and never taken for nobody. There is one exception: a browser
//! sends its cookie by itself, so a *cookie* whose time is over or whose session has ended counts
//! as none and is taken away by the answer. Signing in, refreshing and signing out work then.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, Method, header};
use jsonwebtoken::dangerous::insecure_decode_claims;
use loaders::{ErrorCode, RequestError, Viewer};
use serde::Deserialize;

use super::cache::{Checked, Holder, State};
use super::context::{Credential, RequestContext};
use super::issuer::OutsideError;
use super::token::{self, TokenError};
use super::{Access, api_key, cookies, csrf, opaque, outside_users};

/// Who is asking, and what is known of the request.
#[derive(Debug)]
pub struct Identified {
    /// Who is asking.
    pub viewer: Arc<Viewer>,
    /// What else is known of the request.
    pub context: RequestContext,
}

/// Why a credential does not count.
enum Unproven {
    /// Its time is over, or what it belongs to has ended.
    Over(String),
    /// Something else.
    Refused(RequestError),
}

impl Access {
    /// Who sends this request.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` for a credential that does not count, `CSRF_TOKEN_INVALID` for a cookie
    /// without its token; the database or the outside issuer is away.
    pub async fn identify(
        self: &Arc<Self>,
        method: &Method,
        headers: &HeaderMap,
        address: IpAddr,
    ) -> Result<Identified, RequestError> {
        let mut context = RequestContext::anonymous(self.clone(), address, headers);
        let state = if let Some(secret) = bearer(headers)? {
            let (credential, state) = self.by_header(secret).await.map_err(RequestError::from)?;
            context.credential = credential;
            state
        } else {
            let cookie = cookies::find(headers, cookies::ACCESS).filter(|token| !token.is_empty());
            let Some(token) = cookie else { return Ok(self.nobody(context)) };
            match self.by_cookie(token).await {
                Ok(state) => {
                    csrf::check(method, headers, state.csrf_token_hash.as_deref())?;
                    context.credential = Credential::Cookie;
                    state
                }
                Err(Unproven::Over(_)) => {
                    cookies::clear_access(&context);
                    return Ok(self.nobody(context));
                }
                Err(Unproven::Refused(error)) => return Err(error),
            }
        };
        if matches!(context.credential, Credential::Bearer | Credential::Cookie) {
            context.session = Some(state.id);
        }
        Ok(Identified { viewer: state.viewer.clone(), context })
    }

    fn nobody(&self, context: RequestContext) -> Identified {
        Identified { viewer: self.anonymous.clone(), context }
    }

    async fn by_header(&self, secret: &str) -> Result<(Credential, Arc<State>), Unproven> {
        if api_key::is_one(secret) {
            let state = self.sessions.state(Holder::ApiKey(opaque::hash(secret))).await?;
            let state = state.ok_or_else(|| refused("the API key is unknown, revoked or over"))?;
            return Ok((Credential::ApiKey(state.id), state));
        }
        let checked = self.check(secret, true).await?;
        let credential = match checked.holder {
            Holder::Session(_) => Credential::Bearer,
            _ => Credential::Outside,
        };
        Ok((credential, self.state(checked).await?))
    }

    async fn by_cookie(&self, token: &str) -> Result<Arc<State>, Unproven> {
        self.state(self.check(token, false).await?).await
    }

    /// The state behind a token that was checked.
    async fn state(&self, checked: Checked) -> Result<Arc<State>, Unproven> {
        let state = self.sessions.state(checked.holder).await?;
        state.filter(|state| state.user == checked.user).ok_or_else(|| {
            Unproven::Over("the session has ended, or its user may not sign in".to_owned())
        })
    }

    /// Checks a token, once: checking a signature costs more than finding what was found before.
    async fn check(&self, token: &str, may_be_outside: bool) -> Result<Checked, Unproven> {
        if token.len() > token::LENGTH_MAXIMUM {
            return Err(refused("the access token is too long"));
        }
        let hash = opaque::hash(token);
        let found = self.sessions.checked(&hash, token::now());
        if let Some(checked) = found
            && (may_be_outside || matches!(checked.holder, Holder::Session(_)))
        {
            return Ok(checked);
        }
        let skew = self.config.clock_skew_max.as_secs();
        let checked = match &self.issuer {
            Some(issuer) if may_be_outside && is_from(token, issuer.name()) => {
                let claims = issuer.verify(&self.config, token).await?;
                let name = claims.name.as_deref();
                let (issuer, subject) = (issuer.name(), claims.sub.as_str());
                let user = outside_users::find_or_make(&self.pool, issuer, subject, name).await?;
                let counts_until = claims.exp.saturating_add(skew);
                Checked { user, holder: Holder::User(user), counts_until }
            }
            _ => {
                let proven = token::verify(&self.config, &self.keys, token).await?;
                let counts_until = proven.expires_at.saturating_add(skew);
                Checked { user: proven.user, holder: Holder::Session(proven.session), counts_until }
            }
        };
        self.sessions.remember(hash, checked);
        Ok(checked)
    }
}

/// Adds to the head of a refusal how to sign in, and takes a cookie away that does not count.
pub(crate) fn write_challenge(request: &HeaderMap, answer: &mut HeaderMap) {
    let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
    answer.insert(header::WWW_AUTHENTICATE, challenge);
    if !request.contains_key(header::AUTHORIZATION)
        && let Ok(cookie) = HeaderValue::from_str(&cookies::without_access())
    {
        answer.append(header::SET_COOKIE, cookie);
    }
}

/// What stands in the header `Authorization`.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, RequestError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let parts = value.to_str().ok().and_then(|text| text.split_once(' '));
    match (parts, values.next()) {
        (Some((scheme, secret)), None) if scheme.eq_ignore_ascii_case("bearer") => {
            Ok(Some(secret.trim()))
        }
        _ => Err(unauthenticated("the header Authorization holds one thing: Bearer and a token")),
    }
}

/// Whom a token says it is from, which decides by whose rules it is checked.
fn is_from(token: &str, issuer: &str) -> bool {
    #[derive(Deserialize)]
    struct From {
        iss: String,
    }
    insecure_decode_claims::<From>(token).is_ok_and(|from| from.iss == issuer)
}

fn unauthenticated(message: impl Into<String>) -> RequestError {
    RequestError::invalid(ErrorCode::Unauthenticated, message)
}

fn refused(message: &str) -> Unproven {
    Unproven::Refused(unauthenticated(message))
}

impl From<Unproven> for RequestError {
    fn from(unproven: Unproven) -> Self {
        match unproven {
            Unproven::Over(message) => unauthenticated(message),
            Unproven::Refused(error) => error,
        }
    }
}

impl From<RequestError> for Unproven {
    fn from(error: RequestError) -> Self {
        Self::Refused(error)
    }
}

impl From<TokenError> for Unproven {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Expired => Self::Over(error.to_string()),
            _ => Self::Refused(unauthenticated(error.to_string())),
        }
    }
}

impl From<OutsideError> for Unproven {
    fn from(error: OutsideError) -> Self {
        match error {
            OutsideError::Token(error) => error.into(),
            OutsideError::Away => {
                Self::Refused(RequestError::invalid(ErrorCode::StoreUnavailable, error.to_string()))
            }
        }
    }
}
