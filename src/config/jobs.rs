//! The settings of work in the background.

use std::time::Duration;

use super::reader::{Reader, Setting};
use super::value;

/// How work in the background is done.
#[derive(Debug, Clone)]
pub struct JobsConfig {
    /// How many jobs run at once beside serving; none: another process does them.
    pub workers: usize,
    /// How long one job may take.
    pub timeout: Duration,
    /// How often a job is tried before it is given up.
    pub attempts_max: u32,
}

impl JobsConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        reader.section("Jobs");
        Self {
            workers: reader.read(
                Setting::new(
                    "WORKERS",
                    "2",
                    "How many jobs (mails, sweeps) a process runs at once, from 0 to 64, with a\n\
                     connection to the database for each and two more. 0: this one runs none, and\n\
                     agent-free worker must run elsewhere.",
                ),
                value::whole(0, 64),
            ),
            timeout: reader.read(
                Setting::new(
                    "JOB_TIMEOUT",
                    "1m",
                    "How long a job may take before it is ended and tried again. A job whose worker\n\
                     was killed is tried again after this time.",
                ),
                value::duration,
            ),
            attempts_max: reader.read(
                Setting::new(
                    "JOB_ATTEMPTS_MAX",
                    "20",
                    "How often a job is tried before it is given up, from 1 to 100. The time between\n\
                     doubles from 2s to 1h: 20 attempts take about ten hours.",
                ),
                value::whole(1, 100),
            ),
        }
    }
}
