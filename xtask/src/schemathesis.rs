//! Schemathesis, which makes up requests from the contract: in a Python environment of its own
//! below `target/`, with the versions that its requirements name.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::{Failure, Outcome, While};
use crate::{debian, process, workspace};

const REQUIREMENTS: &str = "tests/attacks/schemathesis/requirements.txt";

/// The program, installed when it is missing or the requirements have changed.
pub(crate) fn require() -> Outcome<PathBuf> {
    let folder = workspace::root().join("target/schemathesis");
    let programs = folder.join("bin");
    let requirements = workspace::root().join(REQUIREMENTS);
    let wanted = fs::read(&requirements).while_trying(format!("read {REQUIREMENTS}"))?;
    // Written last, so that an installation that was cut off is done again.
    let note = folder.join("requirements.txt");
    if fs::read(&note).is_ok_and(|installed| installed == wanted) {
        return Ok(programs.join("st"));
    }
    require_python()?;
    println!("Schemathesis is missing: installing it");
    process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut pip = Command::new(programs.join("python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    process::run(pip.arg(&requirements))?;
    fs::write(&note, wanted).while_trying("note what was installed")?;
    Ok(programs.join("st"))
}

fn require_python() -> Outcome<()> {
    if !has_python() && debian::is_debian() {
        println!("Python cannot make environments: installing what Debian keeps apart.");
        debian::update()?;
        debian::install(&["python3", "python3-venv"])?;
    }
    let told = "the tests need Python 3.10 or newer with its venv module: install it";
    if has_python() { Ok(()) } else { Err(Failure::new(told)) }
}

fn has_python() -> bool {
    let modules = "import ensurepip, venv, sys; sys.exit(sys.version_info < (3, 10))";
    let mut python = Command::new("python3");
    python.args(["-c", modules]).stdout(Stdio::null()).stderr(Stdio::null());
    python.current_dir(Path::new("/")).status().is_ok_and(|status| status.success())
}
