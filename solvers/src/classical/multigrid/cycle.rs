//! Cycles: how often the coarser level is visited.

use super::{
    hierarchy::Hierarchy,
    level::{self, Guess, Level},
    smoother::{Sense, clear},
};
use crate::{
    classical::{multigrid::coarsest::Coarsest, operator::Operator, real::Real},
    memory::Buffer,
};

/// The shape of a cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The coarser level is visited once.
    V,
    /// It is visited twice.
    W,
    /// It is visited by an F-cycle, then by a V-cycle.
    F,
}

impl Shape {
    /// The shape of the second visit.
    pub fn second(self) -> Option<Self> {
        match self {
            Self::V => None,
            Self::W => Some(Self::W),
            Self::F => Some(Self::V),
        }
    }

    /// How often a cycle comes to the level that is `depth` levels below the finest.
    pub fn visits(self, depth: usize) -> f64 {
        match self {
            Self::V => 1.0,
            Self::W => 2f64.powi(depth as i32),
            Self::F => (depth + 1) as f64,
        }
    }
}

/// A cycle with its sweeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cycle {
    pub shape: Shape,
    /// Sweeps before and after the coarser level.
    pub pre: usize,
    pub post: usize,
    /// The order of the sweeps after it.
    pub sense: Sense,
}

impl Cycle {
    /// One cycle for Au = f on the finest level.
    pub fn run<T: Real>(
        self,
        hierarchy: &mut Hierarchy<T>,
        operator: &Operator<T>,
        guess: Guess,
        u: &mut [T],
        f: &[T],
    ) {
        let Hierarchy { levels, arrays, coarsest, .. } = hierarchy;
        self.visit(levels, arrays, coarsest, operator, guess, u, f);
    }

    /// One cycle for Au = f, A = `operator` that of the first of `levels`; `arrays` are those of the levels below.
    #[expect(clippy::too_many_arguments, reason = "the parts of a hierarchy, and a system")]
    pub fn visit<T: Real>(
        self,
        levels: &mut [Level<T>],
        arrays: &mut [[Buffer<T>; 2]],
        coarsest: &mut Coarsest<T>,
        operator: &Operator<T>,
        guess: Guess,
        u: &mut [T],
        f: &[T],
    ) {
        let (Some((level, coarser)), Some(([e, r], arrays))) =
            (levels.split_first_mut(), arrays.split_first_mut())
        else {
            if guess == Guess::Zero {
                // Held values too.
                clear(u);
            }
            return coarsest.solve(operator, f, u);
        };
        level::descend(level, operator, self.pre, guess, u, f, r);
        // On the coarsest level there is nothing to improve on.
        let second = if coarser.is_empty() { None } else { self.shape.second() };
        let mut visit = |shape: Shape, guess: Guess| {
            Self { shape, ..self }.visit(coarser, arrays, coarsest, &level.coarse, guess, e, r);
        };
        visit(self.shape, Guess::Zero);
        if let Some(shape) = second {
            visit(shape, Guess::Given);
        }
        level::ascend(level, operator, self.post, self.sense, u, f, e);
    }
}
