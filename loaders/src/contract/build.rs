//! Definitions as code writes them: documented, without arguments, from no line of the SDL.

use async_graphql::parser::types::{BaseType, Type};
use async_graphql::{Name, Value};

use super::model::{FieldDef, InputDef, TypeDef, TypeKind};

pub(super) fn object(name: &str, description: String, fields: Vec<FieldDef>) -> TypeDef {
    TypeDef {
        name: name.to_string(),
        description: Some(description),
        kind: TypeKind::Object { implements: Vec::new(), fields },
        directives: Vec::new(),
        line: 0,
    }
}

pub(super) fn input_object(
    name: &str,
    description: String,
    fields: Vec<InputDef>,
    one_of: bool,
) -> TypeDef {
    TypeDef {
        name: name.to_string(),
        description: Some(description),
        kind: TypeKind::Input { fields, one_of },
        directives: Vec::new(),
        line: 0,
    }
}

pub(super) fn field(name: &str, ty: &str, description: &str) -> FieldDef {
    FieldDef {
        name: name.to_string(),
        description: Some(description.to_string()),
        arguments: Vec::new(),
        ty: parse_type(ty),
        deprecation: None,
        directives: Vec::new(),
        line: 0,
    }
}

pub(super) fn input(name: &str, ty: &str, description: &str) -> InputDef {
    argument(name, ty, None, description)
}

pub(super) fn argument(
    name: &str,
    ty: &str,
    default: Option<Value>,
    description: &str,
) -> InputDef {
    InputDef {
        name: name.to_string(),
        description: Some(description.to_string()),
        ty: parse_type(ty),
        default,
        deprecation: None,
        line: 0,
    }
}

/// The types that code writes parse; a text that did not would be taken for a name.
fn parse_type(ty: &str) -> Type {
    Type::new(ty).unwrap_or_else(|| Type { base: BaseType::Named(Name::new(ty)), nullable: true })
}
