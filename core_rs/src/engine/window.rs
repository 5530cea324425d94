//! A column of the payments, of which rows that nobody needs any more are let go.

use std::ops::{Index, IndexMut};
use std::sync::Arc;

/// Rows by number. The newest lie side by side; of the older ones only some are kept, in order; the others are
/// gone and read as zero.
#[derive(Clone, Debug, Default)]
pub struct Window<T> {
    /// Number of the first of `rows`.
    first: usize,
    rows: Vec<T>,
    kept: Vec<T>,
    /// Numbers of `kept`, ascending, all below `first`; shared by the columns of one table.
    numbers: Arc<[u32]>,
    gone: T,
}

impl<T: Copy + Default> Window<T> {
    /// Room for `capacity` rows, not yet touched.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            rows: Vec::with_capacity(capacity),
            ..Self::default()
        }
    }

    /// Forgets all rows; the room stays.
    pub fn clear(&mut self) {
        self.truncate(0);
    }

    /// Adds a row.
    #[inline(always)]
    pub fn push(&mut self, row: T) {
        self.rows.push(row);
    }

    /// Adds rows.
    pub fn extend(&mut self, rows: impl IntoIterator<Item = T>) {
        self.rows.extend(rows);
    }

    /// Adds rows.
    pub fn extend_from_slice(&mut self, rows: &[T]) {
        self.rows.extend_from_slice(rows);
    }

    /// Adds `row` until there are `len`.
    pub fn resize(&mut self, len: usize, row: T) {
        self.rows.resize(len - self.first, row);
    }

    /// Forgets all but the first `len` rows. What is left of them must not have been let go, unless it is nothing.
    pub fn truncate(&mut self, len: usize) {
        if len == 0 {
            self.first = 0;
            self.kept.clear();
            self.numbers = Arc::default();
        }
        self.rows.truncate(len - self.first);
    }

    /// Number of the first of the newest rows, none of which is gone.
    #[must_use]
    pub fn first(&self) -> usize {
        self.first
    }

    /// Numbers of the older rows that are kept, ascending.
    #[must_use]
    pub fn numbers(&self) -> &[u32] {
        &self.numbers
    }

    /// The row, unless it is gone.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&T> {
        if at >= self.first {
            return self.rows.get(at - self.first);
        }
        let place = self.numbers.binary_search(&(at as u32)).ok()?;
        self.kept.get(place)
    }

    /// Lets go of what is below `first`, but for the rows `numbers`, none of which is gone.
    pub fn let_go(&mut self, first: usize, numbers: &Arc<[u32]>) {
        let kept = numbers
            .iter()
            .map(|&number| self[number as usize])
            .collect();
        self.rows.drain(..first - self.first);
        (self.first, self.kept) = (first, kept);
        self.numbers = Arc::clone(numbers);
    }

    #[cold]
    #[inline(never)]
    fn old(&self, at: usize) -> &T {
        assert!(at < self.first, "there is no row {at} yet");
        self.get(at).unwrap_or(&self.gone)
    }

    #[cold]
    #[inline(never)]
    fn old_mut(&mut self, at: usize) -> &mut T {
        assert!(at < self.first, "there is no row {at} yet");
        match self.numbers.binary_search(&(at as u32)) {
            Ok(place) => &mut self.kept[place],
            Err(_) => {
                self.gone = T::default();
                &mut self.gone
            }
        }
    }
}

impl<T: Copy + Default> From<Vec<T>> for Window<T> {
    fn from(rows: Vec<T>) -> Self {
        Self {
            rows,
            ..Self::default()
        }
    }
}

impl<T: Copy + Default> Index<usize> for Window<T> {
    type Output = T;

    #[inline(always)]
    fn index(&self, at: usize) -> &T {
        match self.rows.get(at.wrapping_sub(self.first)) {
            Some(row) => row,
            None => self.old(at),
        }
    }
}

impl<T: Copy + Default> IndexMut<usize> for Window<T> {
    #[inline(always)]
    fn index_mut(&mut self, at: usize) -> &mut T {
        let place = at.wrapping_sub(self.first);
        if place < self.rows.len() {
            &mut self.rows[place]
        } else {
            self.old_mut(at)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Window;

    #[test]
    fn rows_keep_their_numbers_whatever_is_let_go() {
        let mut column: Window<u32> = Window::with_capacity(4);
        column.extend(0..100);
        let numbers: Arc<[u32]> = vec![3, 7].into();
        column.let_go(50, &numbers);
        column[7] += 1_000;
        column.push(100);
        let read = [3, 7, 50, 99, 100].map(|at| column[at]);
        assert_eq!(read, [3, 1_007, 50, 99, 100]);
        assert_eq!([0, 49].map(|at| column.get(at)), [None, None]);
        let numbers: Arc<[u32]> = vec![7, 60].into();
        column.let_go(101, &numbers);
        column.resize(103, 5);
        assert_eq!([7, 60, 101, 102].map(|at| column[at]), [1_007, 60, 5, 5]);
        assert_eq!(column.get(3), None);
    }

    #[test]
    fn what_is_gone_reads_as_zero_whatever_is_written_there() {
        let mut column = Window::from(vec![9_u8; 10]);
        column.let_go(10, &Arc::default());
        column[4] |= 2;
        column[5] |= 4;
        assert_eq!(column[5], 4);
        column[6] &= 4;
        assert_eq!(column[6], 0);
    }

    #[test]
    fn it_begins_again_from_nothing() {
        let mut column = Window::from(vec![9_u8; 10]);
        column.let_go(8, &Arc::default());
        column.clear();
        column.push(1);
        assert_eq!(column[0], 1);
    }
}
