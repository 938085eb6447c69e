//! The values and variables written in a document, held against the contract.
//!
//! async-graphql 7.2 lets some of them pass: a variable of any type stands anywhere (its rule is
//! there, but is never called), an object's fields are not looked at as soon as one variable is
//! among them, text may stand for an object or an enum value, an Int may be out of range. Coercion
//! would find all that, but at each request; here it is found once a document.

use std::collections::HashSet;

use async_graphql::parser::types::{
    BaseType, Directive, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet,
    Type,
};
use async_graphql::{Name, Pos, Positioned, ServerError, Value};
use async_graphql_value::Value as Literal;

use super::coerce::{CoerceError, coerce};
use super::model::{Contract, TypeKind, base_name};

/// Every wrong value in a document that is valid apart from that, in the order of the text.
pub(super) fn mistakes(contract: &Contract, document: &ExecutableDocument) -> Vec<ServerError> {
    let mut errors = Vec::new();
    for (_, operation) in document.operations.iter() {
        let mut walk = Walk {
            contract,
            document,
            operation: &operation.node,
            visited: HashSet::new(),
            errors: &mut errors,
        };
        walk.operation();
    }
    // A fragment that several operations use is walked for each of them.
    errors.sort_by(|a, b| (&a.locations, &a.message).cmp(&(&b.locations, &b.message)));
    errors.dedup();
    errors
}

struct Walk<'a> {
    contract: &'a Contract,
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    visited: HashSet<&'a Name>,
    errors: &'a mut Vec<ServerError>,
}

impl<'a> Walk<'a> {
    fn operation(&mut self) {
        for definition in
            self.operation.variable_definitions.iter().map(|definition| &definition.node)
        {
            if let Some(default) = &definition.default_value {
                let literal = default.node.clone().into_value();
                self.value(
                    &definition.var_type.node,
                    false,
                    &literal,
                    default.pos,
                    &format!("${}", definition.name.node),
                );
            }
        }
        if let Some(root) = self.contract.root(self.operation.ty) {
            self.selections(root, &self.operation.selection_set.node);
        }
    }

    fn selections(&mut self, type_name: &str, selections: &'a SelectionSet) {
        for selection in &selections.items {
            self.directives(selection.node.directives());
            match &selection.node {
                Selection::Field(field) => self.field(type_name, &field.node),
                Selection::InlineFragment(fragment) => {
                    let condition = fragment
                        .node
                        .type_condition
                        .as_ref()
                        .map(|condition| condition.node.on.node.as_str());
                    self.selections(
                        condition.unwrap_or(type_name),
                        &fragment.node.selection_set.node,
                    );
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if let (true, Some(fragment)) =
                        (self.visited.insert(name), self.document.fragments.get(name))
                    {
                        self.selections(
                            &fragment.node.type_condition.node.on.node,
                            &fragment.node.selection_set.node,
                        );
                    }
                }
            }
        }
    }

    fn field(&mut self, type_name: &str, field: &'a Field) {
        // `__typename`, `__schema` and `__type` are async-graphql's own.
        let Some(definition) = self.contract.field(type_name, &field.name.node) else { return };
        for (name, value) in &field.arguments {
            if let Some(argument) =
                definition.arguments.iter().find(|argument| argument.name == *name.node)
            {
                let path = format!("{}({}:)", field.name.node, argument.name);
                self.value(&argument.ty, argument.default.is_some(), &value.node, value.pos, &path);
            }
        }
        self.selections(base_name(&definition.ty), &field.selection_set.node);
    }

    /// The condition of `@skip` and `@include`.
    fn directives(&mut self, directives: &'a [Positioned<Directive>]) {
        let boolean = Type { base: BaseType::Named(Name::new("Boolean")), nullable: false };
        for directive in directives {
            if let Some(condition) = directive.node.get_argument("if") {
                self.value(
                    &boolean,
                    false,
                    &condition.node,
                    condition.pos,
                    &format!("@{}(if:)", directive.node.name.node),
                );
            }
        }
    }

    fn value(&mut self, ty: &Type, has_default: bool, value: &Literal, position: Pos, path: &str) {
        if let Err(error) = self.check(ty, has_default, value, path) {
            self.errors.push(ServerError::new(error.to_string(), Some(position)));
        }
    }

    fn check(
        &self,
        ty: &Type,
        has_default: bool,
        value: &Literal,
        path: &str,
    ) -> Result<(), CoerceError> {
        let wrong = |problem: String| Err(CoerceError { path: path.to_string(), problem });
        let name = match (&ty.base, value) {
            (_, Literal::Variable(variable)) => {
                return self.variable(ty, has_default, variable, path);
            }
            (_, Literal::Null) => return coerce(self.contract, ty, &Value::Null, path).map(|_| ()),
            (BaseType::List(item), Literal::List(items)) => {
                return items.iter().enumerate().try_for_each(|(index, value)| {
                    self.check(item, false, value, &format!("{path}[{index}]"))
                });
            }
            (BaseType::List(item), single) => return self.check(item, false, single, path),
            (BaseType::Named(name), _) => name,
        };
        match (self.contract.get(name).map(|ty| &ty.kind), value) {
            (Some(TypeKind::Input { fields, one_of }), Literal::Object(object)) => {
                if *one_of && object.len() != 1 {
                    return wrong(format!(
                        "expected exactly one field of {name}, got {}",
                        object.len()
                    ));
                }
                for (key, value) in object {
                    let path = format!("{path}.{key}");
                    match fields.iter().find(|field| field.name == **key) {
                        // What is chosen by being there cannot be null.
                        Some(field) if *one_of => self.check(
                            &Type { nullable: false, ..field.ty.clone() },
                            false,
                            value,
                            &path,
                        )?,
                        Some(field) => {
                            self.check(&field.ty, field.default.is_some(), value, &path)?
                        }
                        None => {
                            return Err(CoerceError {
                                path,
                                problem: format!("is not a field of {name}"),
                            });
                        }
                    }
                }
                match fields
                    .iter()
                    .find(|field| field.is_required() && !object.contains_key(field.name.as_str()))
                {
                    Some(field) => {
                        wrong(format!("the field {} is required, of type {}", field.name, field.ty))
                    }
                    None => Ok(()),
                }
            }
            (Some(TypeKind::Enum { .. }), Literal::String(text)) => {
                wrong(format!("expected a value of the enum {name} without quotes, got {text:?}"))
            }
            _ => match value.clone().into_const() {
                Some(value) => coerce(self.contract, ty, &value, path).map(|_| ()),
                // A scalar with variables in it is whole only at the request.
                None => Ok(()),
            },
        }
    }

    /// Whether a variable may stand where this type is expected.
    fn variable(
        &self,
        expected: &Type,
        has_default: bool,
        name: &Name,
        path: &str,
    ) -> Result<(), CoerceError> {
        let definition = self
            .operation
            .variable_definitions
            .iter()
            .find(|definition| definition.node.name.node == *name);
        // One that is not defined is another rule's to tell.
        let Some(definition) = definition.map(|definition| &definition.node) else { return Ok(()) };
        let given = &definition.var_type.node;
        let defaulted = has_default
            || definition.default_value.as_ref().is_some_and(|default| default.node != Value::Null);
        // Where there is a default, an absent variable takes it, so that a nullable one may stand.
        let accepted = Type {
            nullable: expected.nullable || (given.nullable && defaulted),
            ..expected.clone()
        };
        if is_assignable(given, &accepted) {
            return Ok(());
        }
        Err(CoerceError {
            path: path.to_string(),
            problem: format!(
                "the variable ${name} of type {given} cannot stand where {expected} is expected"
            ),
        })
    }
}

/// Whether every value of one type is a value of the other.
fn is_assignable(given: &Type, expected: &Type) -> bool {
    (expected.nullable || !given.nullable)
        && match (&given.base, &expected.base) {
            (BaseType::Named(given), BaseType::Named(expected)) => given == expected,
            (BaseType::List(given), BaseType::List(expected)) => is_assignable(given, expected),
            _ => false,
        }
}
