//! The first of many: explanations are bounded.

/// The first of many things, and how many there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct First<T> {
    /// The first ones.
    pub items: Vec<T>,
    /// How many there are.
    pub total: usize,
}

impl<T> First<T> {
    /// At most `max` of them.
    pub(crate) fn of(all: impl IntoIterator<Item = T>, max: usize) -> Self {
        let mut all = all.into_iter();
        let items: Vec<T> = all.by_ref().take(max).collect();
        let total = items.len() + all.count();
        Self { items, total }
    }

    /// The same number of things, each as another.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> First<U> {
        First {
            items: self.items.into_iter().map(each).collect(),
            total: self.total,
        }
    }
}
