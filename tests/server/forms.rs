//! The forms that requests and answers come in: media types, encodings, batches, ids.

use std::io::Read;

use reqwest::Response;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE};
use serde_json::{Value, json};

use super::{code, read};
use crate::support::{TestDatabase, TestServer};

const JSON: &str = "application/json";
const QUERY: &str = "{ propertyTypes(first: 1) { code } }";

async fn post(server: &TestServer, body: &Value, headers: &[(&str, &str)]) -> Response {
    let request = server.client().post(server.url("/graphql")).body(body.to_string());
    let request = request.header(CONTENT_TYPE, JSON);
    let request =
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.send().await.unwrap()
}

#[tokio::test]
async fn a_client_that_takes_neither_form_is_told_so() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    for accept in ["text/html", "application/json;q=0", "image/*, application/xml"] {
        let answer = post(&server, &json!({ "query": QUERY }), &[("accept", accept)]).await;
        let (status, kind, body) = read(answer).await;
        assert_eq!((status, kind.as_str(), code(&body)), (406, JSON, "NOT_ACCEPTABLE"), "{accept}");
        assert!(body.get("data").is_none());
    }
}

#[tokio::test]
async fn bodies_come_as_plain_utf_8() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    let send = async |content_type: &str, encoding: Option<&str>| {
        let request = server.client().post(server.url("/graphql"));
        let request = request.body(json!({ "query": QUERY }).to_string());
        let request = request.header(CONTENT_TYPE, content_type);
        let request = match encoding {
            Some(encoding) => request.header(CONTENT_ENCODING, encoding),
            None => request,
        };
        let (status, _, body) = read(request.send().await.unwrap()).await;
        (status, body)
    };
    for content_type in ["application/json;charset=\"UTF-8\"", "application/json; x=y"] {
        assert_eq!(send(content_type, Some("identity")).await.0, 200, "{content_type}");
    }
    for (content_type, encoding, told) in [
        ("application/json; charset=utf-16", None, "UTF-8"),
        ("application/json; charset=iso-8859-1", None, "UTF-8"),
        (JSON, Some("gzip"), "Content-Encoding"),
        (JSON, Some("br, gzip"), "Content-Encoding"),
        ("multipart/form-data; boundary=x", None, "files cannot be sent"),
    ] {
        let (status, body) = send(content_type, encoding).await;
        assert_eq!((status, code(&body)), (415, "UNSUPPORTED_MEDIA_TYPE"), "{content_type}");
        assert!(body["errors"][0]["message"].as_str().unwrap().contains(told), "{body}");
    }
}

#[tokio::test]
async fn answers_are_compressed_as_the_client_likes_it() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    let query = json!({ "query": "{ __schema { types { name fields { name } } } }" });
    let plain = post(&server, &query, &[]).await.bytes().await.unwrap();
    for (accepted, encoding) in
        [("gzip, deflate", "gzip"), ("gzip, br", "br"), ("gzip, br, zstd", "zstd"), ("deflate", "")]
    {
        let answer = post(&server, &query, &[(ACCEPT_ENCODING.as_str(), accepted)]).await;
        let told = answer.headers().get(CONTENT_ENCODING).map_or("", |told| told.to_str().unwrap());
        assert_eq!(told, encoding);
        let length: usize = answer.headers()["content-length"].to_str().unwrap().parse().unwrap();
        let bytes = answer.bytes().await.unwrap();
        assert_eq!(bytes.len(), length);
        let back = match encoding {
            "gzip" => {
                let mut back = Vec::new();
                flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut back).unwrap();
                back
            }
            "br" => {
                let mut back = Vec::new();
                brotli::BrotliDecompress(&mut &bytes[..], &mut back).unwrap();
                back
            }
            "zstd" => zstd::stream::decode_all(&bytes[..]).unwrap(),
            _ => bytes.to_vec(),
        };
        assert!(encoding.is_empty() || bytes.len() * 2 < plain.len(), "{encoding} {}", bytes.len());
        assert_eq!(back, plain, "{encoding}");
    }
    let small = post(&server, &json!({ "query": QUERY }), &[("accept-encoding", "gzip")]).await;
    assert!(small.headers().get(CONTENT_ENCODING).is_none());
}

#[tokio::test]
async fn a_batch_is_answered_in_its_order_where_batches_are_taken() {
    let database = TestDatabase::new().await;
    let batch = json!([
        { "query": "{ a: __typename }" },
        { "query": "{ nothing }" },
        { "query": "query ($n: Int) { propertyTypes(first: $n) { id } }", "variables": { "n": 0 } },
    ]);
    let server = TestServer::start(&database).await;
    let (status, _, body) = read(post(&server, &batch, &[]).await).await;
    assert_eq!((status, code(&body)), (400, "BATCH_SIZE_LIMIT"));
    let extensions = &body["errors"][0]["extensions"];
    assert_eq!((&extensions["limit"], &extensions["measured"]), (&json!(0), &json!(3)));

    let server = TestServer::start_with(&database, |config| {
        config.limits.batch_max = 3;
        config.http.expose_cost = false;
    });
    let server = server.await;
    for accept in [JSON, "application/graphql-response+json"] {
        let answer = post(&server, &batch, &[(ACCEPT.as_str(), accept)]).await;
        let (status, kind, body) = read(answer).await;
        assert_eq!((status, kind.as_str()), (200, accept));
        assert_eq!(body.as_array().map(Vec::len), Some(3), "{body}");
        assert_eq!(body[0], json!({ "data": { "a": "Query" } }));
        assert_eq!(body[1]["errors"][0]["extensions"]["code"], "INVALID_DOCUMENT");
        assert_eq!(body[2]["data"]["propertyTypes"], json!([]));
    }
    let mut long = batch.as_array().unwrap().clone();
    long.push(json!({ "query": "{ b: __typename }" }));
    let (status, _, body) = read(post(&server, &json!(long), &[]).await).await;
    assert_eq!((status, code(&body)), (400, "BATCH_SIZE_LIMIT"));
    let keyed = post(&server, &batch, &[("idempotency-key", "k")]).await;
    let (status, _, body) = read(keyed).await;
    assert_eq!((status, code(&body)), (400, "IDEMPOTENCY_KEY_INVALID"));
}

#[tokio::test]
async fn every_answer_names_its_request() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    let query = json!({ "query": "{ nothing }" });
    let id_of = |answer: &Response| answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let given = post(&server, &query, &[("x-request-id", "front-end:4711")]).await;
    assert_eq!(id_of(&given), "front-end:4711");
    let (_, _, body) = read(given).await;
    assert_eq!(body["errors"][0]["extensions"]["requestId"], "front-end:4711");
    for strange in ["", "a b", "<script>", "{}", &"x".repeat(129)] {
        let made = post(&server, &query, &[("x-request-id", strange)]).await;
        let id = id_of(&made);
        assert_eq!(uuid::Uuid::parse_str(&id).unwrap().get_version_num(), 7, "{strange}");
        let (_, _, body) = read(made).await;
        assert_eq!(body["errors"][0]["extensions"]["requestId"], id);
    }
    // What the door refuses has the same form.
    let request = server.client().post(server.url("/graphql")).header("x-request-id", "r1");
    let (status, _, body) = read(request.send().await.unwrap()).await;
    assert_eq!((status, code(&body)), (415, "UNSUPPORTED_MEDIA_TYPE"));
    assert_eq!(body["errors"][0]["extensions"]["requestId"], "r1");
}

#[tokio::test]
async fn methods_do_what_they_are_for() {
    let database = TestDatabase::new().await;
    let server = TestServer::start(&database).await;
    let url = server.url("/graphql");
    for accept in [JSON, "application/graphql-response+json"] {
        let request = server.client().get(&url).query(&[("query", "mutation { __typename }")]);
        let answer = request.header(ACCEPT, accept).send().await.unwrap();
        assert_eq!(answer.headers()["allow"], "POST");
        let (status, _, body) = read(answer).await;
        assert_eq!((status, code(&body)), (405, "METHOD_NOT_ALLOWED"));
    }
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
        let request = server.client().request(method.parse().unwrap(), &url);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["allow"], "GET, HEAD, POST");
        let (status, _, body) = read(answer).await;
        assert_eq!((status, code(&body)), (405, "METHOD_NOT_ALLOWED"), "{method}");
    }
    for (header, code_of) in
        [("read-after", "INVALID_POSITION"), ("idempotency-key", "IDEMPOTENCY_KEY_INVALID")]
    {
        let request = server.client().post(&url).json(&json!({ "query": QUERY }));
        let value = reqwest::header::HeaderValue::from_bytes(b"\xe4").unwrap();
        let (status, _, body) = read(request.header(header, value).send().await.unwrap()).await;
        assert_eq!((status, code(&body)), (400, code_of));
    }
}
