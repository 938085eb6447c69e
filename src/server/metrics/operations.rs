//! Requests by the name of their operation, for as many names as there is room for.
//!
//! Clients choose names, so a name gets labels of its own only once an operation of this name has
//! run, and only while there is room. All others are told together.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use loaders::{OperationType, Outcome};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::super::observe::{NAME_LENGTH, Observed};
use super::times;

/// Names of one kind of operation that have labels of their own.
const NAMES_MAXIMUM: usize = 200;

// No GraphQL name has brackets, so these are nobody's.
const ANONYMOUS: &str = "(anonymous)";
const OTHER: &str = "(other)";
const NONE: &str = "(none)";

/// Counts by operation.
#[derive(Debug)]
pub(super) struct Operations {
    families: Families,
    queries: Kind,
    mutations: Kind,
    subscriptions: Kind,
    /// Requests in which no operation was found.
    none: Counts,
}

#[derive(Debug)]
struct Families {
    requests: Family<RequestLabels, Counter>,
    seconds: Family<OperationLabels, Histogram>,
    statements: Family<OperationLabels, Counter>,
    rows: Family<OperationLabels, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    operation: String,
    kind: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabels {
    operation: String,
    kind: &'static str,
}

/// The operations of one kind.
#[derive(Debug)]
struct Kind {
    kind: &'static str,
    named: RwLock<HashMap<Arc<str>, Counts>>,
    anonymous: Counts,
    other: Counts,
}

/// What is counted of one name.
#[derive(Debug, Clone)]
struct Counts {
    executed: Counter,
    refused: Counter,
    failed: Counter,
    seconds: Histogram,
    statements: Counter,
    rows: Counter,
}

impl Operations {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let families = Families {
            requests: Family::default(),
            seconds: Family::new_with_constructor(times),
            statements: Family::default(),
            rows: Family::default(),
        };
        registry.register("requests", "Requests that were answered", families.requests.clone());
        registry.register_with_unit(
            "request",
            "How long a request took, its waiting included",
            Unit::Seconds,
            families.seconds.clone(),
        );
        registry.register("statements", "Statements that ran", families.statements.clone());
        registry.register("rows", "Rows that statements gave", families.rows.clone());
        Self {
            queries: Kind::new("query", &families),
            mutations: Kind::new("mutation", &families),
            subscriptions: Kind::new("subscription", &families),
            none: families.counts("none", NONE),
            families,
        }
    }

    pub(super) fn count(&self, observed: &Observed<'_>) {
        let Some(operation) = observed.operation else { return self.none.count(observed) };
        let kind = match operation.kind {
            OperationType::Query => &self.queries,
            OperationType::Mutation => &self.mutations,
            OperationType::Subscription => &self.subscriptions,
        };
        match &operation.name {
            None => kind.anonymous.count(observed),
            Some(name) if name.len() > NAME_LENGTH => kind.other.count(observed),
            Some(name) => kind.count(name, observed, &self.families),
        }
    }
}

impl Families {
    fn counts(&self, kind: &'static str, name: &str) -> Counts {
        let requests = |outcome| {
            let labels = RequestLabels { operation: name.to_owned(), kind, outcome };
            self.requests.get_or_create_owned(&labels)
        };
        let labels = OperationLabels { operation: name.to_owned(), kind };
        Counts {
            executed: requests("executed"),
            refused: requests("refused"),
            failed: requests("failed"),
            seconds: self.seconds.get_or_create_owned(&labels),
            statements: self.statements.get_or_create_owned(&labels),
            rows: self.rows.get_or_create_owned(&labels),
        }
    }
}

impl Kind {
    fn new(kind: &'static str, families: &Families) -> Self {
        Self {
            kind,
            named: RwLock::default(),
            anonymous: families.counts(kind, ANONYMOUS),
            other: families.counts(kind, OTHER),
        }
    }

    fn count(&self, name: &Arc<str>, observed: &Observed<'_>, families: &Families) {
        let is_full = {
            let named = self.named.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(counts) = named.get(name) {
                return counts.count(observed);
            }
            named.len() >= NAMES_MAXIMUM
        };
        if is_full || observed.outcome != Outcome::Executed {
            return self.other.count(observed);
        }
        let mut named = self.named.write().unwrap_or_else(PoisonError::into_inner);
        if named.len() >= NAMES_MAXIMUM && !named.contains_key(name) {
            return self.other.count(observed);
        }
        let counts = named.entry(name.clone()).or_insert_with(|| families.counts(self.kind, name));
        counts.count(observed);
    }
}

impl Counts {
    fn count(&self, observed: &Observed<'_>) {
        let counter = match observed.outcome {
            Outcome::Executed => &self.executed,
            Outcome::Refused => &self.refused,
            Outcome::Failed => &self.failed,
        };
        counter.inc();
        self.seconds.observe(observed.took.as_secs_f64());
        self.statements.inc_by(observed.statements.len() as u64);
        self.rows.inc_by(observed.rows as u64);
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use loaders::OperationReport;
    use prometheus_client::encoding::text::encode;

    use super::*;

    #[test]
    fn names_are_bounded_and_begin_with_one_that_ran() {
        let mut registry = Registry::default();
        let operations = Operations::new(&mut registry);
        let count = |name: &str, outcome| {
            let operation =
                OperationReport { kind: OperationType::Query, name: Some(name.into()), cost: 0 };
            operations.count(&Observed {
                client: std::net::Ipv4Addr::LOCALHOST.into(),
                id: "",
                viewer: "public",
                outcome,
                code: None,
                failure: None,
                operation: Some(&operation),
                statements: &[],
                rows: 7,
                started: Instant::now(),
                queued: Duration::ZERO,
                took: Duration::from_millis(3),
                traceparent: None,
            });
        };
        count("refused", Outcome::Refused);
        count(&"long".repeat(NAME_LENGTH), Outcome::Executed);
        for number in 0..NAMES_MAXIMUM + 10 {
            count(&format!("n{number}"), Outcome::Executed);
        }
        count("n3", Outcome::Failed);
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        for line in [
            r#"requests_total{operation="(other)",kind="query",outcome="refused"} 1"#,
            r#"requests_total{operation="(other)",kind="query",outcome="executed"} 11"#,
            r#"requests_total{operation="n3",kind="query",outcome="executed"} 1"#,
            r#"requests_total{operation="n3",kind="query",outcome="failed"} 1"#,
            r#"rows_total{operation="n3",kind="query"} 14"#,
            r#"request_seconds_bucket{le="0.005",operation="n3",kind="query"} 2"#,
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        assert!(!text.contains("\"refused\",kind"), "{text}");
        assert!(!text.contains(&format!("n{NAMES_MAXIMUM}")), "{text}");
    }
}
