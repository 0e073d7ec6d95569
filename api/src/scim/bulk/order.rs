//! In which order operations are done of which some come after others.

use std::collections::BTreeSet;

/// Each as early as it can be, and the first of those that can be. What comes after itself, or after what does, is left out.
pub(super) fn order(after: &[BTreeSet<usize>]) -> Vec<usize> {
    let mut waits_for: Vec<usize> = after.iter().map(BTreeSet::len).collect();
    let mut before = vec![Vec::new(); after.len()];
    for (index, others) in after.iter().enumerate() {
        for other in others {
            before.get_mut(*other).into_iter().for_each(|list| list.push(index));
        }
    }
    let free = waits_for.iter().enumerate().filter(|(_, count)| **count == 0);
    let mut free: BTreeSet<usize> = free.map(|(index, _)| index).collect();
    let mut order = Vec::with_capacity(after.len());
    while let Some(next) = free.pop_first() {
        order.push(next);
        for index in before.get(next).into_iter().flatten() {
            let Some(count) = waits_for.get_mut(*index) else {
                continue;
            };
            *count -= 1;
            if *count == 0 {
                free.insert(*index);
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(after: &[&[usize]], expected: &[usize]) {
        let after: Vec<BTreeSet<usize>> = after.iter().map(|others| others.iter().copied().collect()).collect();
        assert_eq!(order(&after), expected);
    }

    #[test]
    fn what_waits_for_nothing_stays_in_order() {
        check(&[], &[]);
        check(&[&[], &[], &[]], &[0, 1, 2]);
        check(&[&[], &[0], &[1]], &[0, 1, 2]);
    }

    #[test]
    fn what_waits_is_done_as_soon_as_it_can_be() {
        check(&[&[2], &[], &[], &[]], &[1, 2, 0, 3]);
        check(&[&[1], &[2], &[]], &[2, 1, 0]);
    }

    #[test]
    fn what_waits_for_itself_is_left_out_with_all_that_waits_for_it() {
        check(&[&[0], &[]], &[1]);
        check(&[&[1], &[0], &[1], &[]], &[3]);
    }
}
