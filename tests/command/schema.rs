//! The contract's derived part is printed, written and compared.

use std::fs;

use super::run;

#[tokio::test]
async fn the_contract_in_the_repository_is_complete() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql");
    let ended = run(&["schema", "--check", file], &[]).await;
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
}

#[tokio::test]
async fn a_difference_is_found_and_mended() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("contract.graphql");
    let name = file.to_str().unwrap();
    fs::write(&file, "type Query { today: Date }\n").unwrap();

    let ended = run(&["schema", "--check", name], &[]).await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("run cargo xtask schema --write"), "{}", ended.err);
    assert_eq!(run(&["schema", "--write", name], &[]).await.code, Some(0));
    assert!(fs::read_to_string(&file).unwrap().contains("scalar Date"));
    assert_eq!(run(&["schema", "--check", name], &[]).await.code, Some(0));
}
