//! What the server's parts know by themselves: looked up when Prometheus asks.

use std::sync::Arc;

use loaders::{Engine, ReplicaState, ReplicaStatus};

use super::super::admission::Admission;
use super::super::listen::Gate;
use super::Gathered;
use crate::jobs::{Monitor, Waiting};

/// The parts that are asked.
#[derive(Clone)]
pub(in crate::server) struct Sources {
    pub(in crate::server) engine: Arc<Engine>,
    pub(in crate::server) admission: Arc<Admission>,
    pub(in crate::server) gate: Arc<Gate>,
    pub(in crate::server) jobs: Monitor,
}

impl Sources {
    /// Adds all that they know.
    pub(super) fn gather(&self, gathered: &mut Gathered) {
        self.gather_door(gathered);
        self.gather_pool(gathered);
        self.gather_replicas(gathered);
        self.gather_jobs(gathered);
    }

    /// They are the same whichever server is asked: all look at one table.
    fn gather_jobs(&self, gathered: &mut Gathered) {
        gathered
            .gauges("jobs_due", "Jobs that wait to be done", "name", self.jobs(|it| it.due as f64))
            .gauges(
                "jobs_oldest_seconds",
                "How long the first of them has waited",
                "name",
                self.jobs(|it| it.oldest_seconds),
            )
            .gauges(
                "jobs_failed",
                "Jobs that were given up",
                "name",
                self.jobs(|it| it.failed as f64),
            );
    }

    fn jobs(
        &self,
        look: fn(&Waiting) -> f64,
    ) -> impl Fn() -> Vec<(String, f64)> + Send + Sync + use<> {
        let monitor = self.jobs.clone();
        move || monitor.seen().into_iter().map(|it| (it.name.clone(), look(&it))).collect()
    }

    fn gather_door(&self, gathered: &mut Gathered) {
        gathered
            .gauge("connections", "Connections of clients", self.look(|it| it.gate.open() as f64))
            .counter(
                "connections_refused",
                "Connections of clients that were refused",
                self.look(|it| it.gate.refused() as f64),
            )
            .gauge(
                "requests_running",
                "Requests that run",
                self.look(|it| it.admission.running() as f64),
            )
            .gauge(
                "requests_waiting",
                "Requests that wait for their turn",
                self.look(|it| it.admission.waiting() as f64),
            )
            .gauge(
                "cached_documents",
                "Documents that are kept",
                self.look(|it| it.engine.cached().0 as f64),
            )
            .gauge(
                "cached_plans",
                "Plans that are kept",
                self.look(|it| it.engine.cached().1 as f64),
            );
    }

    fn gather_pool(&self, gathered: &mut Gathered) {
        gathered
            .gauge(
                "pool_size_max",
                "Connections to PostgreSQL at most",
                self.look(|it| it.engine.pool().size_max as f64),
            )
            .gauge(
                "pool_size",
                "Connections to PostgreSQL",
                self.look(|it| it.engine.pool().size as f64),
            )
            .gauge(
                "pool_idle",
                "Connections to PostgreSQL that nobody uses",
                self.look(|it| it.engine.pool().idle as f64),
            )
            .gauge(
                "pool_waiting",
                "Requests that wait for a connection to PostgreSQL",
                self.look(|it| it.engine.pool().waiting as f64),
            )
            .counter(
                "pool_taken",
                "Times that a connection to PostgreSQL was asked for",
                self.look(|it| it.engine.pool().taken as f64),
            )
            .counter(
                "pool_wait_seconds",
                "How long requests waited for a connection to PostgreSQL in all",
                self.look(|it| it.engine.pool().waited.as_secs_f64()),
            );
    }

    fn gather_replicas(&self, gathered: &mut Gathered) {
        gathered
            .gauges(
                "replica_current",
                "Whether a replica answers reads",
                "replica",
                self.each(|status| f64::from(status.state == ReplicaState::Current)),
            )
            .gauges(
                "replica_lag_seconds",
                "How far a replica lags at most; infinite while that is not known",
                "replica",
                self.each(|status| status.lag.map_or(f64::INFINITY, |lag| lag.as_secs_f64())),
            )
            .counters(
                "replica_reads",
                "Reads that a replica answered",
                "replica",
                self.each(|status| status.reads as f64),
            )
            .counters(
                "replica_failures",
                "Reads that failed on a replica and that the primary answered",
                "replica",
                self.each(|status| status.failures as f64),
            );
    }

    fn look(&self, look: fn(&Self) -> f64) -> impl Fn() -> f64 + Send + Sync + use<> {
        let sources = self.clone();
        move || look(&sources)
    }

    fn each(
        &self,
        look: fn(&ReplicaStatus) -> f64,
    ) -> impl Fn() -> Vec<(String, f64)> + Send + Sync + use<> {
        let engine = self.engine.clone();
        move || {
            let replicas = engine.replicas().into_iter();
            replicas.map(|status| (status.name.clone(), look(&status))).collect()
        }
    }
}
