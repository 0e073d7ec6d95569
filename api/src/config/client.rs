//! How a command reaches a running server: its URL, the organization, and a token that no list of processes shows.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use rolecall_engine::OrganizationId;

const TOKEN_VARIABLE: &str = "ROLECALL_TOKEN";

/// How to reach a running server.
///
/// The token of the admin API comes from the variable `ROLECALL_TOKEN` or from a file, never from an argument.
#[derive(Args, Clone, Debug)]
pub struct ClientOptions {
    /// Where the server answers, over plain HTTP
    #[arg(
        long,
        env = "ROLECALL_URL",
        value_name = "URL",
        default_value = "http://127.0.0.1:8080"
    )]
    pub url: ServerUrl,

    /// The id of the organization
    #[arg(long, env = "ROLECALL_ORGANIZATION", value_name = "ID")]
    pub organization: OrganizationId,

    /// A file with the token of the admin API; without one, the token is in the variable ROLECALL_TOKEN
    #[arg(long, env = "ROLECALL_TOKEN_FILE", value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

impl ClientOptions {
    /// The token.
    ///
    /// # Errors
    /// When there is none, or the file cannot be read.
    pub(crate) fn token(&self) -> Result<String, TokenError> {
        let token = match &self.token_file {
            Some(file) => std::fs::read_to_string(file).map_err(|error| {
                let file = file.clone();
                TokenError::Unreadable { file, error }
            })?,
            None => {
                let variable = std::env::var_os(TOKEN_VARIABLE);
                let text = variable.and_then(|token| token.into_string().ok());
                text.unwrap_or_default()
            }
        };
        let token = token.trim();
        if token.is_empty() {
            return Err(TokenError::Missing);
        }
        Ok(token.to_owned())
    }

    /// The path of the organization in the admin API.
    pub(crate) fn path(&self) -> String {
        format!("/v1/organizations/{}", self.organization)
    }
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    /// Nobody gave one.
    #[error("there is no token; set {TOKEN_VARIABLE}, or name a file with --token-file")]
    Missing,
    /// The file cannot be read.
    #[error("failed to read the token from {}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
}

/// Where a server answers over plain HTTP: `http`, a host, a port and perhaps a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl {
    host: String,
    path: String,
}

impl ServerUrl {
    /// The URL of a server that is reached where it listens.
    pub(crate) fn of_address(address: SocketAddr) -> Self {
        Self {
            host: address.to_string(),
            path: String::new(),
        }
    }

    /// Host and port as the header `Host` has them.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Host and port to connect to.
    pub(crate) fn authority(&self) -> String {
        let port = self.host.rsplit_once(':').map(|(_, port)| port);
        match port.filter(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())) {
            Some(_) => self.host.clone(),
            None => format!("{}:80", self.host),
        }
    }

    /// What comes before every path: empty, or a slash and more.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}

impl FromStr for ServerUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with("https://") {
            return Err(
                "this command speaks plain HTTP; give the address where the server itself listens, behind the proxy \
                        that does TLS",
            );
        }
        let rest = text.strip_prefix("http://").ok_or("it has to start with http://")?;
        let (host, path) = match rest.split_once('/') {
            Some((host, path)) => (host, format!("/{path}")),
            None => (rest, String::new()),
        };
        let is_visible = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        if host.is_empty() || rest.contains(['?', '#', '@']) || !is_visible(rest) {
            return Err("it has to be a host, with a port and a path if need be, and nothing else");
        }
        Ok(Self {
            host: host.to_owned(),
            path: path.trim_end_matches('/').to_owned(),
        })
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.host, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, authority: &str, path: &str) {
        let url: ServerUrl = text.parse().unwrap();
        assert_eq!((url.authority().as_str(), url.path()), (authority, path));
    }

    #[test]
    fn a_url_of_a_server_has_a_host_a_port_and_perhaps_a_path() {
        check("http://127.0.0.1:8080", "127.0.0.1:8080", "");
        check("http://rolecall/", "rolecall:80", "");
        check("http://[::1]:8080/admin/", "[::1]:8080", "/admin");
        check("http://[::1]", "[::1]:80", "");
    }

    #[test]
    fn what_is_no_url_of_a_server_is_refused() {
        for wrong in [
            "",
            "rolecall",
            "http://",
            "http://a?b",
            "http://user@a",
            "http://a b",
            "ftp://a",
        ] {
            assert!(wrong.parse::<ServerUrl>().is_err(), "{wrong}");
        }
        let error = "https://rolecall".parse::<ServerUrl>().unwrap_err();
        assert!(error.contains("plain HTTP"), "{error}");
    }
}
