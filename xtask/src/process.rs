//! Programs that this one runs: to their end, or as long as it needs them.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Outcome, While};
use crate::{stop, workspace};

/// Waits a moment before looking again.
#[allow(clippy::disallowed_methods, reason = "nothing here is asynchronous")]
pub(crate) fn pause() {
    thread::sleep(Duration::from_millis(20));
}

/// Cargo in the checkout, as if a person had typed it. What the cargo that runs this program has put
/// into the environment would make build scripts run again, and much be built anew.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(workspace::root()).args(arguments);
    let of_this_package = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
    for name in workspace::variable_names() {
        if of_this_package.iter().any(|prefix| name.starts_with(prefix)) {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// Runs a program to its end; anything but success is a failure. It hears Ctrl-C as we do, and
/// is stopped when somebody asks only us.
pub(crate) fn run(command: &mut Command) -> Outcome<()> {
    let text = text_of(command);
    let mut child = command.spawn().while_trying(format!("run {text}"))?;
    let mut told = false;
    let status = loop {
        if let Some(status) = child.try_wait().while_trying(format!("wait for {text}"))? {
            break status;
        }
        if stop::asked() && !told {
            told = signal("TERM", child.id());
        }
        pause();
    };
    stop::check()?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("{text}: {status}"))) }
}

/// Runs a program to its end and gives its standard output. What it wrote to standard error is
/// part of the failure, if it is one.
pub(crate) fn output(command: &mut Command) -> Outcome<String> {
    let text = text_of(command);
    let output = command.stdin(Stdio::null()).output().while_trying(format!("run {text}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        Err(Failure::new(format!("{text}: {}\n{}", output.status, said.trim())))
    }
}

/// Runs a program to its end, with this as its standard input.
pub(crate) fn run_with_input(command: &mut Command, input: &str) -> Outcome<()> {
    let text = text_of(command);
    let mut child = command.stdin(Stdio::piped()).spawn().while_trying(format!("run {text}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // Who does not ask for it does not read it.
        let _ = stdin.write_all(input.as_bytes());
    }
    let status = child.wait().while_trying(format!("wait for {text}"))?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("{text}: {status}"))) }
}

fn text_of(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy());
    std::iter::once(program).chain(arguments).collect::<Vec<_>>().join(" ")
}

/// Sends a signal by its name. The shell's own `kill` is there on every system.
pub(crate) fn signal(name: &str, pid: u32) -> bool {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("kill -{name} {pid}")]).stderr(Stdio::null());
    shell.status().is_ok_and(|status| status.success())
}

/// The command line of a running process; none when it has ended.
pub(crate) fn command_line(pid: u32) -> Option<String> {
    if !Path::new("/proc/self/cmdline").exists() {
        return output(Command::new("ps").args(["-o", "args=", "-p", &pid.to_string()])).ok();
    }
    let words = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    // One that has ended and was not waited for has none.
    let line = String::from_utf8_lossy(&words).replace('\0', " ");
    (!line.is_empty()).then_some(line)
}

/// Stops a process that an earlier run left behind, and waits until it is gone.
pub(crate) fn stop_left_behind(signal_name: &str, pid: u32) -> Outcome<()> {
    signal(signal_name, pid);
    let started = Instant::now();
    while command_line(pid).is_some() {
        if started.elapsed() > Duration::from_secs(30) {
            return Err(Failure::new(format!("process {pid} of an earlier run does not stop")));
        }
        pause();
    }
    Ok(())
}

/// A program that runs as long as this value lives. It is in a process group of its own, so that
/// Ctrl-C reaches it through us, in order.
pub(crate) struct Service {
    name: &'static str,
    child: Child,
    stop_signal: &'static str,
    patience: Duration,
}

impl Service {
    /// Starts it. It is stopped with this signal, and killed if it has not ended after `patience`.
    pub(crate) fn start(
        name: &'static str,
        command: &mut Command,
        stop_signal: &'static str,
        patience: Duration,
    ) -> Outcome<Self> {
        use std::os::unix::process::CommandExt as _;
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .spawn()
            .while_trying(format!("start {name}"))?;
        Ok(Self { name, child, stop_signal, patience })
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Outcome<Option<ExitStatus>> {
        self.child.try_wait().while_trying(format!("look after {}", self.name))
    }

    /// Fails when it has ended, or somebody asked to stop.
    pub(crate) fn check(&mut self) -> Outcome<()> {
        stop::check()?;
        match self.ended()? {
            None => Ok(()),
            Some(status) => Err(Failure::new(format!("{} ended by itself: {status}", self.name))),
        }
    }

    /// Waits until `ready`, looking often; fails as [`Self::check`] does, or when it
    /// takes too long.
    pub(crate) fn wait_until(
        &mut self,
        limit: Duration,
        mut ready: impl FnMut() -> bool,
    ) -> Outcome<()> {
        let started = Instant::now();
        while !ready() {
            self.check()?;
            if started.elapsed() > limit {
                return Err(Failure::new(format!(
                    "{} was not ready after {} s",
                    self.name,
                    limit.as_secs()
                )));
            }
            pause();
        }
        Ok(())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        signal(self.stop_signal, self.child.id());
        let started = Instant::now();
        while let Ok(None) = self.child.try_wait() {
            if started.elapsed() > self.patience {
                eprintln!("xtask: {} does not stop and is killed", self.name);
                // It may have ended meanwhile: then there is nothing to kill.
                let _ = self.child.kill();
                let _ = self.child.wait();
                return;
            }
            pause();
        }
    }
}
