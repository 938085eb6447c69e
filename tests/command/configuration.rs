//! Wrong settings are told all at once; secrets are never shown.

use super::run;
use crate::support::TestDatabase;

#[tokio::test]
async fn every_mistake_is_told_at_once() {
    let variables = [
        ("PAGE_SIZE_MAX", "many"),
        ("EXPOSE_COST", "maybe"),
        ("DATABASE_READ_URLS", "postgres://a:secret@replica/x,nowhere"),
        ("TRUSTED_PROXIES", "10.0.0.0/33"),
        ("REQUEST_QUEUE_WAIT", "1m"),
        ("METRICS_ADDRESS", "9090"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
    ];
    let ended = run(&["serve"], &variables).await;
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
    insta::assert_snapshot!(ended.err, @r#"
    agent-free: the configuration is wrong in 8 places:
      DATABASE_URL: is required and not set
      DATABASE_READ_URLS: is not an address of the form postgres://user:password@host:5432/name
      TRUSTED_PROXIES: "10.0.0.0/33" has something in it that is neither an address nor a network, such as 10.0.0.7 or 10.0.0.0/8
      EXPOSE_COST: "maybe" is neither on nor off
      PAGE_SIZE_MAX: "many" is not a whole number from 1 to 100000
      REQUEST_QUEUE_WAIT: 1m is not below REQUEST_TIMEOUT (30s)
      METRICS_ADDRESS: "9090" is not an address and a port, such as 127.0.0.1:8080
      OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" is not an address of the form http://host:port
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
        "  LISTEN_ADDRESS               127.0.0.1:8080  (default)\n",
        "  PAGE_SIZE_MAX                50\n",
        "  METRICS_ADDRESS              (not set)\n",
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
