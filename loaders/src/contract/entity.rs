//! The types that belong to one entity or one enum: how it is listed, filtered, ordered, counted
//! and grouped.

use async_graphql::Value;

use super::build::{argument, field, input, input_object, object};
use super::model::{Contract, FieldDef, InputDef, TypeDef, TypeKind};
use super::shape::Shape;

/// The type of this name, if its ending and the rest of it say what it is: `ListingFilter` for a
/// `Listing`.
pub(super) fn derive<'a>(
    contract: &'a Contract,
    name: &'a str,
    mistakes: &mut Vec<String>,
) -> Option<TypeDef> {
    type Recipe<'a> = fn(&Entity<'a>) -> TypeDef;
    // `ListFilter` stands before `Filter`, which it ends in.
    let recipes: [(&str, Recipe<'a>); 9] = [
        ("Connection", Entity::connection),
        ("Edge", Entity::edge),
        ("ListFilter", Entity::list_filter),
        ("Filter", Entity::filter),
        ("Order", Entity::order),
        ("Aggregate", Entity::aggregate),
        ("GroupBy", Entity::group_by),
        ("GroupKey", Entity::group_key),
        ("Group", Entity::group),
    ];
    for (ending, recipe) in recipes {
        let Some(subject) = name.strip_suffix(ending) else { continue };
        if contract.is_entity(subject) {
            let entity = Entity { contract, name: subject };
            entity.collisions(ending, mistakes);
            return Some(recipe(&entity));
        }
    }
    let subject = name.strip_suffix("Filter")?;
    matches!(contract.get(subject)?.kind, TypeKind::Enum { .. }).then(|| enum_filter(subject))
}

struct Entity<'a> {
    contract: &'a Contract,
    name: &'a str,
}

impl<'a> Entity<'a> {
    fn fields(&self) -> impl Iterator<Item = (&'a FieldDef, Shape<'a>)> {
        let contract = self.contract;
        // A field that some may not see must not be found out by a filter or an order either.
        let open = contract.fields(self.name).iter().filter(|field| field.permission().is_none());
        open.map(move |field| (field, contract.shape(field)))
    }

    /// Fields whose names are taken by what the derived type has of its own.
    fn collisions(&self, ending: &str, mistakes: &mut Vec<String>) {
        let own: &[&str] = match ending {
            "Filter" => &["and", "or", "not"],
            "Order" if self.contract.has_location(self.name) => &["distance"],
            "Aggregate" => &["count"],
            _ => &[],
        };
        for (field, _) in self
            .fields()
            .filter(|(field, shape)| own.contains(&field.name.as_str()) && *shape != Shape::Other)
        {
            let Self { name, .. } = self;
            mistakes.push(format!("line {}: `{name}.{}` has the name of a field that `{name}{ending}` has of its own; rename it", field.line, field.name));
        }
    }

    fn connection(&self) -> TypeDef {
        let Self { name, .. } = self;
        let mut fields = vec![
            field("edges", &format!("[{name}Edge!]!"), "The page's items, each with its cursor."),
            field(
                "nodes",
                &format!("[{name}!]!"),
                "The page's items by themselves, where cursors of single items are not needed.",
            ),
            field("pageInfo", "PageInfo!", "Whether there is more, and the cursors to go on."),
            field(
                "totalCount",
                "Int!",
                "How many there are on all pages. Counted only when asked for.",
            ),
            field(
                "aggregate",
                &format!("{name}Aggregate!"),
                "All of them taken together, on all pages.",
            ),
        ];
        if self.groups().next().is_some() {
            let by = argument(
                "by",
                &format!("[{name}GroupBy!]!"),
                None,
                "What to group by; several make a group for each combination.",
            );
            let first =
                argument("first", "Int!", Some(Value::from(100)), "At most so many groups.");
            let mut groups = field(
                "groups",
                &format!("[{name}Group!]!"),
                "All of them on all pages in groups, in the order of the groups' keys.",
            );
            groups.arguments = vec![by, first];
            fields.push(groups);
        }
        object(
            &format!("{name}Connection"),
            format!("A page of a list of `{name}`, and what is known of the whole list."),
            fields,
        )
    }

    fn edge(&self) -> TypeDef {
        let Self { name, .. } = self;
        let mut fields = vec![
            field(
                "cursor",
                "String!",
                "Where the item stands in the list: give it as `after` or `before`. Valid for the same `orderBy` only.",
            ),
            field("node", &format!("{name}!"), "The item."),
        ];
        if self.contract.has_location(name) {
            fields.push(field("distanceMeters", "Float", "How far it is from the centre of `near`, in metres along the ground. Null without `near`."));
        }
        object(&format!("{name}Edge"), format!("A `{name}` in a list."), fields)
    }

    fn filter(&self) -> TypeDef {
        let Self { name, .. } = self;
        let own = format!("{name}Filter");
        let mut fields = vec![
            input("and", &format!("[{own}!]"), "All of these hold. An empty list holds."),
            input(
                "or",
                &format!("[{own}!]"),
                "At least one of these holds. An empty list does not.",
            ),
            input("not", &own, "This does not hold."),
        ];
        for (field, shape) in self.fields() {
            let ty = match shape {
                Shape::Scalar(scalar) if is_comparable(scalar) => format!("{scalar}Filter"),
                Shape::Enum(target) | Shape::ToOne(target) => format!("{target}Filter"),
                Shape::Connection(target) | Shape::List(target) => format!("{target}ListFilter"),
                Shape::Scalar(_) | Shape::Other => continue,
            };
            fields.push(from_field(field, &ty));
        }
        let description = format!(
            "Conditions on a `{name}`; all that are given must hold. Conditions on something it belongs to or refers to hold only where that is there and visible."
        );
        input_object(&own, description, fields, false)
    }

    fn list_filter(&self) -> TypeDef {
        let Self { name, .. } = self;
        let own = format!("{name}Filter");
        let fields = vec![
            input("some", &own, "At least one of them is like this. `{}` asks that there is any."),
            input("none", &own, "None of them is like this. `{}` asks that there is none."),
            input("every", &own, "All of them are like this; true where there is none."),
        ];
        input_object(
            &format!("{name}ListFilter"),
            format!("Conditions on a list of `{name}`; all that are given must hold."),
            fields,
            false,
        )
    }

    fn order(&self) -> TypeDef {
        let Self { name, .. } = self;
        let ordered = |(field, shape): &(&FieldDef, Shape<'_>)| {
            field.name != "version"
                && (matches!(shape, Shape::Enum(_))
                    || matches!(shape, Shape::Scalar(scalar) if is_comparable(scalar)))
        };
        let mut fields: Vec<InputDef> = self
            .fields()
            .filter(ordered)
            .map(|(field, _)| from_field(field, "OrderDirection"))
            .collect();
        if self.contract.has_location(name) {
            fields.push(input(
                "distance",
                "OrderDirection",
                "By distance from the centre of `near`, which must be given.",
            ));
        }
        let description = format!(
            "What to order a list of `{name}` by: one field. For more, list several; later ones part what earlier ones leave equal. Texts and enum values are in the order of Unicode code points."
        );
        input_object(&format!("{name}Order"), description, fields, true)
    }

    fn aggregate(&self) -> TypeDef {
        let Self { name, .. } = self;
        let mut fields = vec![field("count", "Int!", "How many there are.")];
        for (def, shape) in self.fields().filter(|(field, _)| field.name != "version") {
            if let Shape::Scalar(scalar @ ("Int" | "Float" | "Decimal" | "Date" | "DateTime")) =
                shape
            {
                fields.push(FieldDef {
                    deprecation: def.deprecation.clone(),
                    ..field(&def.name, &format!("{scalar}Aggregate"), &sentence(def))
                });
            }
        }
        object(
            &format!("{name}Aggregate"),
            format!(
                "Several `{name}` taken together. What is computed of a field is null when no value is there."
            ),
            fields,
        )
    }

    /// The fields that groups can be made by, with the types of the choice and of the key.
    fn groups(&self) -> impl Iterator<Item = (&'a FieldDef, &'static str, &'a str)> {
        let groupable = |(field, shape)| match shape {
            Shape::Scalar(scalar @ ("String" | "Boolean" | "Int")) | Shape::Enum(scalar) => {
                Some((field, "GroupValue", scalar))
            }
            Shape::Scalar("Date" | "DateTime") => Some((field, "GroupDate", "Date")),
            _ => None,
        };
        self.fields().filter(|(field, _)| field.name != "version").filter_map(groupable)
    }

    fn group_by(&self) -> TypeDef {
        let fields = self.groups().map(|(field, choice, _)| from_field(field, choice)).collect();
        input_object(
            &format!("{}GroupBy", self.name),
            format!("What to group several `{}` by: one field. For more, list several.", self.name),
            fields,
            true,
        )
    }

    fn group_key(&self) -> TypeDef {
        let key = |(def, _, ty): (&FieldDef, _, &str)| FieldDef {
            deprecation: def.deprecation.clone(),
            ..field(&def.name, ty, &sentence(def))
        };
        let description = format!(
            "What all `{}` of a group have in common. A field is null where the group is of those without a value, and where `by` does not name it.",
            self.name
        );
        object(&format!("{}GroupKey", self.name), description, self.groups().map(key).collect())
    }

    fn group(&self) -> TypeDef {
        let Self { name, .. } = self;
        let fields = vec![
            field("key", &format!("{name}GroupKey!"), "What they have in common."),
            field("aggregate", &format!("{name}Aggregate!"), "The group taken together."),
        ];
        object(
            &format!("{name}Group"),
            format!("Those `{name}` of a list that have the same key."),
            fields,
        )
    }
}

fn enum_filter(name: &str) -> TypeDef {
    let fields = vec![
        input("eq", name, "Equal to this."),
        input("ne", name, "Not equal to this, or absent."),
        input("in", &format!("[{name}!]"), "One of these."),
        input("notIn", &format!("[{name}!]"), "None of these, or absent."),
        input("isNull", "Boolean", "True: is absent. False: is there."),
    ];
    let description = format!(
        "Conditions on a `{name}`; all that are given must hold. A comparison with an absent value is false, and `ne` and `notIn` are the exact opposites of `eq` and `in`. Null is not a value to compare with: use `isNull`."
    );
    input_object(&format!("{name}Filter"), description, fields, false)
}

/// Scalars that can be compared and put in order.
fn is_comparable(scalar: &str) -> bool {
    matches!(
        scalar,
        "ID" | "String" | "Int" | "Float" | "Boolean" | "Decimal" | "Date" | "DateTime"
    )
}

/// The first sentence of a field's documentation, or its name.
fn sentence(field: &FieldDef) -> String {
    let text = field.description.as_deref().unwrap_or_default();
    let paragraph = text
        .split("\n\n")
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    match paragraph.split_once(". ") {
        Some((first, _)) => format!("{first}."),
        None if paragraph.is_empty() => format!("`{}`.", field.name),
        None => paragraph,
    }
}

/// An input field for a field of the entity: same name, same documentation, as deprecated as it.
fn from_field(field: &FieldDef, ty: &str) -> InputDef {
    InputDef { deprecation: field.deprecation.clone(), ..input(&field.name, ty, &sentence(field)) }
}
