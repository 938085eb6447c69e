//! Numbers that are looked up only when Prometheus asks.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Where each number is looked up.
#[derive(Default)]
pub(in crate::server) struct Gathered(Vec<Source>);

struct Source {
    name: &'static str,
    help: &'static str,
    is_counter: bool,
    look: Look,
}

enum Look {
    One(Box<dyn Fn() -> f64 + Send + Sync>),
    /// Several, told apart by a label.
    Each(&'static str, Box<dyn Fn() -> Vec<(String, f64)> + Send + Sync>),
}

impl Gathered {
    /// A number that goes up and down.
    pub(in crate::server) fn gauge(
        &mut self,
        name: &'static str,
        help: &'static str,
        look: impl Fn() -> f64 + Send + Sync + 'static,
    ) -> &mut Self {
        self.add(name, help, false, Look::One(Box::new(look)))
    }

    /// A number that only goes up; `_total` is added to its name.
    pub(in crate::server) fn counter(
        &mut self,
        name: &'static str,
        help: &'static str,
        look: impl Fn() -> f64 + Send + Sync + 'static,
    ) -> &mut Self {
        self.add(name, help, true, Look::One(Box::new(look)))
    }

    /// Numbers that go up and down, each with its value of the label.
    pub(in crate::server) fn gauges(
        &mut self,
        name: &'static str,
        help: &'static str,
        label: &'static str,
        look: impl Fn() -> Vec<(String, f64)> + Send + Sync + 'static,
    ) -> &mut Self {
        self.add(name, help, false, Look::Each(label, Box::new(look)))
    }

    /// Numbers that only go up, each with its value of the label.
    pub(in crate::server) fn counters(
        &mut self,
        name: &'static str,
        help: &'static str,
        label: &'static str,
        look: impl Fn() -> Vec<(String, f64)> + Send + Sync + 'static,
    ) -> &mut Self {
        self.add(name, help, true, Look::Each(label, Box::new(look)))
    }

    fn add(
        &mut self,
        name: &'static str,
        help: &'static str,
        is_counter: bool,
        look: Look,
    ) -> &mut Self {
        self.0.push(Source { name, help, is_counter, look });
        self
    }
}

impl fmt::Debug for Gathered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.0.iter().map(|source| source.name)).finish()
    }
}

impl Collector for Gathered {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for Source { name, help, is_counter, look } in &self.0 {
            let kind = if *is_counter { MetricType::Counter } else { MetricType::Gauge };
            let write = |number, encoder: MetricEncoder<'_>| match is_counter {
                true => ConstCounter::new(number).encode(encoder),
                false => ConstGauge::new(number).encode(encoder),
            };
            let mut metric = encoder.encode_descriptor(name, help, None, kind)?;
            match look {
                Look::One(look) => write(look(), metric)?,
                Look::Each(label, look) => {
                    for (value, number) in look() {
                        let labels = [(*label, value)];
                        write(number, metric.encode_family(&labels)?)?;
                    }
                }
            }
        }
        Ok(())
    }
}
