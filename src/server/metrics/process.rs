//! What the process takes of its machine.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use super::Gathered;

/// Adds memory, processor time, files and start of this process.
pub(super) fn gather(gathered: &mut Gathered) {
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    gathered
        .gauge("process_start_time_seconds", "When the process began", move || started)
        .gauge("process_resident_memory_bytes", "Memory that is in use", resident_memory)
        .gauge("process_open_files", "Files and sockets that are open", open_files)
        .counter("process_cpu_seconds", "Processor time that was used", processor_time);
}

fn processor_time() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// 0 where the system does not tell.
fn resident_memory() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kibibytes = status.lines().find_map(|line| {
        line.strip_prefix("VmRSS:")?.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()
    });
    kibibytes.unwrap_or_default() * 1024.0
}

/// 0 where the system does not tell.
fn open_files() -> f64 {
    fs::read_dir("/proc/self/fd").map_or(0.0, |entries| entries.count() as f64)
}
