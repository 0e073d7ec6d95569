//! Everything that can go wrong with a request, and the one table of HTTP statuses.
//!
//! How an error looks on the wire is left to `problem` (admin API) and to `scim::error` (SCIM): two renderings of the same.

use std::time::Duration;

use axum::http::StatusCode;
use rolecall_engine::registry::AdminRole;
use rolecall_engine::rules::FileProblems;
use rolecall_engine::{Position, Rejection};
use rolecall_eventlog::LogError;

use crate::auth::ConnectionName;
use crate::limits::{
    HEADERS_BYTES_MAX, PLAN_DURATION, PLAN_REQUEST_DURATION_MAX, PLANS_MAX, RETRY_AFTER_BUSY, RETRY_AFTER_RELOAD,
    TARGET_BYTES_MAX,
};

/// Why a request failed. The texts are for the caller; what the caller may not see is only in `source`.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// The engine refused the command.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// A rule set file that cannot be read, or whose rules this organization cannot have.
    #[error("the rule set file cannot be used:\n{0}")]
    RuleSetFile(#[from] FileProblems),
    /// The log refused or failed.
    #[error("{}", public_text(.0))]
    Log(#[from] LogError),
    /// The organization is being reloaded. Whether the command was kept is unknown until it is back.
    #[error("the organization is not available right now; try again")]
    Unavailable,
    /// Too many commands wait for the writer of the organization.
    #[error("too many requests are waiting for this organization; try again")]
    Busy,
    /// The organization has more requests answered than it may.
    #[error("the organization sends more requests than this server answers for one; try again in {} s", pause.as_secs())]
    TooManyRequests {
        /// How long to wait, in whole seconds.
        pause: Duration,
    },
    /// The request took too long. Whether the command was kept is unknown.
    #[error("the request took longer than {} seconds", limit.as_secs())]
    Timeout {
        /// How long it may take.
        limit: Duration,
    },
    /// A bug. It was logged.
    #[error("an internal error; the server's log has the details under the id of this request")]
    Internal,

    /// There is no token.
    #[error("a token is required: send it as `Authorization: Bearer <token>`")]
    TokenMissing,
    /// A SCIM request shows no token.
    #[error(
        "a token of the connection is required: send it as `Authorization: Bearer <token>`, or by Basic with the id of the \
         connection (`con-...`) as user name and the token as password"
    )]
    CredentialsMissing,
    /// Basic credentials that open nothing.
    #[error(
        "{reason}; for Basic, the user name is the id of the connection as it stands in the URL (`con-...`), and the password \
         is a token of that connection"
    )]
    BasicRefused {
        /// What is wrong.
        reason: String,
    },
    /// A strict connection, and a token that is not sent as the RFCs have it.
    #[error(
        "this connection is strict: the token has to be sent as `Authorization: Bearer <token>`, or by Basic with the id of the \
         connection (`con-...`) as user name and the token as password"
    )]
    SchemeRefused,
    /// An access token where one that was created by an administrator is needed.
    #[error("this is an access token; it opens the SCIM endpoint of its connection and nothing else")]
    AccessToken,
    /// The token has a typing error, or is cut off.
    #[error("the token is mistyped or incomplete; copy it again")]
    TokenMalformed,
    /// The token is unknown.
    #[error("the token is not valid: it was revoked, or never created here")]
    TokenUnknown,
    /// The token was valid once.
    #[error("the token has expired; create a new one")]
    TokenExpired,
    /// The role of the token is too low.
    #[error("this needs a token with the role `{}`", needed.as_str())]
    RoleTooLow {
        /// The least role that may do it.
        needed: AdminRole,
    },
    /// Only the root token may do this.
    #[error("this needs the root token")]
    RootOnly,
    /// A SCIM token where one of the admin API is needed.
    #[error("this is the token of a SCIM connection; the admin API needs an admin, approver, auditor or viewer token")]
    ScimToken,
    /// The token does not open this connection, or there is no such connection.
    #[error("there is no such connection for this token; the token has to be one created for the connection")]
    ConnectionNotFound,
    /// Groups where a connection has none.
    #[error(
        "this connection takes users only, and has no groups; an administrator of the organization can change that"
    )]
    UsersOnly,
    /// A plan that is not the one that was looked at.
    #[error("the plan is not the one that you looked at, or its effect is another one by now; make the plan again")]
    PlanDiffers,
    /// A snapshot without groups that is to delete the groups that it lacks.
    #[error(
        "the snapshot has no group, and `delete_missing_groups` would delete every group here: most likely the export went wrong; \
         without `delete_missing_groups` the differences are shown"
    )]
    SnapshotEmpty,
    /// A plan that nothing is known of.
    #[error(
        "there is no such plan, or it is no longer kept: plans are kept for {} minutes, the last {PLANS_MAX} of an organization, \
         and not over a restart of the server; make the plan again", PLAN_DURATION.as_secs() / 60
    )]
    PlanUnknown,
    /// The changes of a plan of which only the record knows.
    #[error(
        "the changes of this plan are no longer kept: that is for {} minutes, and not over a restart of the server; what it has \
         done is on the record, in the entries from position {} to {}", PLAN_DURATION.as_secs() / 60, first.get(), last.get()
    )]
    PlanChangesGone {
        /// Its first entry.
        first: Position,
        /// Its last entry so far.
        last: Position,
    },
    /// A plan that has been stopped, and is asked to be applied.
    #[error(
        "the plan was stopped before its end, and does not go on; what it had done stays, and a new plan does the rest"
    )]
    PlanStopped,
    /// Making a plan, or looking at it again, took too long.
    #[error(
        "the plan could not be worked out within {} minutes, and would not be the next time: make several plans, each of fewer \
         rules, mappings or groups", PLAN_REQUEST_DURATION_MAX.as_secs() / 60
    )]
    PlanTimeout,
    /// What a plan would do is too much to be kept.
    #[error(
        "what this would change takes {bytes} bytes to keep, and a plan may take {limit}: make several plans, each of fewer \
         rules, mappings or groups"
    )]
    PlanTooLarge {
        /// What draft and effect take.
        bytes: u64,
        /// What they may take.
        limit: u64,
    },
    /// There is no such thing, where the engine has no rejection for it.
    #[error("there is no such {what}")]
    NotFound {
        /// What was looked for.
        what: &'static str,
    },

    /// No route has this path.
    #[error("there is nothing at this path; see /v1/openapi.json")]
    NoRoute,
    /// The route has other methods.
    #[error("this path does not support the method; see /v1/openapi.json")]
    MethodNotAllowed,
    /// The target of the request is too long.
    #[error("the URL is longer than {TARGET_BYTES_MAX} bytes; a long search can be sent by POST to `.search`")]
    TargetTooLong,
    /// The headers are too large.
    #[error("the URL and the headers of the request are larger than {HEADERS_BYTES_MAX} bytes")]
    HeadersTooLarge,
    /// The body is too large.
    #[error("the body is larger than {limit} bytes")]
    BodyTooLarge {
        /// How large it may be.
        limit: usize,
    },
    /// The body broke off.
    #[error("the body could not be read to its end")]
    BodyBroken,
    /// There is no body, where one is needed.
    #[error("a JSON body is missing")]
    BodyMissing,
    /// The body is of another media type.
    #[error("the body has to be `{expected}`")]
    MediaType {
        /// What it has to be.
        expected: &'static str,
    },
    /// The body is not what it should be.
    #[error("line {line}, column {column} of the body: {reason}")]
    Json {
        /// Where, from 1.
        line: usize,
        /// Where, from 1.
        column: usize,
        /// What is wrong.
        reason: String,
    },
    /// A query parameter is not what it should be.
    #[error("the query: {reason}")]
    Query {
        /// What is wrong.
        reason: String,
    },
    /// A value of the body is not what it should be.
    #[error("`{place}`: {reason}")]
    Value {
        /// The field.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// A reader says that it has read further than the record goes.
    #[error(
        "position {after} is ahead of the record, which ends at {head}: it is of another record, or this one lost its tail"
    )]
    PositionAhead {
        /// What the reader says.
        after: Position,
        /// The last entry.
        head: Position,
    },
    /// A backtest that is to start behind the end of the record.
    #[error("the record ends at entry {end}: a backtest cannot start with entry {first}")]
    StartAhead {
        /// Where it is to start.
        first: Position,
        /// The last entry.
        end: Position,
    },
    /// A backtest that starts before something that its draft names was there.
    #[error(
        "{rejection}, as the record was at entry {at}, after which the backtest starts; what came later can be named only when it starts later"
    )]
    NotThereYet {
        /// What is missing.
        rejection: Rejection,
        /// The last entry before the start.
        at: Position,
    },
    /// Too many event streams are open.
    #[error("too many event streams are open; close some, or read pages")]
    TooManyStreams,
    /// Another record is being verified.
    #[error("another verification is running; try again when it is done")]
    VerificationRuns,
    /// New users of a connection are put into the entity.
    #[error("the entity is the `default_entity` of connection {0}; give the connection another one or none first")]
    EntityIsConnectionDefault(ConnectionName),
    /// Another backtest of the organization is running.
    #[error("another backtest of this organization is running; try again when it is done")]
    BacktestRuns,
}

/// What the caller reads about the log; the causes below are for the operator.
fn public_text(error: &LogError) -> &'static str {
    match error {
        LogError::Full { .. } => "the disk of the server is nearly full: writes are refused, reads go on",
        LogError::Busy => "too many writes are waiting; try again",
        LogError::TooLarge { .. } => "the change is too large; send it in parts",
        LogError::Corrupt { .. } | LogError::LostTail { .. } | LogError::Missing { .. } | LogError::Damaged { .. } => {
            "the record is damaged; the operator finds the position in the server's log"
        }
        LogError::Conflict { .. }
        | LogError::Locked { .. }
        | LogError::Stopped
        | LogError::Unavailable(_)
        | LogError::Unusable { .. }
        | LogError::NotDurable => "the log is not available right now; try again",
    }
}

impl ApiError {
    /// The same error, with the place of the item that it is in.
    pub(crate) fn within(self, item: &str) -> Self {
        match self {
            Self::Value { place, reason } => Self::Value {
                place: format!("{item}.{place}"),
                reason,
            },
            other => other,
        }
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        self.answer().0
    }

    /// A word for the kind of error, stable across releases.
    pub(crate) fn code(&self) -> &'static str {
        self.answer().1
    }

    /// How long the caller is asked to wait before it tries again.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy
            | Self::TooManyStreams
            | Self::VerificationRuns
            | Self::BacktestRuns
            | Self::Log(LogError::Busy) => Some(RETRY_AFTER_BUSY),
            Self::TooManyRequests { pause } => Some(*pause),
            // The same would take as long again.
            Self::PlanTimeout => None,
            _ => (self.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER_RELOAD),
        }
    }

    /// Whether the connection ends with the answer, as what is left of the request will not be read to its end.
    pub(crate) fn closes(&self) -> bool {
        matches!(self, Self::BodyTooLarge { .. })
    }

    /// The table: status and word of every error.
    fn answer(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Rejected(rejection) => of_rejection(rejection),
            Self::RuleSetFile(_) => (StatusCode::BAD_REQUEST, "rule_set_file"),
            Self::Log(error) => of_log_error(error),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            Self::Busy => (StatusCode::TOO_MANY_REQUESTS, "busy"),
            Self::TooManyRequests { .. } => (StatusCode::TOO_MANY_REQUESTS, "too_many_requests"),
            Self::Timeout { .. } => (StatusCode::SERVICE_UNAVAILABLE, "timeout"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
            Self::TokenMissing => (StatusCode::UNAUTHORIZED, "token_missing"),
            Self::CredentialsMissing => (StatusCode::UNAUTHORIZED, "credentials_missing"),
            Self::BasicRefused { .. } => (StatusCode::UNAUTHORIZED, "basic_refused"),
            Self::SchemeRefused => (StatusCode::UNAUTHORIZED, "scheme_refused"),
            Self::AccessToken => (StatusCode::UNAUTHORIZED, "access_token"),
            Self::TokenMalformed => (StatusCode::UNAUTHORIZED, "token_malformed"),
            Self::TokenUnknown => (StatusCode::UNAUTHORIZED, "token_unknown"),
            Self::TokenExpired => (StatusCode::UNAUTHORIZED, "token_expired"),
            Self::RoleTooLow { .. } => (StatusCode::FORBIDDEN, "role_too_low"),
            Self::RootOnly => (StatusCode::FORBIDDEN, "root_only"),
            Self::ScimToken => (StatusCode::FORBIDDEN, "scim_token"),
            Self::ConnectionNotFound => (StatusCode::NOT_FOUND, "unknown_connection"),
            Self::UsersOnly => (StatusCode::NOT_FOUND, "users_only"),
            Self::PlanDiffers => (StatusCode::PRECONDITION_FAILED, "plan_differs"),
            Self::SnapshotEmpty => (StatusCode::BAD_REQUEST, "snapshot_empty"),
            Self::PlanUnknown => (StatusCode::NOT_FOUND, "unknown_plan"),
            Self::PlanChangesGone { .. } => (StatusCode::NOT_FOUND, "plan_changes_gone"),
            Self::PlanStopped => (StatusCode::CONFLICT, "plan_stopped"),
            Self::PlanTimeout => (StatusCode::SERVICE_UNAVAILABLE, "plan_timeout"),
            Self::PlanTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "plan_too_large"),
            Self::NotFound { .. } => (StatusCode::NOT_FOUND, "not_found"),
            Self::NoRoute => (StatusCode::NOT_FOUND, "no_route"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::TargetTooLong => (StatusCode::URI_TOO_LONG, "target_too_long"),
            Self::HeadersTooLarge => (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "headers_too_large"),
            Self::BodyTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            Self::BodyBroken => (StatusCode::BAD_REQUEST, "body_broken"),
            Self::BodyMissing => (StatusCode::BAD_REQUEST, "json"),
            Self::MediaType { .. } => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type"),
            Self::Json { .. } => (StatusCode::BAD_REQUEST, "json"),
            Self::Query { .. } => (StatusCode::BAD_REQUEST, "query"),
            Self::Value { .. } => (StatusCode::BAD_REQUEST, "value"),
            Self::PositionAhead { .. } => (StatusCode::BAD_REQUEST, "position_ahead"),
            Self::StartAhead { .. } => (StatusCode::BAD_REQUEST, "position_ahead"),
            Self::NotThereYet { rejection, .. } => of_rejection(rejection),
            Self::TooManyStreams => (StatusCode::TOO_MANY_REQUESTS, "too_many_streams"),
            Self::VerificationRuns => (StatusCode::TOO_MANY_REQUESTS, "verification_runs"),
            Self::EntityIsConnectionDefault(_) => (StatusCode::CONFLICT, "entity_is_connection_default"),
            Self::BacktestRuns => (StatusCode::TOO_MANY_REQUESTS, "backtest_runs"),
        }
    }
}

fn of_rejection(rejection: &Rejection) -> (StatusCode, &'static str) {
    match rejection {
        Rejection::UnknownOrganization => (StatusCode::NOT_FOUND, "unknown_organization"),
        Rejection::UnknownConnection => (StatusCode::NOT_FOUND, "unknown_connection"),
        Rejection::UnknownToken => (StatusCode::NOT_FOUND, "unknown_token"),
        Rejection::UnknownUser => (StatusCode::NOT_FOUND, "unknown_user"),
        Rejection::UnknownGroup => (StatusCode::NOT_FOUND, "unknown_group"),
        Rejection::UnknownRule => (StatusCode::NOT_FOUND, "unknown_rule"),
        Rejection::UnknownEntity => (StatusCode::NOT_FOUND, "unknown_entity"),
        Rejection::UnknownMapping => (StatusCode::NOT_FOUND, "unknown_mapping"),
        Rejection::UnknownConflict => (StatusCode::NOT_FOUND, "unknown_conflict"),
        Rejection::UnknownDecision => (StatusCode::NOT_FOUND, "unknown_decision"),
        Rejection::UnknownHold => (StatusCode::NOT_FOUND, "unknown_hold"),
        Rejection::UnknownException => (StatusCode::NOT_FOUND, "unknown_exception"),
        Rejection::UnknownMember { .. } => (StatusCode::NOT_FOUND, "unknown_member"),
        Rejection::MemberExcluded { .. } => (StatusCode::CONFLICT, "member_excluded"),
        Rejection::MemberPinned { .. } => (StatusCode::CONFLICT, "member_pinned"),
        Rejection::MemberNotByHand { .. } => (StatusCode::CONFLICT, "member_not_by_hand"),
        Rejection::ExceptionExists { .. } => (StatusCode::CONFLICT, "exception_exists"),
        Rejection::PinnedElsewhere { .. } => (StatusCode::CONFLICT, "pinned_elsewhere"),
        Rejection::UnknownRole { .. } => (StatusCode::BAD_REQUEST, "unknown_role"),
        Rejection::DefaultRoleExcluded { .. } => (StatusCode::CONFLICT, "default_role_excluded"),
        Rejection::ExpiresInThePast => (StatusCode::BAD_REQUEST, "expires_in_the_past"),
        Rejection::Required { .. } => (StatusCode::BAD_REQUEST, "required"),
        Rejection::TooLong { .. } => (StatusCode::BAD_REQUEST, "too_long"),
        Rejection::ControlCharacter { .. } => (StatusCode::BAD_REQUEST, "control_character"),
        Rejection::LimitReached { .. } | Rejection::TooManyExamples { .. } => {
            (StatusCode::BAD_REQUEST, "limit_reached")
        }
        Rejection::TooManyDiscarded { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too_many_discarded"),
        Rejection::TooManyMembers { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too_many_members"),
        Rejection::UserNameTaken { .. } => (StatusCode::CONFLICT, "user_name_taken"),
        Rejection::UserNameNotEmail => (StatusCode::BAD_REQUEST, "user_name_not_email"),
        Rejection::UserNameImmutable => (StatusCode::BAD_REQUEST, "user_name_immutable"),
        Rejection::EmailDomain => (StatusCode::BAD_REQUEST, "email_domain"),
        Rejection::GroupNameTaken { .. } => (StatusCode::CONFLICT, "group_name_taken"),
        Rejection::GroupProvisioningOff => (StatusCode::FORBIDDEN, "group_provisioning_off"),
        Rejection::VersionMismatch { .. } => (StatusCode::PRECONDITION_FAILED, "version_mismatch"),
        Rejection::RuleNameTaken { .. } => (StatusCode::CONFLICT, "rule_name_taken"),
        Rejection::Rule(_) => (StatusCode::BAD_REQUEST, "rule"),
        Rejection::RuleSet(_) => (StatusCode::BAD_REQUEST, "rule_set"),
        Rejection::Examples(_) => (StatusCode::BAD_REQUEST, "examples"),
        Rejection::EntityNameTaken { .. } => (StatusCode::CONFLICT, "entity_name_taken"),
        Rejection::EntityExternalIdTaken => (StatusCode::CONFLICT, "entity_external_id_taken"),
        Rejection::EntityIsDefault => (StatusCode::CONFLICT, "entity_is_default"),
        Rejection::EntityOwned { .. } => (StatusCode::CONFLICT, "entity_owned"),
        Rejection::TargetMissing { .. } => (StatusCode::CONFLICT, "target_missing"),
        Rejection::TargetType { .. } => (StatusCode::CONFLICT, "target_type"),
        Rejection::TargetAmbiguous { .. } => (StatusCode::CONFLICT, "target_ambiguous"),
        Rejection::SecondPerson => (StatusCode::FORBIDDEN, "second_person"),
        Rejection::SecondPersonTarget => (StatusCode::FORBIDDEN, "second_person_target"),
        Rejection::TargetUnnamed => (StatusCode::CONFLICT, "target_unnamed"),
        Rejection::TargetDeleted => (StatusCode::CONFLICT, "target_deleted"),
        Rejection::AlreadyMapped => (StatusCode::CONFLICT, "already_mapped"),
        Rejection::MappingStatus { .. } => (StatusCode::CONFLICT, "mapping_status"),
        Rejection::TooManyMappings { .. } => (StatusCode::BAD_REQUEST, "too_many_mappings"),
        Rejection::PlanRuns => (StatusCode::CONFLICT, "plan_runs"),
        Rejection::PlanNotRunning => (StatusCode::CONFLICT, "plan_not_running"),
        Rejection::PlanOutdated { .. } => (StatusCode::PRECONDITION_FAILED, "plan_outdated"),
        Rejection::PlanSecondPerson => (StatusCode::FORBIDDEN, "plan_second_person"),
        Rejection::MappingTwice => (StatusCode::BAD_REQUEST, "mapping_twice"),
        Rejection::Planned { reason, .. } => of_rejection(reason),
        Rejection::Snapshot(_) => (StatusCode::BAD_REQUEST, "snapshot"),
        Rejection::DriftInBacktest => (StatusCode::BAD_REQUEST, "drift_in_backtest"),
        Rejection::IncomingUnnamed { .. } => (StatusCode::CONFLICT, "incoming_unnamed"),
        Rejection::NotIncoming { .. } => (StatusCode::CONFLICT, "not_incoming"),
        Rejection::Extensions(_) => (StatusCode::BAD_REQUEST, "extensions"),
        Rejection::Setting { .. } => (StatusCode::BAD_REQUEST, "setting"),
        Rejection::EntryTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "entry_too_large"),
    }
}

fn of_log_error(error: &LogError) -> (StatusCode, &'static str) {
    match error {
        LogError::Full { .. } => (StatusCode::INSUFFICIENT_STORAGE, "disk_full"),
        LogError::Busy => (StatusCode::TOO_MANY_REQUESTS, "busy"),
        LogError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "entry_too_large"),
        LogError::Corrupt { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "log_corrupt"),
        LogError::LostTail { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "log_lost_tail"),
        LogError::Missing { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "log_missing"),
        LogError::Damaged { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "log_damaged"),
        LogError::Unusable { .. } => (StatusCode::SERVICE_UNAVAILABLE, "log_unusable"),
        LogError::Conflict { .. } => (StatusCode::SERVICE_UNAVAILABLE, "log_conflict"),
        LogError::Locked { .. } => (StatusCode::SERVICE_UNAVAILABLE, "log_locked"),
        LogError::Stopped => (StatusCode::SERVICE_UNAVAILABLE, "log_stopped"),
        LogError::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "log_unavailable"),
        LogError::NotDurable => (StatusCode::SERVICE_UNAVAILABLE, "log_not_durable"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::REQUEST_DURATION_MAX;

    #[test]
    fn whoever_may_try_again_is_told_when_in_whole_seconds() {
        for error in [
            ApiError::Unavailable,
            ApiError::Busy,
            ApiError::Timeout {
                limit: REQUEST_DURATION_MAX,
            },
            ApiError::Log(LogError::Stopped),
        ] {
            let pause = error.retry_after().unwrap();
            assert!(pause.as_secs() >= 1 && pause.subsec_nanos() == 0, "{error}");
        }
        for error in [ApiError::TokenMissing, ApiError::PlanTimeout] {
            assert_eq!(error.retry_after(), None, "{error}");
        }
    }

    #[test]
    fn what_went_wrong_below_is_not_for_the_caller() {
        let error = ApiError::Log(LogError::unavailable("/srv/secret/path is gone"));
        assert_eq!(error.to_string(), "the log is not available right now; try again");
    }
}
