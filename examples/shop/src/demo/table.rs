//! Tables for a terminal of 80 columns.

use crate::say;

/// A table: the first column to the left, the others to the right.
pub(super) struct Table<const N: usize> {
    widths: [usize; N],
}

impl<const N: usize> Table<N> {
    /// Prints the headings.
    pub(super) fn new(widths: [usize; N], headings: [&str; N]) -> Self {
        let table = Self { widths };
        table.row(headings);
        say!("  {}", "-".repeat(widths.iter().sum::<usize>()));
        table
    }

    pub(super) fn row(&self, cells: [&str; N]) {
        let mut line = String::new();
        for (index, (cell, &width)) in cells.iter().zip(&self.widths).enumerate() {
            if index == 0 {
                line += &format!("{cell:<width$}");
            } else {
                line += &format!("{cell:>width$}");
            }
        }
        say!("  {}", line.trim_end());
    }
}
