//! Schemathesis makes up operations for every root field of the contract, and the server has an
//! answer to each that is no defect: the check is `schemathesis/hooks.py`.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::world;
use crate::support::{TestDatabase, TestServer, variable};

/// Operations for each root field.
const EXAMPLES: &str = "3";

#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_no_defect() {
    let program = variable("SCHEMATHESIS")
        .expect("this test runs Schemathesis: run it with cargo xtask test, which installs it");
    let database = TestDatabase::new().await;
    world::make(&database).await;
    let server = TestServer::start(&database).await;
    let authorization = format!("Authorization: {}", server.administrator().await.authorization());
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/attacks/schemathesis");
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(program);
    command
        .arg("--config-file")
        .arg(files.join("schemathesis.toml"))
        .args(["run", &server.url("/graphql"), "--seed", "20261123", "--max-examples", EXAMPLES])
        .args(["--header", &authorization])
        .args(["--checks", "no_defect", "--phases", "fuzzing", "--no-shrink", "--no-color"])
        .args(["--suppress-health-check", "all", "--warnings", "off"])
        .env_clear()
        .envs(variable("PATH").map(|path| ("PATH", path)))
        .envs([("SCHEMATHESIS_HOOKS", "hooks"), ("NO_PROXY", "*"), ("PYTHONUTF8", "1")])
        .envs([("PYTHONDONTWRITEBYTECODE", "1")])
        .env("PYTHONPATH", &files)
        .current_dir(&folder)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    // Only against hanging: it takes a quarter of a minute.
    let ended = tokio::time::timeout(Duration::from_secs(300), command.output()).await;
    let ended = ended.expect("Schemathesis ends").unwrap();
    let told = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success(), "{told}\n{}", String::from_utf8_lossy(&ended.stderr));
    // It succeeds as well where it finds nothing to ask.
    assert!(told.contains(" passed"), "{told}");
}
