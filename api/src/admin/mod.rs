//! The admin API: JSON under `/v1`, for the backend of the product and for administrators' scripts.
//!
//! A handler is a paragraph: who, what, do, answer. What may be done is decided by the engine.

mod audit;
#[cfg(test)]
mod backtest_tests;
mod backtest_view;
mod backtests;
mod body;
mod conflicts;
mod connection_settings;
#[cfg(test)]
mod connection_tests;
mod connections;
mod created;
mod decision_view;
mod described;
mod drift_view;
mod entities;
mod events;
mod example_body;
mod exception_body;
mod exceptions;
mod explain;
mod groups;
mod history;
#[cfg(test)]
mod history_tests;
mod holds;
mod id;
mod mapping_view;
mod mappings;
mod membership_view;
mod memberships;
mod object;
mod openapi;
mod organizations;
#[cfg(test)]
mod override_tests;
mod page;
mod plan_body;
mod plan_changes;
#[cfg(test)]
mod plan_tests;
mod plan_view;
mod planned_change;
mod plans;
mod query;
mod reconcile;
mod reference;
mod root_tokens;
mod routes;
mod rule_analysis;
mod rule_body;
mod rule_set;
mod rule_trial;
mod rules;
mod safeguards;
mod set_rule;
mod settings;
mod snapshot_csv;
mod snapshot_json;
#[cfg(test)]
mod tests;
mod tokens;
mod users;

use std::sync::Arc;

use axum::Router;
#[cfg(test)]
use axum::http::Method;

pub(crate) use self::connection_settings::ConnectionSettingsView;
pub(crate) use self::example_body::ExampleBody;
pub(crate) use self::holds::BrakeScopeView;
pub(crate) use self::membership_view::RoleClaimView;
use self::routes::Routes;
pub(crate) use self::rule_body::RuleBody;
pub(crate) use self::safeguards::SafeguardsView;
pub(crate) use self::set_rule::SetRule;
pub(crate) use self::settings::SettingsView;
use crate::app::App;
use crate::error::ApiError;
use crate::problem::Problem;

/// The router of the admin API.
pub(crate) fn router() -> Router<Arc<App>> {
    let (router, _) = routes().into_parts();
    router
        .fallback(async || Problem(ApiError::NoRoute))
        .method_not_allowed_fallback(async || Problem(ApiError::MethodNotAllowed))
}

/// What the router serves.
#[cfg(test)]
pub(crate) fn table() -> Vec<(Method, &'static str)> {
    routes().into_parts().1
}

fn routes() -> Routes {
    let routes = Routes::default()
        .get("/v1/openapi.json", openapi::read)
        .get("/v1/tokens", root_tokens::list)
        .post("/v1/tokens", root_tokens::create)
        .delete("/v1/tokens/{token}", root_tokens::revoke)
        .get("/v1/organizations", organizations::list)
        .post("/v1/organizations", organizations::create)
        .get("/v1/organizations/{organization}", organizations::read);
    record(planned(decisions(pushed(access(routes)))))
}

fn access(routes: Routes) -> Routes {
    routes
        .get("/v1/organizations/{organization}/connections", connections::list)
        .post("/v1/organizations/{organization}/connections", connections::create)
        .get(
            "/v1/organizations/{organization}/connections/{connection}",
            connections::read,
        )
        .patch(
            "/v1/organizations/{organization}/connections/{connection}",
            connections::change,
        )
        .delete(
            "/v1/organizations/{organization}/connections/{connection}",
            connections::delete,
        )
        .post(
            "/v1/organizations/{organization}/connections/{connection}/tokens",
            tokens::create_for_connection,
        )
        .get("/v1/organizations/{organization}/tokens", tokens::list)
        .post("/v1/organizations/{organization}/tokens", tokens::create)
        .delete("/v1/organizations/{organization}/tokens/{token}", tokens::revoke)
}

fn pushed(routes: Routes) -> Routes {
    routes
        .get("/v1/organizations/{organization}/users", users::list)
        .get("/v1/organizations/{organization}/users/{user}", users::read)
        .get("/v1/organizations/{organization}/groups", groups::list)
        .get("/v1/organizations/{organization}/groups/{group}", groups::read)
}

fn decisions(routes: Routes) -> Routes {
    routes
        .get("/v1/organizations/{organization}/settings", settings::read)
        .patch("/v1/organizations/{organization}/settings", settings::change)
        .get("/v1/organizations/{organization}/rules", rules::list)
        .post("/v1/organizations/{organization}/rules", rules::create)
        .post("/v1/organizations/{organization}/rules/try", rule_trial::run)
        .get("/v1/organizations/{organization}/rule_set", rule_set::read)
        .put("/v1/organizations/{organization}/rule_set", rule_set::save)
        .get(
            "/v1/organizations/{organization}/rule_set/analysis",
            rule_analysis::read,
        )
        .get("/v1/organizations/{organization}/rules/{rule}", rules::read)
        .put("/v1/organizations/{organization}/rules/{rule}", rules::change)
        .delete("/v1/organizations/{organization}/rules/{rule}", rules::delete)
        .get("/v1/organizations/{organization}/entities", entities::list)
        .post("/v1/organizations/{organization}/entities", entities::create)
        .get("/v1/organizations/{organization}/entities/{entity}", entities::read)
        .delete("/v1/organizations/{organization}/entities/{entity}", entities::delete)
        .get(
            "/v1/organizations/{organization}/entities/{entity}/members",
            entities::members,
        )
        .post(
            "/v1/organizations/{organization}/entities/{entity}/members",
            memberships::give_many,
        )
        .put(
            "/v1/organizations/{organization}/entities/{entity}/members/{user}",
            memberships::give,
        )
        .delete(
            "/v1/organizations/{organization}/entities/{entity}/members/{user}",
            memberships::take,
        )
        .get("/v1/organizations/{organization}/exceptions", exceptions::list)
        .post("/v1/organizations/{organization}/exceptions", exceptions::create)
        .get(
            "/v1/organizations/{organization}/exceptions/{exception}",
            exceptions::read,
        )
        .delete(
            "/v1/organizations/{organization}/exceptions/{exception}",
            exceptions::end,
        )
        .get("/v1/organizations/{organization}/mappings", mappings::list)
        .post("/v1/organizations/{organization}/mappings", mappings::create)
        .get("/v1/organizations/{organization}/mappings/{mapping}", mappings::read)
        .post(
            "/v1/organizations/{organization}/mappings/{mapping}/approve",
            mappings::approve,
        )
        .post(
            "/v1/organizations/{organization}/mappings/{mapping}/reject",
            mappings::reject,
        )
        .post(
            "/v1/organizations/{organization}/mappings/{mapping}/pause",
            mappings::pause,
        )
        .post(
            "/v1/organizations/{organization}/mappings/{mapping}/resume",
            mappings::resume,
        )
        .get("/v1/organizations/{organization}/conflicts", conflicts::list)
        .get("/v1/organizations/{organization}/conflicts/{conflict}", conflicts::read)
        .post(
            "/v1/organizations/{organization}/conflicts/{conflict}/resolve",
            conflicts::resolve,
        )
        .get(
            "/v1/organizations/{organization}/conflicts/decisions",
            conflicts::decisions,
        )
        .delete(
            "/v1/organizations/{organization}/conflicts/decisions/{decision}",
            conflicts::forget,
        )
        .get("/v1/organizations/{organization}/holds", holds::list)
        .get("/v1/organizations/{organization}/holds/{hold}", holds::read)
        .get("/v1/organizations/{organization}/holds/{hold}/users", holds::users)
        .post("/v1/organizations/{organization}/holds/{hold}/release", holds::release)
        .post("/v1/organizations/{organization}/holds/{hold}/discard", holds::discard)
}

fn planned(routes: Routes) -> Routes {
    routes
        .post("/v1/organizations/{organization}/plans", plans::create)
        .get("/v1/organizations/{organization}/plans/{plan}", plans::read)
        .get(
            "/v1/organizations/{organization}/plans/{plan}/changes",
            plan_changes::list,
        )
        .post("/v1/organizations/{organization}/plans/{plan}/apply", plans::apply)
        .post("/v1/organizations/{organization}/plans/{plan}/stop", plans::stop)
        .post("/v1/organizations/{organization}/reconcile", reconcile::create)
        .post("/v1/organizations/{organization}/backtests", backtests::create)
}

fn record(routes: Routes) -> Routes {
    routes
        .get("/v1/organizations/{organization}/events", events::read)
        .get("/v1/organizations/{organization}/users/{user}/history", history::read)
        .get(
            "/v1/organizations/{organization}/users/{user}/explain",
            explain::user::user,
        )
        .get(
            "/v1/organizations/{organization}/groups/{group}/explain",
            explain::group::group,
        )
        .get(
            "/v1/organizations/{organization}/entities/{entity}/explain",
            explain::entity::entity,
        )
        .post("/v1/organizations/{organization}/audit/verify", audit::verify)
}
