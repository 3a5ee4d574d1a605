//! The linear systems of Newton's method.

use modewise_problems::Discrete;

use crate::{
    Meter, SolverError,
    classical::{
        bicgstab::{self, Stabilised},
        direct::{refined::Factors, tridiagonal::Tridiagonal},
        krylov::{Conjugate, Inverse},
        layout::End,
        multigrid::Multigrid,
        operator::{Couplings, Operator},
        state::{Source, State},
    },
    memory::Buffer,
};

/// Steps of conjugate gradients at most; with a cycle inside some ten reach rounding.
const MOST: usize = 60;

/// What solves Jδ = r.
pub(super) enum Inner<'p> {
    /// In 1-D.
    Elimination { matrix: Box<Operator<f64>>, rows: Vec<[f64; 3]>, delta: Buffer<f64>, is_singular: bool },
    /// Conjugate gradients with a multigrid cycle. Its matrix is J.
    Gradients(Box<Conjugate<'p>>),
    /// Stabilised bi-conjugate gradients, next to interfaces, where J is not symmetric.
    Stabilised(Box<Stabilised<'p>>),
}

impl<'p> Inner<'p> {
    /// For matrices like `matrix`.
    pub fn new(discrete: &'p Discrete, matrix: Operator<f64>, meter: &mut Meter) -> Self {
        let layout = matrix.layout();
        let array = || Buffer::zeroed(layout.len());
        let is_symmetric = discrete.couplings().is_empty();
        if layout.dimension == 1 && is_symmetric {
            let (rows, delta) = (Vec::with_capacity(layout.count()), array());
            let (matrix, is_singular) = (Box::new(matrix), discrete.is_singular());
            return Self::Elimination { matrix, rows, delta, is_singular };
        }
        let (f, u) = (Source::Owned(array()), array());
        let state = State { discrete, operator: matrix, f, u };
        match is_symmetric {
            true => Self::Gradients(Box::new(Conjugate::start(state, Inverse::None, meter))),
            false => {
                let inverse = bicgstab::Inverse::diagonal(&state);
                Self::Stabilised(Box::new(Stabilised::new(state, inverse)))
            }
        }
    }

    /// Solves Jδ = r to ‖r − Jδ‖ ≤ η‖r‖; the number of steps that took. `fill` writes J in place of the matrix before, and
    /// `slope` is what the reaction has on its diagonal.
    ///
    /// # Errors
    /// Equations next to an interface that cannot be solved.
    pub fn solve(
        &mut self,
        fill: impl FnOnce(&mut Operator<f64>),
        slope: impl Fn(usize) -> f64,
        r: &[f64],
        eta: f64,
        cycle: &Multigrid,
        meter: &mut Meter,
    ) -> Result<usize, SolverError> {
        match self {
            Self::Elimination { matrix, rows, delta, is_singular } => {
                fill(matrix.as_mut());
                rows.clear();
                match matrix.as_ref() {
                    Operator::Variable(matrix) => read(matrix, rows),
                    Operator::Boxes(matrix) => read(matrix, rows),
                    // Invariant: symmetric matrices stand in arrays.
                    Operator::Constant(_) => {}
                }
                let layout = matrix.layout();
                let is_ring = layout.ends[2][0] == End::Wrap;
                let mut factors = Tridiagonal::factor(1, rows, is_ring, *is_singular);
                delta.copy_from_slice(r);
                factors.solve(delta);
                // Held values do not change.
                let last = delta.len() - 1;
                (delta[0], delta[last]) = (0.0, 0.0);
                layout.seal(delta);
                meter.charge(Tridiagonal::setup_flops(layout.count()) + factors.flops());
                Ok(1)
            }
            Self::Gradients(gradients) => {
                let mut setup = 0.0;
                let change = |operator: &mut Operator<f64>, f: &mut [f64]| {
                    fill(operator);
                    f.copy_from_slice(r);
                };
                let inverse = |state: &State<'p>| {
                    let cycle = cycle.symmetric_cycle(&state.operator, state.discrete.is_singular());
                    setup = cycle.setup_flops();
                    Inverse::double(state, Box::new(cycle))
                };
                gradients.renew(change, inverse, meter);
                meter.charge(setup);
                let goal = eta * gradients.norm();
                let mut steps = 0;
                while gradients.norm() > goal && steps < MOST {
                    gradients.step(meter);
                    steps += 1;
                }
                Ok(steps)
            }
            Self::Stabilised(gradients) => {
                let change = |operator: &mut Operator<f64>, f: &mut [f64]| {
                    fill(operator);
                    f.copy_from_slice(r);
                };
                let inverse = |state: &State<'p>, meter: &mut Meter| {
                    bicgstab::Inverse::new(cycle, true, state, slope, meter)
                };
                gradients.renew(change, inverse, meter)?;
                let goal = eta * gradients.norm();
                let mut steps = 0;
                while gradients.norm() > goal && steps < MOST {
                    gradients.step(meter);
                    steps += 1;
                }
                Ok(steps)
            }
        }
    }

    /// δ.
    pub fn delta(&self) -> &[f64] {
        match self {
            Self::Elimination { delta, .. } => delta,
            Self::Gradients(gradients) => gradients.solution(),
            Self::Stabilised(gradients) => gradients.solution(),
        }
    }
}

/// l, d and c of each row of a matrix in 1-D.
fn read<C: Couplings<f64>>(matrix: &C, rows: &mut Vec<[f64; 3]>) {
    let [below, above] = [-1, 1].map(|step| matrix.coupling([0, 0], [0, 0, step]));
    let neighbours = below.unwrap_or_default().iter().zip(above.unwrap_or_default());
    rows.extend(matrix.diagonal([0, 0]).iter().zip(neighbours).map(|(d, (l, c))| [*l, *d, *c]));
}
