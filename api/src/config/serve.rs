//! How to serve: where the data is, where to listen, and how much of one organization to take.

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use super::log::LogOptions;
use super::root_token::RootToken;
use crate::limits::{SCIM_REQUESTS_PER_SECOND_DEFAULT, SCIM_REQUESTS_PER_SECOND_MAX};

/// Where the data is.
#[derive(Args, Clone, Debug)]
pub struct DataOptions {
    /// The data folder
    #[arg(
        long,
        env = "ROLECALL_DATA",
        value_name = "FOLDER",
        default_value = "./rolecall-data"
    )]
    pub data: PathBuf,
}

/// How to serve.
#[derive(Args, Clone, Debug)]
pub struct ServeOptions {
    /// Where the data is.
    #[command(flatten)]
    pub data: DataOptions,

    /// Where SCIM and the admin API listen; port 0 takes a free one
    #[arg(
        long,
        env = "ROLECALL_LISTEN",
        value_name = "ADDRESS",
        value_parser = address,
        default_value = "127.0.0.1:8080"
    )]
    pub listen: SocketAddr,

    /// Where /metrics, /healthz and /readyz listen; port 0 takes a free one
    #[arg(
        long,
        env = "ROLECALL_OPS_LISTEN",
        value_name = "ADDRESS",
        value_parser = address,
        default_value = "127.0.0.1:9464"
    )]
    pub ops_listen: SocketAddr,

    /// How identity providers reach this server, as in `https://scim.example.com`; the listening address by default
    #[arg(long, env = "ROLECALL_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<PublicUrl>,

    /// SCIM requests that each organization may send per second, with a burst of two seconds' worth; 0 for no limit
    ///
    /// Beyond it requests are answered with 429 and `Retry-After`. Keep it at 25 or more: Entra asks for that much, and SailPoint
    /// does not repeat changes of members that were refused.
    #[arg(
        long,
        env = "ROLECALL_SCIM_REQUESTS_PER_SECOND",
        value_name = "NUMBER",
        default_value_t = RequestsPerSecond(SCIM_REQUESTS_PER_SECOND_DEFAULT)
    )]
    pub scim_requests_per_second: RequestsPerSecond,

    /// A root token of your own, at least 32 characters; without one, the first start creates one and prints it once
    ///
    /// It is valid beside those in the record for as long as the server runs with it. When every root token is lost, start the
    /// server once with one of your own, create a new one with `POST /v1/tokens`, and start it again without.
    #[arg(long, env = "ROLECALL_ROOT_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub root_token: Option<RootToken>,

    /// Go on with a record that ends before entries that were durable once. Only after finding out why they are gone
    #[arg(long, env = "ROLECALL_ACCEPT_LOST_TAIL")]
    pub accept_lost_tail: bool,

    /// How the server logs.
    #[command(flatten)]
    pub log: LogOptions,
}

/// How many requests are answered in a second; 0 stands for no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestsPerSecond(pub u32);

impl RequestsPerSecond {
    /// No limit.
    pub const UNLIMITED: Self = Self(0);
}

impl fmt::Display for RequestsPerSecond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RequestsPerSecond {
    type Err = String;

    /// More than this is no limit that could ever be reached, and a typing error.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const MAX: u32 = SCIM_REQUESTS_PER_SECOND_MAX;
        let number = text.parse().ok().filter(|number| *number <= MAX);
        number
            .map(Self)
            .ok_or_else(|| format!("it has to be a whole number from 0 (no limit) to {MAX}"))
    }
}

/// How identity providers reach the server: `http` or `https`, and no slash at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// The URL of a server that is reached where it listens.
    pub(crate) fn of_address(address: SocketAddr) -> Self {
        Self(format!("http://{address}"))
    }

    /// Scheme, host and port.
    pub(crate) fn origin(&self) -> &str {
        self.split().0
    }

    /// What follows: empty, or a slash and more.
    pub(crate) fn path(&self) -> &str {
        self.split().1
    }

    fn split(&self) -> (&str, &str) {
        let host = self.0.find("://").map_or(0, |scheme| scheme + "://".len());
        let path = self.0.get(host..).and_then(|rest| rest.find('/'));
        let end = path.map_or(self.0.len(), |path| host + path);
        self.0.split_at_checked(end).unwrap_or((&self.0, ""))
    }
}

impl FromStr for PublicUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim_end_matches('/');
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let rest = rest.ok_or("it has to start with https:// or http://")?;
        if rest.is_empty() || rest.contains(['?', '#', ' ', '@']) {
            return Err("it has to be a host, with a port and a path if need be, and nothing else");
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The address of a listener. A host name stands for the first of its addresses.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    const EXPECTED: &str =
        "an address and a port are expected, as in `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`";
    let mut found = text
        .to_socket_addrs()
        .map_err(|error| format!("{EXPECTED} ({error})"))?;
    found.next().ok_or_else(|| EXPECTED.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_whole_number_within_reason() {
        assert_eq!("0".parse(), Ok(RequestsPerSecond::UNLIMITED));
        assert_eq!("1000000".parse(), Ok(RequestsPerSecond(1_000_000)));
        for wrong in ["", "-1", "2.5", "1000001", "many"] {
            assert!(wrong.parse::<RequestsPerSecond>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_public_url_has_a_scheme_and_no_slash_at_the_end() {
        let url: PublicUrl = "https://scim.example.com/".parse().unwrap();
        assert_eq!(url.to_string(), "https://scim.example.com");
        for wrong in ["scim.example.com", "https://", "https://a?b", "ftp://a"] {
            assert!(wrong.parse::<PublicUrl>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_address_may_be_a_name_and_needs_a_port() {
        assert!(address("localhost:8080").unwrap().ip().is_loopback());
        assert_eq!(address("[::1]:0").unwrap().to_string(), "[::1]:0");
        for wrong in ["127.0.0.1", "8080", ""] {
            let error = address(wrong).unwrap_err();
            assert!(error.contains("`127.0.0.1:8080`"), "{error}");
        }
    }
}
