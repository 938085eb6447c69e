//! The closed list of error codes: what a program may rely on in `extensions.code`.
//!
//! A code, once published, keeps its meaning. The guide for front ends lists them all.

use std::fmt;

macro_rules! codes {
    ($($variant:ident $code:literal $status:literal $about:literal,)*) => {
        /// A stable code for programs, in `extensions.code` of every error.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $(#[doc = $about] $variant,)*
        }

        impl ErrorCode {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code as clients see it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// The HTTP status of a request that was refused for it, where the client takes one.
            pub fn http_status(self) -> u16 {
                match self { $(Self::$variant => $status),* }
            }

            /// What it means, for the guide.
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => $about),* }
            }
        }
    };
}

codes! {
    MalformedRequest "MALFORMED_REQUEST" 400 "The request is not a GraphQL request: broken JSON, a field of the wrong form.",
    UnsupportedMediaType "UNSUPPORTED_MEDIA_TYPE" 415 "The request's content type or encoding is not taken. Uploads are not, until there are documents.",
    NotAcceptable "NOT_ACCEPTABLE" 406 "The client accepts no media type that the server can answer in.",
    MethodNotAllowed "METHOD_NOT_ALLOWED" 405 "The HTTP method cannot do this: mutations go by POST.",
    Overloaded "OVERLOADED" 503 "Too many requests at once. Wait as long as Retry-After says, then try again.",
    BodySizeLimit "BODY_SIZE_LIMIT" 413 "The request's body is too long.",
    BodyTimeLimit "BODY_TIME_LIMIT" 408 "The request's body arrived too slowly.",
    BatchSizeLimit "BATCH_SIZE_LIMIT" 400 "More operations in one request than are taken; by default only one is.",
    PersistedQueryNotFound "PERSISTED_QUERY_NOT_FOUND" 200 "Nobody has sent the document with this hash lately: send it once in full.",
    PersistedQueryNotSupported "PERSISTED_QUERY_NOT_SUPPORTED" 200 "The server keeps no documents by their hash: send each in full.",
    PersistedQueryMismatch "PERSISTED_QUERY_MISMATCH" 400 "The document does not have the hash that was sent with it.",
    DocumentNotTrusted "DOCUMENT_NOT_TRUSTED" 400 "The server runs known documents only, and this is none of them.",
    IntrospectionDisabled "INTROSPECTION_DISABLED" 400 "The server does not tell its schema.",
    InvalidDocument "INVALID_DOCUMENT" 400 "The document breaks GraphQL's grammar or the contract.",
    OperationNotFound "OPERATION_NOT_FOUND" 400 "The document has no operation of this name, or several and none was chosen.",
    OperationNotSupported "OPERATION_NOT_SUPPORTED" 400 "The server does not run operations of this kind over this transport.",
    BadUserInput "BAD_USER_INPUT" 400 "An argument or a variable has a value that is not taken.",
    InvalidCursor "INVALID_CURSOR" 400 "A cursor was altered, or belongs to a list with another order.",
    InvalidPosition "INVALID_POSITION" 400 "What was sent in Read-After is no position that this server has given.",
    NestingLimit "NESTING_LIMIT" 400 "Brackets are nested more than 128 deep: nest less.",
    TokenLimit "TOKEN_LIMIT" 400 "The document has too many tokens, long ones counted several times: put values into variables.",
    DepthLimit "DEPTH_LIMIT" 400 "Fields are nested too deep: ask in two requests.",
    ComplexityLimit "COMPLEXITY_LIMIT" 400 "The document has too many fields once its fragments are opened, or a filter too many conditions: ask in several requests, give lists of values in one `in`.",
    OperationLimit "OPERATION_LIMIT" 400 "Too many operations in one document: send those that belong together.",
    VariableLimit "VARIABLE_LIMIT" 400 "Too many variables: put some together into an input object or a list.",
    RootFieldLimit "ROOT_FIELD_LIMIT" 400 "Too many fields at the root of the document: ask in several requests.",
    AliasLimit "ALIAS_LIMIT" 400 "Too many aliases: ask in several requests.",
    DirectiveLimit "DIRECTIVE_LIMIT" 400 "Too many directives in all, or at one place.",
    IntrospectionLimit "INTROSPECTION_LIMIT" 400 "Introspection is nested too deep: ask for one type at a time.",
    ListItemLimit "LIST_ITEM_LIMIT" 400 "A list in an argument or a variable has too many items, those of the lists in it counted: send them in several requests.",
    PageSizeLimit "PAGE_SIZE_LIMIT" 400 "More rows or ids asked for at once than a page may have: ask for fewer, page on.",
    ArgumentLimit "ARGUMENT_LIMIT" 400 "A number in an argument lies outside its range: see the field's documentation.",
    CostLimit "COST_LIMIT" 400 "The operation could read too many rows: ask for smaller pages or fewer levels.",
    AnswerSizeLimit "ANSWER_SIZE_LIMIT" 400 "The answer would be too long: ask for fewer rows or fields at once.",
    TimeLimit "TIME_LIMIT" 503 "The request took too long and was ended, in the database too: narrow the filter.",
    RateLimit "RATE_LIMIT" 429 "Too much was asked for in a short time. Wait as long as Retry-After says, then try again.",
    Unauthenticated "UNAUTHENTICATED" 401 "Nobody is signed in, or the token is over, revoked or not one of ours: sign in, or refresh the session.",
    CsrfTokenInvalid "CSRF_TOKEN_INVALID" 403 "A request that is signed in by cookies lacks the header X-CSRF-Token of its session.",
    Forbidden "FORBIDDEN" 403 "You may not do this.",
    IdempotencyKeyInvalid "IDEMPOTENCY_KEY_INVALID" 400 "The Idempotency-Key is too long or has signs that are not taken.",
    IdempotencyKeyReused "IDEMPOTENCY_KEY_REUSED" 422 "The Idempotency-Key belongs to another request: take a new one.",
    WriteConflict "WRITE_CONFLICT" 503 "Another write came between. Nothing was written: try again.",
    StoreUnavailable "STORE_UNAVAILABLE" 503 "The database, or another store that this needs, is away. Nothing was written unless the message says so: try again.",
    Internal "INTERNAL" 500 "A defect of the server. It is in its log under the request's id.",
}

impl ErrorCode {
    /// Whether it says that a limit was met.
    pub fn is_limit(self) -> bool {
        self.as_str().ends_with("_LIMIT") || self == Self::Overloaded
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
