//! Where things are: the checkout, the folder for what is not committed, the built binaries.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Outcome, While};

/// The checkout that this program was built from.
pub(crate) fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// A folder in the checkout that git ignores: clusters, logs, locks.
pub(crate) fn private_folder() -> Outcome<PathBuf> {
    let folder = root().join(".agent-free");
    fs::create_dir_all(&folder).while_trying(format!("create {}", folder.display()))?;
    Ok(folder)
}

/// The server's binary as a debug build leaves it, beside this program.
pub(crate) fn server_binary() -> Outcome<PathBuf> {
    let this = env::current_exe().while_trying("find this program's own file")?;
    Ok(this.with_file_name("agent-free"))
}

/// An environment variable that is set and not empty.
#[allow(clippy::disallowed_methods, reason = "the one place of this program that reads it")]
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The names of all environment variables.
#[allow(clippy::disallowed_methods, reason = "they are not read, only named")]
pub(crate) fn variable_names() -> Vec<String> {
    env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect()
}

/// Holds the lock of this name in this checkout until the file is dropped. The system lets go of
/// it when the process ends, however it ends.
pub(crate) fn lock(name: &str) -> Outcome<File> {
    let path = private_folder()?.join(format!("{name}.lock"));
    let file = File::create(&path).while_trying(format!("create {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(Failure::new(format!(
            "another cargo xtask {name} runs in this checkout: wait for it or stop it"
        ))),
        Err(fs::TryLockError::Error(error)) => {
            Err(error).while_trying(format!("lock {}", path.display()))
        }
    }
}
