//! The two halves of a V(1,1)-cycle on the finest level alone and its transfers, to be measured.

use super::{
    hierarchy::{Hierarchy, Recipe},
    level::{self, Guess, Level},
    smoother::{Kind, Sense},
};
use crate::{
    classical::{operator::Operator, real::Real},
    memory::Buffer,
};

/// A level with its arrays and those of the level below.
pub(crate) struct Halves<T: Real> {
    operator: Operator<T>,
    level: Level<T>,
    u: Buffer<T>,
    f: Buffer<T>,
    below: [Buffer<T>; 2],
}

impl<T: Real> Halves<T> {
    /// Of red-black cycles for Au = f; none if there is no coarser grid.
    pub fn new(operator: Operator<T>, f: Buffer<T>, u: Buffer<T>) -> Option<Self> {
        let recipe = Recipe {
            kind: Kind::RedBlack,
            omega: None,
            below: None,
            half: false,
            cubic: false,
            coarse: None,
            symmetric: false,
            over_relaxed: false,
        };
        let Hierarchy { levels, arrays, .. } = Hierarchy::new(&operator, false, recipe);
        let (level, below) = levels.into_iter().zip(arrays).next()?;
        Some(Self { operator, level, u, f, below })
    }

    /// A sweep and the restriction of its residual.
    pub fn down(&mut self) {
        let Self { operator, level, u, f, below: [_, r] } = self;
        level::descend(level, operator, 1, Guess::Given, u, f, r);
    }

    /// A correction, which is zero, and a sweep.
    pub fn up(&mut self) {
        let Self { operator, level, u, f, below: [e, _] } = self;
        level::ascend(level, operator, 1, Sense::Forward, u, f, e);
    }

    /// The restriction of the residual, without a sweep.
    pub fn restrict(&mut self) {
        let Self { operator, level, u, f, below: [_, r] } = self;
        level.restrict(operator, u, f, r);
    }

    /// A correction, which is zero, without a sweep.
    pub fn correct(&mut self) {
        let Self { operator, level, u, below: [e, _], .. } = self;
        level.correct(operator.layout(), u, e);
    }

    /// The cubic interpolation of a solution, which is zero.
    pub fn interpolate(&mut self) {
        let Self { operator, level, u, below: [e, _], .. } = self;
        level.interpolate(operator.layout(), e, u);
    }
}
