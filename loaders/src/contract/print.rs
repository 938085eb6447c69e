//! SDL from types, as a person would write it: the same types always give the same text, and the
//! text read again gives the same types.

use async_graphql::Value;

use super::model::{
    AppliedDirective, Contract, DirectiveDef, EnumValue, FieldDef, InputDef, TypeDef, TypeKind,
};

/// A line longer than this is broken where it can be.
const WIDTH: usize = 120;

/// The whole contract: directives, then types by name.
pub fn contract(contract: &Contract) -> String {
    definitions(contract.directives.values(), contract.types.values())
}

/// Directives and types in the order given, an empty line between them.
pub fn definitions<'a>(
    directives: impl Iterator<Item = &'a DirectiveDef>,
    types: impl Iterator<Item = &'a TypeDef>,
) -> String {
    let printed: Vec<String> = directives.map(directive).chain(types.map(named_type)).collect();
    printed.join("\n")
}

/// Further fields of an object type.
pub fn extension(name: &str, fields: &[FieldDef]) -> String {
    format!("extend type {name} {{\n{}}}\n", lines(fields, field))
}

/// A value as SDL has it.
pub fn value(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::List(items) => {
            format!("[{}]", items.iter().map(self::value).collect::<Vec<_>>().join(", "))
        }
        Value::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{name}: {}", self::value(value)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        leaf => leaf.to_string(),
    }
}

fn directive(directive: &DirectiveDef) -> String {
    let arguments = arguments(&directive.arguments, "", directive.name.len() + 12);
    format!(
        "{}directive @{}{arguments} on {}\n",
        description(&directive.description, ""),
        directive.name,
        directive.place.as_str()
    )
}

fn named_type(ty: &TypeDef) -> String {
    let (keyword, after, body) = match &ty.kind {
        TypeKind::Scalar { specified_by } => {
            let url =
                specified_by.as_ref().map(|url| format!(" @specifiedBy(url: {})", quoted(url)));
            ("scalar", url.unwrap_or_default(), None)
        }
        TypeKind::Object { implements, fields } => {
            let after = implementing(implements) + &directives(&ty.directives);
            ("type", after, Some(lines(fields, field)))
        }
        TypeKind::Interface { implements, fields } => {
            ("interface", implementing(implements), Some(lines(fields, field)))
        }
        TypeKind::Union { members } => ("union", format!(" = {}", members.join(" | ")), None),
        TypeKind::Enum { values } => ("enum", String::new(), Some(lines(values, enum_value))),
        TypeKind::Input { fields, one_of } => {
            let one_of = if *one_of { " @oneOf" } else { "" };
            ("input", one_of.to_string(), Some(lines(fields, |field| input(field, "  "))))
        }
    };
    let body = body.map(|body| format!(" {{\n{body}}}")).unwrap_or_default();
    format!("{}{keyword} {}{after}{body}\n", description(&ty.description, ""), ty.name)
}

fn lines<T>(items: &[T], line: impl Fn(&T) -> String) -> String {
    items.iter().map(|item| line(item) + "\n").collect()
}

fn implementing(interfaces: &[String]) -> String {
    if interfaces.is_empty() {
        String::new()
    } else {
        format!(" implements {}", interfaces.join(" & "))
    }
}

fn field(field: &FieldDef) -> String {
    let tail = format!(
        ": {}{}{}",
        field.ty,
        deprecation(&field.deprecation),
        directives(&field.directives)
    );
    let arguments = arguments(&field.arguments, "  ", field.name.len() + tail.len() + 2);
    format!("{}  {}{arguments}{tail}", description(&field.description, "  "), field.name)
}

/// Arguments in parentheses: on one line when they fit into what is left of it beside `taken`
/// characters and carry no documentation.
fn arguments(arguments: &[InputDef], indent: &str, taken: usize) -> String {
    if arguments.is_empty() {
        return String::new();
    }
    let line = arguments.iter().map(|argument| input(argument, "")).collect::<Vec<_>>().join(", ");
    if arguments.iter().all(|argument| argument.description.is_none())
        && line.len() + taken + 2 <= WIDTH
    {
        return format!("({line})");
    }
    let deeper = format!("{indent}  ");
    format!("(\n{}{indent})", lines(arguments, |argument| input(argument, &deeper)))
}

fn input(input: &InputDef, indent: &str) -> String {
    let default =
        input.default.as_ref().map(|default| format!(" = {}", value(default))).unwrap_or_default();
    format!(
        "{}{indent}{}: {}{default}{}",
        description(&input.description, indent),
        input.name,
        input.ty,
        deprecation(&input.deprecation)
    )
}

fn enum_value(value: &EnumValue) -> String {
    format!(
        "{}  {}{}",
        description(&value.description, "  "),
        value.name,
        deprecation(&value.deprecation)
    )
}

fn deprecation(reason: &Option<String>) -> String {
    reason
        .as_ref()
        .map(|reason| format!(" @deprecated(reason: {})", quoted(reason)))
        .unwrap_or_default()
}

fn directives(directives: &[AppliedDirective]) -> String {
    directives.iter().map(applied).collect()
}

fn applied(directive: &AppliedDirective) -> String {
    let arguments: Vec<String> = directive
        .arguments
        .iter()
        .map(|(name, given)| format!("{name}: {}", value(given)))
        .collect();
    let arguments =
        if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
    format!(" @{}{arguments}", directive.name)
}

/// A description on lines of its own: a block string, unless that would change the text.
fn description(text: &Option<String>, indent: &str) -> String {
    match text {
        None => String::new(),
        Some(text) if !fits_block(text) => format!("{indent}{}\n", quoted(text)),
        Some(text)
            if !text.contains('\n')
                && !text.ends_with(['"', '\\'])
                && indent.len() + text.len() + 6 <= WIDTH =>
        {
            format!("{indent}\"\"\"{text}\"\"\"\n")
        }
        Some(text) => {
            let line = |line: &str| {
                if line.is_empty() { "\n".to_string() } else { format!("{indent}{line}\n") }
            };
            format!(
                "{indent}\"\"\"\n{}{indent}\"\"\"\n",
                text.split('\n').map(line).collect::<String>()
            )
        }
    }
}

/// Whether a block string gives the text back as it is. Blank lines around it and spaces in front
/// of all of it belong to the block and would be lost.
fn fits_block(text: &str) -> bool {
    let plain = text
        .chars()
        .all(|character| character == '\n' || character == '\t' || !character.is_control());
    let blank_with_spaces =
        |line: &str| !line.is_empty() && line.trim_matches([' ', '\t']).is_empty();
    plain
        && !text.is_empty()
        && !text.contains("\"\"\"")
        && !text.starts_with([' ', '\t', '\n'])
        && !text.ends_with('\n')
        && !text.split('\n').any(blank_with_spaces)
}

fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            control if control.is_control() => {
                quoted.push_str(&format!("\\u{:04x}", control as u32))
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
