//! One level: its operator and the two halves of a cycle on it, down to the next coarser level and up again.

use super::{
    correction::{Correction, add_correction},
    cubic::Cubic,
    fused,
    half::Half,
    plain::Plain,
    restriction::{self, Restriction, restrict},
    smoother::{Sense, Smoother},
    transfer::Transfer,
    weighted,
    weights::Weights,
};
use crate::{
    classical::{
        layout::Layout,
        operator::Operator,
        real::Real,
        sweep::{
            Layers,
            pass::{self, Formula},
            slabs::{Cut, Slabs},
        },
    },
    memory::Buffer,
};

/// What a smoother starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guess {
    /// Zero, whatever stands in u.
    Zero,
    /// What stands in u.
    Given,
}

/// A level: its smoother, and the way to the next coarser one with the operator there.
#[derive(Debug)]
pub(crate) struct Level<T: Real> {
    pub transfer: Transfer<T>,
    /// The operator of the next coarser level.
    pub coarse: Operator<T>,
    pub smoother: Smoother<T>,
    /// Half weighting instead of the adjoint of interpolation.
    pub half: Option<Half<T>>,
    /// Cubic interpolation: of solutions in full multigrid, of corrections where `cubic_corrections`.
    pub cubic: Cubic<T>,
    pub cubic_corrections: bool,
    /// Interpolation made by the matrix instead of `transfer`.
    pub weights: Option<Weights<T>>,
    /// Rows and coarse layers, a set for each slab.
    scratch: Buffer<T>,
}

impl<T: Real> Level<T> {
    /// With linear interpolation and its adjoint.
    pub fn new(
        fine: &Layout,
        transfer: Transfer<T>,
        coarse: Operator<T>,
        smoother: Smoother<T>,
        cubic: Cubic<T>,
    ) -> Self {
        let scratch = Buffer::zeroed(Self::scratch(fine, coarse.layout()));
        Self {
            transfer,
            coarse,
            smoother,
            half: None,
            cubic,
            cubic_corrections: false,
            weights: None,
            scratch,
        }
    }

    /// Flops of restricting a residual that is there, and of adding a correction to `count` unknowns.
    pub fn transfer_flops(&self, count: f64) -> f64 {
        let [down, up] = self.weights.as_ref().map_or(self.transfer.flops(), Weights::flops);
        down + if self.cubic_corrections { self.cubic.flops * count } else { up }
    }

    /// u = the cubic interpolation of a solution on the coarser level.
    pub fn interpolate(&mut self, fine: &Layout, coarse: &[T], u: &mut [T]) {
        self.cubic.interpolate(false, fine, self.coarse.layout(), coarse, u, &mut self.scratch);
    }

    /// The same as the matrix interpolates, where it does, for u that is zero but for held values.
    pub fn interpolate_by_matrix(&mut self, fine: &Layout, e: &[T], u: &mut [T]) {
        match &self.weights {
            Some(weights) => {
                let correction = weighted::Correction { fine, weights, e };
                weighted::add_correction(&correction, u, &mut self.scratch);
            }
            None => self.interpolate(fine, e, u),
        }
    }

    /// coarse_f = R(f − Au).
    pub fn restrict(&mut self, operator: &Operator<T>, u: &[T], f: &[T], coarse_f: &mut [T]) {
        let Level { transfer, coarse, weights, scratch, .. } = self;
        match weights {
            Some(weights) => weighted::restrict_residual(operator, weights, u, f, coarse_f, scratch),
            None => restrict(operator, transfer, coarse.layout(), u, f, coarse_f, scratch),
        }
    }

    /// coarse_f = R r for an r that is there, of equations per unit of volume or times volume.
    pub fn restrict_given(&mut self, fine: &Layout, per_volume: bool, r: &[T], coarse_f: &mut [T]) {
        let Level { transfer, coarse, weights, scratch, .. } = self;
        let rows = &Plain(fine);
        match weights {
            Some(weights) => {
                let restriction = weighted::Restriction { rows, per_volume, weights, f: r };
                weighted::restrict_rows(&restriction, r, coarse_f, scratch);
            }
            None => {
                let restriction = Restriction { rows, transfer, coarse: coarse.layout(), f: r };
                restriction::restrict_rows(&restriction, r, coarse_f, scratch);
            }
        }
    }

    /// u ← u + P e, with linear interpolation or that of the matrix.
    pub fn correct(&mut self, fine: &Layout, u: &mut [T], e: &[T]) {
        let Level { transfer, coarse, weights, scratch, .. } = self;
        match weights {
            Some(weights) => weighted::add_correction(&weighted::Correction { fine, weights, e }, u, scratch),
            None => {
                add_correction(&Correction { fine, transfer, coarse: coarse.layout(), e }, u, scratch);
            }
        }
    }

    /// Values of scratch: for the way down or the way up, whichever needs more.
    fn scratch(fine: &Layout, coarse: &Layout) -> usize {
        let rows = restriction::scratch(fine, coarse).max(weighted::scratch(fine));
        let down = Slabs::of(Layers::of(coarse)).number() * rows;
        let up = Slabs::of(Layers::of(fine)).number() * coarse.extent(2);
        down.max(up)
    }

    /// Bytes of the memory for the way between.
    pub fn bytes(fine: &Layout, coarse: &Layout) -> u64 {
        (Self::scratch(fine, coarse) * size_of::<T>()) as u64
    }
}

/// Down: smooths Au = f, then restricts what is left of it, f − Au, to `coarse_f`.
pub(crate) fn descend<T: Real>(
    level: &mut Level<T>,
    operator: &Operator<T>,
    sweeps: usize,
    guess: Guess,
    u: &mut [T],
    f: &[T],
    coarse_f: &mut [T],
) {
    if sweeps == 0 || level.half.is_some() || !matches!(level.smoother, Smoother::RedBlack { .. }) {
        return apart::descend(level, operator, sweeps, guess, u, f, coarse_f);
    }
    // The last sweep takes the residual along.
    let zero = sweeps == 1 && guess == Guess::Zero && fused::closes(operator.layout());
    if !zero {
        level.smoother.smooth(operator, sweeps - 1, Sense::Forward, guess, u, f);
    }
    let Level { transfer, coarse, smoother: Smoother::RedBlack { omega, work }, weights, .. } = level else {
        return;
    };
    let coarse = coarse.layout();
    match (operator, weights) {
        (Operator::Constant(rows), None) => {
            let restriction = Restriction { rows, transfer, coarse, f };
            fused::sweep_and_restrict(&restriction, *omega, zero, u, coarse_f, work);
        }
        (Operator::Variable(rows), None) => {
            let restriction = Restriction { rows, transfer, coarse, f };
            fused::sweep_and_restrict(&restriction, *omega, zero, u, coarse_f, work);
        }
        (Operator::Constant(rows), Some(weights)) => {
            let restriction = weighted::Restriction { rows, per_volume: true, weights, f };
            fused::sweep_and_restrict(&restriction, *omega, zero, u, coarse_f, work);
        }
        (Operator::Variable(rows), Some(weights)) => {
            let restriction = weighted::Restriction { rows, per_volume: false, weights, f };
            fused::sweep_and_restrict(&restriction, *omega, zero, u, coarse_f, work);
        }
        // Invariant: red-black sweeps are not for box stencils.
        (Operator::Boxes(_), _) => {}
    }
}

/// Up: u ← u + P e, then smooths.
pub(crate) fn ascend<T: Real>(
    level: &mut Level<T>,
    operator: &Operator<T>,
    sweeps: usize,
    sense: Sense,
    u: &mut [T],
    f: &[T],
    e: &[T],
) {
    if sweeps == 0 || level.cubic_corrections {
        return apart::ascend(level, operator, sweeps, sense, u, f, e);
    }
    let Level { transfer, coarse, smoother: Smoother::RedBlack { omega, work }, weights, .. } = level else {
        return apart::ascend(level, operator, sweeps, sense, u, f, e);
    };
    let fine = operator.layout();
    let linear = Correction { fine, transfer, coarse: coarse.layout(), e };
    let weighted = weights.as_ref().map(|weights| weighted::Correction { fine, weights, e });
    match (operator, &weighted) {
        (Operator::Constant(rows), None) => {
            fused::correct_and_sweep(rows, &linear, sense, *omega, u, f, work)
        }
        (Operator::Variable(rows), None) => {
            fused::correct_and_sweep(rows, &linear, sense, *omega, u, f, work)
        }
        (Operator::Constant(rows), Some(weighted)) => {
            fused::correct_and_sweep(rows, weighted, sense, *omega, u, f, work);
        }
        (Operator::Variable(rows), Some(weighted)) => {
            fused::correct_and_sweep(rows, weighted, sense, *omega, u, f, work);
        }
        // Invariant: red-black sweeps are not for box stencils.
        (Operator::Boxes(_), _) => {}
    }
    level.smoother.smooth(operator, sweeps - 1, sense, Guess::Given, u, f);
}

/// The two ways in separate steps: for smoothers and weightings that are not fused.
pub(super) mod apart {
    use super::*;

    /// Down.
    pub fn descend<T: Real>(
        level: &mut Level<T>,
        operator: &Operator<T>,
        sweeps: usize,
        guess: Guess,
        u: &mut [T],
        f: &[T],
        coarse_f: &mut [T],
    ) {
        level.smoother.smooth(operator, sweeps, Sense::Forward, guess, u, f);
        match &mut level.half {
            Some(half) => {
                half.restrict_residual(operator, &level.transfer, level.coarse.layout(), u, f, coarse_f);
            }
            None => level.restrict(operator, u, f, coarse_f),
        }
    }

    /// Up.
    pub fn ascend<T: Real>(
        level: &mut Level<T>,
        operator: &Operator<T>,
        sweeps: usize,
        sense: Sense,
        u: &mut [T],
        f: &[T],
        e: &[T],
    ) {
        let Level { transfer, coarse, smoother, cubic, cubic_corrections, weights, scratch, .. } = level;
        let (fine, coarse) = (operator.layout(), coarse.layout());
        match weights {
            Some(weights) => {
                let correction = weighted::Correction { fine, weights, e };
                if let (Smoother::Jacobi { omega, next }, Some(others)) =
                    (&mut *smoother, sweeps.checked_sub(1))
                {
                    // The first sweep goes from one array to the other: nothing is copied back.
                    weighted::corrected(&correction, u, next, scratch);
                    pass::apply(operator, Formula::Relax(*omega), next, f, u);
                    return smoother.smooth(operator, others, sense, Guess::Given, u, f);
                }
                weighted::add_correction(&correction, u, scratch);
            }
            None if *cubic_corrections => cubic.interpolate(true, fine, coarse, e, u, scratch),
            None => add_correction(&Correction { fine, transfer, coarse, e }, u, scratch),
        }
        smoother.smooth(operator, sweeps, sense, Guess::Given, u, f);
    }
}

/// Cuts the layers of `layout` in an array, and scratch, into one piece a slab.
pub(super) fn for_slabs<T: Real>(
    layout: &Layout,
    values: &mut [T],
    scratch: &mut [T],
    each: usize,
    work: impl Fn(usize, &mut [T], &mut [T]) + Sync,
) {
    let layers = Layers::of(layout);
    let slabs = Slabs::of(layers);
    slabs.for_each((slabs.cut(values, layers.stride()), Cut { values: scratch, each }), &|k,
                                                                                          (
        piece,
        scratch,
    )| {
        // The last slab's piece of scratch may be longer.
        work(slabs.places(k).start, piece.values, &mut scratch.values[..each]);
    });
}
