//! Wrong settings are told all at once; secrets are never shown.

use super::run;
use crate::support::TestDatabase;

#[tokio::test]
async fn every_mistake_is_told_at_once() {
    let ended = run(&["serve"], &[("PAGE_SIZE_MAX", "many"), ("VIEWER", "admin")]).await;
    assert_eq!(ended.code, Some(2));
    insta::assert_snapshot!(ended.err, @r#"
    agent-free: the configuration is wrong in 3 places:
      DATABASE_URL: is required and not set
      PAGE_SIZE_MAX: "many" is not a whole number from 1 to 100000
      VIEWER: "admin" is neither public nor development
    Every variable is described in .env.example, which `agent-free check --example` prints.
    "#);
}

#[tokio::test]
async fn an_unknown_argument_is_a_mistake_of_the_same_kind() {
    assert_eq!(run(&["serve", "--port", "1"], &[]).await.code, Some(2));
    assert_eq!(run(&[], &[]).await.code, Some(2));
}

#[tokio::test]
async fn check_says_what_would_be_used() {
    let database = TestDatabase::new().await;
    let ended = run(&["check"], &[("DATABASE_URL", database.url()), ("PAGE_SIZE_MAX", "50")]).await;
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{}", ended.out);
    for line in [
        "  LISTEN_ADDRESS        127.0.0.1:8080  (default)\n",
        "  PAGE_SIZE_MAX         50\n",
        "nothing is wrong\n",
    ] {
        assert!(ended.out.contains(line), "{}", ended.out);
    }
}

#[tokio::test]
async fn check_says_what_is_wrong_with_the_database() {
    let database = TestDatabase::empty().await;
    let ended = run(&["check"], &[("DATABASE_URL", database.url())]).await;
    assert_eq!(ended.code, Some(1));
    let wrong = "  wrong: the database has no tables yet: run agent-free migrate\n";
    assert!(ended.out.contains(wrong), "{}", ended.out);
}

#[tokio::test]
async fn a_database_that_is_away_is_told_without_its_password() {
    let away = "postgres://somebody:secret@127.0.0.1:1/nothing";
    for command in ["serve", "check", "migrate"] {
        let ended = run(&[command], &[("DATABASE_URL", away)]).await;
        assert_eq!(ended.code, Some(1));
        let told = "PostgreSQL cannot be reached at postgres://somebody:***@127.0.0.1:1/nothing";
        assert!(ended.err.contains(told), "{}", ended.err);
        assert!(!format!("{}{}", ended.out, ended.err).contains("secret"));
    }
}

#[tokio::test]
async fn check_prints_the_example_without_any_setting() {
    let ended = run(&["check", "--example"], &[]).await;
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    assert_eq!(ended.out, include_str!("../../.env.example"));
}
