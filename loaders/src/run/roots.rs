//! The fields of the query root, all at the same time.

use std::sync::Arc;

use async_graphql::Value;
use futures_util::future::join_all;
use uuid::Uuid;

use super::Run;
use super::data::{Child, Connection, Found, Page};
use super::references::{PointBatch, PointLoader};
use crate::error::{FieldError, Measure, RequestError};
use crate::error_code::ErrorCode;
use crate::plan::types::{Plan, RootSource};
use crate::resolver::Parents;
use crate::scalar::type_id;

/// A row by its id: which reference plan read it, and where it lies, if the viewer sees it.
pub(crate) type Point = Result<(usize, Found), FieldError>;

/// What a root field gave.
pub(crate) enum Root {
    /// Nothing to read: `__typename`, introspection.
    Fixed,
    Point(Point),
    Points(Result<Vec<Point>, FieldError>),
    Connection(Connection),
    List(Page),
    Output(Child),
}

impl Run<'_> {
    /// Runs every root field of the plan.
    pub(crate) async fn roots(&self, plan: &Plan) -> Result<Vec<Root>, RequestError> {
        let loader = PointBatch::loader(self, &plan.references);
        let roots = plan.roots.iter().map(|root| self.root(&root.source, &loader));
        join_all(roots).await.into_iter().collect()
    }

    async fn root<'r>(
        &'r self,
        source: &'r RootSource,
        loader: &PointLoader<'r>,
    ) -> Result<Root, RequestError> {
        Ok(match source {
            RootSource::Typename(_)
            | RootSource::Introspection
            | RootSource::Forbidden(_)
            | RootSource::Mutation(_) => Root::Fixed,
            RootSource::Point { id, by_type } => {
                Root::Point(self.point(&id.value(self.variables), by_type, loader).await?)
            }
            RootSource::Points { ids, by_type } => {
                let ids = match ids.value(self.variables) {
                    Value::List(ids) => ids,
                    single => vec![single],
                };
                let maximum = self.options.page_size_maximum;
                if i64::try_from(ids.len()).unwrap_or(i64::MAX) > maximum {
                    let message = format!(
                        "`ids` has {} items; at most {maximum} can be asked for at once",
                        ids.len()
                    );
                    let error = FieldError {
                        measure: Some(Measure::of(maximum, ids.len())),
                        ..FieldError::new(ErrorCode::PageSizeLimit, message)
                    };
                    return Ok(Root::Points(Err(error)));
                }
                let points = join_all(ids.iter().map(|id| self.point(id, by_type, loader))).await;
                Root::Points(Ok(points.into_iter().collect::<Result<_, _>>()?))
            }
            RootSource::Connection(plan) => Root::Connection(self.connection(plan, None).await?),
            RootSource::List(plan) => Root::List(self.page(plan, None).await?),
            RootSource::Resolver(plan) => {
                Root::Output(self.resolved(plan, Parents { len: 1, ..Parents::default() }).await?)
            }
        })
    }

    /// A row by its id: which reference plan read it, and where it lies, if the viewer sees it.
    async fn point<'r>(
        &'r self,
        id: &Value,
        by_type: &[(usize, usize)],
        loader: &PointLoader<'r>,
    ) -> Result<Point, RequestError> {
        let (plan, id) = match self.identified(id, by_type) {
            Ok(identified) => identified,
            Err(error) => return Ok(Err(error)),
        };
        match loader.load((plan, id)).await {
            Ok(found) => Ok(Ok((plan, found))),
            Err(error) => Err(Arc::try_unwrap(error).unwrap_or_else(again)),
        }
    }

    fn identified(
        &self,
        id: &Value,
        by_type: &[(usize, usize)],
    ) -> Result<(usize, Uuid), FieldError> {
        let Value::String(text) = id else {
            return Err(FieldError::new(ErrorCode::BadUserInput, "`id` is not an id"));
        };
        let bad =
            |error: type_id::IdError| FieldError::new(ErrorCode::BadUserInput, error.to_string());
        if let [(entity, plan)] = by_type {
            return type_id::expect(self.model.entities[*entity].prefix, text)
                .map(|id| (*plan, id))
                .map_err(bad);
        }
        let (prefix, id) = type_id::decode(text).map_err(bad)?;
        let entity = self.model.by_prefix.get(prefix);
        match entity.and_then(|entity| by_type.iter().find(|(have, _)| have == entity)) {
            Some((_, plan)) => Ok((*plan, id)),
            None => Err(FieldError::new(
                ErrorCode::BadUserInput,
                format!("`{prefix}` is not a kind of thing that can be looked up by id"),
            )),
        }
    }
}

/// An error that several fields met together.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct SharedError(#[source] Arc<RequestError>);

/// The same error once more, for the next of the fields that met it.
fn again(error: Arc<RequestError>) -> RequestError {
    match &*error {
        RequestError::Document(mistakes) => RequestError::Document(mistakes.clone()),
        RequestError::Invalid { code, message, locations } => RequestError::Invalid {
            code: *code,
            message: message.clone(),
            locations: locations.clone(),
        },
        RequestError::Limit { code, message, measure, locations } => RequestError::Limit {
            code: *code,
            message: message.clone(),
            measure: *measure,
            locations: locations.clone(),
        },
        RequestError::Store(_) => RequestError::Store(Box::new(SharedError(error))),
        RequestError::Statement(_) => RequestError::Statement(Box::new(SharedError(error))),
        RequestError::Panic(_) => RequestError::Panic(Box::new(SharedError(error))),
    }
}
