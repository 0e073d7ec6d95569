//! When each token was last used. In memory only: it is no change of anything, so it is not on the record.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use rolecall_engine::{Timestamp, TokenId};

/// The times of last use since the start of the server.
#[derive(Debug, Default)]
pub(crate) struct LastUse(RwLock<HashMap<TokenId, AtomicU64>>);

impl LastUse {
    /// Notes that a token was used.
    pub(crate) fn note(&self, token: TokenId, now: Timestamp) {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = known.get(&token) {
            last.fetch_max(now.milliseconds(), Ordering::Relaxed);
            return;
        }
        drop(known);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known
            .entry(token)
            .or_default()
            .fetch_max(now.milliseconds(), Ordering::Relaxed);
    }

    /// When a token was last used, if it was.
    pub(crate) fn of(&self, token: TokenId) -> Option<Timestamp> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known
            .get(&token)
            .map(|last| Timestamp::from_milliseconds(last.load(Ordering::Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_use_counts() {
        let (uses, token) = (LastUse::default(), TokenId::new(uuid::Uuid::from_u128(1)));
        assert_eq!(uses.of(token), None);
        for time in [5, 9, 7] {
            uses.note(token, Timestamp::from_milliseconds(time));
        }
        assert_eq!(uses.of(token), Some(Timestamp::from_milliseconds(9)));
    }
}
