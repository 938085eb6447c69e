//! Each query, type, guarded field, mutation and subscription, asked by everyone there is: what
//! came of it, in one file for people to judge. A field of the contract without a line there fails.
//!
//! What is asked about is a draft with all that hangs on it, whose owner has a firm manage it; and
//! then the same, published. Everyone asks by a session of his own. Who was refused has changed
//! nothing, so the next one asks about the same rows; who was let in leaves them to nobody.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use futures_util::{StreamExt, stream};
use loaders::contract::{Contract, FieldDef};
use serde_json::{Value, json};
use tokio_postgres::Client;

use super::inputs::Cell;
use super::reads::reads;
use super::rows::Tables;
use super::scenes::{SCENES, Scene};
use super::sessions::{SITE, Sessions};
use super::steps;
use super::world::{VIEWERS, World};
use crate::access::{Published, Signer};
use crate::support::{Answer, Asking, TestDatabase, TestServer, default_config, variable};

/// Set to write the files anew, after which the difference is for a person to judge.
const WRITE: &str = "WRITE_SNAPSHOTS";

/// How many lines are asked at once.
const LINES_AT_ONCE: usize = 6;

const LEGEND: &str = "\
Who may what. Each line was asked by everyone above it, by a session that was confirmed just now.
From member to administrator they have the role of that name and nothing to do with the property
and the people that are asked about. firm_member and firm_administrator work in a firm that manages
the property for its owner, outsider runs another firm. views, edits and manages help with the
property, sells is the seller of its listing, owner owns it.

A line is about the owner himself, a draft of his with all that hangs on it, and that firm; the
invitation is sent to outsider. A line that begins with `published` is about the same once everyone
may see it, and is here where that makes a difference.

    allowed    it was given, or done
    hidden     answered as if it were not there
    refused    FORBIDDEN, or UNAUTHENTICATED
    mistaken   let in, and refused by a rule: it takes a secret or an address that is another's

";

/// What everyone is asked in.
pub struct Stage<'a> {
    pub contract: &'a Contract,
    pub server: &'a TestServer,
    pub client: &'a Client,
    pub tables: &'a Tables,
    pub sessions: Sessions<'a>,
    /// Who signs tokens of the outside issuer.
    pub issuer: Signer,
}

/// A line of the matrix: what was asked, and what came of it.
pub struct Line {
    pub label: String,
    pub cells: Vec<&'static str>,
    /// What rules said against it.
    pub reasons: BTreeSet<String>,
}

impl<'a> Stage<'a> {
    /// Rows of somebody new, who is signed in.
    pub async fn world(&self) -> World<'a> {
        let world = World::new(self.client, self.tables).await;
        self.sessions.sign_in(&world.owner).await;
        world
    }

    /// Somebody of this column, signed in.
    pub async fn asking(&self, world: &mut World<'a>, viewer: &'static str) -> Asking {
        match world.asking(viewer).await {
            Asking::User(user) => Asking::User(self.sessions.sign_in(&user).await),
            other => other,
        }
    }

    pub async fn ask(&self, asking: &Asking, query: &str, variables: Value) -> Answer {
        match asking {
            Asking::Anonymous => self.server.anonymous().query(query, variables).await,
            Asking::Administrator => self.server.as_administrator().query(query, variables).await,
            Asking::User(user) => self.server.as_user(user).query(query, variables).await,
        }
    }

    async fn line(&self, mutation: &FieldDef, scene: Option<&Scene>) -> Line {
        let about = scene.map(|scene| scene.about).filter(|about| !about.is_empty());
        let about = about.map_or_else(String::new, |about| format!(" ({about})"));
        let label = format!("mutation {}{about}", mutation.name);
        let (mut cells, mut reasons) = (Vec::new(), BTreeSet::new());
        let mut world = self.world().await;
        for viewer in VIEWERS {
            let asking = self.asking(&mut world, viewer).await;
            let user = match &asking {
                Asking::User(user) => Some(user.id),
                _ => None,
            };
            let mut cell = Cell::new(&mut world, &self.sessions, user);
            if let Some(scene) = scene {
                cell.arrange(scene.before).await;
            }
            let mut input = cell.input(self.contract, mutation, scene).await;
            steps::take(self, &mutation.name, &mut world, &asking, &mut input).await;
            let (told, reason) = self.write(&asking, mutation, input).await;
            reasons.extend(reason);
            cells.push(told);
            if !["hidden", "refused"].contains(&told) {
                world = self.world().await;
            }
        }
        Line { label, cells, reasons }
    }

    /// What came of a mutation, and what a rule said.
    async fn write(
        &self,
        asking: &Asking,
        mutation: &FieldDef,
        input: Value,
    ) -> (&'static str, Option<String>) {
        let (name, input_type) = (&mutation.name, &mutation.arguments[0].ty);
        let query = format!(
            "mutation ($input: {input_type}) {{ it: {name}(input: $input) {{ errors {{ code path message }} }} }}"
        );
        let answer = self.ask(asking, &query, json!({ "input": input })).await;
        if let Some(refused) = refusal(&answer.error_codes()) {
            let reason = ["malformed", "failed"].contains(&refused);
            return (refused, reason.then(|| answer.pretty()));
        }
        let errors = answer.data()["it"]["errors"].as_array().unwrap();
        match errors.first() {
            None => ("allowed", None),
            Some(_) if errors.iter().any(|error| error["code"] == "NOT_FOUND") => ("hidden", None),
            Some(error) => ("mistaken", Some(error.to_string())),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_may_what_the_matrix_says() {
    let contract = Contract::parse(agent_free::server::CONTRACT).unwrap();
    let database = TestDatabase::new().await;
    let issuer = Signer::new("outside");
    let (server, client) = tokio::join!(unhurried(&database, &issuer), database.connect());
    let tables = Tables::read(&client).await;
    let sessions = Sessions::new(&client).await;
    let stage = Stage {
        contract: &contract,
        server: &server,
        client: &client,
        tables: &tables,
        sessions,
        issuer,
    };
    // Somebody who runs the server stays, whoever leaves it.
    server.administrator().await;
    let mut lines = reads(&stage).await;
    let mutations = contract.mutation.iter().flat_map(|root| contract.fields(root));
    let asked = mutations.flat_map(|mutation| {
        let scenes: Vec<_> = SCENES.iter().filter(|it| it.mutation == mutation.name).collect();
        let plain = scenes.iter().all(|scene| !scene.about.is_empty()).then_some(None);
        let scenes = plain.into_iter().chain(scenes.into_iter().map(Some));
        scenes.map(move |scene| (mutation, scene))
    });
    let asked = stream::iter(asked.map(|(mutation, scene)| stage.line(mutation, scene)));
    lines.extend(asked.buffered(LINES_AT_ONCE).collect::<Vec<_>>().await);
    let subscriptions = contract.subscription.iter().flat_map(|root| contract.fields(root));
    let unknown: Vec<_> = subscriptions.map(|field| &field.name).collect();
    assert!(unknown.is_empty(), "the matrix does not know how to subscribe: {unknown:?}");
    let told = table(&lines);
    judge("matrix.txt", &told);
    let wrong = ["malformed", "failed"];
    let wrong: Vec<_> = lines
        .iter()
        .filter(|line| line.cells.iter().any(|cell| wrong.contains(cell)))
        .map(|line| (&line.label, &line.reasons))
        .collect();
    assert!(wrong.is_empty(), "give these another input in tests/policy/scenes.rs: {wrong:#?}");
    shrinks("uncovered.txt", &lines);
}

/// A server that hashes quickly, slows nobody down, and trusts this issuer.
async fn unhurried(database: &TestDatabase, issuer: &Signer) -> TestServer {
    let published = Published::default();
    published.show(&[issuer]);
    let mut config = default_config(database);
    config.access.public_url = SITE.to_owned();
    config.access.outside_issuer = Some(published.issuer().await);
    config.access.password_hash_memory = 64;
    config.access.password_hash_iterations = 1;
    config.rate_limits.mutations.clear();
    config.rate_limits.lockout_after = u32::MAX;
    config.rate_limits.lockout_address_after = u32::MAX;
    TestServer::of(config).await
}

/// What the codes of errors say, if there are any.
pub fn refusal(codes: &[&str]) -> Option<&'static str> {
    let denied = |code: &&str| ["FORBIDDEN", "UNAUTHENTICATED"].contains(code);
    match codes {
        [] => None,
        codes if codes.iter().all(denied) => Some("refused"),
        codes if codes.contains(&"BAD_USER_INPUT") => Some("malformed"),
        _ => Some("failed"),
    }
}

fn table(lines: &[Line]) -> String {
    let width = lines.iter().map(|line| line.label.len()).max().unwrap_or_default();
    let mut text = String::from(LEGEND);
    let mut row = |label: &str, cells: &[&str]| {
        write!(text, "{label:width$}").unwrap();
        for (cell, viewer) in cells.iter().zip(VIEWERS) {
            write!(text, "  {cell:0$}", viewer.len().max("mistaken".len())).unwrap();
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    };
    row("", &VIEWERS);
    for line in lines {
        row(&line.label, &line.cells);
    }
    text
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policy").join(name)
}

/// The file says the same, or it is written anew.
fn judge(name: &str, told: &str) {
    if variable(WRITE).is_some() {
        fs::write(file(name), told).unwrap();
    }
    let judged = fs::read_to_string(file(name)).unwrap_or_default();
    for (judged, told) in judged.lines().zip(told.lines()) {
        assert_eq!(judged, told, "set {WRITE}=1 to write {name} anew, then judge what changed");
    }
    assert!(judged == told, "set {WRITE}=1 to write {name} anew, then judge what changed");
}

/// The file names exactly the lines in which nobody was let in, and none that it did not name
/// before.
fn shrinks(name: &str, lines: &[Line]) {
    let text = fs::read_to_string(file(name)).unwrap_or_default();
    let known: BTreeSet<&str> = text.lines().collect();
    let nobody: Vec<&Line> = lines.iter().filter(|line| !line.cells.contains(&"allowed")).collect();
    let new: Vec<_> = nobody
        .iter()
        .filter(|line| !known.contains(line.label.as_str()))
        .map(|line| (&line.label, &line.reasons))
        .collect();
    assert!(
        new.is_empty(),
        "nobody was let in by these: give them a scene in tests/policy/scenes.rs: {new:#?}"
    );
    let gone: Vec<_> =
        known.iter().filter(|known| !nobody.iter().any(|line| line.label == **known)).collect();
    assert!(gone.is_empty(), "take these out of {name}, they are covered by now: {gone:#?}");
}
