//! Coercion: what a client sent becomes what the contract says it is, or an error that says where
//! and why, as the GraphQL specification has it for variables, literals and defaults.
//!
//! A coerced value coerces to itself. Enum values are [`Value::Enum`] from here on, wherever they
//! came from, and every scalar has the one form that its documentation tells.

use std::fmt::{self, Display, Write};

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{BaseType, Type, VariableDefinition};
use async_graphql::{Name, Positioned, Value, Variables};
use thiserror::Error;

use super::leaf;
use super::model::{Contract, InputDef, TypeKind};

/// How much of a wrong value an error shows.
const SHOWN: usize = 60;

/// A value that is not what the contract says.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{path}: {problem}")]
pub struct CoerceError {
    /// Where: `$filter.livingArea.gt`, `$ids[3]`.
    pub path: String,
    /// What was expected and what came.
    pub problem: String,
}

/// Coerces one value to a type. `path` names it in errors.
pub fn coerce(
    contract: &Contract,
    ty: &Type,
    value: &Value,
    path: &str,
) -> Result<Value, CoerceError> {
    coerce_at(contract, ty, value, &Path::Root(path))
}

/// Coerces the variables of an operation. One that was not given and has no default stays absent;
/// one that the operation does not define is ignored.
pub fn coerce_variables(
    contract: &Contract,
    definitions: &[Positioned<VariableDefinition>],
    given: &Variables,
) -> Result<Vec<(Name, Value)>, CoerceError> {
    let mut coerced = Vec::with_capacity(definitions.len());
    for definition in definitions.iter().map(|definition| &definition.node) {
        let name = &definition.name.node;
        let default = definition.default_value.as_ref().map(|default| &default.node);
        let path = format!("${name}");
        match given.get(name).or(default) {
            Some(value) => coerced
                .push((name.clone(), coerce(contract, &definition.var_type.node, value, &path)?)),
            None if definition.var_type.node.nullable => {}
            None => {
                let problem = format!("a value is required, of type {}", definition.var_type.node);
                return Err(CoerceError { path, problem });
            }
        }
    }
    Ok(coerced)
}

fn coerce_at(
    contract: &Contract,
    ty: &Type,
    value: &Value,
    path: &Path<'_>,
) -> Result<Value, CoerceError> {
    if *value == Value::Null {
        return if ty.nullable {
            Ok(Value::Null)
        } else {
            Err(path.wrong(&format_args!("a value of type {ty}"), value))
        };
    }
    match (&ty.base, value) {
        (BaseType::List(item), Value::List(items)) => {
            let coerce_item =
                |(index, value)| coerce_at(contract, item, value, &Path::Index(path, index));
            items.iter().enumerate().map(coerce_item).collect::<Result<_, _>>().map(Value::List)
        }
        // A single value stands for a list of one.
        (BaseType::List(item), single) => {
            Ok(Value::List(vec![coerce_at(contract, item, single, path)?]))
        }
        (BaseType::Named(name), value) => coerce_named(contract, name, value, path),
    }
}

fn coerce_named(
    contract: &Contract,
    type_name: &str,
    value: &Value,
    path: &Path<'_>,
) -> Result<Value, CoerceError> {
    match contract.get(type_name).map(|ty| &ty.kind) {
        Some(TypeKind::Enum { values }) => {
            let name = match value {
                Value::Enum(name) => name.as_str(),
                Value::String(name) => name,
                _ => "",
            };
            let known = values.iter().find(|value| value.name == name);
            known
                .map(|value| Value::Enum(Name::new(&value.name)))
                .ok_or_else(|| path.wrong(&format_args!("a value of the enum {type_name}"), value))
        }
        Some(TypeKind::Input { fields, one_of }) => {
            let Value::Object(object) = value else {
                return Err(path.wrong(&format_args!("an object of type {type_name}"), value));
            };
            if *one_of && (object.len() != 1 || object.values().any(|value| *value == Value::Null))
            {
                return Err(
                    path.wrong(&format_args!("exactly one field of {type_name}, not null"), value)
                );
            }
            coerce_fields(contract, fields, object, path).map(Value::Object)
        }
        _ => leaf::normalise(type_name, value).map_err(|expected| path.wrong(&expected, value)),
    }
}

fn coerce_fields(
    contract: &Contract,
    definitions: &[InputDef],
    given: &IndexMap<Name, Value>,
    path: &Path<'_>,
) -> Result<IndexMap<Name, Value>, CoerceError> {
    if let Some(unknown) =
        given.keys().find(|name| !definitions.iter().any(|definition| definition.name == **name))
    {
        return Err(Path::Field(path, unknown).problem("is not known here".to_string()));
    }
    let mut coerced = IndexMap::with_capacity(given.len());
    for definition in definitions {
        let path = Path::Field(path, &definition.name);
        match given.get(definition.name.as_str()).or(definition.default.as_ref()) {
            Some(value) => {
                coerced.insert(
                    Name::new(&definition.name),
                    coerce_at(contract, &definition.ty, value, &path)?,
                );
            }
            None if definition.ty.nullable => {}
            None => {
                return Err(path.problem(format!("a value is required, of type {}", definition.ty)));
            }
        }
    }
    Ok(coerced)
}

/// Where a value is, told only when something is wrong with it.
enum Path<'a> {
    Root(&'a str),
    Field(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
}

impl Path<'_> {
    fn wrong(&self, expected: &dyn Display, value: &Value) -> CoerceError {
        self.problem(format!("expected {expected}, got {}", shortened(value)))
    }

    fn problem(&self, problem: String) -> CoerceError {
        CoerceError { path: self.to_string(), problem }
    }
}

impl Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root(root) => f.write_str(root),
            Path::Field(parent, name) => write!(f, "{parent}.{name}"),
            Path::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// The beginning of a value's text, however long it is.
fn shortened(value: &Value) -> String {
    struct Beginning(String);
    impl Write for Beginning {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            for character in text.chars() {
                if self.0.chars().count() >= SHOWN {
                    self.0.push('…');
                    return Err(fmt::Error);
                }
                self.0.push(character);
            }
            Ok(())
        }
    }
    let mut beginning = Beginning(String::new());
    // An error only says that the beginning is full.
    let _ = write!(beginning, "{value}");
    beginning.0
}
