//! Registry command -> facts, or a rejection.

use super::{
    Connection, ConnectionChange, ConnectionSettings, Registry, RegistryCommand, RegistryFact, Token, extensions,
};
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
            settings,
        } => return create_connection(registry, organization, (&given, &provider), settings, ids),
        RegistryCommand::ChangeConnection {
            organization,
            connection,
            change,
        } => {
            return change_connection(connection_of(registry, organization, connection)?, &change);
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

fn create_connection(
    registry: &Registry,
    organization: OrganizationId,
    (given, provider): (&str, &str),
    settings: ConnectionSettings,
    ids: &mut NewIds,
) -> Result<Vec<RegistryFact>, Rejection> {
    registry
        .organization(organization)
        .ok_or(Rejection::UnknownOrganization)?;
    check_limit(
        "connections",
        registry.connections(organization).count(),
        CONNECTIONS_MAX,
    )?;
    extensions::check(&settings.extensions)?;
    let connection = ConnectionId::new(ids.draw());
    let name_now = name("name", given)?;
    let created = RegistryFact::ConnectionCreated {
        connection,
        organization,
        name: name_now.clone(),
        provider: name("provider", provider)?,
    };
    let before = (name_now.as_str(), &ConnectionSettings::default());
    let changed = connection_changed(connection, before, (name_now.clone(), settings));
    Ok([created].into_iter().chain(changed).collect())
}

fn change_connection(now: &Connection, change: &ConnectionChange) -> Result<Vec<RegistryFact>, Rejection> {
    let name_now = match &change.name {
        Some(given) => name("name", given)?,
        None => now.name.clone(),
    };
    // What was saved once is not judged again.
    extensions::check(change.extensions.as_deref().unwrap_or_default())?;
    let settings = now.settings.changed(change);
    let changed = connection_changed(now.id, (&now.name, &now.settings), (name_now, settings));
    Ok(changed.into_iter().collect())
}

/// What changed of a connection, if anything. Name and group provisioning have a fact of their own.
fn connection_changed(
    connection: ConnectionId,
    before: (&str, &ConnectionSettings),
    (name, settings): (String, ConnectionSettings),
) -> Option<RegistryFact> {
    if before == (name.as_str(), &settings) {
        return None;
    }
    let group_provisioning = settings.group_provisioning;
    let others_stay = ConnectionSettings {
        group_provisioning,
        ..before.1.clone()
    };
    Some(if settings == others_stay {
        RegistryFact::ConnectionChanged {
            connection,
            name,
            group_provisioning,
        }
    } else {
        RegistryFact::ConnectionSettingsChanged {
            connection,
            name,
            settings,
        }
    })
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
