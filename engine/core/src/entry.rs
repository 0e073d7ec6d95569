//! One accepted command: its facts and their consequences, as one value in the log.

use serde::{Deserialize, Serialize};

use crate::codec::{self, CodecError};
use crate::consequence::Consequence;
use crate::fact::Fact;
use crate::id::{ConnectionId, IdSeed, PlanId, TokenId};
use crate::position::Position;
use crate::time::Timestamp;

/// Who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Actor {
    /// The holder of the root token.
    Root,
    /// The holder of a token of the organization.
    Token(TokenId),
    /// An identity provider, with one of its tokens.
    Connection {
        /// The connection.
        connection: ConnectionId,
        /// The token.
        token: TokenId,
    },
    /// The server itself.
    System,
}

/// One accepted command and all that follows from it: the unit of the log, whole or not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Where it stands: one after the entry before.
    pub position: Position,
    /// When it was accepted: never before the entry before.
    pub at: Timestamp,
    /// Who asked.
    pub actor: Actor,
    /// What its new ids are drawn from.
    pub seed: IdSeed,
    /// What was asked for and accepted; at least one.
    pub facts: Vec<Fact>,
    /// What follows from them.
    pub consequences: Vec<Consequence>,
}

impl Entry {
    /// The plan that it is a step of. The server takes the steps; who applied the plan is on record where it began.
    pub fn step_of_plan(&self) -> Option<PlanId> {
        self.facts.iter().find_map(|fact| match fact {
            Fact::PlanStepped { plan, .. } | Fact::DriftReconciled { plan, .. } | Fact::PlanFinished { plan } => {
                Some(*plan)
            }
            _ => None,
        })
    }

    /// The entry as the bytes that are stored.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// The entry that stored bytes hold.
    ///
    /// # Errors
    /// When the bytes are of an unknown format version, or damaged.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        codec::decode(bytes)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::consequence::{Because, Effect};
    use crate::id::{ConflictId, EntityId, UserId};
    use crate::limits::ENTRY_BYTES_MAX;
    use crate::mapping::Slot;

    /// The decoder counts what values take unpacked; whatever is within the limit packed has to be read all the same.
    #[test]
    fn an_entry_of_the_largest_size_is_read() {
        let id = Uuid::from_u128(7);
        let consequence = Consequence {
            because: Because {
                fact: 0,
                mapping: None,
                rule: None,
            },
            effect: Effect::ConflictOpened {
                conflict: ConflictId::new(id),
                slot: Slot::ConcurrencyGroup,
                user: UserId::new(id),
                claimed: vec![EntityId::new(id); 2],
                current: EntityId::new(id),
            },
        };
        let mut entry = Entry {
            position: Position::new(1),
            at: Timestamp::default(),
            actor: Actor::System,
            seed: IdSeed::new([0; 16]),
            facts: Vec::new(),
            consequences: vec![consequence.clone()],
        };
        let count = (ENTRY_BYTES_MAX - 100) / (entry.encode().len() - 20);
        entry.consequences = vec![consequence; count];
        let bytes = entry.encode();
        assert!(
            (ENTRY_BYTES_MAX * 9 / 10..=ENTRY_BYTES_MAX).contains(&bytes.len()),
            "{}",
            bytes.len()
        );
        assert_eq!(Entry::decode(&bytes).unwrap().consequences.len(), count);
    }
}
