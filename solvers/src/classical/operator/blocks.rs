//! Rows cut into blocks of one length, which compile to vectors without a remainder.
//!
//! Rows of multigrid have 2^k − 1 unknowns: what is left of them after the last whole vector would take longer than
//! all vectors together. The last block ends with the row instead and overlaps the one before; its values are
//! computed twice, alike.

/// Values of a block in rows of at least as many.
pub(crate) const LONG: usize = 16;
/// Values of a block in shorter rows.
pub(crate) const SHORT: usize = 4;

/// The first places of the blocks of `length` that cover a row of `m` ≥ `length` places.
#[inline(always)]
pub(crate) fn starts(m: usize, length: usize) -> impl Iterator<Item = usize> {
    (0..m.div_ceil(length)).map(move |block| (block * length).min(m - length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_a_row_and_stay_inside_it() {
        for length in [1, SHORT, LONG] {
            for m in length..5 * length {
                let mut seen = vec![false; m];
                starts(m, length).for_each(|start| seen[start..start + length].fill(true));
                assert!(seen.iter().all(|seen| *seen), "{m} in blocks of {length}");
            }
        }
    }
}
