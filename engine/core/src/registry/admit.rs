//! Registry command -> facts, or a rejection.

use super::{Connection, Registry, RegistryCommand, RegistryFact, Token};
use crate::admit::{check_limit, name};
use crate::id::{ConnectionId, NewIds, OrganizationId, TokenId};
use crate::limits::{CONNECTIONS_MAX, ORGANIZATIONS_MAX, TOKENS_MAX};
use crate::rejection::Rejection;

pub(crate) fn admit(
    registry: &Registry,
    command: &RegistryCommand,
    ids: &mut NewIds,
) -> Result<Vec<RegistryFact>, Rejection> {
    let fact = match command.clone() {
        RegistryCommand::CreateOrganization { name: given } => {
            check_limit("organizations", registry.organizations().count(), ORGANIZATIONS_MAX)?;
            RegistryFact::OrganizationCreated {
                organization: OrganizationId::new(ids.draw()),
                name: name("name", &given)?,
            }
        }
        RegistryCommand::CreateConnection {
            organization,
            name: given,
            provider,
        } => {
            registry
                .organization(organization)
                .ok_or(Rejection::UnknownOrganization)?;
            check_limit(
                "connections",
                registry.connections(organization).count(),
                CONNECTIONS_MAX,
            )?;
            RegistryFact::ConnectionCreated {
                connection: ConnectionId::new(ids.draw()),
                organization,
                name: name("name", &given)?,
                provider: name("provider", &provider)?,
            }
        }
        RegistryCommand::ChangeConnection {
            organization,
            connection,
            name: given,
            group_provisioning,
        } => {
            let now = connection_of(registry, organization, connection)?;
            let changed = match given {
                Some(given) => name("name", &given)?,
                None => now.name.clone(),
            };
            let group_provisioning = group_provisioning.unwrap_or(now.group_provisioning);
            if changed == now.name && group_provisioning == now.group_provisioning {
                return Ok(Vec::new());
            }
            RegistryFact::ConnectionChanged {
                connection,
                name: changed,
                group_provisioning,
            }
        }
        RegistryCommand::DeleteConnection {
            organization,
            connection,
        } => {
            connection_of(registry, organization, connection)?;
            RegistryFact::ConnectionDeleted { connection }
        }
        RegistryCommand::CreateToken {
            scope,
            name: given,
            hash,
            suffix,
            expires_at,
        } => {
            if let Some(organization) = scope.organization() {
                registry
                    .organization(organization)
                    .ok_or(Rejection::UnknownOrganization)?;
            }
            if let super::TokenScope::Scim {
                organization,
                connection,
            } = scope
            {
                connection_of(registry, organization, connection)?;
            }
            let of_it = |token: &&Token| token.scope.organization() == scope.organization();
            check_limit("tokens", registry.tokens().filter(of_it).count(), TOKENS_MAX)?;
            let token = TokenId::new(ids.draw());
            RegistryFact::TokenCreated {
                token,
                scope,
                name: name("name", &given)?,
                hash,
                suffix,
                expires_at,
            }
        }
        RegistryCommand::RevokeToken { organization, token } => {
            let known = registry
                .token(token)
                .filter(|token| token.scope.organization() == organization);
            known.ok_or(Rejection::UnknownToken)?;
            RegistryFact::TokenRevoked { token }
        }
    };
    Ok(vec![fact])
}

fn connection_of(
    registry: &Registry,
    organization: OrganizationId,
    connection: ConnectionId,
) -> Result<&Connection, Rejection> {
    registry
        .connection(connection)
        .filter(|connection| connection.organization == organization)
        .ok_or(Rejection::UnknownConnection)
}
