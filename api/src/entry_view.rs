//! An entry in JSON, as pages of events, event streams and reports show it.
//!
//! Names of groups and entities are shown, attributes of persons are not: users stand here by their ids alone.

use rolecall_engine::plan::GroupDrift;
use rolecall_engine::registry::{RegistryFact, TokenScope};
use rolecall_engine::rules::RoleName;
use rolecall_engine::{
    Actor, Because, BrakeScope, Consequence, Effect, EntityId, Entry, Fact, GroupAttributes, MappingId, MappingStatus,
    RoleClaim, RuleVersion, State, UserSet,
};
use serde_json::{Map, Value, json};

use crate::admin::{
    BrakeScopeView, ConnectionSettingsView, ExampleBody, RoleClaimView, RuleBody, SafeguardsView, SettingsView,
};
use crate::auth::ConnectionName;
use crate::time::Time;

/// The entry, with ids for the users that it names by index: the state has to know them.
pub(crate) fn entry(entry: &Entry, state: &State) -> Value {
    let consequences = entry
        .consequences
        .iter()
        .map(|consequence| self::consequence(consequence, state));
    json!({
        "position": entry.position.get(),
        "at": Time(entry.at),
        "actor": actor(entry.actor),
        "facts": entry.facts.iter().map(|fact| self::fact(fact, state)).collect::<Vec<_>>(),
        "consequences": consequences.collect::<Vec<_>>(),
    })
}

/// How many users the entry names, each as often as it does: it takes a few bytes for them, and its JSON takes many.
pub(crate) fn users_named(entry: &Entry) -> u64 {
    let of_fact = |fact: &Fact| match fact {
        Fact::MembersAdded { users, .. }
        | Fact::MembersRemoved { users, .. }
        | Fact::HoldReleased { users: Some(users), .. }
        | Fact::HoldDiscarded { users: Some(users), .. } => users.len(),
        Fact::MembershipsGiven { users, .. } | Fact::MembershipsTaken { users, .. } => users.len(),
        _ => 0,
    };
    let of_effect = |effect: &Effect| match effect {
        Effect::MembersPlaced { users, .. }
        | Effect::MembersUnplaced { users, .. }
        | Effect::RoleChanged { users, .. }
        | Effect::HoldGrew { users, .. }
        | Effect::HoldShrank { users, .. } => users.len(),
        Effect::MappingLimited { to, .. } => to.len(),
        _ => 0,
    };
    let effects = entry.consequences.iter().map(|consequence| &consequence.effect);
    entry.facts.iter().map(of_fact).sum::<u64>() + effects.map(of_effect).sum::<u64>()
}

/// Who asked.
pub(crate) fn actor(actor: Actor) -> Value {
    match actor {
        Actor::Root => json!({"kind": "root"}),
        Actor::Token(token) => json!({"kind": "token", "token_id": token.uuid()}),
        Actor::Connection { connection, token } => {
            json!({"kind": "connection", "connection": ConnectionName(connection).to_string(), "token_id": token.uuid()})
        }
        Actor::System => json!({"kind": "system"}),
    }
}

fn fact(fact: &Fact, state: &State) -> Value {
    let fields = match fact {
        Fact::UserCreated {
            user,
            connection,
            active,
            organization_role,
            ..
        } => json!({
            "user_id": user.uuid(), "connection": connection.map(|id| ConnectionName(id).to_string()),
            "active": active, "organization_role": organization_role,
        }),
        Fact::UserAttributesChanged { user, .. }
        | Fact::UserActivated { user }
        | Fact::UserDeactivated { user }
        | Fact::UserDeleted { user } => json!({"user_id": user.uuid()}),
        Fact::UserRoleAttributeChanged {
            user,
            organization_role,
        } => {
            json!({"user_id": user.uuid(), "organization_role": organization_role})
        }
        Fact::GroupCreated {
            group,
            display_name,
            attributes,
        }
        | Fact::GroupRestored {
            group,
            display_name,
            attributes,
        } => with(
            json!({"group_id": group.uuid(), "display_name": display_name}),
            group_attributes(attributes),
        ),
        Fact::GroupRenamed { group, from, to } => json!({"group_id": group.uuid(), "from": from, "to": to}),
        Fact::GroupAttributesChanged { group, attributes } => {
            with(json!({"group_id": group.uuid()}), group_attributes(attributes))
        }
        Fact::MembersAdded { group, users } | Fact::MembersRemoved { group, users } => {
            json!({"group_id": group.uuid(), "user_ids": user_ids(users, state)})
        }
        Fact::IgnoredMembersChanged { group, ignored } => {
            json!({"group_id": group.uuid(), "ignored_count": ignored.len()})
        }
        Fact::GroupDeleted { group } => json!({"group_id": group.uuid()}),
        Fact::RuleCreated { rule, definition } => {
            json!({"rule_id": rule.uuid(), "rule_version": 1, "rule": RuleBody::of(definition)})
        }
        Fact::RuleChanged {
            rule,
            version,
            definition,
        } => {
            json!({"rule_id": rule.uuid(), "rule_version": version, "rule": RuleBody::of(definition)})
        }
        Fact::RuleDeleted { rule } => json!({"rule_id": rule.uuid()}),
        Fact::EntityRegistered {
            entity,
            entity_type,
            name,
            external_id,
        } => json!({
            "entity_id": entity.uuid(), "type": entity_type.as_str(), "name": name, "external_id": external_id,
        }),
        Fact::EntityDeleted { entity } => json!({"entity_id": entity.uuid()}),
        Fact::MappingRequested {
            mapping,
            group,
            entity_type,
            entity,
            name,
        } => json!({
            "mapping_id": mapping.uuid(), "group_id": group.uuid(), "type": entity_type.as_str(),
            "entity_id": entity.map(EntityId::uuid), "name": name,
        }),
        Fact::MappingApproved { mapping, entity } => {
            json!({"mapping_id": mapping.uuid(), "entity_id": entity.map(EntityId::uuid)})
        }
        Fact::MappingRejected { mapping } | Fact::MappingPaused { mapping } | Fact::MappingResumed { mapping } => {
            json!({"mapping_id": mapping.uuid()})
        }
        Fact::SettingsChanged { settings } => json!({"settings": SettingsView::of(settings)}),
        Fact::Registry(fact) => registry_fact(fact),
        Fact::UserDefaultEntityAssigned { user, entity } => {
            json!({"user_id": user.uuid(), "entity_id": entity.uuid()})
        }
        Fact::PlanStarted { plan, groups } => json!({"plan_id": plan.uuid(), "groups": groups}),
        Fact::PlanStepped { plan, from, to } => {
            json!({"plan_id": plan.uuid(), "groups_from": u32::from(*from), "groups_to": u32::from(*to)})
        }
        Fact::DriftPlanned { groups } => {
            let count = |is: fn(&GroupDrift) -> bool| groups.iter().filter(|group| is(group)).count();
            json!({
                "groups_missing": count(|group| matches!(group, GroupDrift::Missing { .. })),
                "groups_different": count(|group| matches!(group, GroupDrift::Differs { .. })),
                "groups_surplus": count(|group| matches!(group, GroupDrift::Surplus { .. })),
            })
        }
        Fact::DriftReconciled { plan, to } => json!({"plan_id": plan.uuid(), "groups_to": to}),
        Fact::PlanFinished { plan } | Fact::PlanStopped { plan } => json!({"plan_id": plan.uuid()}),
        Fact::HoldReleased { hold, users } | Fact::HoldDiscarded { hold, users } => {
            json!({"hold_id": hold.uuid(), "user_ids": users.as_ref().map(|users| user_ids(users, state))})
        }
        Fact::MembershipsGiven { entity, users } | Fact::MembershipsTaken { entity, users } => {
            json!({"entity_id": entity.uuid(), "user_ids": user_ids(users, state)})
        }
        Fact::ExceptionSet {
            exception,
            kind,
            user,
            subject,
            reason,
            expires,
        } => json!({
            "exception_id": exception.uuid(), "exception_kind": kind.as_str(), "user_id": user.uuid(),
            "entity_id": subject.entity().map(EntityId::uuid), "role": subject.role().map(RoleName::as_str),
            "reason": reason, "expires_at": expires.map(Time),
        }),
        Fact::ExceptionRemoved { exception, user } | Fact::ExceptionExpired { exception, user } => {
            json!({"exception_id": exception.uuid(), "user_id": user.uuid()})
        }
        Fact::SafeguardsChanged { safeguards } => json!({"safeguards": SafeguardsView::of(safeguards)}),
        Fact::ExamplesSaved { examples } => {
            json!({"examples": examples.iter().map(ExampleBody::of).collect::<Vec<_>>()})
        }
        Fact::ConflictResolved {
            conflict,
            slot,
            user,
            claimed,
            chosen,
            everyone,
        } => json!({
            "conflict_id": conflict.uuid(), "conflict_kind": slot.conflict_kind(), "user_id": user.uuid(),
            "claimed": claimed.iter().map(|entity| entity.uuid()).collect::<Vec<_>>(), "chosen": chosen.uuid(),
            "everyone": everyone,
        }),
        Fact::DecisionForgotten { decision } => json!({"decision_id": decision.uuid()}),
    };
    with(json!({"kind": fact.kind()}), fields)
}

fn registry_fact(fact: &RegistryFact) -> Value {
    match fact {
        RegistryFact::OrganizationCreated { organization, name } => {
            json!({"organization_id": organization.uuid(), "name": name})
        }
        RegistryFact::ConnectionCreated {
            connection,
            organization,
            name,
            provider,
        } => json!({
            "connection": ConnectionName(*connection).to_string(), "organization_id": organization.uuid(),
            "name": name, "provider": provider,
        }),
        RegistryFact::ConnectionChanged {
            connection,
            name,
            group_provisioning,
        } => json!({
            "connection": ConnectionName(*connection).to_string(), "name": name,
            "group_provisioning": group_provisioning,
        }),
        RegistryFact::ConnectionSettingsChanged {
            connection,
            name,
            settings,
        } => json!({
            "connection": ConnectionName(*connection).to_string(), "name": name,
            "settings": ConnectionSettingsView::of(settings),
        }),
        RegistryFact::ConnectionDeleted { connection } => {
            json!({"connection": ConnectionName(*connection).to_string()})
        }
        RegistryFact::TokenCreated {
            token,
            scope,
            name,
            suffix,
            expires_at,
            ..
        } => with(
            json!({"token_id": token.uuid(), "name": name, "suffix": suffix, "expires_at": expires_at.map(Time)}),
            token_scope(*scope),
        ),
        RegistryFact::TokenRevoked { token } => json!({"token_id": token.uuid()}),
    }
}

fn token_scope(scope: TokenScope) -> Value {
    match scope {
        TokenScope::Root => json!({"role": "root"}),
        TokenScope::Admin { organization, role } => {
            json!({"role": role.as_str(), "organization_id": organization.uuid()})
        }
        TokenScope::Scim {
            organization,
            connection,
        } => json!({
            "role": "scim", "organization_id": organization.uuid(),
            "connection": ConnectionName(connection).to_string(),
        }),
    }
}

fn group_attributes(attributes: &GroupAttributes) -> Value {
    json!({"external_id": attributes.external_id, "roles": attributes.roles})
}

/// A consequence, with what it follows from.
pub(crate) fn consequence(consequence: &Consequence, state: &State) -> Value {
    let kind = json!({"kind": consequence.effect.kind(), "because": because(&consequence.because)});
    with(kind, effect(&consequence.effect, state))
}

/// What a consequence follows from.
pub(crate) fn because(because: &Because) -> Value {
    let reason = json!({"fact": because.fact, "mapping_id": because.mapping.map(MappingId::uuid)});
    with(reason, rule_version(because.rule))
}

fn effect(effect: &Effect, state: &State) -> Value {
    match effect {
        Effect::GroupDecided { group, rule } => with(json!({"group_id": group.uuid()}), rule_version(*rule)),
        Effect::MappingProposed {
            mapping,
            group,
            entity_type,
            entity,
            name,
            origin,
            role,
            status,
            ..
        } => with(
            json!({
                "mapping_id": mapping.uuid(), "group_id": group.uuid(), "type": entity_type.as_str(),
                "entity_id": entity.map(EntityId::uuid), "name": name, "status": mapping_status(*status),
                "role": role.as_ref().map(RoleName::as_str),
            }),
            rule_version(origin.rule()),
        ),
        Effect::MappingMoved {
            mapping,
            from,
            to,
            entity,
        } => json!({
            "mapping_id": mapping.uuid(), "from": mapping_status(*from), "to": mapping_status(*to),
            "entity_id": entity.map(EntityId::uuid),
        }),
        Effect::EntityCreated {
            entity,
            entity_type,
            name,
        } => {
            json!({"entity_id": entity.uuid(), "type": entity_type.as_str(), "name": name})
        }
        Effect::EntityRenamed { entity, from, to } => json!({"entity_id": entity.uuid(), "from": from, "to": to}),
        Effect::EntityRenameSkipped { entity, reason } => {
            json!({"entity_id": entity.uuid(), "reason": reason.as_str()})
        }
        Effect::MembersPlaced { entity, users } => {
            json!({"entity_id": entity.uuid(), "user_ids": user_ids(users, state)})
        }
        Effect::MembersUnplaced { entity, users, reason } => {
            json!({"entity_id": entity.uuid(), "user_ids": user_ids(users, state), "reason": reason.as_str()})
        }
        Effect::RoleChanged {
            users,
            from,
            to,
            cause,
            before,
            after,
        } => json!({
            "user_ids": user_ids(users, state), "from": from.as_ref().map(RoleName::as_str),
            "to": to.as_ref().map(RoleName::as_str), "cause": cause.as_str(),
            "before": role_claims(before), "after": role_claims(after),
        }),
        Effect::ConflictOpened {
            conflict,
            slot,
            user,
            claimed,
            current,
        } => json!({
            "conflict_id": conflict.uuid(), "conflict_kind": slot.conflict_kind(), "user_id": user.uuid(),
            "claimed": claimed.iter().map(|entity| entity.uuid()).collect::<Vec<_>>(), "current": current.uuid(),
        }),
        Effect::ConflictClosed { conflict, slot, user } => json!({
            "conflict_id": conflict.uuid(), "conflict_kind": slot.conflict_kind(), "user_id": user.uuid(),
        }),
        Effect::ConflictsOpened {
            conflicts,
            slot,
            claimed,
            current,
            users,
        } => json!({
            "conflict_ids": users.iter().map(|user| conflicts.of_user(user).uuid()).collect::<Vec<_>>(),
            "conflict_kind": slot.conflict_kind(), "user_ids": user_ids(users, state),
            "claimed": claimed.iter().map(|entity| entity.uuid()).collect::<Vec<_>>(), "current": current.uuid(),
        }),
        Effect::ConflictsClosed { slot, users } => json!({
            "conflict_kind": slot.conflict_kind(), "user_ids": user_ids(users, state),
        }),
        Effect::MappingRefreshed {
            mapping,
            origin,
            name,
            role,
            ..
        } => with(
            json!({"mapping_id": mapping.uuid(), "name": name, "role": role.as_ref().map(RoleName::as_str)}),
            rule_version(origin.rule()),
        ),
        Effect::NoAdminLeft { role } => json!({"role": role.as_str()}),
        Effect::MappingLimited { mapping, to } => {
            json!({"mapping_id": mapping.uuid(), "user_ids": user_ids(to, state)})
        }
        Effect::MappingLimitLifted { mapping } => json!({"mapping_id": mapping.uuid()}),
        Effect::HoldOpened {
            hold,
            scope,
            role,
            passed,
            limit,
        } => with(
            json!({
                "hold_id": hold.uuid(), "role": role.as_ref().map(RoleName::as_str), "passed": passed, "limit": limit,
            }),
            brake_scope(*scope),
        ),
        Effect::HoldGrew { hold, entity, users } | Effect::HoldShrank { hold, entity, users } => json!({
            "hold_id": hold.uuid(), "entity_id": entity.map(EntityId::uuid), "user_ids": user_ids(users, state),
        }),
        Effect::HoldClosed { hold, scope } => with(json!({"hold_id": hold.uuid()}), brake_scope(*scope)),
        Effect::RemovalsPassed { scope, count } => with(json!({"count": count}), brake_scope(*scope)),
    }
}

fn brake_scope(scope: BrakeScope) -> Value {
    json!({"scope": BrakeScopeView::of(scope)})
}

fn mapping_status(status: MappingStatus) -> Value {
    json!({"status": status.as_str(), "reason": status.reason()})
}

fn rule_version(rule: Option<RuleVersion>) -> Value {
    json!({"rule_id": rule.map(|rule| rule.rule.uuid()), "rule_version": rule.map(|rule| rule.version)})
}

/// The claims, as the present state of a user shows them, too.
pub(crate) fn role_claims(claims: &[RoleClaim]) -> Vec<RoleClaimView> {
    claims.iter().map(RoleClaimView::of).collect()
}

fn user_ids(users: &UserSet, state: &State) -> Vec<uuid::Uuid> {
    users.iter().map(|user| state.user_at(user).id.uuid()).collect()
}

/// The fields of both objects.
fn with(first: Value, second: Value) -> Value {
    let fields = |value| match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    let mut all = fields(first);
    all.extend(fields(second));
    Value::Object(all)
}
