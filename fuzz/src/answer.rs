//! What every answer must keep, whatever was asked: JSON of one shape, errors with a code from the
//! closed list, and no defect of the server's own.

use std::any::Any;

use async_graphql::Variables;
use loaders::{Engine, ErrorCode, Outcome, Request, Viewer};
use serde_json::{Map, Value};

use crate::Input;

/// Stands in every error.
const REQUEST_ID: &str = "fuzz";

/// How far a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// It was refused before anything ran.
    Refused,
    /// It ran without a statement.
    Executed,
    /// It ran statements in the database.
    Database,
}

/// Answers the request and holds the answer against what must be true of each. `context` is what the
/// server's own mutations find of a request that is not signed in.
///
/// # Errors
/// What is wrong with the answer, in words, with the answer itself.
pub async fn check(
    engine: &Engine,
    viewer: &Viewer,
    context: &(dyn Any + Send + Sync),
    input: &Input,
) -> Result<Reached, String> {
    let variables = match &input.variables {
        Value::Object(_) => Variables::from_json(input.variables.clone()),
        _ => Variables::default(),
    };
    let request = Request {
        operation_name: input.operation_name.as_deref(),
        id: REQUEST_ID,
        context: Some(context),
        ..Request::new(&input.document, &variables)
    };
    let answer = engine.execute(request, viewer).await;
    let body: Value = serde_json::from_slice(&answer.body)
        .map_err(|error| format!("no JSON ({error}): {}", shown(&answer.body)))?;
    holds(&body, answer.outcome).map_err(|reason| {
        format!("{reason}: {}\nfailure: {:?}", shown(&answer.body), answer.failure)
    })?;
    Ok(match answer.outcome {
        Outcome::Executed if answer.statements > 0 => Reached::Database,
        Outcome::Executed => Reached::Executed,
        _ => Reached::Refused,
    })
}

/// The beginning of a body that may be long.
fn shown(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(2000)]).into_owned()
}

fn holds(body: &Value, outcome: Outcome) -> Result<(), String> {
    let body = body.as_object().ok_or("not an object")?;
    if let Some(key) =
        body.keys().find(|key| !["data", "errors", "extensions"].contains(&key.as_str()))
    {
        return Err(format!("has `{key}`"));
    }
    let errors = match body.get("errors") {
        None => &[][..],
        Some(errors) => {
            errors.as_array().filter(|errors| !errors.is_empty()).ok_or("no errors in `errors`")?
        }
    };
    match outcome {
        Outcome::Executed if !body.contains_key("data") => return Err("ran without `data`".into()),
        Outcome::Executed => {}
        Outcome::Refused if body.contains_key("data") => return Err("refused, with `data`".into()),
        Outcome::Refused if errors.is_empty() => return Err("refused without a reason".into()),
        Outcome::Refused => {}
        Outcome::Failed => return Err("failed".into()),
    }
    errors.iter().try_for_each(|error| {
        error
            .as_object()
            .ok_or_else(|| "an error that is no object".to_owned())
            .and_then(error_holds)
    })
}

fn error_holds(error: &Map<String, Value>) -> Result<(), String> {
    let known = ["message", "locations", "path", "extensions"];
    if let Some(key) = error.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(format!("an error with `{key}`"));
    }
    if error.get("message").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err("an error without a message".into());
    }
    let of_two = |place: &Value| {
        ["line", "column"].iter().all(|name| place[name].as_u64().is_some_and(|number| number > 0))
    };
    if error.get("locations").is_some_and(|places| {
        places.as_array().is_none_or(|places| places.is_empty() || !places.iter().all(of_two))
    }) {
        return Err("an error with wrong locations".into());
    }
    let step = |step: &Value| step.is_string() || step.is_u64();
    if error
        .get("path")
        .is_some_and(|path| path.as_array().is_none_or(|path| !path.iter().all(step)))
    {
        return Err("an error with a wrong path".into());
    }
    let extensions = error.get("extensions").ok_or("an error without extensions")?;
    let code = extensions["code"].as_str().unwrap_or_default();
    let code = ErrorCode::ALL
        .iter()
        .find(|known| known.as_str() == code)
        .ok_or_else(|| format!("the code {code:?} is not on the list"))?;
    if [ErrorCode::Internal, ErrorCode::StoreUnavailable].contains(code) {
        return Err(format!("a defect of the server, {code}"));
    }
    if extensions["requestId"] != REQUEST_ID {
        return Err("an error without its request's id".into());
    }
    let measured = ["limit", "measured"].iter().all(|name| extensions[name].is_u64());
    if code.is_limit() && !measured {
        return Err(format!("{code} without its limit or what was measured"));
    }
    Ok(())
}
