//! Relaxation of every other place of a row, in place.
//!
//! A row is computed in blocks, all places of a block at once, and only one colour of it is kept: half of the arithmetic
//! is thrown away, and what is left are whole vectors. A block is written when the next one has been computed, so
//! that nothing reads what has just been written: loads that overlap a store still under way wait for it.

use super::{blocks, prefetch};
use crate::classical::real::Real;

/// What the places of a row become.
pub(crate) trait Relaxed<T: Real> {
    /// `out` = the new values of places `start` + 1 to `start` + N of `row`.
    fn block<const N: usize>(&self, row: &[T], start: usize, out: &mut [T; N]);
}

/// Which places of a row are relaxed, and what will be read after it: only the loop over the row can ask for that.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Colour<'a, T> {
    /// Those whose number is odd (1) or even (0).
    pub parity: usize,
    /// Rows to ask for meanwhile.
    pub ahead: [&'a [T]; 2],
}

impl<T: Real> Colour<'_, T> {
    /// Whether place `p` is relaxed.
    #[inline(always)]
    pub fn has(self, p: usize) -> bool {
        p & 1 == self.parity
    }

    /// Replaces the values of the colour at places 1 to m of `row`.
    #[inline(always)]
    pub fn replace(self, row: &mut [T], new: &impl Relaxed<T>) {
        match row.len() - 2 {
            blocks::LONG.. => self.in_blocks::<{ blocks::LONG }>(row, new),
            blocks::SHORT.. => self.in_blocks::<{ blocks::SHORT }>(row, new),
            _ => self.in_blocks::<1>(row, new),
        }
    }

    #[inline(always)]
    fn in_blocks<const N: usize>(self, row: &mut [T], new: &impl Relaxed<T>) {
        // Known only when it runs, or else the compiler takes the mask apart.
        let masks: [[T::Bits; N]; 2] =
            std::array::from_fn(|odd| std::array::from_fn(|k| T::bits(self.has(odd + k + 1))));
        let mut pending = [T::default(); N];
        self.block(row, 0, new, &masks[0], &mut pending);
        let mut at = 0;
        for start in blocks::starts(row.len() - 2, N).skip(1) {
            let mut next = [T::default(); N];
            self.block(row, start, new, &masks[start & 1], &mut next);
            row[at + 1..][..N].copy_from_slice(&pending);
            (pending, at) = (next, start);
        }
        row[at + 1..][..N].copy_from_slice(&pending);
    }

    /// A block with its colour replaced; meanwhile asks for what lies ahead.
    #[inline(always)]
    fn block<const N: usize>(
        self,
        row: &[T],
        start: usize,
        new: &impl Relaxed<T>,
        mask: &[T::Bits; N],
        out: &mut [T; N],
    ) {
        new.block(row, start, out);
        let old = &row[start + 1..][..N];
        for k in 0..N {
            out[k] = out[k].where_set(mask[k], old[k]);
        }
        // Short rows are in cache.
        if N >= blocks::LONG {
            for line in (start..start + N).step_by(prefetch::LINE / size_of::<T>()) {
                prefetch::ask(self.ahead[0], line);
                prefetch::ask(self.ahead[1], line);
            }
        }
    }
}

/// New values that have been computed.
pub(crate) struct Computed<'a, T>(pub &'a [T]);

impl<T: Real> Relaxed<T> for Computed<'_, T> {
    #[inline(always)]
    fn block<const N: usize>(&self, _row: &[T], start: usize, out: &mut [T; N]) {
        out.copy_from_slice(&self.0[start + 1..][..N]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classical::{
        layout::{End, Layout},
        operator::{AxisWeights, Constant, Row, Rows},
    };

    /// Rows of `m` places, in the midst of a system and at its side, in place and by way of a row of new values.
    fn in_place_has_the_bits_of_new_rows<T: Real + std::fmt::LowerExp>(dimension: usize, m: usize) {
        let unknowns = std::array::from_fn(|axis| if axis + dimension < 3 { 1 } else { [3, 3, m][axis] });
        let layout = Layout { unknowns, ends: [[End::Held; 2]; 3], dimension };
        let t = T::from_f64;
        let axes =
            [1.0, 1.7, 2.3].map(|c| AxisWeights { first: [t(2.0 * c), t(c)], ..AxisWeights::uniform(c) });
        let matrix = Constant::from_weights(layout.clone(), axes, t(0.4));
        let values = |seed: usize| -> Vec<T> {
            (0..m + 2).map(|i| t(((i + 3) * (i + seed) % 37) as f64 - 11.3)).collect()
        };
        let (old, f) = (values(1), values(2));
        let rows: Vec<Vec<T>> = (3..7).map(values).collect();
        let across: Vec<&[T]> = rows[..2 * dimension - 2].iter().map(Vec::as_slice).collect();
        for place in [1, 2].map(|p| [0, 1].map(|axis| if layout.is_absent(axis) { 0 } else { p })) {
            for (parity, omega) in [(0, None), (1, None), (0, Some(t(1.3))), (1, Some(t(1.3)))] {
                let row = matrix.row(place[0], place[1]);
                let (mut new, mut here) = (old.clone(), old.clone());
                match omega {
                    None => row.solve(&old, &across, &f, &mut new),
                    Some(omega) => row.relax(omega, &old, &across, &f, &mut new),
                }
                let colour = Colour { parity, ahead: [&f, &old[m..]] };
                row.colour(omega, colour, &mut here, &across, &f, &mut []);
                for p in 0..m + 2 {
                    let relaxed = (1..=m).contains(&p) && colour.has(p);
                    let expected = if relaxed { new[p] } else { old[p] };
                    assert!(
                        here[p].to_f64().to_bits() == expected.to_f64().to_bits(),
                        "{dimension}-D, {m} places, parity {parity}, place {p}: {:e}, not {expected:e}",
                        here[p],
                    );
                }
            }
        }
    }

    #[test]
    fn rows_of_any_length_in_place() {
        for dimension in 1..=3 {
            for m in (1..70).chain([128, 257]) {
                in_place_has_the_bits_of_new_rows::<f64>(dimension, m);
                in_place_has_the_bits_of_new_rows::<f32>(dimension, m);
            }
        }
    }
}
