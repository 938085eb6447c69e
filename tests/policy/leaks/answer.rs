//! An answer to compare: what a viewer may not read in it, apart from the rest.

use fuzz::Input;
use loaders::{Engine, Request, Viewer};
use serde_json::{Value, json};

/// What `visible_people.sql` writes where a value is withheld.
const MARKED_STATUS: &str = "SUSPENDED";
const MARKED_EMAIL: &str = "withheld-";
const MARKED_COST: &str = "777777.77";

pub(super) struct Answer(Value);

/// An answer, and the paths at which it withholds a value, in order.
#[derive(Debug, PartialEq)]
pub(super) struct Told {
    body: Value,
    withheld: Vec<String>,
}

impl Answer {
    pub(super) async fn of(engine: &Engine, viewer: &Viewer, question: &Input) -> Self {
        let variables = async_graphql::Variables::from_json(question.variables.clone());
        let request = Request {
            operation_name: question.operation_name.as_deref(),
            ..Request::new(&question.document, &variables)
        };
        let answer = engine.execute(request, viewer).await;
        Self(serde_json::from_slice(&answer.body).unwrap())
    }

    pub(super) fn is_invalid(&self) -> bool {
        let errors = self.0["errors"].as_array();
        errors.is_some_and(|errors| errors.iter().any(|error| is(error, "INVALID_DOCUMENT")))
    }

    /// Values are withheld by a null and an error.
    pub(super) fn without_refusals(mut self) -> Told {
        let mut withheld = Vec::new();
        if let Some(errors) = self.0.get_mut("errors").and_then(Value::as_array_mut) {
            errors.retain(|error| {
                let is_refusal = is(error, "FORBIDDEN");
                if is_refusal {
                    withheld.push(error["path"].to_string());
                }
                !is_refusal
            });
        }
        if self.0["errors"] == json!([]) {
            self.0.as_object_mut().unwrap().remove("errors");
        }
        Told::new(self.0, withheld)
    }

    /// Values that are withheld are marked.
    pub(super) fn without_marks(mut self) -> Told {
        let mut withheld = Vec::new();
        if let Some(data) = self.0.get_mut("data") {
            take_marks(data, &mut vec![], &mut withheld);
        }
        Told::new(self.0, withheld)
    }
}

impl Told {
    /// Whether there is an answer at all, and not a refusal of the question.
    pub(super) fn is_answered(&self) -> bool {
        self.body["data"].is_object()
    }

    fn new(body: Value, mut withheld: Vec<String>) -> Self {
        withheld.sort_unstable();
        Self { body, withheld }
    }
}

impl Told {
    /// Where they differ first: here, and there.
    pub(super) fn difference(&self, other: &Self) -> Option<String> {
        let withheld = (self.withheld != other.withheld)
            .then(|| format!("withheld at {:?}, not at {:?}", self.withheld, other.withheld));
        difference(&self.body, &other.body, &mut String::new()).or(withheld)
    }
}

fn difference(here: &Value, there: &Value, path: &mut String) -> Option<String> {
    let within = |step: String, path: &mut String, here: &Value, there: &Value| {
        let length = path.len();
        path.push_str(&step);
        let found = difference(here, there, path);
        path.truncate(length);
        found
    };
    match (here, there) {
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let mut pairs = one.iter().zip(other).enumerate();
            pairs.find_map(|(place, (one, other))| within(format!("[{place}]"), path, one, other))
        }
        (Value::Object(one), Value::Object(other)) if one.keys().eq(other.keys()) => {
            one.iter().find_map(|(name, one)| within(format!(".{name}"), path, one, &other[name]))
        }
        _ => (here != there).then(|| format!("{path} is {here}, not {there}")),
    }
}

fn is(error: &Value, code: &str) -> bool {
    error["extensions"]["code"] == code
}

fn take_marks(value: &mut Value, path: &mut Vec<Value>, withheld: &mut Vec<String>) {
    let mut enter = |step: Value, inner: &mut Value| {
        path.push(step);
        take_marks(inner, path, withheld);
        path.pop();
    };
    match value {
        Value::Array(items) => {
            items.iter_mut().enumerate().for_each(|(place, item)| enter(json!(place), item));
        }
        Value::Object(fields) => {
            fields.iter_mut().for_each(|(name, field)| enter(json!(name), field));
        }
        Value::String(text)
            if text == MARKED_STATUS || text == MARKED_COST || text.starts_with(MARKED_EMAIL) =>
        {
            withheld.push(json!(path).to_string());
            *value = Value::Null;
        }
        _ => {}
    }
}
