//! Whether somebody asked this program to stop: Ctrl-C, SIGTERM, or a closed terminal.
//!
//! The signals only set a flag. Whoever waits for something looks at it, returns, and so drops
//! what was started; the drops stop it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use crate::failure::{Failure, Outcome, While};

static ASKED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// From here on the signals set the flag and no longer end this program.
pub(crate) fn watch() -> Outcome<()> {
    let asked = ASKED.get_or_init(Arc::default);
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        flag::register(signal, Arc::clone(asked)).while_trying("watch for signals")?;
    }
    Ok(())
}

/// Whether somebody asked.
pub(crate) fn asked() -> bool {
    ASKED.get().is_some_and(|asked| asked.load(Ordering::Relaxed))
}

/// Fails once somebody asked.
pub(crate) fn check() -> Outcome<()> {
    if asked() { Err(Failure::new("stopped as asked")) } else { Ok(()) }
}
