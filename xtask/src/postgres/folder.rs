//! Where a cluster lives: in the checkout or, where its user cannot go there, in the system's
//! folder for temporary files that outlast a restart.

use std::fs::{self, DirBuilder};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use super::user::ClusterUser;
use crate::failure::{Failure, Outcome, While};
use crate::workspace;

/// A Unix socket's path may have 103 bytes on every system; its file name takes 14.
const LONGEST_SOCKET_FOLDER: usize = 103 - 14;

/// The folders of one cluster. Only its user can open them.
pub(crate) struct Folder {
    /// Everything else is in here.
    pub(crate) home: PathBuf,
    /// The database files.
    pub(crate) data: PathBuf,
    /// The Unix socket, and with it the only way in.
    pub(crate) socket: PathBuf,
}

impl Folder {
    /// Makes what is missing of the folders of the cluster of this name.
    pub(crate) fn prepare(name: &str, user: ClusterUser) -> Outcome<Self> {
        let private = workspace::private_folder()?;
        let elsewhere = || format!("agent-free-{:x}-{name}", checkout_number());
        let home = if user.can_reach(&private) {
            private.join(name)
        } else {
            let home = Path::new("/var/tmp").join(elsewhere());
            println!(
                "PostgreSQL's user cannot enter this checkout: the cluster is in {}",
                home.display()
            );
            home
        };
        make(&home, user)?;
        let mut socket = home.join("socket");
        if socket.as_os_str().as_bytes().len() > LONGEST_SOCKET_FOLDER {
            socket = Path::new("/tmp").join(elsewhere());
        }
        make(&socket, user)?;
        Ok(Self { data: home.join("data"), home, socket })
    }
}

/// Tells this checkout from others on the machine.
fn checkout_number() -> u64 {
    let mut hasher = DefaultHasher::new();
    workspace::root().hash(&mut hasher);
    hasher.finish()
}

/// Makes a folder that only this user can open. One that somebody else made is not trusted.
fn make(folder: &Path, user: ClusterUser) -> Outcome<()> {
    let what = || format!("create {}", folder.display());
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => return user.give(folder),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error).while_trying(what()),
    }
    let found = fs::symlink_metadata(folder).while_trying(what())?;
    let ours = match user {
        ClusterUser::Other { user, .. } => found.uid() == user,
        ClusterUser::Same => {
            found.uid() == fs::metadata(workspace::root()).while_trying(what())?.uid()
                || folder.starts_with(workspace::root())
        }
    };
    if found.is_dir() && ours {
        Ok(())
    } else {
        Err(Failure::new(format!("{} belongs to somebody else: remove it", folder.display())))
    }
}
