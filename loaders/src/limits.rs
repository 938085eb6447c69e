//! How much one request may come to: each limit is looked at before the step that it guards.

use async_graphql::parser::types::{ExecutableDocument, VariableDefinition};
use async_graphql::{Positioned, Variables};

use crate::contract::size::{self, Size};
use crate::contract::tokens::{NESTING_MAXIMUM, Tokens};
use crate::engine::EngineOptions;
use crate::error::{Measure, RequestError};
use crate::error_code::ErrorCode;

/// Introspection asks for members of types within members of types this often: more than the
/// usual tools do.
const INTROSPECTION_MAXIMUM: usize = 3;

/// Operations of one document; a request runs one of them.
const OPERATIONS_MAXIMUM: usize = 50;

/// Variables of one operation.
const VARIABLES_MAXIMUM: usize = 250;

/// Directives at one place; GraphQL itself has two that may stand there.
const DIRECTIVES_TOGETHER_MAXIMUM: usize = 8;

/// Holds a document's text to its limits, before it is parsed.
pub(crate) fn text(query: &str, options: &EngineOptions) -> Result<(), RequestError> {
    let tokens = Tokens::of(query);
    within(
        ErrorCode::NestingLimit,
        (tokens.nesting, NESTING_MAXIMUM),
        "levels of brackets",
        "nest less",
    )?;
    within(
        ErrorCode::TokenLimit,
        (tokens.count, options.tokens_maximum),
        "tokens",
        "put values into variables and ask in several requests",
    )
}

/// Holds a parsed document to its limits, before it is validated: that walks every fragment as
/// often as it is spread.
pub(crate) fn document(
    parsed: &ExecutableDocument,
    options: &EngineOptions,
) -> Result<(), RequestError> {
    let several = "ask in several requests";
    let size = Size::of(parsed);
    within(
        ErrorCode::OperationLimit,
        (size.operations, OPERATIONS_MAXIMUM),
        "operations",
        "send those that belong together",
    )?;
    within(
        ErrorCode::ComplexityLimit,
        (size.fields, options.fields_maximum),
        "fields, fragments opened",
        several,
    )?;
    if let Some(name) = &size.circle {
        let places = parsed.fragments.get(name).map(|fragment| fragment.pos);
        let places = places.iter().map(|place| (place.line, place.column)).collect();
        let message = format!("The fragment \"{name}\" spreads itself, which never ends");
        return Err(RequestError::Document(vec![(message, places)]));
    }
    let size = size.in_detail(parsed);
    within(
        ErrorCode::RootFieldLimit,
        (size.root_fields, options.root_fields_maximum),
        "fields at its root",
        several,
    )?;
    within(ErrorCode::AliasLimit, (size.aliases, options.aliases_maximum), "aliases", several)?;
    within(
        ErrorCode::DirectiveLimit,
        (size.directives, options.directives_maximum),
        "directives",
        several,
    )?;
    within(
        ErrorCode::DirectiveLimit,
        (size.directives_together, DIRECTIVES_TOGETHER_MAXIMUM),
        "directives at one place",
        "leave some out",
    )?;
    within(
        ErrorCode::VariableLimit,
        (size.variables, VARIABLES_MAXIMUM),
        "variables",
        "put some together into an input object or a list",
    )?;
    within(
        ErrorCode::ListItemLimit,
        (size.list_items, options.list_items_maximum),
        "items in one list",
        several,
    )?;
    within(
        ErrorCode::IntrospectionLimit,
        (size.introspection, INTROSPECTION_MAXIMUM),
        "levels of members of types",
        "ask for one type at a time",
    )
}

/// Holds the given variables to their limits, before they are coerced.
pub(crate) fn variables(
    definitions: &[Positioned<VariableDefinition>],
    given: &Variables,
    options: &EngineOptions,
) -> Result<(), RequestError> {
    let limit = options.list_items_maximum;
    for name in definitions.iter().map(|definition| &definition.node.name.node) {
        let items = given.get(name).map_or(0, size::list_items);
        if items > limit {
            return Err(RequestError::limit(
                ErrorCode::ListItemLimit,
                Measure::of(limit, items),
                format!(
                    "`${name}` has a list of {items} items, those of the lists in it counted; at most {limit} are taken: send them in several requests"
                ),
            ));
        }
    }
    Ok(())
}

/// Holds what an operation may cost to its limit, before it runs.
pub(crate) fn cost(cost: u64, options: &EngineOptions) -> Result<(), RequestError> {
    let limit = options.cost_maximum;
    if cost <= limit {
        return Ok(());
    }
    Err(RequestError::limit(
        ErrorCode::CostLimit,
        Measure::of(limit, cost),
        format!(
            "the operation may cost {cost}, by the rows that it could read; at most {limit} is allowed: ask for smaller pages or fewer lists within lists"
        ),
    ))
}

/// Refuses a document that has more of something than its limit.
fn within(
    code: ErrorCode,
    (measured, limit): (usize, usize),
    what: &str,
    instead: &str,
) -> Result<(), RequestError> {
    if measured <= limit {
        return Ok(());
    }
    let many =
        if measured == usize::MAX { "endlessly many".to_string() } else { measured.to_string() };
    Err(RequestError::limit(
        code,
        Measure::of(limit, measured),
        format!("the document has {many} {what}; at most {limit} are allowed: {instead}"),
    ))
}
