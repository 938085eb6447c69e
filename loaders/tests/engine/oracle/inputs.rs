//! Random filters, orders and areas for a type, and how a value is written into a document:
//! as a literal, or with variables anywhere in it.

use async_graphql::parser::types::{BaseType, Type};
use async_graphql::{Name, Value, value};
use loaders::contract::{InputDef, Shape, TypeKind};
use serde_json::Value as Json;

use super::filter::id_text;
use super::generate::Generator;
use super::world::{TEXTS, area};

impl Generator<'_> {
    /// Conditions on a type, over values that there are.
    pub(super) fn filter(&mut self, type_name: &str, depth: usize) -> Value {
        let fields = self.inputs(&format!("{type_name}Filter"));
        let mut filter = Vec::new();
        for _ in 0..self.random.below(3) + usize::from(depth == 2) {
            let name = self.random.one(&fields).name.clone();
            let condition = match name.as_str() {
                "and" | "or" if depth > 0 => {
                    let count = self.random.below(3);
                    Value::List((0..count).map(|_| self.filter(type_name, depth - 1)).collect())
                }
                "not" if depth > 0 => self.filter(type_name, depth - 1),
                "and" | "or" | "not" => continue,
                _ => {
                    match self.contract.field(type_name, &name).map(|def| self.contract.shape(def))
                    {
                        Some(Shape::ToOne(target)) if depth > 0 => self.filter(target, depth - 1),
                        Some(Shape::Connection(target) | Shape::List(target)) if depth > 0 => {
                            let quantifier = *self.random.one(&["some", "none", "every"]);
                            object([(quantifier, self.filter(target, depth - 1))])
                        }
                        Some(Shape::Scalar(scalar) | Shape::Enum(scalar)) => {
                            self.comparison(type_name, &name, scalar)
                        }
                        _ => continue,
                    }
                }
            };
            filter.push((name, condition));
        }
        object(filter.iter().map(|(name, condition)| (name.as_str(), condition.clone())))
    }

    fn comparison(&mut self, type_name: &str, field: &str, scalar: &str) -> Value {
        let operators = self.inputs(&format!("{scalar}Filter"));
        let mut comparison = Vec::new();
        for _ in 0..1 + self.random.below(8) / 6 {
            let operator = self.random.one(&operators).name.clone();
            let operand = match operator.as_str() {
                "isNull" => Value::from(self.random.percent(50)),
                "in" | "notIn" => {
                    let count = self.random.below(4);
                    Value::List(
                        (0..count).map(|_| self.operand(type_name, field, scalar)).collect(),
                    )
                }
                "contains" | "startsWith" | "endsWith" => Value::from(self.piece()),
                _ => self.operand(type_name, field, scalar),
            };
            comparison.push((operator, operand));
        }
        object(comparison.iter().map(|(operator, operand)| (operator.as_str(), operand.clone())))
    }

    /// A value that some row has there.
    fn operand(&mut self, type_name: &str, field: &str, scalar: &str) -> Value {
        let rows = self.world.of(type_name);
        let column = super::filter::snake_case(field);
        let held: Vec<Json> = match field {
            "id" => rows.iter().map(|row| id_text(type_name, row).into()).collect(),
            _ => rows
                .iter()
                .map(|row| row[&column].clone())
                .filter(|value| !value.is_null())
                .collect(),
        };
        let value = if held.is_empty() {
            None
        } else {
            Value::from_json(self.random.one(&held).clone()).ok()
        };
        let is_enum =
            matches!(self.contract.get(scalar).map(|ty| &ty.kind), Some(TypeKind::Enum { .. }));
        match (value, scalar) {
            (Some(Value::String(name)), _) if is_enum => Value::Enum(Name::new(name)),
            (Some(value), _) => value,
            (None, "Decimal") => value!("1.50"),
            (None, "Int") => value!(1),
            (None, "Float") => value!(0.5),
            (None, "Boolean") => value!(true),
            (None, "Date") => value!("2000-01-01"),
            (None, "DateTime") => value!("2021-01-01T01:00:00+01:00"),
            (None, _) if is_enum => {
                Value::Enum(Name::new(if scalar == "Mood" { "CALM" } else { "HARD" }))
            }
            (None, _) => value!("Sphinx"),
        }
    }

    /// A piece of a text, perhaps in capitals.
    fn piece(&mut self) -> String {
        let text: Vec<char> = self.random.one(&TEXTS).chars().collect();
        let start = self.random.below(text.len() + 1);
        let piece: String = text[start..].iter().take(1 + self.random.below(4)).collect();
        if self.random.percent(30) { piece.to_uppercase() } else { piece }
    }

    /// One or two fields in any direction.
    pub(super) fn order_by(&mut self, type_name: &str, near: bool) -> Value {
        let mut fields = self.inputs(&format!("{type_name}Order"));
        fields.retain(|field| near || field.name != "distance");
        let mut terms = Vec::new();
        for _ in 0..1 + self.random.below(3) {
            let field = fields.swap_remove(self.random.below(fields.len()));
            let direction =
                *self.random.one(&["ASC", "DESC", "ASC_NULLS_FIRST", "DESC_NULLS_LAST"]);
            terms.push(object([(field.name.as_str(), Value::Enum(Name::new(direction)))]));
            if fields.is_empty() {
                break;
            }
        }
        Value::List(terms)
    }

    /// A circle around no shop in particular.
    pub(super) fn near(&mut self) -> Value {
        let longitude = -83.6 + self.random.below(1600) as f64 / 10_000.0 + 0.000_037;
        let latitude = 41.6 + self.random.below(1200) as f64 / 10_000.0 + 0.000_041;
        value!({"longitude": longitude, "latitude": latitude, "withinMeters": (1 + self.random.below(15)) as f64 * 1000.5})
    }

    pub(super) fn within(&mut self) -> Value {
        let districts = self.world.of("District");
        if self.random.percent(50) && !districts.is_empty() {
            return object([(
                "district",
                Value::from(id_text("District", self.random.one(districts))),
            )]);
        }
        object([("polygon", Value::from_json(area(self.random)).expect("a value"))])
    }

    /// The fields of an input type.
    pub(super) fn inputs(&self, type_name: &str) -> Vec<InputDef> {
        match self.contract.get(type_name).map(|ty| &ty.kind) {
            Some(TypeKind::Input { fields, .. }) => fields.clone(),
            _ => panic!("{type_name} is no input type"),
        }
    }

    /// The value as it stands in the document.
    pub(super) fn written(&mut self, value: &Value, ty: &Type, one_of: bool) -> String {
        let strict = std::mem::replace(&mut self.strict, true);
        if self.random.percent(15) {
            return self.variable(value, ty, one_of || (strict && !ty.nullable));
        }
        let base = loaders::contract::base_name(ty).to_string();
        match (value, &ty.base) {
            (Value::List(items), BaseType::List(inner)) => {
                let items: Vec<String> =
                    items.iter().map(|item| self.written(item, inner, false)).collect();
                format!("[{}]", items.join(", "))
            }
            (Value::Object(fields), _) => {
                match self.contract.get(&base).map(|ty| ty.kind.clone()) {
                    Some(TypeKind::Input { fields: defs, one_of }) => {
                        let def = |name: &str| {
                            defs.iter().find(|def| def.name == name).expect("a field of the input")
                        };
                        let mut written: Vec<String> = fields
                            .iter()
                            .map(|(name, value)| {
                                format!("{name}: {}", self.written(value, &def(name).ty, one_of))
                            })
                            .collect();
                        let absent = defs
                            .iter()
                            .find(|def| def.ty.nullable && !fields.contains_key(def.name.as_str()));
                        if let (false, Some(absent)) = (one_of || !self.random.percent(5), absent) {
                            let name = self.name("v");
                            self.definitions.push(format!("${name}: {}", absent.ty));
                            written.push(format!("{}: ${name}", absent.name));
                        }
                        format!("{{{}}}", written.join(", "))
                    }
                    _ => value.to_string(),
                }
            }
            _ => value.to_string(),
        }
    }

    /// A variable in the place of a value: given, or with the value as its default.
    fn variable(&mut self, value: &Value, ty: &Type, non_null: bool) -> String {
        let name = self.name("v");
        let nullable = ty.to_string().trim_end_matches('!').to_string();
        let non_null = non_null || self.random.percent(30);
        let ty = if non_null { format!("{nullable}!") } else { nullable };
        if self.random.percent(20) {
            self.definitions.push(format!("${name}: {ty} = {value}"));
        } else {
            self.definitions.push(format!("${name}: {ty}"));
            self.variables.insert(name.clone(), value.clone().into_json().expect("JSON"));
        }
        format!("${name}")
    }
}

pub(super) fn object<'v>(fields: impl IntoIterator<Item = (&'v str, Value)>) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (Name::new(name), value)).collect())
}
