//! The settings of the door: where it is, who is believed, and what it shows.

use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;

use super::reader::{Reader, Setting};
use super::value;

/// Where the server listens, whom it believes, and what it shows.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Where the server listens.
    pub listen_address: SocketAddr,
    /// Proxies that are believed about their clients' addresses.
    pub trusted_proxies: Vec<IpNet>,
    /// The folder or manifest of the only operations that run, if they are restricted.
    pub trusted_documents: Option<PathBuf>,
    /// Whether operations can be named by their hash once they were sent.
    pub persisted_queries: bool,
    /// Whether introspection, GraphiQL and suggestions in messages tell of the contract.
    pub disclosure: bool,
    /// Whether `/graphiql` is served, where `disclosure` allows it.
    pub graphiql: bool,
    /// Whether answers say in `extensions.cost` how many statements and rows they took.
    pub expose_cost: bool,
}

impl HttpConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        reader.section("HTTP");
        let switch = value::one_of(&[("on", true), ("off", false)]);
        Self {
            listen_address: reader.read(
                Setting::new(
                    "LISTEN_ADDRESS",
                    "127.0.0.1:8080",
                    "Where the server listens: address and port.\n\
                     0.0.0.0:8080 means every address of the machine.",
                ),
                value::address,
            ),
            trusted_proxies: reader.read(
                Setting::new(
                    "TRUSTED_PROXIES",
                    "",
                    "Proxies that are believed when they name their client in X-Forwarded-For or\n\
                     Forwarded: addresses or networks with commas between, such as 10.0.0.0/8,::1.",
                ),
                value::list(value::network),
            ),
            trusted_documents: reader.read(
                Setting::new(
                    "TRUSTED_DOCUMENTS",
                    "",
                    "A folder of .graphql files, or a manifest in JSON: when set, nothing else runs.",
                ),
                value::optional(|text| Ok(PathBuf::from(text))),
            ),
            persisted_queries: reader.read(
                Setting::new(
                    "PERSISTED_QUERIES",
                    "on",
                    "Whether a query that was sent once can be named by its hash: on or off.",
                ),
                &switch,
            ),
            disclosure: reader.read(
                Setting::new(
                    "DISCLOSURE",
                    "on",
                    "Whether strangers can explore the contract: off turns introspection, GraphiQL\n\
                     and suggestions in messages off together.",
                ),
                &switch,
            ),
            graphiql: reader.read(
                Setting::new(
                    "GRAPHIQL",
                    "on",
                    "Whether /graphiql is served: on or off. It takes DISCLOSURE=on as well.",
                ),
                &switch,
            ),
            expose_cost: reader.read(
                Setting::new(
                    "EXPOSE_COST",
                    "off",
                    "Whether answers say in extensions.cost how many statements and rows they took:\n\
                     on or off.",
                ),
                &switch,
            ),
        }
    }
}
