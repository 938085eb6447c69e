//! `agent-free operations check`: a front end's operations against the contract, without a database.

use std::fs;

use serde_json::json;

use super::run;

#[tokio::test]
async fn it_says_which_operations_break() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let check = async |more: &[&str]| {
        let arguments = [&["operations", "check", path], more].concat();
        run(&arguments, &[]).await
    };
    let ended = check(&[]).await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("has neither .graphql files nor manifests"), "{}", ended.err);

    fs::write(folder.path().join("good.graphql"), "query A { propertyTypes { code } }").unwrap();
    let ended = check(&[]).await;
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "1 documents fit the contract\n"));

    let broken = "query B {\n  propertyTypes { code nothing }\n}";
    fs::write(folder.path().join("broken.graphql"), broken).unwrap();
    let manifest = json!({ "c": "{ other }", "d": "{ __typename }" });
    fs::write(folder.path().join("manifest.json"), manifest.to_string()).unwrap();
    let ended = check(&[]).await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.out.contains("broken.graphql: 2:24: "), "{}", ended.out);
    assert!(ended.out.contains("manifest.json: c: 1:3: "), "{}", ended.out);
    assert!(!ended.out.contains("good.graphql"), "{}", ended.out);
    assert!(ended.err.contains("2 of 4 documents do not fit the contract"), "{}", ended.err);

    // Against another contract, what fits is something else.
    let schema = folder.path().join("other.sdl");
    fs::write(
        &schema,
        "type Query { other: Int propertyTypes: [Other] } type Other { code: ID nothing: ID }",
    )
    .unwrap();
    let ended = check(&["--schema", schema.to_str().unwrap()]).await;
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
}
