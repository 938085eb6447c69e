//! Who PostgreSQL runs as. It refuses to run as root, so root lends it an unprivileged user.

use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use crate::debian;
use crate::failure::{Failure, Outcome, While};

/// Whoever started us or, if that is root, the user to change to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ClusterUser {
    /// The user who runs this program.
    Same,
    /// Another one, by user and group id.
    Other {
        /// The user's id.
        user: u32,
        /// The id of its group.
        group: u32,
    },
}

impl ClusterUser {
    /// As root `postgres`, which its packages make, or `nobody`.
    pub(crate) fn choose() -> Outcome<Self> {
        if !debian::is_root()? {
            return Ok(Self::Same);
        }
        let users = fs::read_to_string("/etc/passwd").while_trying("read /etc/passwd")?;
        ["postgres", "nobody"].iter().find_map(|name| find_user(&users, name)).ok_or_else(|| {
            Failure::new(
                "PostgreSQL cannot run as root, and there is no user postgres or nobody: \
                     run this as another user",
            )
        })
    }

    /// Makes a program run as this user.
    pub(crate) fn apply(self, command: &mut Command) {
        if let Self::Other { user, group } = self {
            // The folder we are in may be closed to that user.
            command.uid(user).gid(group).current_dir("/");
        }
    }

    /// Gives a folder to this user.
    pub(crate) fn give(self, folder: &Path) -> Outcome<()> {
        match self {
            Self::Same => Ok(()),
            Self::Other { user, group } => chown(folder, Some(user), Some(group))
                .while_trying(format!("give {} to another user", folder.display())),
        }
    }

    /// Whether this user can pass through every folder down to this one.
    pub(crate) fn can_reach(self, folder: &Path) -> bool {
        let Self::Other { user, group } = self else { return true };
        let passes = |found: Metadata| {
            let bit = match (found.uid() == user, found.gid() == group) {
                (true, _) => 0o100,
                (_, true) => 0o010,
                _ => 0o001,
            };
            found.mode() & bit != 0
        };
        folder.ancestors().all(|folder| fs::metadata(folder).is_ok_and(passes))
    }
}

fn find_user(users: &str, name: &str) -> Option<ClusterUser> {
    users.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        match fields.as_slice() {
            [found, _, user, group, ..] if *found == name => {
                Some(ClusterUser::Other { user: user.parse().ok()?, group: group.parse().ok()? })
            }
            _ => None,
        }
    })
}
