//! How much memory a process took at its worst moment, as the kernel counts it.

use std::fs;

/// A process, from some moment on.
pub struct Memory {
    process: u32,
    begun: u64,
}

impl Memory {
    /// Counts from now on.
    pub fn of(process: u32) -> Self {
        Self { process, begun: peak(process) }
    }

    /// By how many bytes the peak has grown since.
    pub fn grown_at_most(&self) -> u64 {
        // The kernel counts in steps of its own, so a peak may seem to sink a little.
        peak(self.process).saturating_sub(self.begun)
    }
}

/// The most that was resident at once. Nothing where the system does not tell.
fn peak(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kilobytes.map_or(0, |kilobytes| kilobytes.parse::<u64>().unwrap() << 10)
}
