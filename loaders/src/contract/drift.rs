//! What is served against what was written: the contract that a server tells by introspection, and
//! every difference between two contracts.

use std::collections::BTreeMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, Type, TypeKind as ParsedKind, TypeSystemDefinition};
use async_graphql::{Name, Value};
use serde_json::Value as Json;

use super::derive::references;
use super::model::{
    BUILT_IN_SCALARS, Contract, EnumValue, FieldDef, InputDef, TypeDef, TypeKind, base_name,
};
use super::print;
use crate::error::BindError;

/// Asks a server for everything that [`from_introspection`] reads.
pub const INTROSPECTION: &str = "
query Introspection {
  __schema {
    queryType { name } mutationType { name } subscriptionType { name }
    types {
      kind name description specifiedByURL isOneOf
      fields(includeDeprecated: true) {
        name description isDeprecated deprecationReason
        args(includeDeprecated: true) { ...Input }
        type { ...Type }
      }
      inputFields(includeDeprecated: true) { ...Input }
      interfaces { name }
      enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
      possibleTypes { name }
    }
  }
}
fragment Input on __InputValue { name description type { ...Type } defaultValue isDeprecated deprecationReason }
fragment Type on __Type {
  kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } }
}";

/// The contract that an answer to [`INTROSPECTION`] tells (the whole answer or its `data`).
/// Directives of the contract itself are not told, nor which interfaces an interface implements.
pub fn from_introspection(answer: &Json) -> Result<Contract, BindError> {
    let schema = [&answer["data"]["__schema"], &answer["__schema"]]
        .into_iter()
        .find(|schema| schema.is_object());
    let schema =
        schema.ok_or_else(|| BindError(vec!["the answer has no `__schema`".to_string()]))?;
    let root = |kind: &str| text(&schema[kind]["name"]);
    let told = |ty: &&Json| {
        let name = ty["name"].as_str().unwrap_or_default();
        !name.starts_with("__") && !BUILT_IN_SCALARS.contains(&name)
    };
    let types: Result<BTreeMap<String, TypeDef>, BindError> = list(&schema["types"])
        .filter(told)
        .map(|ty| named_type(ty).map(|ty| (ty.name.clone(), ty)))
        .collect();
    Ok(Contract {
        types: types?,
        directives: BTreeMap::new(),
        query: root("queryType").unwrap_or_default(),
        mutation: root("mutationType"),
        subscription: root("subscriptionType"),
    })
}

/// Every difference between two contracts, apart from the order of things and what introspection
/// does not tell.
pub fn differences(first: &Contract, second: &Contract) -> Vec<String> {
    let mut found = Differences(Vec::new());
    found.compare("query root", &first.query, &second.query);
    found.compare("mutation root", &first.mutation, &second.mutation);
    found.compare("subscription root", &first.subscription, &second.subscription);
    let (first, second): (Vec<_>, Vec<_>) = (told(first).collect(), told(second).collect());
    found.each("", &first, &second, |ty| &ty.name, Differences::named_type);
    found.0
}

/// The types that introspection tells: what only directives of the contract refer to is not.
fn told(contract: &Contract) -> impl Iterator<Item = &TypeDef> {
    let arguments = contract.directives.values().flat_map(|directive| &directive.arguments);
    let ours: Vec<&str> = arguments.map(|argument| base_name(&argument.ty)).collect();
    contract.types.values().filter(move |ty| {
        let name = ty.name.as_str();
        !ours.contains(&name)
            || contract.types.values().any(|other| references(other).any(|used| used == name))
    })
}

struct Differences(Vec<String>);

impl Differences {
    fn compare<T: std::fmt::Debug + PartialEq>(&mut self, place: &str, first: &T, second: &T) {
        if first != second {
            self.0.push(format!(
                "{place} is {first:?} in the first contract, {second:?} in the second"
            ));
        }
    }

    /// Compares things by name; what only one contract has is a difference.
    fn each<T>(
        &mut self,
        owner: &str,
        first: &[T],
        second: &[T],
        name: fn(&T) -> &str,
        same: fn(&mut Self, &str, &T, &T),
    ) {
        for item in first {
            let place = format!("{owner}{}", name(item));
            match second.iter().find(|other| name(other) == name(item)) {
                Some(other) => same(self, &place, item, other),
                None => self.0.push(format!("{place} is only in the first contract")),
            }
        }
        for item in
            second.iter().filter(|item| !first.iter().any(|other| name(other) == name(item)))
        {
            self.0.push(format!("{owner}{} is only in the second contract", name(item)));
        }
    }

    fn documentation(
        &mut self,
        place: &str,
        first: (&Option<String>, &Option<String>),
        second: (&Option<String>, &Option<String>),
    ) {
        let written = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        self.compare(&format!("description of {place}"), &written(first.0), &written(second.0));
        self.compare(&format!("deprecation of {place}"), first.1, second.1);
    }

    fn named_type(&mut self, place: &str, first: &&TypeDef, second: &&TypeDef) {
        self.documentation(place, (&first.description, &None), (&second.description, &None));
        let inside = format!("{place}.");
        let sorted = |names: &[String]| {
            let mut names = names.to_vec();
            names.sort();
            names
        };
        match (&first.kind, &second.kind) {
            (
                TypeKind::Scalar { specified_by: first },
                TypeKind::Scalar { specified_by: second },
            ) => {
                self.compare(&format!("specification of {place}"), first, second);
            }
            (
                TypeKind::Object { implements: ours, fields: first },
                TypeKind::Object { implements: theirs, fields: second },
            ) => {
                self.compare(&format!("interfaces of {place}"), &sorted(ours), &sorted(theirs));
                self.each(&inside, first, second, |field| &field.name, Self::field);
            }
            (
                TypeKind::Interface { fields: first, .. },
                TypeKind::Interface { fields: second, .. },
            ) => {
                self.each(&inside, first, second, |field| &field.name, Self::field);
            }
            (TypeKind::Union { members: first }, TypeKind::Union { members: second }) => {
                self.compare(&format!("members of {place}"), &sorted(first), &sorted(second));
            }
            (TypeKind::Enum { values: first }, TypeKind::Enum { values: second }) => {
                self.each(
                    &inside,
                    first,
                    second,
                    |value| &value.name,
                    |found, place, first, second| {
                        found.documentation(
                            place,
                            (&first.description, &first.deprecation),
                            (&second.description, &second.deprecation),
                        );
                    },
                );
            }
            (
                TypeKind::Input { fields: first, one_of: ours },
                TypeKind::Input { fields: second, one_of: theirs },
            ) => {
                self.compare(&format!("@oneOf of {place}"), ours, theirs);
                self.each(&inside, first, second, |field| &field.name, Self::input);
            }
            _ => self.0.push(format!("{place} is of another kind in the second contract")),
        }
    }

    fn field(&mut self, place: &str, first: &FieldDef, second: &FieldDef) {
        self.compare(&format!("type of {place}"), &first.ty.to_string(), &second.ty.to_string());
        self.documentation(
            place,
            (&first.description, &first.deprecation),
            (&second.description, &second.deprecation),
        );
        self.each(
            &format!("{place}:"),
            &first.arguments,
            &second.arguments,
            |argument| &argument.name,
            Self::input,
        );
    }

    fn input(&mut self, place: &str, first: &InputDef, second: &InputDef) {
        let default = |input: &InputDef| input.default.as_ref().map(print::value);
        self.compare(&format!("type of {place}"), &first.ty.to_string(), &second.ty.to_string());
        self.compare(&format!("default of {place}"), &default(first), &default(second));
        self.documentation(
            place,
            (&first.description, &first.deprecation),
            (&second.description, &second.deprecation),
        );
    }
}

fn named_type(ty: &Json) -> Result<TypeDef, BindError> {
    let names = |key: &str| list(&ty[key]).filter_map(|other| text(&other["name"])).collect();
    let kind = match ty["kind"].as_str() {
        Some("SCALAR") => TypeKind::Scalar { specified_by: text(&ty["specifiedByURL"]) },
        Some("OBJECT") => TypeKind::Object {
            implements: names("interfaces"),
            fields: each(&ty["fields"], field)?,
        },
        Some("INTERFACE") => TypeKind::Interface {
            implements: names("interfaces"),
            fields: each(&ty["fields"], field)?,
        },
        Some("UNION") => TypeKind::Union { members: names("possibleTypes") },
        Some("ENUM") => TypeKind::Enum { values: each(&ty["enumValues"], enum_value)? },
        Some("INPUT_OBJECT") => TypeKind::Input {
            fields: each(&ty["inputFields"], input)?,
            one_of: ty["isOneOf"] == true,
        },
        _ => return Err(not_told("kind", ty)),
    };
    let (name, description) = (name(ty)?, text(&ty["description"]));
    Ok(TypeDef { name, description, kind, directives: Vec::new(), line: 0 })
}

fn field(field: &Json) -> Result<FieldDef, BindError> {
    Ok(FieldDef {
        name: name(field)?,
        description: text(&field["description"]),
        arguments: each(&field["args"], input)?,
        ty: type_of(&field["type"])?,
        deprecation: deprecation(field),
        directives: Vec::new(),
        line: 0,
    })
}

fn input(input: &Json) -> Result<InputDef, BindError> {
    Ok(InputDef {
        name: name(input)?,
        description: text(&input["description"]),
        ty: type_of(&input["type"])?,
        default: input["defaultValue"].as_str().map(literal).transpose()?,
        deprecation: deprecation(input),
        line: 0,
    })
}

fn enum_value(value: &Json) -> Result<EnumValue, BindError> {
    Ok(EnumValue {
        name: name(value)?,
        description: text(&value["description"]),
        deprecation: deprecation(value),
    })
}

fn deprecation(thing: &Json) -> Option<String> {
    (thing["isDeprecated"] == true).then(|| text(&thing["deprecationReason"]).unwrap_or_default())
}

fn type_of(ty: &Json) -> Result<Type, BindError> {
    let inner = || type_of(&ty["ofType"]);
    Ok(match ty["kind"].as_str() {
        Some("NON_NULL") => Type { nullable: false, ..inner()? },
        Some("LIST") => Type { base: BaseType::List(Box::new(inner()?)), nullable: true },
        _ => Type { base: BaseType::Named(Name::new(name(ty)?)), nullable: true },
    })
}

/// A value as introspection tells defaults: in the language of SDL.
fn literal(value: &str) -> Result<Value, BindError> {
    let document = parse_schema(format!("input I {{ value: T = {value} }}"))
        .map_err(|error| BindError(vec![error.to_string()]))?;
    let default = document.definitions.into_iter().find_map(|definition| match definition {
        TypeSystemDefinition::Type(ty) => match ty.node.kind {
            ParsedKind::InputObject(object) => {
                object.fields.into_iter().find_map(|field| field.node.default_value)
            }
            _ => None,
        },
        _ => None,
    });
    default
        .map(|value| value.node)
        .ok_or_else(|| BindError(vec![format!("the default `{value}` is not a value")]))
}

fn each<T>(items: &Json, read: fn(&Json) -> Result<T, BindError>) -> Result<Vec<T>, BindError> {
    list(items).map(read).collect()
}

fn list(items: &Json) -> impl Iterator<Item = &Json> {
    items.as_array().into_iter().flatten()
}

fn name(thing: &Json) -> Result<String, BindError> {
    text(&thing["name"]).ok_or_else(|| not_told("name", thing))
}

fn text(text: &Json) -> Option<String> {
    text.as_str().map(str::to_string)
}

fn not_told(what: &str, thing: &Json) -> BindError {
    BindError(vec![format!("the answer does not tell the {what} of {thing}")])
}
