//! Rows by id and by dense index, as a value.

use std::sync::Arc;

use imbl::{OrdMap, Vector};

use crate::invariant::known;

/// Rows that are found by id, and numbered from 0 in the order of their creation. A row is never taken out, so an index
/// means the same row for ever; what is deleted is marked so in the row itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table<Id: Ord + Clone, Row> {
    indexes: OrdMap<Id, u32>,
    rows: Vector<Arc<Row>>,
}

impl<Id: Ord + Clone, Row> Default for Table<Id, Row> {
    fn default() -> Self {
        Self {
            indexes: OrdMap::new(),
            rows: Vector::new(),
        }
    }
}

impl<Id: Ord + Clone, Row: Clone> Table<Id, Row> {
    /// How many rows there are, deleted ones included; also the next index.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "limits keep every table far below 2^32 rows"
    )]
    pub(crate) fn len(&self) -> u32 {
        self.rows.len() as u32
    }

    pub(crate) fn find(&self, id: &Id) -> Option<u32> {
        self.indexes.get(id).copied()
    }

    pub(crate) fn by_id(&self, id: &Id) -> Option<&Row> {
        self.find(id)
            .and_then(|index| self.rows.get(index as usize))
            .map(Arc::as_ref)
    }

    /// The row at an index that this table gave.
    pub(crate) fn at(&self, index: u32) -> &Row {
        known(self.rows.get(index as usize), "row").as_ref()
    }

    pub(crate) fn insert(&mut self, id: Id, row: Row) -> u32 {
        let index = self.len();
        self.indexes.insert(id, index);
        self.rows.push_back(Arc::new(row));
        index
    }

    /// The row at an index that this table gave, to be changed. Copies the row when another state shares it.
    pub(crate) fn at_mut(&mut self, index: u32) -> &mut Row {
        Arc::make_mut(known(self.rows.get_mut(index as usize), "row"))
    }

    /// The rows from an index on, in order.
    pub(crate) fn iter_from(&self, first: u32) -> impl Iterator<Item = &Row> {
        self.rows.iter().skip(first as usize).map(Arc::as_ref)
    }
}
