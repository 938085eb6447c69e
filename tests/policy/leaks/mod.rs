//! Nothing tells of a hidden row or value: random questions of random viewers over random rows are
//! answered as over a database in which there is only what they see.
//!
//! What that is, `visible_rows.sql` and `visible_people.sql` say a second time, plainly and apart
//! from the policies. What is asked of everything in turn comes before what is asked at random.

mod answer;
mod questions;
mod world;

use std::sync::Arc;

use fastrand::Rng;
use fuzz::Input;
use loaders::{Engine, Viewer};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use self::answer::{Answer, Told};
use self::questions::Questions;
use crate::support::{TestDatabase, default_config, variable};

const SEED: u64 = 20_261_123;

/// Set to how many random questions each viewer shall have answered instead.
const ROUNDS: &str = "LEAK_ROUNDS";

/// How many viewers ask at a time.
const AT_ONCE: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn answers_tell_of_nothing_hidden() {
    let rounds = variable(ROUNDS).map_or(15, |rounds| rounds.parse().unwrap());
    let source = TestDatabase::new().await;
    let ids = world::fill(&source).await;
    let whole = source.copy().await;
    let viewers = world::viewers(&whole.connect().await).await;
    let whole_engine = Arc::new(engine(&whole).await);
    let questions = Arc::new(Questions::about(&ids));
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    for (viewer, seed) in viewers.into_iter().zip(SEED..) {
        let (whole, questions, turns) = (whole_engine.clone(), questions.clone(), turns.clone());
        let seen = source.copy().await;
        tasks.spawn(async move {
            let _turn = turns.acquire().await.unwrap();
            world::leave_only(&seen, &viewer).await;
            let seen = engine(&seen).await;
            let examination = Examination { whole: &whole, seen: &seen, viewer };
            for question in questions.systematic() {
                examination.ask(question).await;
            }
            let (mut answered, mut telling) = (0, 0);
            let mut random = Rng::with_seed(seed);
            while answered < rounds {
                let question = questions.random(&mut random);
                let told = examination.ask(&question).await;
                if told.is_answered() {
                    answered += 1;
                    telling += usize::from(examination.could_tell(&question, &told).await);
                }
            }
            (answered, telling)
        });
    }
    let counts = tasks.join_all().await;
    let answered: usize = counts.iter().map(|(answered, _)| answered).sum();
    let telling: usize = counts.iter().map(|(_, telling)| telling).sum();
    assert!(telling * 5 >= answered * 2, "only {telling} of {answered} could have told anything");
}

async fn engine(database: &TestDatabase) -> Engine {
    let mut config = default_config(database);
    // What is asked of everything at once is large.
    config.limits.cost_max = u64::from(u32::MAX);
    config.limits.fields_max = 10_000;
    config.limits.aliases_max = 1000;
    config.limits.root_fields_max = 1000;
    config.limits.tokens_max = 100_000;
    agent_free::server::engine(&config).await.unwrap()
}

/// Everything there is, what one viewer sees of it, and that viewer.
struct Examination<'a> {
    whole: &'a Engine,
    seen: &'a Engine,
    viewer: Viewer,
}

impl Examination<'_> {
    /// Holds the viewer's answer against that of somebody to whom nothing is hidden, where there is
    /// only what the viewer sees.
    async fn ask(&self, question: &Input) -> Told {
        let hidden = Answer::of(self.whole, &self.viewer, question).await;
        let absent = Answer::of(self.seen, &self.everything(), question).await;
        // Of a document that is not valid all is told, in any order.
        let is_invalid = hidden.is_invalid() && absent.is_invalid();
        let (hidden, absent) = (hidden.without_refusals(), absent.without_marks());
        if !is_invalid && let Some(difference) = hidden.difference(&absent) {
            panic!("{difference}: {:?} asked\n{}", self.viewer, question.to_text());
        }
        hidden
    }

    /// Whether there is something hidden of which the answer could have told: without any policy it
    /// would be another.
    async fn could_tell(&self, question: &Input, told: &Told) -> bool {
        *told != Answer::of(self.whole, &self.everything(), question).await.without_marks()
    }

    /// The same person with every permission.
    fn everything(&self) -> Viewer {
        let everything = fuzz::viewer();
        match self.viewer.id() {
            Some(id) => Viewer::user(id, everything.permissions),
            None => everything,
        }
    }
}
