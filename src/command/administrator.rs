//! `agent-free administrator`: makes the first administrator. A new one's password is the first line
//! of standard input, so that it stands in no history and in no list of processes.

use std::io::{self, IsTerminal};

use clap::Args;

use super::CommandError;
use crate::config::Config;
use crate::database;
use crate::users::{Administrator, make_administrator};

#[derive(Debug, Args)]
pub(super) struct AdministratorArguments {
    /// The e-mail address by which to sign in
    email: String,
}

pub(super) async fn run(
    arguments: &AdministratorArguments,
    config: &Config,
) -> Result<(), CommandError> {
    let mut client = database::connect(&config.database.url).await?;
    let email = &arguments.email;
    let made = make_administrator(&mut client, &config.access, email, read_password).await?;
    match made {
        Administrator::Made => println!("{email} is a new administrator."),
        Administrator::Appointed => println!("{email} is an administrator from now on."),
        Administrator::Already => println!("{email} was an administrator before."),
    }
    Ok(())
}

fn read_password() -> io::Result<String> {
    if io::stdin().is_terminal() {
        eprintln!("The password, which will be seen as you type it:");
    }
    let mut line = String::new();
    if io::stdin().read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
