//! A set of users of one organization, as a value: copying it is cheap, and changing one user of a copy costs the same
//! in a set of ten and in a set of a million.

use std::fmt;
use std::sync::Arc;

use imbl::OrdMap;
use roaring::RoaringBitmap;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::UserIndex;

/// Users by their dense index, in chunks of 65,536. A change copies one chunk (8 KiB at most), never the whole set.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct UserSet {
    chunks: OrdMap<u16, Arc<RoaringBitmap>>,
}

impl UserSet {
    /// The set of this user alone.
    pub fn of(user: UserIndex) -> Self {
        [user].into_iter().collect()
    }

    /// How many users are in it. Takes time in the number of chunks.
    pub fn len(&self) -> u64 {
        self.chunks.values().map(|chunk| chunk.len()).sum()
    }

    /// How many chunks it is kept in.
    pub(crate) fn chunks(&self) -> usize {
        self.chunks.len()
    }

    /// Whether nobody is in it.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Whether the user is in it.
    pub fn contains(&self, user: UserIndex) -> bool {
        let user = u32::from(user);
        self.chunks.get(&high(user)).is_some_and(|chunk| chunk.contains(user))
    }

    /// Adds a user; answers whether it was new.
    pub fn insert(&mut self, user: UserIndex) -> bool {
        let user = u32::from(user);
        Arc::make_mut(self.chunks.entry(high(user)).or_default()).insert(user)
    }

    /// Removes a user; answers whether it was there.
    pub fn remove(&mut self, user: UserIndex) -> bool {
        let user = u32::from(user);
        let Some(chunk) = self.chunks.get_mut(&high(user)) else {
            return false;
        };
        let removed = Arc::make_mut(chunk).remove(user);
        if chunk.is_empty() {
            self.chunks.remove(&high(user));
        }
        removed
    }

    /// Adds all users of another set.
    pub fn extend(&mut self, others: &Self) {
        for (high, chunk) in &others.chunks {
            *Arc::make_mut(self.chunks.entry(*high).or_default()) |= chunk.as_ref();
        }
    }

    /// Removes all users of another set.
    pub fn subtract(&mut self, others: &Self) {
        for (high, theirs) in &others.chunks {
            let Some(chunk) = self.chunks.get_mut(high) else {
                continue;
            };
            *Arc::make_mut(chunk) -= theirs.as_ref();
            if chunk.is_empty() {
                self.chunks.remove(high);
            }
        }
    }

    /// The users who are in both sets.
    pub fn intersection(&self, others: &Self) -> Self {
        let both = self.chunks.iter().filter_map(|(high, mine)| {
            let both = mine.as_ref() & others.chunks.get(high)?.as_ref();
            (!both.is_empty()).then(|| (*high, Arc::new(both)))
        });
        Self { chunks: both.collect() }
    }

    /// The users in order of their index.
    pub fn iter(&self) -> impl Iterator<Item = UserIndex> + '_ {
        self.chunks.values().flat_map(|chunk| chunk.iter()).map(UserIndex::from)
    }

    /// The users whose index is greater than `after` (all, when `None`), in order.
    pub fn iter_after(&self, after: Option<UserIndex>) -> impl Iterator<Item = UserIndex> + '_ {
        let first = after.map_or(0, |after| u32::from(after).saturating_add(1));
        self.chunks
            .range(high(first)..)
            .flat_map(move |(_, chunk)| chunk.range(first..))
            .map(UserIndex::from)
    }
}

fn high(user: u32) -> u16 {
    (user >> 16) as u16
}

impl FromIterator<UserIndex> for UserSet {
    fn from_iter<I: IntoIterator<Item = UserIndex>>(users: I) -> Self {
        let mut set = Self::default();
        for user in users {
            set.insert(user);
        }
        set
    }
}

impl fmt::Debug for UserSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(u32::from)).finish()
    }
}

/// Stored as one bitmap in the portable Roaring format (github.com/RoaringBitmap/RoaringFormatSpec).
impl Serialize for UserSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let whole: RoaringBitmap = self.chunks.values().flat_map(|chunk| chunk.iter()).collect();
        let mut bytes = Vec::with_capacity(whole.serialized_size());
        whole.serialize_into(&mut bytes).map_err(serde::ser::Error::custom)?;
        serializer.serialize_bytes(&bytes)
    }
}

impl<'de> Deserialize<'de> for UserSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = Vec::<u8>::deserialize(deserializer)?;
        let whole = RoaringBitmap::deserialize_from(bytes.as_slice()).map_err(D::Error::custom)?;
        Ok(whole.iter().map(UserIndex::from).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn set(users: &BTreeSet<u32>) -> UserSet {
        users.iter().copied().map(UserIndex::from).collect()
    }

    fn listed(set: &UserSet) -> BTreeSet<u32> {
        set.iter().map(u32::from).collect()
    }

    proptest! {
        #[test]
        fn it_is_a_set(mine in prop::collection::btree_set(0u32..200_000, 0..60),
                       theirs in prop::collection::btree_set(0u32..200_000, 0..60),
                       one in 0u32..200_000) {
            let mut extended = set(&mine);
            extended.extend(&set(&theirs));
            prop_assert_eq!(listed(&extended), mine.union(&theirs).copied().collect());
            let mut subtracted = extended.clone();
            subtracted.subtract(&set(&theirs));
            prop_assert_eq!(listed(&subtracted), mine.difference(&theirs).copied().collect());
            prop_assert_eq!(set(&mine).intersection(&set(&theirs)), set(&mine.intersection(&theirs).copied().collect()));
            prop_assert_eq!(&subtracted, &set(&mine.difference(&theirs).copied().collect()));
            prop_assert_eq!(extended.contains(one.into()), mine.contains(&one) || theirs.contains(&one));
            prop_assert_eq!(extended.len(), u64::try_from(mine.union(&theirs).count()).unwrap());
            let after: BTreeSet<u32> = extended.iter_after(Some(one.into())).map(u32::from).collect();
            prop_assert_eq!(after, mine.union(&theirs).copied().filter(|user| *user > one).collect());
            let mut with_one = extended.clone();
            prop_assert_eq!(with_one.insert(one.into()), !extended.contains(one.into()));
            prop_assert!(with_one.remove(one.into()) && !with_one.contains(one.into()));
        }
    }
}
