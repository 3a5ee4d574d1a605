//! Transfers along one axis, of every kind of end, down to the last coarse line.

use crate::classical::{
    layout::{End, Layout},
    multigrid::{line::Line, transfer::AxisTransfer},
};

/// Every line that coarsening makes of lines with up to 40 unknowns, with its coarser one.
fn pairs() -> Vec<([End; 2], Line, Line)> {
    use End::{Held as H, Mirror as M, Wrap as W};
    let mut pairs = Vec::new();
    for ends in [[H, H], [H, M], [M, H], [M, M], [W, W]] {
        for unknowns in 3..40 {
            let layout = Layout { unknowns: [1, 1, unknowns], ends: [ends; 3], dimension: 1 };
            let mut line = Line::uniform(&layout, 2, 1.0);
            while let Some(coarser) = line.coarser() {
                pairs.push((ends, line, coarser));
                line = coarser;
            }
        }
    }
    pairs
}

/// The dense P and R.
fn matrices(transfer: &AxisTransfer<f64>) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
    let [m, coarse] = transfer.unknowns;
    let mut interpolation = vec![vec![0.0; coarse + 2]; m + 1];
    let mut restriction = vec![vec![0.0; m + 1]; coarse + 1];
    for (p, row) in interpolation.iter_mut().enumerate().skip(1) {
        for (j, weight) in transfer.parents(p) {
            row[j] += weight;
        }
    }
    for (j, row) in restriction.iter_mut().enumerate().skip(1) {
        for (p, weight) in transfer.children(j) {
            row[p] += weight;
        }
    }
    (interpolation, restriction)
}

#[test]
fn restriction_is_the_adjoint_of_interpolation() {
    for (ends, fine, coarse) in pairs() {
        for per_volume in [true, false] {
            let transfer = AxisTransfer::new(&fine, &coarse, per_volume, ends[0] == End::Wrap);
            let (interpolation, restriction) = matrices(&transfer);
            for j in 1..=coarse.unknowns() {
                for p in 1..=fine.unknowns() {
                    // Volumes are in units of each line's own spacing.
                    let volumes =
                        if per_volume { [2.0 * coarse.volume(j), fine.volume(p)] } else { [1.0; 2] };
                    let difference = volumes[0] * restriction[j][p] - interpolation[p][j] * volumes[1];
                    assert!(difference.abs() < 1e-14, "{ends:?} {fine:?} {j} {p}: {difference:e}");
                }
            }
        }
    }
}

#[test]
fn interpolation_reproduces_straight_lines_and_no_volume_is_lost() {
    for (ends, fine, coarse) in pairs() {
        let transfer = AxisTransfer::<f64>::new(&fine, &coarse, true, ends[0] == End::Wrap);
        let wraps = ends[0] == End::Wrap;
        for p in 1..=fine.unknowns() {
            let parents = transfer.parents(p);
            let total: f64 = parents.iter().map(|(_, weight)| weight).sum();
            assert!((total - 1.0).abs() < 1e-15, "{ends:?} {fine:?} {p}: {parents:?}");
            // Beyond the last coarse node of a Neumann side the interpolation is constant.
            if fine.distances(p)[1].is_none() && !(p + fine.shift()).is_multiple_of(2) {
                continue;
            }
            let x: f64 = parents
                .iter()
                .map(|&(j, weight)| {
                    // Across the seam the first node stands one period further on.
                    let round =
                        if wraps && transfer.place(j) < p && j == 1 && p > 2 { fine.length() } else { 0.0 };
                    weight * (fine.coordinate(transfer.place(j)) + round)
                })
                .sum();
            assert!((x - fine.coordinate(p)).abs() < 1e-12, "{ends:?} {fine:?} {p}: {x} by {parents:?}");
        }
        if ends.iter().all(|end| *end != End::Held) {
            let sum = |line: &Line| (1..=line.unknowns()).map(|p| line.volume(p)).sum::<f64>();
            assert!((2.0 * sum(&coarse) - sum(&fine)).abs() < 1e-12, "{ends:?} {fine:?} {coarse:?}");
        }
    }
}

#[test]
fn coarsening_ends_with_few_nodes_and_no_end_is_far_from_the_others() {
    for (ends, _, coarse) in pairs() {
        if coarse.coarser().is_none() {
            assert!(coarse.unknowns() <= 3, "{ends:?} {coarse:?}");
        }
        let ties = coarse.weights::<f64>();
        let strongest = ties.first.iter().chain(&ties.last).copied().fold(0.0, f64::max);
        if ends[1] != End::Held && coarse.unknowns() > 2 {
            // Unknowns next to each other are never tied together much more than the others.
            assert!(strongest < 3.0 * ties.inner, "{ends:?} {coarse:?}: {strongest}");
        }
    }
}
