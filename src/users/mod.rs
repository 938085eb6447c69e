//! Users: people and services that can own, sell and act. Only what ownership needs so far.
//!
//! `policy` says which users a viewer sees. What always holds:
//! - a deleted user is hidden, and stays for the rows that name it;
//! - a user that stands in for data without names is marked (`isSample`).

mod policy;

pub(crate) use policy::bind;
