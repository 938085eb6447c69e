//! `cargo xtask dev`: from a bare machine to GraphiQL over real data. Ctrl-C stops all of it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::failure::{Failure, Outcome, While};
use crate::postgres::{Database, Purpose};
use crate::process::{self, Service};
use crate::{stop, workspace};

/// What is loaded into a new database.
const MAPPING: &str = "data/lucas_county_sales.toml";

/// Who administers a database of development, as GraphiQL's example has it.
const EMAIL: &str = "administrator@example.test";

const PASSWORD: &str = "deeds change hands on Fridays";

pub(crate) fn run() -> Outcome<()> {
    stop::watch()?;
    match serve() {
        // Whoever asked for the end does not want to read of a failure.
        Err(_) if stop::asked() => {
            println!("stopped");
            Ok(())
        }
        outcome => outcome,
    }
}

fn serve() -> Outcome<()> {
    let address = address()?;
    let mut database = Database::start(Purpose::Dev)?;
    let pid_file = workspace::private_folder()?.join("server.pid");
    stop_left_behind(&pid_file)?;
    check_free(address)?;

    println!("building the server");
    process::run(&mut process::cargo(&["build", "--package", "agent-free"]))?;
    let server = |arguments: &[&str]| -> Outcome<Command> {
        let mut command = Command::new(workspace::server_binary()?);
        command.current_dir(workspace::root()).args(arguments).env("DATABASE_URL", &database.url);
        Ok(command)
    };
    let secret_key = secret_key(&mut server(&["keys", "new-secret"])?)?;
    process::run(&mut server(&["migrate"])?)?;
    if !has_data(&database)? {
        process::run(&mut server(&["import", MAPPING])?)?;
    }
    // A database of somebody else's gets no account with a password that everybody knows.
    let has_administrator = database.cluster.is_some();
    if has_administrator {
        let mut administrator = server(&["administrator", EMAIL])?;
        process::run_with_input(&mut administrator, &format!("{PASSWORD}\n"))?;
    }

    let patience = Duration::from_secs(15);
    let mut serve = server(&["serve"])?;
    serve.env("SECRET_KEY", &secret_key);
    // Browsers make no passkeys for an address.
    let public_url = workspace::variable("PUBLIC_URL")
        .unwrap_or_else(|| format!("http://localhost:{}", address.port()));
    serve.env("PUBLIC_URL", &public_url);
    let mail_url = mail_url()?;
    serve.env("MAIL_URL", &mail_url);
    let mut service = Service::start("agent-free", &mut serve, "TERM", patience)?;
    fs::write(&pid_file, service.pid().to_string()).while_trying("note the server's process")?;
    service.wait_until(Duration::from_secs(60), || answers(address))?;
    let account = match has_administrator {
        true => format!("\x20 sign in   {EMAIL}, {PASSWORD}\n"),
        false => String::new(),
    };
    println!(
        "\nAgent Free is up.\n\
         \x20 GraphiQL  {public_url}/graphiql\n\
         \x20 GraphQL   {public_url}/graphql\n\
         \x20 database  psql '{}'\n\
         \x20 mail      {mail_url}\n\
         {account}\
         Ctrl-C stops it all.\n",
        database.url
    );
    loop {
        service.check()?;
        database.check()?;
        process::pause();
    }
}

/// Where mail goes: chosen, or a folder beside the database with a file for each.
fn mail_url() -> Outcome<String> {
    let chosen = workspace::variable("MAIL_URL").map(Ok);
    chosen.unwrap_or_else(|| {
        Ok(format!("folder:{}", workspace::private_folder()?.join("mail").display()))
    })
}

/// The key that encrypts what is secret in the database: chosen, or made once and kept beside it.
fn secret_key(make: &mut Command) -> Outcome<String> {
    if let Some(chosen) = workspace::variable("SECRET_KEY") {
        return Ok(chosen);
    }
    let file = workspace::private_folder()?.join("secret-key");
    if !file.exists() {
        fs::write(&file, process::output(make)?).while_trying("keep the secret key")?;
    }
    let kept = fs::read_to_string(&file).while_trying("read the secret key")?;
    Ok(kept.trim().to_owned())
}

/// Whether the data was loaded before. A server of somebody else's is not asked: importing twice
/// changes nothing, it only takes its time.
fn has_data(database: &Database) -> Outcome<bool> {
    let Some(cluster) = &database.cluster else { return Ok(false) };
    Ok(cluster.query("SELECT EXISTS (SELECT FROM properties)")? == "t")
}

fn address() -> Outcome<SocketAddr> {
    let text = workspace::variable("LISTEN_ADDRESS").unwrap_or_else(|| "127.0.0.1:8080".into());
    text.parse().map_err(|_| {
        Failure::new(format!(
            "LISTEN_ADDRESS: {text:?} is not an address and a port, such as 127.0.0.1:8080"
        ))
    })
}

/// Told before anything is built or loaded, not after.
fn check_free(address: SocketAddr) -> Outcome<()> {
    TcpListener::bind(address).map(drop).map_err(|error| {
        Failure::new(format!(
            "nobody can listen on {address} ({error}): stop the other program, or choose another \
             address: LISTEN_ADDRESS=127.0.0.1:8081 cargo xtask dev"
        ))
    })
}

/// Stops the server of an earlier run that was killed. Our caller holds the lock of this
/// checkout, so no living run can own it.
fn stop_left_behind(pid_file: &Path) -> Outcome<()> {
    let pid = fs::read_to_string(pid_file).ok().and_then(|text| text.trim().parse().ok());
    let Some(pid) = pid else { return Ok(()) };
    let binary = workspace::server_binary()?;
    match process::command_line(pid) {
        Some(line) if line.starts_with(&*binary.to_string_lossy()) => {
            println!("stopping the server that an earlier run left behind");
            process::stop_left_behind("TERM", pid)
        }
        _ => Ok(()),
    }
}

/// Whether a GraphQL request gets an answer.
fn answers(address: SocketAddr) -> bool {
    ask(address).is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let body = r#"{"query":"{ __typename }"}"#;
    write!(
        stream,
        "POST /graphql HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
