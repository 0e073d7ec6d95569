//! What a plan is to change.

use rolecall_rules::Example;
use serde::Serialize;

use crate::command::{Command, ExceptionInput, MappingTarget};
use crate::id::{ExceptionId, GroupId, MappingId};
use crate::plan::GroupDrift;
use crate::rule_set::DraftRule;
use crate::settings::SettingsChange;

/// Changes that take effect together. Without any, the existing groups are brought up to date with the rules as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Draft {
    /// Settings to change, before everything else.
    pub settings: SettingsChange,
    /// All rules that there are to be; `None`: the rules stay.
    pub rules: Option<Vec<DraftRule>>,
    /// All examples that there are to be; `None`: they stay.
    pub examples: Option<Vec<Example>>,
    /// Mappings to make or to decide on, each once.
    pub mappings: Vec<MappingChange>,
    /// Pins and exclusions to set or to end, after everything else.
    pub exceptions: Vec<ExceptionChange>,
    /// Whether the rules run over all groups that there are.
    pub rerun: bool,
    /// Groups to bring into line with the provider.
    pub drift: Vec<GroupDrift>,
}

/// A change of one mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum MappingChange {
    /// Bind a group to an entity.
    Create {
        /// The group.
        group: GroupId,
        /// The entity.
        target: MappingTarget,
    },
    /// Approve a mapping.
    Approve {
        /// The mapping.
        mapping: MappingId,
        /// Another entity than the proposed one.
        target: Option<MappingTarget>,
    },
    /// Reject a mapping.
    Reject {
        /// The mapping.
        mapping: MappingId,
    },
    /// Pause a mapping.
    Pause {
        /// The mapping.
        mapping: MappingId,
    },
    /// End the pause of a mapping.
    Resume {
        /// The mapping.
        mapping: MappingId,
    },
}

/// A change of one pin or exclusion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum ExceptionChange {
    /// Set one.
    Set(ExceptionInput),
    /// End one.
    Remove(ExceptionId),
}

impl ExceptionChange {
    /// The command that does the same alone.
    pub(crate) fn command(&self) -> Command {
        match self.clone() {
            Self::Set(exception) => Command::SetException { exception },
            Self::Remove(exception) => Command::RemoveException { exception },
        }
    }
}

impl MappingChange {
    /// The mapping that it decides on; `None` for a new one.
    pub(crate) fn mapping(&self) -> Option<MappingId> {
        match self {
            Self::Create { .. } => None,
            Self::Approve { mapping, .. }
            | Self::Reject { mapping }
            | Self::Pause { mapping }
            | Self::Resume { mapping } => Some(*mapping),
        }
    }

    /// The command that does the same alone.
    pub(crate) fn command(&self) -> Command {
        match self.clone() {
            Self::Create { group, target } => Command::CreateMapping { group, target },
            Self::Approve { mapping, target } => Command::ApproveMapping { mapping, target },
            Self::Reject { mapping } => Command::RejectMapping { mapping },
            Self::Pause { mapping } => Command::PauseMapping { mapping },
            Self::Resume { mapping } => Command::ResumeMapping { mapping },
        }
    }
}
