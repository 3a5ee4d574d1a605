//! What is said of a setup before it runs: what it takes without having been told, and what its numbers cannot show.

use super::{FEW_NODES, Setup};
use crate::modes::Split;

/// Cells a side beyond which nobody is told to take more.
const MOST_USEFUL: f64 = 1e7;
/// An error of the exact solution this many times the estimated one is no discretisation error.
const DOUBTFUL: f64 = 20.0;
/// A mean of the source over its largest value that rounding alone leaves.
const ROUNDING: f64 = 1e-12;

impl Setup {
    /// All of it, in the order in which it is said.
    pub fn notes(&self) -> impl Iterator<Item = String> + '_ {
        let others = [
            self.unresolved(),
            self.known_up_to_a_constant(),
            self.doubtful_exact(),
            self.split_into_waves(),
            self.at_test_points(),
        ];
        self.published().chain(others.into_iter().flatten())
    }

    /// What is said of solvers that took settings published with the problem.
    fn published(&self) -> impl Iterator<Item = String> + '_ {
        self.solvers.iter().filter(|prepared| !prepared.published.keys.is_empty()).map(|prepared| {
            format!(
                "{} takes what is published with {} where its spec is silent: {}",
                prepared.label, self.plan.problem.name, prepared.published
            )
        })
    }

    /// What is said of a problem that has no grid.
    fn at_test_points(&self) -> Option<String> {
        let points = self.ground.test_points()?;
        Some(format!(
            "a problem in {}-D has no grid: errors are measured at {points} fixed points inside (Sobol's sequence), there are no modes \
             and no fields, and a work unit is 10⁹ flops",
            self.problem.domain().dimension()
        ))
    }

    /// A warning where the solution oscillates faster than the grid can show.
    fn unresolved(&self) -> Option<String> {
        let k = self.problem.wave_number()?;
        let grid = self.ground.grid()?;
        let coarsest = grid.axes().iter().map(|axis| axis.spacing()).fold(0.0, f64::max);
        (k * coarsest >= std::f64::consts::PI).then(|| {
            let cells = (grid.cells().into_iter().max().unwrap_or(2) as f64 * k * coarsest
                / std::f64::consts::PI)
                .ceil();
            if cells > MOST_USEFUL {
                return format!(
                    "no uniform grid can show the fastest change of the solution, which would take {cells:.0e} cells a side"
                );
            }
            format!(
                "this grid cannot show the fastest wave of the solution; take at least {cells} cells a side"
            )
        })
    }

    /// A warning where the exact solution that is given is much farther from the discrete one than that can be from the
    /// solution of the equation.
    fn doubtful_exact(&self) -> Option<String> {
        let (bar, floor) = self.bar.as_ref().zip(self.floor)?;
        let rounding = f64::EPSILON.sqrt();
        (floor.l2 > DOUBTFUL * bar.estimate.l2 + rounding).then(|| {
            format!(
                "`exact` is {:.1e} (L2) from the solution of this grid, whose own error is estimated at {:.1e}: it does not \
                 seem to solve the equation; look at where it, or its slope, jumps",
                floor.l2, bar.estimate.l2
            )
        })
    }

    /// What is said where u is known up to a constant only.
    fn known_up_to_a_constant(&self) -> Option<String> {
        let discrete = self.ground.discrete().filter(|discrete| discrete.is_singular())?;
        let taken = match discrete.imbalance() {
            share if share > ROUNDING => {
                let percent = 100.0 * share;
                format!("; the source's mean, {percent:.1e} % of its largest value, is taken out")
            }
            _ => String::new(),
        };
        Some(format!(
            "no side holds u and κ² is zero, so u is known up to a constant: its mean is set to zero, and that of the \
             exact solution where there is one{taken}"
        ))
    }

    /// What is said where the error of a problem on shapes is split into waves of the box, whose modes are not its own.
    fn split_into_waves(&self) -> Option<String> {
        let on_shapes = self.ground.inside().is_some() && self.watch.is_some();
        (on_shapes && self.plan.transform != Split::Eigen).then(|| {
            format!(
                "the domain is no whole box: its error, 0 outside, is split into waves of the box; --transform eigen splits it \
                 into the modes of the operator on grids with few nodes (auto does up to {FEW_NODES})"
            )
        })
    }
}
