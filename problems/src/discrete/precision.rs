//! Whether single precision sees all of a matrix.

use super::{Coefficients, Discrete};
use crate::{Condition, reduce};

/// Coefficients farther apart than this, or numbers outside of this range, are too much for seven digits.
const APART: f64 = 1e4;
const RANGE: [f64; 2] = [1e-30, 1e30];
/// κ²L²/ε below this, where nothing else holds u, is lost beside second differences in seven digits.
const HOLD: f64 = 1e-4;

impl Discrete {
    /// Whether cycles in single precision see all of the matrix: its numbers are inside the range, ε does not jump by more
    /// than a factor 10⁴, and if only κ² holds u it holds it well.
    pub fn suits_single_precision(&self) -> bool {
        let in_range = |x: f64| (RANGE[0]..=RANGE[1]).contains(&x);
        let (least, largest, screening) = match &self.coefficients {
            Coefficients::Constant { axes, screening } => {
                let largest = axes.iter().copied().fold(0.0, f64::max);
                (axes.iter().copied().fold(f64::INFINITY, f64::min), largest, *screening)
            }
            Coefficients::Variable { faces, .. } => {
                let least = |faces: &Vec<f64>| {
                    1.0 / reduce::max_blocks(faces.len(), |range| {
                        faces[range].iter().filter(|c| **c > 0.0).map(|c| 1.0 / c).fold(0.0, f64::max)
                    })
                };
                let largest = faces.iter().map(|faces| reduce::max_abs(faces)).fold(0.0, f64::max);
                let screening = reduce::max_blocks(self.grid().nodes(), |range| {
                    range
                        .filter(|node| self.is_active(*node))
                        .map(|node| self.kappa2_at(node))
                        .fold(0.0, f64::max)
                });
                (faces.iter().map(least).fold(f64::INFINITY, f64::min), largest, screening)
            }
        };
        let spacings = self.grid().axes().iter().map(|axis| axis.spacing());
        let shortest = spacings.fold(f64::INFINITY, f64::min);
        let longest = self.grid().axes().iter().map(|axis| axis.upper - axis.lower).fold(0.0, f64::max);
        let only_screening = screening > 0.0
            && self.held_norm == 0.0
            && !self.is_held()
            && !self.sides.iter().flatten().any(|side| *side == Condition::Dirichlet);
        let holds = screening * (longest / shortest).powi(2) / largest >= HOLD;
        in_range(self.largest_diagonal) && least * APART >= largest && (!only_screening || holds)
    }
}
