//! The part of the matrix that reads: every field of the query root, every type by `node`, every
//! guarded field; of a draft, and of the same once it is published where that differs.

use std::collections::BTreeSet;

use loaders::contract::model::base_name;
use loaders::contract::{Contract, FieldDef, Shape, TypeKind};
use serde_json::{Value, json};

use super::inputs::Cell;
use super::matrix::{Line, Stage, refusal};
use super::world::{VIEWERS, World};

/// How many questions a request asks.
const AT_ONCE: usize = 20;

/// What is asked, and how it is seen whether it was given.
struct Question {
    label: String,
    selection: String,
    /// The row that a list would show.
    wanted: Option<String>,
    /// Whether it is a field of the row, and not the row.
    is_field: bool,
}

const PUBLISH: &str = "
    UPDATE listings SET standard_status = 'ACTIVE' WHERE id = $Listing;
    UPDATE properties SET published_at = now() WHERE id = $Property;
    UPDATE marketing_materials SET published_at = now() WHERE id = $MarketingMaterial";

/// The lines of all that is read.
pub async fn reads(stage: &Stage<'_>) -> Vec<Line> {
    let mut draft = stage.world().await;
    let mut lines = ask(stage, &mut draft).await;
    let mut public = stage.world().await;
    for type_name in stage.contract.possible_types("Node") {
        public.uuid(type_name).await;
    }
    Cell::new(&mut public, &stage.sessions, None).arrange(PUBLISH).await;
    let published = ask(stage, &mut public).await;
    let differs = published.into_iter().zip(&lines);
    let differs = differs.filter(|(published, draft)| published.cells != draft.cells);
    let differs: Vec<Line> = differs
        .map(|(line, _)| Line { label: format!("published {}", line.label), ..line })
        .collect();
    lines.extend(differs);
    lines
}

async fn ask<'a>(stage: &Stage<'a>, world: &mut World<'a>) -> Vec<Line> {
    let questions = questions(stage.contract, world).await;
    let mut lines: Vec<Line> = questions
        .iter()
        .map(|question| Line {
            label: question.label.clone(),
            cells: Vec::new(),
            reasons: BTreeSet::new(),
        })
        .collect();
    for viewer in VIEWERS {
        let asking = stage.asking(world, viewer).await;
        for (chunk, lines) in questions.chunks(AT_ONCE).zip(lines.chunks_mut(AT_ONCE)) {
            let mut text = String::from("{");
            for (index, question) in chunk.iter().enumerate() {
                text.push_str(&format!(" it{index}: {}", question.selection));
            }
            text.push_str(" }");
            let answer = stage.ask(&asking, &text, json!({})).await;
            for (index, (question, line)) in chunk.iter().zip(lines).enumerate() {
                let alias = format!("it{index}");
                let errors = answer.errors().iter();
                let codes: Vec<&str> = errors
                    .filter(|error| error["path"].get(0).is_none_or(|first| *first == alias))
                    .filter_map(|error| error["extensions"]["code"].as_str())
                    .collect();
                let told = told(question, &answer.partial_data()[&alias], &codes);
                if ["malformed", "failed"].contains(&told) {
                    line.reasons.insert(answer.pretty());
                }
                line.cells.push(told);
            }
        }
    }
    lines
}

fn told(question: &Question, data: &Value, codes: &[&str]) -> &'static str {
    if let Some(refused) = refusal(codes) {
        return refused;
    }
    let shown = match &question.wanted {
        Some(row) => data.to_string().contains(row),
        None if question.is_field => data.get("field").is_some(),
        None => !data.is_null(),
    };
    if shown { "allowed" } else { "hidden" }
}

async fn questions(contract: &Contract, world: &mut World<'_>) -> Vec<Question> {
    let mut questions = Vec::new();
    for field in contract.fields(&contract.query) {
        if !["node", "nodes"].contains(&field.name.as_str()) {
            questions.push(root(contract, field, world).await);
        }
    }
    for type_name in contract.possible_types("Node") {
        let row = world.id(type_name).await;
        questions.push(Question {
            label: format!("node {type_name}"),
            selection: format!("node(id: {row:?}) {{ __typename }}"),
            wanted: None,
            is_field: false,
        });
        let guarded = contract.fields(type_name).iter().filter(|it| it.permission().is_some());
        for field in guarded {
            let name = &field.name;
            let leaf = leaf_or(contract, field, "{ __typename }");
            questions.push(Question {
                label: format!("field {type_name}.{name}"),
                selection: format!(
                    "node(id: {row:?}) {{ ... on {type_name} {{ field: {name} {leaf} }} }}"
                ),
                wanted: None,
                is_field: true,
            });
        }
    }
    questions
}

/// How to ask for a field of the query root, and the id that a list of it would show.
async fn root(contract: &Contract, field: &FieldDef, world: &mut World<'_>) -> Question {
    let (name, target) = (&field.name, base_name(&field.ty));
    let (selection, wanted) = match contract.shape(field) {
        Shape::Connection(target) => {
            let row = world.id(target).await;
            (format!("{name}(filter: {{ id: {{ eq: {row:?} }} }}) {{ nodes {{ id }} }}"), Some(row))
        }
        Shape::List(target) => {
            let row = world.id(target).await;
            (format!("{name} {{ id }}"), Some(row))
        }
        _ if contract.is_entity(target) => {
            let row = world.id(target).await;
            (format!("{name}(id: {row:?}) {{ __typename }}"), None)
        }
        _ => {
            let required: Vec<_> = field.arguments.iter().filter(|a| a.is_required()).collect();
            assert!(required.is_empty(), "the matrix does not know what to give `{name}`");
            (format!("{name} {}", leaf_or(contract, field, "{ __typename }")), None)
        }
    };
    Question { label: format!("query {name}"), selection, wanted, is_field: false }
}

/// The selection, unless the field is a leaf.
fn leaf_or<'a>(contract: &Contract, field: &FieldDef, selection: &'a str) -> &'a str {
    let kind = contract.get(base_name(&field.ty)).map(|ty| &ty.kind);
    let composite = matches!(
        kind,
        Some(TypeKind::Object { .. } | TypeKind::Interface { .. } | TypeKind::Union { .. })
    );
    if composite { selection } else { "" }
}
