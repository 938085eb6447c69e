//! GraphiQL at `/graphiql`, from files embedded in the binary.
//!
//! Promises: the page asks no other host for anything, because its Content-Security-Policy forbids it;
//! and what a browser has already is confirmed by its `ETag`, not sent again.
//!
//! The bundle is built in `web/graphiql/`; the example tabs are the operations in its `examples/`.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

/// The routes of the page and its files.
pub(crate) fn routes() -> Router {
    let page = async |headers: HeaderMap| answer("index.html", &headers);
    let file = async |Path(name): Path<String>, headers: HeaderMap| answer(&name, &headers);
    Router::new()
        .route("/graphiql", get(page))
        .route("/graphiql/", get(page))
        .route("/graphiql/{file}", get(file))
}

/// Monaco writes its themes into `<style>` elements as it runs, hence the one inline permission.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; \
    style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Sent with each answer, also with 304.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CACHE_CONTROL, "no-cache"),
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::VARY, "accept-encoding"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

fn answer(name: &str, request: &HeaderMap) -> Response {
    let Some(asset) = ASSETS.get(name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let common = (HEADERS, [(header::ETAG, asset.etag.clone())]);
    if lists(request, &header::IF_NONE_MATCH, asset.etag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let content_type = [(header::CONTENT_TYPE, asset.content_type)];
    match &asset.gzip {
        Some(gzip) if lists(request, &header::ACCEPT_ENCODING, b"gzip") => {
            let encoding = [(header::CONTENT_ENCODING, "gzip")];
            (common, content_type, encoding, gzip.clone()).into_response()
        }
        _ => (common, content_type, asset.plain.clone()).into_response(),
    }
}

/// Whether a comma-separated request header has exactly this item (so `gzip;q=0` is not `gzip`).
fn lists(request: &HeaderMap, name: &HeaderName, item: &[u8]) -> bool {
    let values = request.get_all(name).iter();
    values
        .flat_map(|value| value.as_bytes().split(|&byte| byte == b','))
        .any(|listed| listed.trim_ascii() == item)
}

/// One file as it is sent.
struct Asset {
    content_type: &'static str,
    plain: Bytes,
    gzip: Option<Bytes>,
    etag: String,
}

impl Asset {
    fn new(content_type: &'static str, plain: Bytes, gzip: Option<&'static [u8]>) -> Self {
        let mut hasher = DefaultHasher::new();
        plain.hash(&mut hasher);
        // Weak, because the plain and the compressed form share it.
        let etag = format!("W/\"{:016x}\"", hasher.finish());
        Self { content_type, plain, gzip: gzip.map(Bytes::from_static), etag }
    }
}

macro_rules! plain {
    ($name:literal, $content_type:literal) => {{
        let plain = include_bytes!(concat!("../../web/graphiql/dist/", $name));
        ($name, Asset::new($content_type, Bytes::from_static(plain), None))
    }};
}

macro_rules! zipped {
    ($name:literal, $content_type:literal) => {{
        let plain = include_bytes!(concat!("../../web/graphiql/dist/", $name));
        let gzip = include_bytes!(concat!("../../web/graphiql/dist/", $name, ".gz"));
        ($name, Asset::new($content_type, Bytes::from_static(plain), Some(gzip)))
    }};
}

static ASSETS: LazyLock<HashMap<&'static str, Asset>> = LazyLock::new(|| {
    HashMap::from([
        plain!("index.html", "text/html; charset=utf-8"),
        plain!("icon.svg", "image/svg+xml"),
        zipped!("main.js", "text/javascript; charset=utf-8"),
        zipped!("worker.js", "text/javascript; charset=utf-8"),
        zipped!("main.css", "text/css; charset=utf-8"),
        zipped!("codicon.ttf", "font/ttf"),
        plain!("fira-code-latin-400-normal.woff2", "font/woff2"),
        plain!("roboto-latin-400-normal.woff2", "font/woff2"),
        plain!("roboto-latin-500-normal.woff2", "font/woff2"),
        zipped!("third-party-notices.txt", "text/plain; charset=utf-8"),
        ("examples.json", Asset::new("application/json", examples(), None)),
    ])
});

macro_rules! operation {
    ($name:literal) => {
        json!({ "query": include_str!(concat!("../../web/graphiql/examples/", $name, ".graphql")) })
    };
    ($name:literal, variables) => {
        json!({
            "query": include_str!(concat!("../../web/graphiql/examples/", $name, ".graphql")),
            "variables": include_str!(concat!("../../web/graphiql/examples/", $name, ".json")),
        })
    };
}

/// The tabs that a first visit opens, in their order and in the form that GraphiQL takes.
fn examples() -> Bytes {
    let tabs: [Value; 11] = [
        operation!("houses"),
        operation!("brick-houses"),
        operation!("nearby"),
        operation!("comparables"),
        operation!("market"),
        operation!("pages", variables),
        operation!("by-id", variables),
        operation!("sign-in", variables),
        operation!("who-am-i"),
        operation!("offer", variables),
        operation!("improve", variables),
    ];
    json!(tabs).to_string().into()
}
