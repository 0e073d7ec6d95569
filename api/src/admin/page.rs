//! Lists: `{"items": [...], "next": cursor}`.

use rolecall_engine::Position;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::limits::{PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX};

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The items of this page, in order.
    pub(crate) items: Vec<T>,
    /// What to send as `after` for the next page; `null` on the last one.
    pub(crate) next: Option<String>,
}

impl<T> Page<T> {
    /// The only page of a list.
    pub(crate) fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }

    /// The page that begins with the first of the rows.
    pub(crate) fn of<R>(
        mut rows: impl Iterator<Item = R>,
        limit: usize,
        cursor: impl Fn(&R) -> String,
        view: impl Fn(R) -> T,
    ) -> Self {
        let mut items = Vec::new();
        let mut last = None;
        for row in rows.by_ref().take(limit) {
            last = Some(cursor(&row));
            items.push(view(row));
        }
        let next = rows.next().and(last);
        Self { items, next }
    }
}

/// How many items a page has.
///
/// # Errors
/// When that is none, or more than the limit.
pub(crate) fn limit(asked: Option<usize>) -> Result<usize, ApiError> {
    let limit = asked.unwrap_or(PAGE_ITEMS_DEFAULT);
    if (1..=PAGE_ITEMS_MAX).contains(&limit) {
        return Ok(limit);
    }
    Err(ApiError::Query {
        reason: format!("`limit` has to be between 1 and {PAGE_ITEMS_MAX}"),
    })
}

/// About how many steps a page takes, when a row takes this many.
pub(crate) fn steps(limit: usize, of_row: u64) -> u64 {
    u64::try_from(limit).unwrap_or(u64::MAX).saturating_mul(of_row)
}

/// The position that a page of entries comes after; the beginning of the record if left out.
///
/// # Errors
/// When the record has not come that far: to answer with no entries would hide that it is not the one that was read before.
pub(crate) fn after(asked: Option<u64>, head: Position) -> Result<Position, ApiError> {
    let after = Position::new(asked.unwrap_or(0));
    let ahead = ApiError::PositionAhead { after, head };
    if after > head { Err(ahead) } else { Ok(after) }
}

/// The index of the first row of a page whose cursor is the index of the row before.
pub(crate) fn first<I: From<u32>>(after: Option<u32>) -> I {
    I::from(after.map_or(0, |after| after.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rows: u32, limit: usize, items: &[u32], next: Option<&str>) {
        let page = Page::of(0..rows, limit, u32::to_string, |row| row);
        assert_eq!((page.items.as_slice(), page.next.as_deref()), (items, next));
    }

    #[test]
    fn a_page_names_the_next_one_only_when_there_is_more() {
        check(0, 2, &[], None);
        check(2, 2, &[0, 1], None);
        check(3, 2, &[0, 1], Some("1"));
        assert_eq!(first::<u32>(Some(1)), 2);
        assert_eq!(first::<u32>(None), 0);
    }
}
