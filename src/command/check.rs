//! `agent-free check`: says which settings would be used and all that is wrong, changing nothing.
//! Secrets are not shown.

use clap::Args;

use super::CommandError;
use crate::config::{self, Config, DatabaseConfig, Reading};
use crate::{database, server};

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    /// Print every setting with its meaning and default, in the form of an .env file
    #[arg(long)]
    example: bool,
}

pub(super) async fn run(arguments: &CheckArguments) -> Result<(), CommandError> {
    if arguments.example {
        print!("{}", config::example());
        return Ok(());
    }
    let examination = config::examine_environment();
    println!("settings");
    for reading in &examination.readings {
        println!("  {}", line(reading));
    }
    let config = examination.config?;
    let state = match database::connect(&config.database.url).await {
        Ok(client) => database::examine(&client).await?,
        Err(error) => {
            println!("database\n  wrong: it cannot be reached");
            return Err(error.into());
        }
    };
    println!("database");
    println!("  PostgreSQL {}", state.version);
    if let Some(postgis) = &state.postgis {
        println!("  PostGIS {postgis}");
    }
    println!("  {} migrations applied", state.migrations.applied.len());
    let problems = state.problems();
    if !problems.is_empty() {
        for problem in problems {
            println!("  wrong: {problem}");
        }
        return Err(CommandError::Check);
    }
    tell_replicas(&config).await;
    check_contract(&config).await
}

/// One that is away keeps no server from starting: it is told, and no mistake.
async fn tell_replicas(config: &Config) {
    let DatabaseConfig { url: primary, read_urls, .. } = &config.database;
    for replica in read_urls {
        println!("replica {replica}");
        match database::replica_problem(replica, primary).await {
            Ok(None) => println!("  it streams from the database"),
            Ok(Some(problem)) => println!("  left out: {problem}"),
            Err(error) => println!("  left out: {error}"),
        }
    }
}

async fn check_contract(config: &Config) -> Result<(), CommandError> {
    println!("contract");
    server::check(config).await?;
    println!("  every field is bound\nnothing is wrong");
    Ok(())
}

fn line(reading: &Reading) -> String {
    let value = reading.shown.as_deref().filter(|shown| !shown.is_empty()).unwrap_or("(not set)");
    let origin = if reading.is_set { "" } else { "  (default)" };
    let origin = if value == "(not set)" { "" } else { origin };
    let mistake = reading.mistake.as_ref().map(|mistake| format!("  wrong: {mistake}"));
    format!("{:<29}{value}{origin}{}", reading.setting.name, mistake.unwrap_or_default())
}
