//! The measured claims, section by section, each printed as a table and kept in `bench/README.md`.

mod attacks;
mod compare;
mod compile;
mod door;
mod footprint;
mod list;
mod load;
mod measure;
mod mutation;
mod open_loop;
mod overload;
mod plans;
mod process;
mod report;
mod request;
mod scale;
mod server;
mod sign_in;
mod tokens;
mod viewer;

use std::path::PathBuf;

use tokio_postgres::Client;

use self::measure::Pace;
use self::report::Table;
use self::scale::Volume;
use self::server::{Contestant, Programs};
use crate::error::BenchError;
use crate::volume::{self, Source};

/// What can be measured by itself.
#[derive(Debug, Clone, Copy, PartialEq, clap::ValueEnum)]
pub(crate) enum Section {
    /// The list query against its rivals.
    List,
    /// The list query on a small and on a large database.
    Scale,
    /// Statements and plans of deep, near and grouped queries.
    Plans,
    /// Start and memory.
    Footprint,
    /// The whole door against the bare engine.
    Door,
    /// A keyed mutation against its statements in a bare transaction.
    Mutation,
    /// Half, nearly all and three times the load that the server can take.
    Overload,
    /// What each attack takes until it is refused.
    Attacks,
    /// How fast each proof of who is asking is checked.
    Tokens,
    /// The time of failed sign-ins, with and without an account.
    SignIn,
    /// Build times; takes long, so only when asked for.
    Compile,
}

impl Section {
    const USUAL: [Self; 10] = [
        Self::List,
        Self::Scale,
        Self::Plans,
        Self::Footprint,
        Self::Door,
        Self::Mutation,
        Self::Overload,
        Self::Attacks,
        Self::SignIn,
        Self::Tokens,
    ];

    /// Its name in `bench/README.md`.
    fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Scale => "scale",
            Self::Plans => "plans",
            Self::Footprint => "footprint",
            Self::Door => "door",
            Self::Mutation => "mutation",
            Self::Overload => "overload",
            Self::Attacks => "attacks",
            Self::Tokens => "tokens",
            Self::SignIn => "sign-in timing",
            Self::Compile => "compile",
        }
    }
}

/// What to measure, on what, and how long.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    pace: Pace,
    /// Sections to measure; all but compile times when none is named.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Section>,
    /// Leaves our server out of the list section: to prove the harness with the rivals alone.
    #[arg(long)]
    rivals_only: bool,
    /// Properties in the small database.
    #[arg(long, default_value_t = 25_000)]
    small: u64,
    /// Properties in the large database.
    #[arg(long, default_value_t = 2_500_000)]
    large: u64,
    /// Connections to the database that each server may open.
    #[arg(long, default_value_t = 8)]
    pool_size: u32,
    /// The folder of PostGraphile.
    #[arg(long, default_value = "bench/postgraphile")]
    postgraphile: PathBuf,
    /// The file that is taken as changed when build times are measured.
    #[arg(long, default_value = "src/property/comparables.rs")]
    resolver: PathBuf,
    /// The file whose sections are replaced.
    #[arg(long, default_value = "bench/README.md")]
    readme: PathBuf,
    /// Prints the tables only.
    #[arg(long)]
    dry_run: bool,
}

/// Measures, prints and writes.
pub(crate) async fn run(arguments: &Arguments) -> Result<(), BenchError> {
    let sections = if arguments.only.is_empty() { &Section::USUAL[..] } else { &arguments.only };
    for &section in sections {
        let (table, circumstances) = measure_section(section, arguments).await?;
        let text = format!("{}\n{circumstances}\n", table.text());
        report::print(&format!("## {}\n\n{text}", section.name()));
        if !arguments.dry_run {
            report::write_section(&arguments.readme, section.name(), &text)?;
        }
    }
    Ok(())
}

async fn measure_section(
    section: Section,
    arguments: &Arguments,
) -> Result<(Table, String), BenchError> {
    let Arguments { source, pace, .. } = arguments;
    let programs = Programs {
        agent_free: source.server().await?,
        postgraphile: arguments.postgraphile.clone(),
        pool_size: arguments.pool_size,
        expose_cost: false,
        trace_collector: None,
    };
    let small = volume::ensure(source, arguments.small).await?;
    let client: Client = volume::connect(&small).await?;
    let postmaster = measure::postmaster(&client).await?;
    let circumstances = report::circumstances(&client).await?;
    let load = format!(
        "wrk, {} connections; {} connections to the database; median of {} rounds of {} s, contestants in turn, after a warm-up.",
        pace.connections, arguments.pool_size, pace.rounds, pace.seconds
    );
    let measured = match section {
        Section::List => {
            let mut contestants = list::contestants(&arguments.postgraphile).await;
            contestants.retain(|contestant| {
                !(arguments.rivals_only
                    && matches!(contestant, Contestant::AgentFree | Contestant::SignedIn))
            });
            let table =
                list::list(&contestants, &programs, small.as_str(), postmaster, *pace).await?;
            (table, format!("{} properties. {load} {circumstances}", arguments.small))
        }
        Section::Scale => {
            let large = volume::ensure(source, arguments.large).await?;
            let volumes = [
                Volume { database: small.as_str(), properties: arguments.small },
                Volume { database: large.as_str(), properties: arguments.large },
            ];
            (
                scale::scale(volumes, &programs, postmaster, *pace).await?,
                format!("{load} {circumstances}"),
            )
        }
        Section::Plans => {
            let large = volume::ensure(source, arguments.large).await?;
            let client = volume::connect(&large).await?;
            let table = plans::plans(&programs, large.as_str(), &client).await?;
            (
                table,
                format!("{} properties, one request at a time. {circumstances}", arguments.large),
            )
        }
        Section::Footprint => {
            let table = footprint::footprint(&programs, small.as_str()).await?;
            (
                table,
                format!(
                    "{} properties, median of several starts. {circumstances}",
                    arguments.small
                ),
            )
        }
        Section::Door => {
            let table = door::door(&programs, small.as_str(), postmaster, *pace).await?;
            (table, format!("{} properties. {load} {circumstances}", arguments.small))
        }
        Section::Mutation => {
            let table =
                mutation::mutation(&programs, small.as_str(), &client, postmaster, *pace).await?;
            (table, format!("{} properties. {load} {circumstances}", arguments.small))
        }
        Section::Overload => {
            let table = overload::overload(&programs, small.as_str(), *pace).await?;
            (
                table,
                format!("{} properties, {} s each. {circumstances}", arguments.small, pace.seconds),
            )
        }
        Section::Attacks => (
            attacks::attacks(&programs, small.as_str()).await?,
            format!("Medians of five, each attack on a server of its own. {circumstances}"),
        ),
        Section::Tokens => (tokens::tokens(small.as_str()).await?, circumstances),
        Section::SignIn => (
            sign_in::sign_in(&programs, small.as_str(), &client).await?,
            format!("One request at a time. {circumstances}"),
        ),
        Section::Compile => (compile::compile(&arguments.resolver).await?, circumstances),
    };
    Ok(measured)
}
