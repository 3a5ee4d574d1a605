//! The linear systems of Newton's method.

use modewise_problems::Discrete;

use crate::{
    Meter,
    classical::{
        direct::{refined::Factors, tridiagonal::Tridiagonal},
        krylov::{Conjugate, Inverse},
        layout::End,
        multigrid::Multigrid,
        operator::{Operator, Rows, Variable},
        state::{Source, State},
    },
    memory::Buffer,
};

/// Steps of conjugate gradients at most; with a cycle inside some ten reach rounding.
const MOST: usize = 60;

/// What solves Jδ = r.
pub(super) enum Inner<'p> {
    /// In 1-D.
    Elimination { rows: Vec<[f64; 3]>, delta: Buffer<f64>, is_singular: bool },
    /// Conjugate gradients with a multigrid cycle. Its matrix is J.
    Gradients(Box<Conjugate<'p>>),
}

impl<'p> Inner<'p> {
    /// For matrices with the faces of `linear`.
    pub fn new(discrete: &'p Discrete, linear: &Variable<f64>, meter: &mut Meter) -> Self {
        let operator = Operator::Variable(linear.clone());
        let layout = operator.layout();
        let array = || Buffer::zeroed(layout.len());
        if layout.dimension == 1 {
            let is_singular = discrete.is_singular();
            return Self::Elimination {
                rows: Vec::with_capacity(layout.count()),
                delta: array(),
                is_singular,
            };
        }
        let (f, u) = (Source::Owned(array()), array());
        let state = State { discrete, operator, f, u };
        Self::Gradients(Box::new(Conjugate::start(state, Inverse::None, meter)))
    }

    /// Solves Jδ = r to ‖r − Jδ‖ ≤ η‖r‖; the number of steps that took. J is `linear` with the diagonal that
    /// `fill(first place of a row, values)` writes.
    pub fn solve(
        &mut self,
        linear: &Variable<f64>,
        fill: impl Fn(usize, &mut [f64]) + Sync,
        r: &[f64],
        eta: f64,
        cycle: &Multigrid,
        meter: &mut Meter,
    ) -> usize {
        match self {
            Self::Elimination { rows, delta, is_singular } => {
                let layout = linear.layout();
                let faces = &linear.faces[2];
                delta.copy_from_slice(r);
                fill(1, &mut delta[layout.places(2)]);
                rows.clear();
                rows.extend(layout.places(2).map(|p| [faces[p - 1], delta[p], faces[p]]));
                let is_ring = layout.ends[2][0] == End::Wrap;
                let mut factors = Tridiagonal::factor(1, rows, is_ring, *is_singular);
                delta.copy_from_slice(r);
                factors.solve(delta);
                // Held values do not change.
                let last = delta.len() - 1;
                (delta[0], delta[last]) = (0.0, 0.0);
                layout.seal(delta);
                meter.charge(Tridiagonal::setup_flops(layout.count()) + factors.flops());
                1
            }
            Self::Gradients(gradients) => {
                let mut setup = 0.0;
                let change = |operator: &mut Operator<f64>, f: &mut [f64]| {
                    if let Operator::Variable(jacobian) = operator {
                        jacobian.fill_diagonal(fill);
                    }
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
                steps
            }
        }
    }

    /// δ.
    pub fn delta(&self) -> &[f64] {
        match self {
            Self::Elimination { delta, .. } => delta,
            Self::Gradients(gradients) => gradients.solution(),
        }
    }
}
