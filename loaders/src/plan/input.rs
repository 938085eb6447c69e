//! The values an operation brings: literals known when it is planned, variables when it runs.
//!
//! A plan serves every request whose variables have the same *shape*: which are absent or null,
//! which fields an input object has, how many items a list of input objects has, what enums and
//! booleans say, and how long a page is. Other scalars are not part of the shape; they become
//! parameters. A page's length is, because PostgreSQL plans `LIMIT 20` once and `LIMIT $1` anew
//! for every request.

use std::collections::HashSet;

use async_graphql::parser::types::{BaseType, Selection, SelectionSet, Type};
use async_graphql::{Name, Positioned, Value as ConstValue};
use async_graphql_value::Value as AstValue;

use crate::contract::{Contract, InputDef, TypeKind, coerce};
use crate::error::RequestError;
use crate::error_code::ErrorCode;

/// An argument's value as far as planning sees it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Input {
    Null,
    Leaf(Leaf),
    List(Vec<Input>),
    Object(Vec<(String, Input)>),
}

/// A scalar, or a list of scalars.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Leaf {
    Constant(ConstValue),
    /// Which variable, and the way into it.
    Variable(usize, Vec<Step>),
    /// A literal list with variables in it.
    List(Vec<Leaf>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    Field(Name),
    Item(usize),
}

/// The coerced variables of a request, in the order of their definitions.
pub(crate) type Variables = Vec<(Name, Type, Option<ConstValue>)>;

impl Leaf {
    /// Its value, given the request's variables.
    pub(crate) fn value(&self, variables: &Variables) -> ConstValue {
        match self {
            Self::Constant(value) => value.clone(),
            Self::List(leaves) => {
                ConstValue::List(leaves.iter().map(|leaf| leaf.value(variables)).collect())
            }
            Self::Variable(index, steps) => {
                let mut value = variables[*index].2.as_ref();
                for step in steps {
                    value = match (step, value) {
                        (Step::Field(name), Some(ConstValue::Object(fields))) => fields.get(name),
                        (Step::Item(item), Some(ConstValue::List(items))) => items.get(*item),
                        _ => None,
                    };
                }
                value.cloned().unwrap_or(ConstValue::Null)
            }
        }
    }
}

impl Input {
    /// Its whole value, given the request's variables.
    pub(crate) fn value(&self, variables: &Variables) -> ConstValue {
        match self {
            Self::Null => ConstValue::Null,
            Self::Leaf(leaf) => leaf.value(variables),
            Self::List(items) => {
                ConstValue::List(items.iter().map(|item| item.value(variables)).collect())
            }
            Self::Object(fields) => ConstValue::Object(
                fields
                    .iter()
                    .map(|(name, input)| (Name::new(name), input.value(variables)))
                    .collect(),
            ),
        }
    }

    /// What is known of it when planning: enums, booleans and all else that is part of the shape.
    pub(crate) fn constant(&self) -> Option<&ConstValue> {
        match self {
            Self::Leaf(Leaf::Constant(value)) => Some(value),
            _ => None,
        }
    }
}

/// What resolves arguments: the contract and this request's variables.
pub(crate) struct Inputs<'a> {
    pub(crate) contract: &'a Contract,
    pub(crate) variables: &'a Variables,
    /// The variables that say how long a page is.
    pub(crate) page_sizes: &'a HashSet<Name>,
}

/// The variables that stand as `first` or `last` anywhere in a selection.
pub(crate) fn page_sizes(set: &SelectionSet, found: &mut HashSet<Name>) {
    for item in &set.items {
        match &item.node {
            Selection::Field(field) => {
                for (name, value) in &field.node.arguments {
                    if let ("first" | "last", AstValue::Variable(variable)) =
                        (name.node.as_str(), &value.node)
                    {
                        found.insert(variable.clone());
                    }
                }
                page_sizes(&field.node.selection_set.node, found);
            }
            Selection::InlineFragment(fragment) => {
                page_sizes(&fragment.node.selection_set.node, found)
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

impl Inputs<'_> {
    /// A field's argument: as given, else its default; none when there is neither.
    pub(crate) fn argument(
        &self,
        def: &InputDef,
        given: &[(Positioned<Name>, Positioned<AstValue>)],
    ) -> Result<Option<Input>, RequestError> {
        let given = given.iter().find(|(name, _)| name.node == def.name);
        let input = match given {
            Some((_, value)) => self
                .resolve(&value.node, &def.ty, &def.name)
                .map_err(|error| located(error, value))?,
            None => None,
        };
        match (input, &def.default) {
            (None, Some(default)) => self.constant(default, &def.ty, &def.name).map(Some),
            // The specification lets a nullable variable stand here; its null still has no meaning.
            (Some(Input::Null), _) if !def.ty.nullable => {
                Err(invalid(&def.name, "null has no meaning here; leave it out"))
            }
            (input, _) => Ok(input),
        }
    }

    /// None where a variable was left out.
    fn resolve(
        &self,
        value: &AstValue,
        ty: &Type,
        path: &str,
    ) -> Result<Option<Input>, RequestError> {
        Ok(Some(match value {
            AstValue::Variable(name) => {
                let Some(index) = self.variables.iter().position(|(variable, ..)| variable == name)
                else {
                    return Ok(None);
                };
                return Ok(self.variables[index]
                    .2
                    .as_ref()
                    .map(|value| self.shaped(index, Vec::new(), value, ty)));
            }
            AstValue::Null => Input::Null,
            AstValue::List(items) => {
                let inner = inner(ty);
                let mut resolved = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    resolved.push(
                        self.resolve(item, inner, &format!("{path}[{index}]"))?
                            .unwrap_or(Input::Null),
                    );
                }
                list(resolved)
            }
            AstValue::Object(fields) if self.is_input_object(ty) => {
                let defs = self.input_fields(ty);
                let mut resolved = Vec::new();
                for def in defs {
                    let path = format!("{path}.{}", def.name);
                    let given = match fields.get(def.name.as_str()) {
                        Some(value) => self.resolve(value, &def.ty, &path)?,
                        None => None,
                    };
                    match (given, &def.default) {
                        (Some(input), _) => resolved.push((def.name.clone(), input)),
                        (None, Some(default)) => resolved
                            .push((def.name.clone(), self.constant(default, &def.ty, &path)?)),
                        (None, None) => {}
                    }
                }
                wrap(ty, Input::Object(resolved))
            }
            scalar => match scalar.clone().into_const() {
                Some(constant) => self.constant(&constant, ty, path)?,
                None => return Err(invalid(path, "a variable cannot stand inside this scalar")),
            },
        }))
    }

    fn constant(&self, value: &ConstValue, ty: &Type, path: &str) -> Result<Input, RequestError> {
        let value = coerce::coerce(self.contract, ty, value, path)
            .map_err(|error| invalid_message(error.to_string()))?;
        Ok(self.frozen(value, ty))
    }

    /// A literal, taken apart where its type has structure.
    fn frozen(&self, value: ConstValue, ty: &Type) -> Input {
        match value {
            ConstValue::Null => Input::Null,
            ConstValue::List(items) if self.is_input_object(ty) => {
                Input::List(items.into_iter().map(|item| self.frozen(item, inner(ty))).collect())
            }
            ConstValue::Object(fields) if self.is_input_object(ty) => {
                let defs = self.input_fields(ty);
                Input::Object(
                    fields
                        .into_iter()
                        .filter_map(|(name, value)| {
                            let def = defs.iter().find(|def| name == def.name)?;
                            Some((name.to_string(), self.frozen(value, &def.ty)))
                        })
                        .collect(),
                )
            }
            scalar => Input::Leaf(Leaf::Constant(scalar)),
        }
    }

    /// A variable's value, taken apart as far as its shape goes.
    fn shaped(&self, index: usize, steps: Vec<Step>, value: &ConstValue, ty: &Type) -> Input {
        let with = |step: Step| steps.iter().cloned().chain([step]).collect::<Vec<_>>();
        match value {
            ConstValue::Null => Input::Null,
            ConstValue::List(items) if self.is_input_object(ty) => Input::List(
                items
                    .iter()
                    .enumerate()
                    .map(|(item, value)| {
                        self.shaped(index, with(Step::Item(item)), value, inner(ty))
                    })
                    .collect(),
            ),
            ConstValue::Object(fields) if self.is_input_object(ty) => {
                let defs = self.input_fields(ty);
                Input::Object(
                    defs.iter()
                        .filter_map(|def| {
                            let value = fields.get(def.name.as_str())?;
                            Some((
                                def.name.clone(),
                                self.shaped(
                                    index,
                                    with(Step::Field(Name::new(&def.name))),
                                    value,
                                    &def.ty,
                                ),
                            ))
                        })
                        .collect(),
                )
            }
            ConstValue::Enum(_) | ConstValue::Boolean(_) => {
                Input::Leaf(Leaf::Constant(value.clone()))
            }
            ConstValue::Number(_)
                if steps.is_empty() && self.page_sizes.contains(&self.variables[index].0) =>
            {
                Input::Leaf(Leaf::Constant(value.clone()))
            }
            _ => Input::Leaf(Leaf::Variable(index, steps)),
        }
    }

    /// The shape of all variables: equal shapes may share a plan.
    pub(crate) fn shape(&self) -> String {
        let mut shape = String::new();
        for (name, ty, value) in self.variables {
            match value {
                // Not a minus, which a page size may begin with.
                None => shape.push('~'),
                Some(ConstValue::Number(size)) if self.page_sizes.contains(name) => {
                    shape.push_str(&size.to_string());
                    shape.push(' ');
                }
                Some(value) => self.write_shape(value, ty, &mut shape),
            }
        }
        shape
    }

    fn write_shape(&self, value: &ConstValue, ty: &Type, shape: &mut String) {
        match value {
            ConstValue::Null => shape.push('0'),
            ConstValue::List(items) if self.is_input_object(ty) => {
                shape.push('[');
                items.iter().for_each(|item| self.write_shape(item, inner(ty), shape));
                shape.push(']');
            }
            ConstValue::Object(fields) if self.is_input_object(ty) => {
                shape.push('{');
                for def in self.input_fields(ty) {
                    if let Some(value) = fields.get(def.name.as_str()) {
                        shape.push_str(&def.name);
                        shape.push(':');
                        self.write_shape(value, &def.ty, shape);
                    }
                }
                shape.push('}');
            }
            ConstValue::Enum(name) => {
                shape.push_str(name);
                shape.push(' ');
            }
            ConstValue::Boolean(value) => shape.push(if *value { 't' } else { 'f' }),
            _ => shape.push('.'),
        }
    }

    fn input_fields(&self, ty: &Type) -> &[InputDef] {
        match self.contract.get(crate::bind::base_name(ty)).map(|ty| &ty.kind) {
            Some(TypeKind::Input { fields, .. }) => fields,
            _ => &[],
        }
    }

    fn is_input_object(&self, ty: &Type) -> bool {
        matches!(
            self.contract.get(crate::bind::base_name(ty)).map(|ty| &ty.kind),
            Some(TypeKind::Input { .. })
        )
    }
}

/// A list literal: whole where its items are scalars.
fn list(items: Vec<Input>) -> Input {
    if !items.is_empty() && items.iter().all(|item| matches!(item, Input::Leaf(Leaf::Constant(_))))
    {
        let constants = items.into_iter().map(|item| match item {
            Input::Leaf(Leaf::Constant(value)) => value,
            _ => ConstValue::Null,
        });
        return Input::Leaf(Leaf::Constant(ConstValue::List(constants.collect())));
    }
    if !items.is_empty() && items.iter().all(|item| matches!(item, Input::Leaf(_))) {
        let leaves = items.into_iter().filter_map(|item| match item {
            Input::Leaf(leaf) => Some(leaf),
            _ => None,
        });
        return Input::Leaf(Leaf::List(leaves.collect()));
    }
    Input::List(items)
}

/// A single value where a list is wanted is a list of one.
fn wrap(ty: &Type, input: Input) -> Input {
    match &ty.base {
        BaseType::List(_) => Input::List(vec![input]),
        BaseType::Named(_) => input,
    }
}

fn inner(ty: &Type) -> &Type {
    match &ty.base {
        BaseType::List(inner) => inner,
        BaseType::Named(_) => ty,
    }
}

pub(crate) fn invalid(path: &str, message: &str) -> RequestError {
    invalid_message(format!("{path}: {message}"))
}

pub(crate) fn invalid_message(message: String) -> RequestError {
    RequestError::Invalid { code: ErrorCode::BadUserInput, message, locations: Vec::new() }
}

pub(crate) fn located<T>(error: RequestError, at: &Positioned<T>) -> RequestError {
    match error {
        RequestError::Invalid { code, message, locations } if locations.is_empty() => {
            RequestError::Invalid { code, message, locations: vec![(at.pos.line, at.pos.column)] }
        }
        other => other,
    }
}
