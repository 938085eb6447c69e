//! Rows by their ids: what a resolver's outputs name, and point reads of root fields, which the
//! `dataloader` crate gathers so that equal selections cost one statement, however many aliases.

use std::collections::HashMap;
use std::sync::Arc;

use dataloader::BatchFn;
use dataloader::non_cached::Loader;
use uuid::Uuid;

use super::Run;
use super::data::{Found, References, uuid_at};
use crate::error::RequestError;
use crate::plan::types::ReferencePlan;

/// Which reference plan, and which row.
type Key = (usize, Uuid);

/// Loads point reads of one request; nothing is shared between viewers.
pub(crate) type PointLoader<'r> = Loader<Key, Result<Found, Arc<RequestError>>, PointBatch<'r>>;

pub(crate) struct PointBatch<'r> {
    run: &'r Run<'r>,
    plans: &'r [ReferencePlan],
}

impl<'r> PointBatch<'r> {
    pub(crate) fn loader(run: &'r Run<'r>, plans: &'r [ReferencePlan]) -> PointLoader<'r> {
        Loader::new(Self { run, plans }).with_max_batch_size(usize::MAX)
    }
}

impl BatchFn<Key, Result<Found, Arc<RequestError>>> for PointBatch<'_> {
    async fn load(&mut self, keys: &[Key]) -> HashMap<Key, Result<Found, Arc<RequestError>>> {
        let mut by_plan: HashMap<usize, Vec<Uuid>> = HashMap::new();
        for (plan, id) in keys {
            by_plan.entry(*plan).or_default().push(*id);
        }
        let (run, plans) = (self.run, self.plans);
        let batches = by_plan.into_iter().map(|(plan, ids)| async move {
            (plan, run.references(&plans[plan], &ids).await, ids)
        });
        let mut found = HashMap::with_capacity(keys.len());
        for (plan, references, ids) in futures_util::future::join_all(batches).await {
            let references = references.map(Arc::new).map_err(Arc::new);
            for id in ids {
                let one = match &references {
                    Ok(references) => {
                        Ok(references.by_id.get(&id).map(|&row| (references.clone(), row)))
                    }
                    Err(error) => Err(error.clone()),
                };
                found.insert((plan, id), one);
            }
        }
        found
    }
}

impl Run<'_> {
    /// The rows of these ids that the viewer sees, and what hangs from them.
    pub(crate) async fn references(
        &self,
        plan: &ReferencePlan,
        ids: &[Uuid],
    ) -> Result<References, RequestError> {
        if ids.is_empty() {
            return Ok(References::default());
        }
        let rows = self.query(&plan.statement, ids).await?;
        let children = self.children(&plan.view, &rows).await?;
        let by_id =
            (0..).zip(&rows).filter_map(|(place, row)| Some((uuid_at(row, 0)?, place))).collect();
        Ok(References { rows, children, by_id })
    }
}
