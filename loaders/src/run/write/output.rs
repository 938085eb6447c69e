//! What resolvers and mutations gave, written leaf by leaf; entities as their rows were read.

use super::{Bubble, Writer, Written};
use crate::error::FieldError;
use crate::error_code::ErrorCode;
use crate::plan::types::{OutputPlan, OutputsPlan};
use crate::resolver::Output;
use crate::run::data::References;

impl<'p> Writer<'p> {
    pub(super) fn output(
        &mut self,
        plan: &'p OutputsPlan,
        of: &'p OutputPlan,
        output: &Output,
        references: &[References],
    ) -> Written {
        match (of, output) {
            (_, Output::Null) => Err(Bubble),
            (_, Output::Failed(error)) => self.failed(error.clone()),
            (OutputPlan::Leaf, Output::Leaf(value)) => {
                serde_json::to_writer(&mut self.out, value).map_err(|_| Bubble)
            }
            // An item that must be there and is hidden is left out, like one that does not exist.
            (OutputPlan::List { item, nullable: false }, Output::List(items)) => {
                let seen: Vec<&Output> =
                    items.iter().filter(|output| is_seen(item, output, references)).collect();
                self.list(seen.len(), false, |writer, index| {
                    writer.output(plan, item, seen[index], references)
                })
            }
            (OutputPlan::List { item, nullable }, Output::List(items)) => {
                self.list(items.len(), *nullable, |writer, index| {
                    writer.output(plan, item, &items[index], references)
                })
            }
            (
                OutputPlan::Composite { references: by_type, .. },
                Output::Entity { type_name, id },
            ) => {
                let found = by_type.iter().find(|(name, _)| name == type_name).and_then(
                    |(_, reference)| {
                        let rows = &references[*reference];
                        Some((&plan.references[*reference], rows, *rows.by_id.get(id)? as usize))
                    },
                );
                match found {
                    Some((reference, rows, place)) => {
                        self.object(&reference.view, &rows.rows[place], place, &rows.children)
                    }
                    None => Err(Bubble),
                }
            }
            (OutputPlan::Composite { objects, .. }, Output::Object { type_name, fields }) => {
                let Some((_, wanted)) = objects.iter().find(|(name, _)| name == type_name) else {
                    return self.failed(FieldError::new(
                        ErrorCode::Internal,
                        "the field's resolver gave a type that the contract does not allow",
                    ));
                };
                self.out.push(b'{');
                for (index, field) in wanted.iter().enumerate() {
                    self.key(index, &field.key);
                    match &field.plan {
                        Err(name) => self.fixed(name)?,
                        Ok(of) => {
                            let value = field
                                .place_in(fields)
                                .map_or(&Output::Null, |place| &fields[place].1);
                            self.guarded(&field.key, field.nullable, |writer| {
                                writer.output(plan, of, value, references)
                            })?;
                        }
                    }
                }
                self.out.push(b'}');
                Ok(())
            }
            _ => self.failed(FieldError::new(
                ErrorCode::Internal,
                "the field's resolver gave an output of another form",
            )),
        }
    }
}

/// Whether an output that names an entity names one that was found.
fn is_seen(plan: &OutputPlan, output: &Output, references: &[References]) -> bool {
    match (plan, output) {
        (OutputPlan::Composite { references: by_type, .. }, Output::Entity { type_name, id }) => {
            by_type.iter().any(|(name, reference)| {
                name == type_name && references[*reference].by_id.contains_key(id)
            })
        }
        _ => true,
    }
}
