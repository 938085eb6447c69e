//! Attacks that have a name: small or middling bodies that come to much in servers without limits.
//! The tests send each; `bench attacks` measures what it takes until it is refused.

use std::fmt::Write as _;

use loaders::ErrorCode::{
    self, AliasLimit, BadUserInput, BatchSizeLimit, ComplexityLimit, CostLimit, DirectiveLimit,
    IntrospectionLimit, InvalidDocument, ListItemLimit, MalformedRequest, NestingLimit,
    PageSizeLimit, RootFieldLimit, TokenLimit,
};
use serde_json::{Value, json};

/// A body, and by which code it is refused.
#[derive(Debug, Clone)]
pub struct Attack {
    /// What it does, in a few words.
    pub name: &'static str,
    /// The body of the POST.
    pub body: Vec<u8>,
    /// The code of the first error; none where the request is harmless as the server reads it.
    pub code: Option<ErrorCode>,
}

/// Just below the usual limit of a body.
const MEGABYTE: usize = (1 << 20) - 4096;

/// Every attack.
pub fn attacks() -> Vec<Attack> {
    [documents(), shapes(), values(), bodies()].concat()
}

fn attack(name: &'static str, code: impl Into<Option<ErrorCode>>, query: &str) -> Attack {
    with_variables(name, code, query, &Value::Null)
}

fn with_variables(
    name: &'static str,
    code: impl Into<Option<ErrorCode>>,
    query: &str,
    variables: &Value,
) -> Attack {
    let body = json!({ "query": query, "variables": variables }).to_string().into_bytes();
    Attack { name, body, code: code.into() }
}

/// The text over and over, up to a megabyte as JSON writes it.
fn megabyte(text: &str) -> String {
    let quotes = 2;
    text.repeat(MEGABYTE / (json!(text).to_string().len() - quotes))
}

/// `write` for each number, one after the other.
fn each(count: usize, write: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut all, number| {
        // Writing into a string does not fail.
        let _ = write!(all, "{} ", write(number));
        all
    })
}

/// Too many words, signs and brackets.
fn documents() -> Vec<Attack> {
    let nested = |count: usize| format!("{}__typename{}", "{a".repeat(count), "}".repeat(count));
    vec![
        attack("fields, a megabyte of them", TokenLimit, &format!("{{ {} }}", megabyte("a "))),
        attack(
            "fields that nobody defined",
            InvalidDocument,
            &format!("{{ {} }}", each(90, |n| format!("{}{n}", "a".repeat(5000)))),
        ),
        attack(
            "fields that nobody defined, within a list",
            InvalidDocument,
            &format!("{{ users {{ nodes {{ {} }} }} }}", each(4000, |n| format!("a{n}"))),
        ),
        attack("brackets of a selection, open", NestingLimit, &megabyte("{a")),
        attack("brackets of a selection, 200 levels", NestingLimit, &nested(200)),
        attack("brackets of a list, open", NestingLimit, &format!("{{a(b:{}", megabyte("["))),
        attack(
            "brackets of an object",
            NestingLimit,
            &format!("{{a(b:{}{})}}", "{c:".repeat(5000), "}".repeat(5000)),
        ),
        attack("brackets of a type", NestingLimit, &format!("query($a:{}", megabyte("["))),
        attack("comments only", TokenLimit, &megabyte("#\n")),
        attack("commas only", TokenLimit, &megabyte(",")),
        attack("comments around a query", None, &format!("{}{{__typename}}", megabyte("# a\n"))),
        attack("a name of a megabyte", TokenLimit, &format!("{{ {} }}", megabyte("a"))),
        attack("a string without its end", TokenLimit, &format!("{{a(b:\"{}", megabyte("a"))),
        attack(
            "a block string of quotes",
            InvalidDocument,
            &format!("{{a(b:\"\"\"{}", megabyte("\"\\")),
        ),
        attack("operations", TokenLimit, &each(20_000, |n| format!("query A{n}{{a}}"))),
        attack("directives", TokenLimit, &format!("{{ __typename {} }}", megabyte("@a"))),
        attack(
            "variables defined",
            TokenLimit,
            &format!("query({}){{__typename}}", each(20_000, |n| format!("$a{n}:Int"))),
        ),
        attack("byte order marks", TokenLimit, &megabyte("\u{feff}")),
        attack("zero bytes", TokenLimit, &megabyte("\0")),
        attack("letters that look like others", InvalidDocument, "{ usеrs { totalCount } }"),
        attack("writing from right to left", InvalidDocument, "{ \u{202e}sresu { totalCount } }"),
    ]
}

/// Few words that stand for much.
fn shapes() -> Vec<Attack> {
    let doubled = each(31, |n| format!("fragment F{n} on Query {{ ...F{m} ...F{m} }}", m = n + 1));
    let deep = format!("{}name{}", "fields { type { ".repeat(12), " } }".repeat(12));
    let members = "possibleTypes { interfaces { ".repeat(6) + "name" + &" } }".repeat(6);
    let page = "properties(first: 1000) { nodes { listings(first: 1000) { nodes { property { \
                listings(first: 1000) { nodes { id } } } } } } }";
    let sized = "query($n: Int) { properties(first: $n) { nodes { listings(first: $n) { nodes { \
                 property { listings(first: $n) { nodes { id } } } } } } } }";
    let merged = each(90, |n| format!("a: properties(first: {}) {{ totalCount }}", n % 2));
    vec![
        attack(
            "aliases",
            AliasLimit,
            &format!("{{ users {{ nodes {{ {} }} }} }}", each(1500, |n| format!("a{n}: id"))),
        ),
        attack(
            "one field, over and over",
            ComplexityLimit,
            &format!("{{ {} }}", "__typename ".repeat(6000)),
        ),
        attack(
            "root fields without aliases",
            RootFieldLimit,
            &format!("{{ {} }}", "properties { totalCount } ".repeat(150)),
        ),
        attack(
            "directives on one field",
            DirectiveLimit,
            &format!("{{ __typename {} }}", "@skip(if: false) ".repeat(1000)),
        ),
        attack(
            "fragments in a circle",
            None,
            "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        ),
        attack("a fragment in itself", None, "{ ...A } fragment A on Query { __typename ...A }"),
        attack(
            "31 fragments, each spread twice",
            ComplexityLimit,
            &format!("{{ ...F0 }} {doubled} fragment F31 on Query {{ __typename }}"),
        ),
        attack("fields of one key that do not merge", None, &format!("{{ {merged} }}")),
        attack(
            "introspection, deep",
            IntrospectionLimit,
            &format!("{{ __schema {{ types {{ {deep} }} }} }}"),
        ),
        attack(
            "introspection, circular",
            IntrospectionLimit,
            &format!("{{ __type(name: \"Node\") {{ {members} }} }}"),
        ),
        attack("pages within pages", CostLimit, &format!("{{ {page} }}")),
        with_variables("pages within pages, by variables", CostLimit, sized, &json!({ "n": 1000 })),
        attack(
            "a page of a billion",
            PageSizeLimit,
            "{ properties(first: 1000000000) { nodes { id } } }",
        ),
    ]
}

/// Arguments and variables that are large, long or deep.
fn values() -> Vec<Attack> {
    let ids = |count: usize| vec!["property_01h2xcejqtf2nbrexx3vqjhp41"; count];
    let by_ids = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let filtered = |filter: &str| format!("{{ properties(filter: {filter}) {{ totalCount }} }}");
    let by_filter = "query($filter: PropertyFilter) { properties(filter: $filter) { totalCount } }";
    let by_area =
        "query($d: Decimal) { properties(filter: {livingArea: {gt: $d}}) { totalCount } }";
    let near = |metres: &str| {
        format!(
            "{{ properties(near: {{longitude: 0, latitude: 0, withinMeters: {metres}}}) {{ totalCount }} }}"
        )
    };
    let not = |levels: usize| (0..levels).fold(json!({}), |inner, _| json!({ "not": inner }));
    let condition = json!({ "features": { "some": { "featureType": { "code": { "eq": "A" } } } } });
    let years = json!({ "yearBuilt": { "in": vec![1990; 100_000] } });
    vec![
        with_variables(
            "ids, 25,000 of them",
            ListItemLimit,
            by_ids,
            &json!({ "ids": ids(25_000) }),
        ),
        attack(
            "ids in the document",
            ListItemLimit,
            &format!("{{ nodes(ids: {:?}) {{ id }} }}", ids(1500)),
        ),
        with_variables(
            "values of `in`, 100,000 of them",
            ListItemLimit,
            by_filter,
            &json!({ "filter": years }),
        ),
        with_variables(
            "conditions, 1,000 across relations",
            CostLimit,
            by_filter,
            &json!({ "filter": { "or": vec![&condition; 1000] } }),
        ),
        with_variables(
            "conditions, 10,000 of them",
            ListItemLimit,
            by_filter,
            &json!({ "filter": { "and": vec![json!({}); 10_000] } }),
        ),
        attack(
            "conditions in conditions, 150 levels",
            NestingLimit,
            &filtered(&format!("{}{{}}{}", "{not: ".repeat(150), "}".repeat(150))),
        ),
        with_variables(
            "conditions in a variable, 100 levels",
            None,
            by_filter,
            &json!({ "filter": not(100) }),
        ),
        attack(
            "a whole number of 100,000 digits",
            InvalidDocument,
            &filtered(&format!("{{yearBuilt: {{eq: {}}}}}", "9".repeat(100_000))),
        ),
        attack("1e400 as a Float", None, &near("1e400")),
        attack("1e999999999 as a Float", None, &near("1e999999999")),
        with_variables(
            "a Decimal of 500,000 digits",
            BadUserInput,
            by_area,
            &json!({ "d": "9".repeat(500_000) }),
        ),
        with_variables(
            "1e999999999 as a Decimal",
            BadUserInput,
            by_area,
            &json!({ "d": "1e999999999" }),
        ),
        with_variables(
            "1e-999999999 as a Decimal",
            BadUserInput,
            by_area,
            &json!({ "d": "1e-999999999" }),
        ),
        attack(
            "a string of a megabyte",
            None,
            &filtered(&format!("{{city: {{contains: \"{}\"}}}}", megabyte("%_"))),
        ),
        with_variables(
            "variables that nobody defined",
            None,
            "{ __typename }",
            &(0..50_000).map(|n| (format!("a{n}"), json!(1))).collect(),
        ),
        with_variables(
            "a variable of the wrong type, a megabyte",
            ListItemLimit,
            "query($a: Int) { properties(first: $a) { totalCount } }",
            &json!({ "a": vec![0; 500_000] }),
        ),
    ]
}

/// Bodies that are no request, or several.
fn bodies() -> Vec<Attack> {
    let raw = |name, code, body: String| Attack { name, body: body.into_bytes(), code: Some(code) };
    let one = r#"{"query":"{__typename}"},"#;
    let number = format!(
        r#"{{"query":"query($a:Int){{properties(first:$a){{totalCount}}}}","variables":{{"a":{}}}}}"#,
        "9".repeat(1_000_000)
    );
    vec![
        raw(
            "a batch of 40,000",
            BatchSizeLimit,
            format!("[{}{}]", megabyte(one), one.trim_end_matches(',')),
        ),
        raw("brackets of JSON", NestingLimit, format!("{{\"variables\":{{\"a\":{}", megabyte("["))),
        raw("objects of JSON", NestingLimit, format!("{{\"variables\":{}", megabyte("{\"a\":"))),
        raw(
            "one key of JSON, over and over",
            MalformedRequest,
            format!("{{{}\"query\":\"\"}}", megabyte("\"query\":\"\",")),
        ),
        raw("a number of JSON, a million digits", MalformedRequest, number),
        raw("half a surrogate", MalformedRequest, r#"{"query":"{ \ud800 }"}"#.into()),
        raw("blanks", MalformedRequest, megabyte(" ")),
    ]
}
