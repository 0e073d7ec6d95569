//! A pin or an exclusion in JSON, as an administrator asks for it.

use rolecall_engine::{EntityId, ExceptionInput, ExceptionKind, ExceptionSubject, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::described::{ExceptionReason, RoleText};
use super::settings::role;
use crate::error::ApiError;
use crate::time::Time;

/// What to pin a user to, or to exclude it from: an entity or a role, one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExceptionBody {
    kind: ExceptionWord,
    user_id: Uuid,
    /// The entity that it is about.
    entity_id: Option<Uuid>,
    /// The role that it is about.
    #[schema(value_type = Option<RoleText>)]
    role: Option<String>,
    /// Why. It stays on the record for ever, so it should name no person.
    #[schema(value_type = ExceptionReason)]
    reason: String,
    /// When it ends by itself; never, if left out.
    expires_at: Option<Time>,
}

/// What an exception does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ExceptionWord {
    /// The user is in the entity, or holds the role, whatever else is claimed.
    Pin,
    /// The user is not in the entity, or no claim gives it the role.
    Exclusion,
}

impl From<ExceptionWord> for ExceptionKind {
    fn from(word: ExceptionWord) -> Self {
        match word {
            ExceptionWord::Pin => Self::Pin,
            ExceptionWord::Exclusion => Self::Exclusion,
        }
    }
}

impl From<ExceptionKind> for ExceptionWord {
    fn from(kind: ExceptionKind) -> Self {
        match kind {
            ExceptionKind::Pin => Self::Pin,
            ExceptionKind::Exclusion => Self::Exclusion,
        }
    }
}

impl ExceptionBody {
    /// The exception, not checked yet.
    ///
    /// # Errors
    /// When it is about both an entity and a role, or about neither, or the role is no name of a role.
    pub(crate) fn into_input(self) -> Result<ExceptionInput, ApiError> {
        let subject = match (self.entity_id, self.role) {
            (Some(entity), None) => ExceptionSubject::Entity(EntityId::new(entity)),
            (None, Some(name)) => ExceptionSubject::Role(role("role", &name)?),
            (Some(_), Some(_)) => {
                return Err(wrong(
                    "an exception is about an entity or a role; leave one of them out",
                ));
            }
            (None, None) => {
                return Err(wrong(
                    "an exception is about an entity (`entity_id`) or a role (`role`)",
                ));
            }
        };
        Ok(ExceptionInput {
            kind: self.kind.into(),
            user: UserId::new(self.user_id),
            subject,
            reason: self.reason,
            expires: self.expires_at.map(|Time(at)| at),
        })
    }
}

fn wrong(reason: &str) -> ApiError {
    ApiError::Value {
        place: "entity_id".to_owned(),
        reason: reason.to_owned(),
    }
}
