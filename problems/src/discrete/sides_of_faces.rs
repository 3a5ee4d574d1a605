//! Coefficients at faces and nodes that lie in an interface: the mean of what is on both sides.
//!
//! Where coefficients jump along lines of the grid, as from block to block, the middle of a face may lie on the jump, and a
//! formula tells what is on one side only. Half of the flux through such a face is on either side, so that its ε is the
//! arithmetic mean of both, in three dimensions of all four around an edge: the finite volume around a node gives that (Samarskii,
//! *The Theory of Difference Schemes*, 2001, §3.2). One side's ε moves the jump by half a spacing, an error of order one. The same
//! holds for f and κ² at nodes on the jump, half of whose cells are on either side.

use crate::{Coefficient, Grid, Points};

/// How far to the side of a face is looked, in spacings.
const ASIDE: f64 = 1e-6;
/// Values that differ by less than this share are those of a coefficient that does not jump: it keeps the value in the middle.
const SAME: f64 = 1e-3;

/// Writes `function` at points on faces across `axis`, or at nodes, to `out`: the mean of both sides where it jumps along the
/// face, or at the node.
/// Points beyond the box are not asked for; what is not a number aside changes nothing.
pub(super) fn evaluate(
    grid: &Grid,
    axis: Option<usize>,
    points: Points<'_>,
    out: &mut [f64],
    mut function: impl FnMut(Points<'_>, &mut [f64]),
) {
    function(points, out);
    let dimension = grid.dimension();
    let across: Vec<usize> = (0..dimension).filter(|other| axis != Some(*other)).collect();
    if across.is_empty() {
        return;
    }
    let corners = 1usize << across.len();
    let mut moved = points.coordinates().to_vec();
    let mut sums = vec![0.0; out.len()];
    let mut values = vec![0.0; out.len()];
    for corner in 0..corners {
        for (k, other) in across.iter().enumerate() {
            let along = grid.axes()[*other];
            let aside = if corner >> k & 1 == 1 { ASIDE } else { -ASIDE } * along.spacing();
            let places = moved.iter_mut().skip(*other).step_by(dimension);
            for (to, x) in places.zip(points.coordinates().iter().skip(*other).step_by(dimension)) {
                // On a side of the box both look at what is inside.
                let beyond = !(along.lower..=along.upper).contains(&(x + aside));
                *to = if beyond { x - aside } else { x + aside };
            }
        }
        function(Points::new(&moved, dimension), &mut values);
        sums.iter_mut().zip(&values).for_each(|(sum, value)| *sum += value);
    }
    for (out, sum) in out.iter_mut().zip(sums) {
        let mean = sum / corners as f64;
        if mean.is_finite() && (mean - *out).abs() > SAME * out.abs() {
            *out = mean;
        }
    }
}

/// [`evaluate`] of a coefficient: one that is constant jumps nowhere, and is not asked.
pub(super) fn coefficient(
    grid: &Grid,
    axis: Option<usize>,
    coefficient: Coefficient,
    points: Points<'_>,
    out: &mut [f64],
    function: impl FnMut(Points<'_>, &mut [f64]),
) {
    match coefficient {
        Coefficient::Constant(value) => out.fill(value),
        Coefficient::Variable => evaluate(grid, axis, points, out, function),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ε on a face in the plane of a jump, beside it, and on the side of the box that the plane meets.
    #[test]
    fn faces_in_a_jump_take_the_mean_of_both_sides() {
        let grid = Grid::new(&[[-1.0, 1.0]; 2], &[4]).unwrap();
        let jump = |points: Points<'_>, out: &mut [f64]| {
            points.evaluate(out, |x| if x[1] < 0.0 { 1.0 } else { 80.0 });
        };
        let smooth =
            |points: Points<'_>, out: &mut [f64]| points.evaluate(out, |x| (x[0] + 3.0 * x[1]).exp());
        let x = [0.25, 0.0, 0.25, 0.5, 0.25, -0.5, 0.25, 1.0, 0.25, -1.0];
        let (points, mut out) = (Points::new(&x, 2), [0.0; 5]);
        evaluate(&grid, Some(0), points, &mut out, jump);
        assert_eq!(out, [40.5, 80.0, 1.0, 80.0, 1.0]);
        // Faces that the jump crosses are not changed, nor is what does not jump.
        evaluate(&grid, Some(1), points, &mut out, jump);
        assert_eq!(out, [80.0, 80.0, 1.0, 80.0, 1.0]);
        // A node in the jump.
        evaluate(&grid, None, points, &mut out, jump);
        assert_eq!(out, [40.5, 80.0, 1.0, 80.0, 1.0]);
        let mut plain = [0.0; 5];
        smooth(points, &mut plain);
        evaluate(&grid, Some(0), points, &mut out, smooth);
        assert_eq!(out, plain);
    }
}
