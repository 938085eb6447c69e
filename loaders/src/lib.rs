//! A read engine for GraphQL over PostgreSQL.
//!
//! A contract written in SDL is bound at start-up to SeaORM entities; every operation is then
//! planned once and run breadth first: each relation in its shape costs one statement, whatever
//! the data, and the driver's binary values are written straight into the answer.
//!
//! - [`contract`]: the schema as people wrote it, what follows from it, and how values are coerced.
//! - [`Registry`], [`Policy`], [`BatchResolver`]: what a server brings along.
//! - [`Engine`]: binds all that against a live database, or says what does not fit.

mod answer;
mod bind;
mod cancel;
mod catalog;
pub mod contract;
mod document;
mod engine;
mod error;
mod error_code;
mod limits;
pub mod mutation;
mod panic;
mod permissions;
mod plan;
mod policy;
mod pool;
mod registry;
mod replica;
mod resolver;
mod run;
pub mod scalar;
mod statement;
mod viewer;

pub use answer::{Admit, Answer, OperationReport, OperationType, Outcome, Request, StatementTrace};
pub use async_graphql::Value;
pub use engine::{Engine, EngineOptions};
pub use error::{BindError, FieldError, Measure, Mistake, RequestError, StartError};
pub use error_code::ErrorCode;
pub use mutation::{
    Before, Mutation, Payload, Position, Prepared, UserError, UserErrorCode, WriteContext,
    WriteError,
};
pub use permissions::{Grant, Permissions};
pub use policy::{Policy, RowCondition, RowScope};
pub use pool::{Pool, PoolError, PoolState};
pub use registry::Registry;
pub use replica::{ReplicaOptions, ReplicaState, ReplicaStatus};
pub use resolver::{Arguments, BatchResolver, Output, Parents, SharedResolver};
pub use run::{ResolveContext, ResolverStatement};
pub use viewer::{Viewer, ViewerValue};
