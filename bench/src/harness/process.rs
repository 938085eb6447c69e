//! Child processes that end with the measurement, and what the kernel knows about any process.
//!
//! A child is killed when its handle is dropped: whatever way a measurement ends, nothing that it
//! started stays behind. What a child says goes to a file and is shown only if the child fails.

use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use tempfile::NamedTempFile;
use tokio::process::{Child, Command};

use crate::error::BenchError;

/// Linux counts CPU time for user space in hundredths of a second, on every architecture Rust has.
const TICKS_PER_SECOND: u64 = 100;

/// How much of what a failed program said is shown.
const LAST_LINES: usize = 20;

/// A program that we started.
pub(crate) struct Process {
    child: Child,
    said: NamedTempFile,
    /// Its process id.
    pub(crate) id: u32,
}

impl Process {
    /// Starts a program.
    pub(crate) fn start(mut command: Command) -> Result<Self, BenchError> {
        let name = command.as_std().get_program().to_string_lossy().into_owned();
        let noted = BenchError::file(std::env::temp_dir());
        let open = || {
            let said = NamedTempFile::new()?;
            let (output, errors) = (said.as_file().try_clone()?, said.as_file().try_clone()?);
            Ok((said, output, errors))
        };
        let (said, output, errors) = open().map_err(noted)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| BenchError::program(&name, error))?;
        let id = child.id().ok_or_else(|| BenchError::program(&name, "ended at once"))?;
        Ok(Self { child, said, id })
    }

    /// Says how it ended, if it did, and what it said last.
    pub(crate) fn ended(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok().flatten()?;
        let said = std::fs::read_to_string(self.said.path()).unwrap_or_default();
        let lines: Vec<&str> = said.lines().collect();
        let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
        Some(format!("{status}\n{last}"))
    }

    /// Ends it and waits until it is gone.
    pub(crate) async fn stop(mut self) -> Result<(), BenchError> {
        self.child.kill().await.map_err(|error| BenchError::program(self.id.to_string(), error))
    }
}

/// A port that is free right now.
pub(crate) fn free_port() -> Result<u16, BenchError> {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| BenchError::program("a free port", error))
}

/// The numbers after the command's name in `/proc/<id>/stat`, the first being the state's place.
fn stat(id: u32) -> Result<Vec<u64>, BenchError> {
    let path = format!("/proc/{id}/stat");
    let text = std::fs::read_to_string(&path).map_err(BenchError::file(path))?;
    // The name stands in parentheses and may itself hold spaces and parentheses.
    let after_name = text.rfind(')').map_or("", |end| &text[end + 1..]);
    Ok(after_name.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect())
}

// Places in `stat`, counted from the state (field 3 of proc(5)).
const PARENT: usize = 1;
const USER: usize = 11;
const SYSTEM: usize = 12;
const ENDED_CHILDREN_USER: usize = 13;
const ENDED_CHILDREN_SYSTEM: usize = 14;

fn ticks(stat: &[u64], places: &[usize]) -> Duration {
    let ticks: u64 = places.iter().filter_map(|&place| stat.get(place)).sum();
    Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND)
}

/// CPU time of one process: all its threads, also those that ended.
pub(crate) fn cpu_time(id: u32) -> Result<Duration, BenchError> {
    Ok(ticks(&stat(id)?, &[USER, SYSTEM]))
}

/// CPU time of a process and of all the children it has or had: of a whole PostgreSQL cluster,
/// when `id` is its postmaster, since that is the parent of every backend and waits for each.
pub(crate) fn cpu_time_with_children(id: u32) -> Result<Duration, BenchError> {
    let own = stat(id)?;
    let mut sum = ticks(&own, &[USER, SYSTEM, ENDED_CHILDREN_USER, ENDED_CHILDREN_SYSTEM]);
    let processes = std::fs::read_dir("/proc").map_err(BenchError::file("/proc"))?;
    for entry in processes.flatten() {
        let Some(child) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // A process may end between the listing and the reading: then its parent has its time.
        if let Ok(stat) = stat(child)
            && stat.get(PARENT) == Some(&u64::from(id))
        {
            sum += ticks(&stat, &[USER, SYSTEM]);
        }
    }
    Ok(sum)
}

/// The parent of a process.
pub(crate) fn parent(id: u32) -> Result<u32, BenchError> {
    let parent = stat(id)?.get(PARENT).and_then(|&parent| u32::try_from(parent).ok());
    parent.ok_or_else(|| BenchError::program(id.to_string(), "has no parent"))
}

/// Memory of a process in kilobytes.
pub(crate) struct Memory {
    /// Resident now.
    pub(crate) resident: u64,
    /// Resident now, shared pages counted in part.
    pub(crate) proportional: u64,
    /// The most that ever was resident.
    pub(crate) peak: u64,
}

/// Memory of a process, by the kernel's own count.
pub(crate) fn memory(id: u32) -> Result<Memory, BenchError> {
    let read = |file: &str, name: &str| -> Result<u64, BenchError> {
        let path = format!("/proc/{id}/{file}");
        let text = std::fs::read_to_string(&path).map_err(BenchError::file(&path))?;
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok())
            .ok_or_else(|| BenchError::program(path, format!("does not say {name}")))
    };
    Ok(Memory {
        resident: read("smaps_rollup", "Rss:")?,
        proportional: read("smaps_rollup", "Pss:")?,
        peak: read("status", "VmHWM:")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_shows_as_cpu_time() {
        let before = cpu_time(std::process::id()).unwrap();
        let deadline = std::time::Instant::now() + Duration::from_secs(30);
        while cpu_time(std::process::id()).unwrap() == before {
            assert!(std::time::Instant::now() < deadline, "work must show");
        }
    }

    #[test]
    fn a_child_counts_with_its_parent_before_and_after_its_end() {
        let own = std::process::id();
        let before = cpu_time_with_children(own).unwrap();
        let status = std::process::Command::new("sh")
            .args(["-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"])
            .status()
            .unwrap();
        assert!(status.success());
        assert!(cpu_time_with_children(own).unwrap() - before >= Duration::from_millis(30));
    }

    #[test]
    fn memory_is_read() {
        let memory = memory(std::process::id()).unwrap();
        assert!(
            memory.resident > 0
                && memory.proportional <= memory.resident
                && memory.peak >= memory.resident / 2
        );
    }
}
