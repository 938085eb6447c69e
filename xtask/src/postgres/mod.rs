//! A private PostgreSQL with PostGIS: found or installed, started, and stopped when it is dropped.

mod cluster;
mod folder;
mod install;
mod user;

use std::fs::File;

use crate::failure::Outcome;
use crate::workspace;

pub(crate) use cluster::{Cluster, Purpose};

/// A database server for one command: a private cluster, or the one that `DATABASE_URL` names.
pub(crate) struct Database {
    /// Where it is, for `DATABASE_URL`.
    pub(crate) url: String,
    /// The cluster, unless somebody else looks after the server.
    pub(crate) cluster: Option<Cluster>,
    _lock: File,
}

impl Database {
    /// Has the server that `DATABASE_URL` names, or starts a private one.
    pub(crate) fn start(purpose: Purpose) -> Outcome<Self> {
        let lock = workspace::lock(purpose.name())?;
        if let Some(url) = workspace::variable("DATABASE_URL") {
            println!("using the PostgreSQL server that DATABASE_URL names");
            return Ok(Self { url, cluster: None, _lock: lock });
        }
        let cluster = Cluster::start(purpose)?;
        Ok(Self { url: cluster.url(), cluster: Some(cluster), _lock: lock })
    }

    /// Fails when the private cluster has ended, or somebody asked to stop.
    pub(crate) fn check(&mut self) -> Outcome<()> {
        self.cluster.as_mut().map_or(Ok(()), Cluster::check)
    }

    /// `PATH` for programs that need this server's own tools, such as pg_dump.
    pub(crate) fn path(&self) -> String {
        let path = workspace::variable("PATH").unwrap_or_default();
        match &self.cluster {
            Some(cluster) => format!("{}:{path}", cluster.programs().display()),
            None => path,
        }
    }
}
