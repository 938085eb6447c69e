//! Users: people and services that can own, sell and act.
//!
//! `accounts` is how somebody signs up, in and out, `factors` what proves it besides a password,
//! `tokens` is for programs. `people` and `firms` are what is known of them and for whom they work,
//! `roles` what they may do. `policy` says which rows a viewer sees, by the conditions of
//! `visibility`. What always holds:
//! - a deleted user is hidden, and stays for the rows that name it;
//! - a user that stands in for data without names is marked (`isSample`);
//! - of a secret there is a hash, or it is sealed; neither has a field in the contract.

mod accounts;
mod email;
mod factors;
mod firms;
mod outputs;
mod people;
mod policy;
mod roles;
mod subject_token;
mod tokens;
mod visibility;

pub(crate) use accounts::{Administrator, AdministratorError, make_administrator};
use loaders::Registry;

use crate::jobs::Jobs;

/// Binds the domain's entities, each with its policy, and its mutations.
pub(crate) fn bind(registry: &mut Registry) {
    policy::bind(registry);
    accounts::bind(registry);
    firms::bind(registry);
    people::bind(registry);
    factors::bind(registry);
    roles::bind(registry);
    tokens::bind(registry);
}

/// Adds the domain's jobs.
pub(crate) fn add_jobs(jobs: &mut Jobs) {
    accounts::add_jobs(jobs);
}
