//! Which rows a viewer sees, and which of them a filter keeps: read off the contract's own words,
//! one row after the other.

use async_graphql::Value;
use loaders::contract::{Shape, base_name};
use loaders::scalar::type_id;
use loaders::{Viewer, ViewerValue};
use serde_json::Value as Json;

use super::evaluate::Oracle;
use super::values::{compare, text};
use super::world::{Row, World, uuid};

/// How a field leads to other rows: their type, the column on this side, the column on theirs.
pub(crate) fn relation(
    type_name: &str,
    field: &str,
) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match (type_name, field) {
        ("Genre", "books") => ("Book", "id", "genre_id"),
        ("Author", "books") => ("Book", "id", "author_id"),
        ("Book", "author") => ("Author", "author_id", "id"),
        ("Book", "genre") => ("Genre", "genre_id", "id"),
        ("Book", "previous") => ("Book", "previous_id", "id"),
        ("Book", "sequels") => ("Book", "id", "previous_id"),
        ("Book", "reviews") => ("Review", "id", "book_id"),
        ("Book", "stocks") => ("Stock", "id", "book_id"),
        ("Book", "loans") => ("Loan", "id", "book_id"),
        ("Review", "book") | ("Stock", "book") | ("Loan", "book") => ("Book", "book_id", "id"),
        ("Review", "replies") => ("Reply", "id", "review_id"),
        ("Reply", "review") => ("Review", "review_id", "id"),
        ("Shop", "district") => ("District", "district_id", "id"),
        ("Shop", "stocks") => ("Stock", "id", "shop_id"),
        ("District", "shops") => ("Shop", "id", "district_id"),
        ("Stock", "shop") => ("Shop", "shop_id", "id"),
        ("Reader", "loans") => ("Loan", "id", "reader_id"),
        ("Loan", "reader") => ("Reader", "reader_id", "id"),
        _ => return None,
    })
}

/// Whether the viewer sees the row: the policies once more, in words of their own.
pub(crate) fn visible(world: &World, viewer: &Viewer, type_name: &str, row: &Row) -> bool {
    let staff = viewer.class == "staff";
    let with = |target: &str, column: &str| {
        let related = uuid(row, column).and_then(|id| world.find(target, id));
        related.is_some_and(|related| visible(world, viewer, target, related))
    };
    match type_name {
        "Genre" => true,
        "Author" | "Shop" | "District" => staff || row["published"] == true,
        "Book" => row["deleted_at"].is_null() && (staff || row["published"] == true),
        "Review" => with("Book", "book_id"),
        "Reply" => with("Review", "review_id"),
        "Stock" => with("Book", "book_id") && with("Shop", "shop_id"),
        "Reader" => staff || is_viewer(viewer, row, "id"),
        "Loan" => {
            let branch =
                |branches: &[String]| branches.iter().any(|branch| row["branch"] == **branch);
            let works_there = matches!(viewer.values.get("branches"), Some(ViewerValue::Texts(branches)) if branch(branches));
            staff || is_viewer(viewer, row, "reader_id") || works_there
        }
        _ => panic!("no policy is known for {type_name}"),
    }
}

fn is_viewer(viewer: &Viewer, row: &Row, column: &str) -> bool {
    matches!((viewer.values.get("reader"), uuid(row, column)), (Some(ViewerValue::Uuid(viewer)), Some(id)) if *viewer == id)
}

impl Oracle<'_> {
    /// The rows that a relation leads to and the viewer sees.
    pub(crate) fn related(
        &self,
        type_name: &str,
        row: &Row,
        field: &str,
    ) -> (&'static str, Vec<&Row>) {
        let (target, from, to) = relation(type_name, field)
            .unwrap_or_else(|| panic!("{type_name}.{field} is no relation"));
        let key = uuid(row, from);
        let rows =
            self.world.of(target).iter().filter(|other| {
                key.is_some() && uuid(other, to) == key && self.sees(target, other)
            });
        (target, rows.collect())
    }

    pub(crate) fn sees(&self, type_name: &str, row: &Row) -> bool {
        visible(self.world, self.viewer, type_name, row)
    }

    /// Whether a filter holds for a row.
    pub(crate) fn holds(&self, type_name: &str, row: &Row, filter: &Value) -> bool {
        entries(filter).all(|(name, value)| match name {
            "and" => items(value).all(|filter| self.holds(type_name, row, filter)),
            "or" => items(value).any(|filter| self.holds(type_name, row, filter)),
            "not" => !self.holds(type_name, row, value),
            field => self.field_holds(type_name, row, field, value),
        })
    }

    fn field_holds(&self, type_name: &str, row: &Row, field: &str, value: &Value) -> bool {
        let def = self
            .contract
            .field(type_name, field)
            .unwrap_or_else(|| panic!("{type_name}.{field} is not there"));
        match self.contract.shape(def) {
            Shape::Scalar(_) | Shape::Enum(_) => {
                let held = self.column(type_name, row, field);
                entries(value).all(|(operator, operand)| {
                    operator_holds(
                        base_name(&def.ty),
                        &held,
                        operator,
                        &operand.clone().into_json().expect("JSON"),
                    )
                })
            }
            Shape::ToOne(_) => {
                let (target, rows) = self.related(type_name, row, field);
                rows.iter().any(|row| self.holds(target, row, value))
            }
            _ => {
                let (target, rows) = self.related(type_name, row, field);
                let holds = |filter: &Value| {
                    rows.iter().filter(|row| self.holds(target, row, filter)).count()
                };
                entries(value).all(|(quantifier, filter)| match quantifier {
                    "some" => holds(filter) > 0,
                    "none" => holds(filter) == 0,
                    _ => holds(filter) == rows.len(),
                })
            }
        }
    }

    /// A scalar field's value, as an answer shows it.
    pub(crate) fn column(&self, type_name: &str, row: &Row, field: &str) -> Json {
        match field {
            "id" => id_text(type_name, row).into(),
            _ => row
                .get(&snake_case(field))
                .unwrap_or_else(|| panic!("{type_name}.{field} is no column"))
                .clone(),
        }
    }
}

fn operator_holds(scalar: &str, held: &Json, operator: &str, operand: &Json) -> bool {
    let order = |other: &Json| compare(scalar, held, other);
    let equal = |other: &Json| !held.is_null() && order(other).is_eq();
    let among = || operand.as_array().expect("a list").iter().any(equal);
    let folded = |value: &Json| text(value).to_lowercase();
    match operator {
        "isNull" => held.is_null() == (*operand == true),
        "ne" => !equal(operand),
        "notIn" => !among(),
        _ if held.is_null() => false,
        "eq" => equal(operand),
        "in" => among(),
        "gt" => order(operand).is_gt(),
        "gte" => order(operand).is_ge(),
        "lt" => order(operand).is_lt(),
        "lte" => order(operand).is_le(),
        "contains" => folded(held).contains(&folded(operand)),
        "startsWith" => folded(held).starts_with(&folded(operand)),
        "endsWith" => folded(held).ends_with(&folded(operand)),
        _ => panic!("the operator {operator} is not known"),
    }
}

pub(crate) fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let Value::Object(fields) = value else { panic!("{value} is no object") };
    fields.iter().map(|(name, value)| (name.as_str(), value))
}

pub(crate) fn items(value: &Value) -> impl Iterator<Item = &Value> {
    let Value::List(items) = value else { panic!("{value} is no list") };
    items.iter()
}

/// The id of a row, as an answer shows it.
pub(crate) fn id_text(type_name: &str, row: &Row) -> String {
    let mut out = Vec::new();
    type_id::encode(&snake_case(type_name), uuid(row, "id").expect("an id").as_bytes(), &mut out);
    String::from_utf8(out).expect("text")
}

/// `publishedOn` → `published_on`, `Book` → `book`.
pub(crate) fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for (index, character) in name.char_indices() {
        if character.is_uppercase() && index > 0 {
            snake.push('_');
        }
        snake.extend(character.to_lowercase());
    }
    snake
}
