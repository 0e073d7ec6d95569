//! A server with one organization that one identity provider is connected to: what most stories begin with.

use crate::admin::{Connection, Organization};
use crate::scim::Scim;
use crate::server::Server;

/// A running server, its one organization, and the connection of the organization.
pub struct Tenant {
    /// The server, which lives as long as this.
    pub server: Server,
    /// The organization, `Example Corp`.
    pub organization: Organization,
    /// Its connection.
    pub connection: Connection,
}

impl Tenant {
    /// Starts a server, and connects this provider.
    pub async fn start(provider: &str) -> Tenant {
        let server = Server::start().await;
        let organization = server.organization("Example Corp").await;
        let connection = organization.connect(&server.public(), provider).await;
        Tenant {
            server,
            organization,
            connection,
        }
    }

    /// The server, the organization and the connection, each on its own.
    pub fn parts(self) -> (Server, Organization, Connection) {
        (self.server, self.organization, self.connection)
    }

    /// The SCIM service of the connection.
    pub fn scim(&self) -> &Scim {
        &self.connection.scim
    }
}
