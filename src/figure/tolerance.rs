//! The border between what is above and what is at or below the tolerance, along the edges of cells.

use std::collections::BTreeMap;

use super::scene::Point;

/// The cells of a heat map.
#[derive(Debug)]
pub struct Cells<'a> {
    /// Left and right end of every column.
    pub columns: &'a [(f64, f64)],
    /// Upper and lower end of every row, from the lowest row up.
    pub rows: &'a [(f64, f64)],
    /// Row by row.
    pub values: &'a [f64],
}

impl Cells<'_> {
    /// Whether a cell is at or below the tolerance; none where there is no number.
    fn reached(&self, row: usize, column: usize, tol: f64) -> Option<bool> {
        let value = self.values[row * self.columns.len() + column];
        (!value.is_nan()).then_some(value <= tol)
    }

    /// The border as straight lines.
    pub fn border(&self, tol: f64) -> Vec<Vec<Point>> {
        let differ = |a: Option<bool>, b: Option<bool>| matches!((a, b), (Some(a), Some(b)) if a != b);
        let mut upright: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut lines = Vec::new();
        for row in 0..self.rows.len() {
            for column in 1..self.columns.len() {
                if differ(self.reached(row, column - 1, tol), self.reached(row, column, tol)) {
                    upright.entry(column).or_default().push(row);
                }
            }
            if row + 1 < self.rows.len() {
                let level = |c: usize| differ(self.reached(row, c, tol), self.reached(row + 1, c, tol));
                let y = self.rows[row].0;
                for (from, to) in runs((0..self.columns.len()).filter(|c| level(*c))) {
                    lines.push(vec![[self.columns[from].0, y], [self.columns[to].1, y]]);
                }
            }
        }
        for (column, rows) in upright {
            let x = self.columns[column].0;
            for (from, to) in runs(rows.into_iter()) {
                lines.push(vec![[x, self.rows[from].1], [x, self.rows[to].0]]);
            }
        }
        lines
    }
}

/// Consecutive numbers as first and last.
fn runs(numbers: impl Iterator<Item = usize>) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some(run) if run.1 + 1 == number => run.1 = number,
            _ => runs.push((number, number)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_border_follows_the_cells() {
        let columns = [(0.0, 1.0), (1.0, 2.0), (2.0, 4.0)];
        let rows = [(10.0, 20.0), (0.0, 10.0)];
        let values = [1.0, 0.1, 0.01, 1.0, 1.0, f64::NAN];
        let border = Cells { columns: &columns, rows: &rows, values: &values }.border(0.5);
        assert_eq!(border.len(), 2);
        assert!(border.contains(&vec![[1.0, 10.0], [2.0, 10.0]]));
        assert!(border.contains(&vec![[1.0, 20.0], [1.0, 10.0]]));
    }
}
