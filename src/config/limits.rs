//! The settings of the limits: how much one request, one caller and all together may take.

use std::time::Duration;

use super::reader::{Reader, Setting};
use super::value;

/// How much one request, one caller and all together may take.
#[derive(Debug, Clone)]
pub struct LimitsConfig {
    /// How many rows a list gives when the query does not say.
    pub page_size_default: u32,
    /// How many rows a query may ask of one list.
    pub page_size_max: u32,
    /// How many levels of fields a query may nest.
    pub depth_max: usize,
    /// How many fields a query may have, its fragments opened.
    pub fields_max: usize,
    /// How many fields a query may have at its root.
    pub root_fields_max: usize,
    /// How many tokens a document may have.
    pub tokens_max: usize,
    /// How many aliases a document may have.
    pub aliases_max: usize,
    /// How many directives a document may have.
    pub directives_max: usize,
    /// How many items one list may have in arguments or variables.
    pub list_items_max: usize,
    /// How much an operation may cost by its computation before it runs.
    pub cost_max: u64,
    /// How many bytes an answer may have.
    pub answer_bytes_max: usize,
    /// How many bytes of parsed, validated and planned documents are kept.
    pub document_cache_bytes: u64,
    /// How long the body of a request may be.
    pub request_body_bytes: usize,
    /// How long a request may take from its first byte to its answer.
    pub request_timeout: Duration,
    /// How many requests run at once.
    pub requests_max: usize,
    /// How many requests wait for their turn.
    pub request_queue_max: usize,
    /// How long a request waits for its turn.
    pub request_queue_wait: Duration,
    /// How many requests one body may hold; 0 where each needs its own.
    pub batch_max: usize,
    /// How many connections are open at once.
    pub connections_max: usize,
    /// How many connections one address has open at once.
    pub connections_per_address_max: usize,
    /// How long a client may take to send the head of a request.
    pub header_read_timeout: Duration,
    /// How long a client may take to send the body of a request.
    pub body_read_timeout: Duration,
}

impl LimitsConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        reader.section("Limits");
        Self {
            page_size_default: reader.read(
                Setting::new(
                    "PAGE_SIZE_DEFAULT",
                    "20",
                    "How many rows a list gives when the query says neither first nor last.",
                ),
                value::whole(1, 100_000),
            ),
            page_size_max: reader.read(
                Setting::new(
                    "PAGE_SIZE_MAX",
                    "1000",
                    "How many rows a query may ask of one list, at least PAGE_SIZE_DEFAULT.",
                ),
                value::whole(1, 100_000),
            ),
            depth_max: reader.read(
                Setting::new(
                    "DEPTH_MAX",
                    "20",
                    "How many levels of fields a query may nest, from 5 to 100.",
                ),
                value::whole(5, 100),
            ),
            fields_max: reader.read(
                Setting::new(
                    "FIELDS_MAX",
                    "5000",
                    "How many fields a query may have once its fragments are opened.",
                ),
                value::whole(100, 1_000_000),
            ),
            root_fields_max: reader.read(
                Setting::new(
                    "ROOT_FIELDS_MAX",
                    "100",
                    "How many fields a query may have at its root.",
                ),
                value::whole(1, 10_000),
            ),
            tokens_max: reader.read(
                Setting::new(
                    "TOKENS_MAX",
                    "10000",
                    "How many tokens (names, signs and values) a document may have.",
                ),
                value::whole(1000, 1_000_000),
            ),
            aliases_max: reader.read(
                Setting::new("ALIASES_MAX", "200", "How many aliases a document may have."),
                value::whole(0, 100_000),
            ),
            directives_max: reader.read(
                Setting::new("DIRECTIVES_MAX", "200", "How many directives a document may have."),
                value::whole(0, 100_000),
            ),
            list_items_max: reader.read(
                Setting::new(
                    "LIST_ITEMS_MAX",
                    "1000",
                    "How many items one list may have in arguments or variables.",
                ),
                value::whole(1, 100_000),
            ),
            cost_max: reader.read(
                Setting::new(
                    "COST_MAX",
                    "500000",
                    "How much an operation may cost, which is computed before it runs.",
                ),
                value::whole(1000, 1_000_000_000_000),
            ),
            answer_bytes_max: reader.read(
                Setting::new(
                    "ANSWER_BYTES_MAX",
                    "32MiB",
                    "How long an answer may be: bytes, KiB, MiB or GiB.",
                ),
                value::bytes,
            ),
            document_cache_bytes: reader.read(
                Setting::new(
                    "DOCUMENT_CACHE_BYTES",
                    "64MiB",
                    "How much memory parsed, validated and planned documents may take:\n\
                     bytes, KiB, MiB or GiB.",
                ),
                value::bytes,
            ),
            request_body_bytes: reader.read(
                Setting::new(
                    "REQUEST_BODY_BYTES",
                    "1MiB",
                    "How long the body of a request may be: bytes, KiB, MiB or GiB.",
                ),
                value::bytes,
            ),
            request_timeout: reader.read(
                Setting::new(
                    "REQUEST_TIMEOUT",
                    "30s",
                    "How long a request may take, its waiting included, until its answer is there.",
                ),
                value::duration,
            ),
            requests_max: reader.read(
                Setting::new("REQUESTS_MAX", "64", "How many requests run at once."),
                value::whole(1, 100_000),
            ),
            request_queue_max: reader.read(
                Setting::new(
                    "REQUEST_QUEUE_MAX",
                    "256",
                    "How many requests may wait for their turn; beyond that they are turned away.",
                ),
                value::whole(0, 100_000),
            ),
            request_queue_wait: reader.read(
                Setting::new(
                    "REQUEST_QUEUE_WAIT",
                    "2s",
                    "How long a request may wait for its turn; less than REQUEST_TIMEOUT.",
                ),
                value::duration,
            ),
            batch_max: reader.read(
                Setting::new(
                    "BATCH_MAX",
                    "0",
                    "How many requests one body may hold as a JSON array; 0: none, batching is off.",
                ),
                value::whole(0, 100),
            ),
            connections_max: reader.read(
                Setting::new("CONNECTIONS_MAX", "10000", "How many connections may be open at once."),
                value::whole(1, 1_000_000),
            ),
            connections_per_address_max: reader.read(
                Setting::new(
                    "CONNECTIONS_PER_ADDRESS_MAX",
                    "256",
                    "How many of them one address may have open; at most CONNECTIONS_MAX.",
                ),
                value::whole(1, 1_000_000),
            ),
            header_read_timeout: reader.read(
                Setting::new(
                    "HEADER_READ_TIMEOUT",
                    "10s",
                    "How long a client may take to send the head of a request.",
                ),
                value::duration,
            ),
            body_read_timeout: reader.read(
                Setting::new(
                    "BODY_READ_TIMEOUT",
                    "30s",
                    "How long a client may take to send the body of a request.",
                ),
                value::duration,
            ),
        }
    }
}
