//! What a mail says and carries, read from the folder.

use data_encoding::BASE64URL_NOPAD;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::enqueue;
use super::sink::{invitation, plain_invitation};
use crate::support::{MailFolder, TestDatabase, TestServer};

#[tokio::test]
async fn what_people_write_stays_what_it_is() {
    let database = TestDatabase::new().await;
    let mails = MailFolder::new();
    let _server = TestServer::start_with(&database, |config| mails.configure(config)).await;
    let evil = "Eve\r\nBcc: all@example.test\r\n\r\n<a href=\"https://evil.example\">Zoë</a>";
    let values =
        json!({ "inviter": evil, "firm": "Oak & Sons", "message": "Hi\n\nhttp://x.example" });
    let client = database.connect().await;
    enqueue(&client, "send_mail", &invitation("bob@example.test", &values)).await;
    let mail = mails.wait_for("bob@example.test").await;

    let line = "Eve Bcc: all@example.test <a href=\"https://evil.example\">Zoë</a>";
    assert_eq!(mail.subject, format!("{line} invites you to Oak & Sons"));
    let head = mail.raw.split("\n\n").next().unwrap();
    assert!(!head.contains("\nBcc:"), "{head}");
    assert!(
        mail.text.contains(line) && mail.text.contains("“Hi http://x.example”"),
        "{}",
        mail.text
    );
    assert!(!mail.html.contains("evil.example\""), "{}", mail.html);
    assert!(mail.html.contains("&lt;a href=&quot;https://evil.example&quot;&gt;Zoë&lt;/a&gt;"));
    // The mail's own link, and the one to the service.
    assert_eq!(mail.html.matches("<a ").count(), 2);
}

#[tokio::test]
async fn the_token_is_known_to_the_mail_alone_and_the_newest_counts() {
    let database = TestDatabase::new().await;
    let mails = MailFolder::new();
    let _server = TestServer::start_with(&database, |config| mails.configure(config)).await;
    let client = database.connect().await;
    let kept = async || {
        let sql =
            "SELECT token_hash, email, expires_at > now() + interval '23 hours' FROM user_tokens";
        client.query(sql, &[]).await.unwrap()
    };
    let mut tokens = Vec::new();
    for count in 1..=2 {
        enqueue(&client, "send_mail", &plain_invitation("bob@example.test")).await;
        let sent = mails.wait_for_count("bob@example.test", count).await;
        tokens.push(sent.last().unwrap().token());
        let rows = kept().await;
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].get::<_, Vec<u8>>(0), Sha256::digest(tokens.last().unwrap()).to_vec());
        assert_eq!((rows[0].get(1), rows[0].get(2)), ("bob@example.test", true));
    }
    assert_ne!(tokens[0], tokens[1]);
    assert_eq!(BASE64URL_NOPAD.decode(tokens[0].as_bytes()).unwrap().len(), 32);
}
