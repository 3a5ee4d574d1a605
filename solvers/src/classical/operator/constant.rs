//! Constant coefficients: a handful of numbers, none of them loaded from arrays.
//!
//! Along every axis the coefficients are the same but at the first and the last unknown, where the next
//! node may lie nearer (coarse grids of an odd number of cells end in a shorter cell). Equations are per
//! unit of volume: on a Neumann side they are those with a mirrored neighbour, and the matrix is
//! symmetric in the scalar product weighted with volumes.

mod weights;

use super::{Colour, Row, Rows};
use crate::classical::{layout::Layout, real::Real};
use weights::Weights;

/// The coefficients along one axis, lower and upper.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct AxisWeights<T> {
    /// Both, away from the ends.
    pub inner: T,
    /// At the first unknown.
    pub first: [T; 2],
    /// At the last unknown; that of `first` where there is one unknown only.
    pub last: [T; 2],
}

impl<T: Real> AxisWeights<T> {
    /// `c` everywhere.
    pub fn uniform(c: f64) -> Self {
        let c = T::from_f64(c);
        Self { inner: c, first: [c; 2], last: [c; 2] }
    }

    /// The lower and upper coefficient at place `p` of 1 to `m`.
    #[inline(always)]
    pub fn at(&self, p: usize, m: usize) -> [T; 2] {
        if p == m {
            self.last
        } else if p == 1 {
            self.first
        } else {
            [self.inner; 2]
        }
    }

    fn is_uniform(&self) -> bool {
        [self.first, self.last].iter().flatten().all(|c| *c == self.inner)
    }
}

/// A matrix of constant coefficients.
#[derive(Debug, Clone)]
pub(crate) struct Constant<T> {
    layout: Layout,
    /// Coefficients along planes, rows and columns; those of absent axes are not used.
    pub axes: [AxisWeights<T>; 3],
    /// κ².
    pub screening: T,
}

impl<T: Real> Constant<T> {
    /// ε/h² per axis of the system and κ².
    pub fn new(layout: Layout, axes: &[f64], screening: f64) -> Self {
        let absent = 3 - layout.dimension;
        let weights = std::array::from_fn(|axis| {
            AxisWeights::uniform(if axis < absent { 0.0 } else { axes[axis - absent] })
        });
        Self { layout, axes: weights, screening: T::from_f64(screening) }
    }

    /// A matrix from the coefficients of its axes.
    pub fn from_weights(layout: Layout, axes: [AxisWeights<T>; 3], screening: T) -> Self {
        Self { layout, axes, screening }
    }
}

impl Constant<f64> {
    /// The same in single precision.
    pub fn to_single(&self) -> Constant<f32> {
        let axes = self.axes.map(|AxisWeights { inner, first, last }| AxisWeights {
            inner: inner as f32,
            first: first.map(|c| c as f32),
            last: last.map(|c| c as f32),
        });
        Constant { layout: self.layout.clone(), axes, screening: self.screening as f32 }
    }
}

impl<T: Real> Rows<T> for Constant<T> {
    type Row<'a> = ConstantRow<T>;

    fn layout(&self) -> &Layout {
        &self.layout
    }

    #[inline(always)]
    fn row(&self, plane: usize, row: usize) -> ConstantRow<T> {
        let zero = T::default();
        let mut across = [zero; 4];
        let mut rest = self.screening;
        for (axis, place, at) in [(1, row, 0), (0, plane, 2)] {
            if !self.layout.is_absent(axis) {
                let [lower, upper] = self.axes[axis].at(place, self.layout.unknowns[axis]);
                (across[at], across[at + 1]) = (lower, upper);
                rest += lower + upper;
            }
        }
        let along = self.axes[2];
        let m = self.layout.unknowns[2];
        ConstantRow { along, m, across, rest, ends_differ: !along.is_uniform() }
    }
}

/// One row of [`Constant`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConstantRow<T> {
    along: AxisWeights<T>,
    m: usize,
    across: [T; 4],
    /// Σ c across and κ².
    rest: T,
    ends_differ: bool,
}

impl<T: Real> ConstantRow<T> {
    /// The weights of here·u + scale·(source·f + Σ c u_neighbour), the latter at a place with coefficients
    /// `along`.
    #[inline(always)]
    fn weights(self, here: T, source: T, scale: T, along: [T; 2]) -> Weights<T> {
        Weights {
            here,
            source: scale * source,
            along: along.map(|c| scale * c),
            across: self.across.map(|c| scale * c),
        }
    }

    /// Those of ω-Jacobi, `a` the diagonal.
    #[inline(always)]
    fn relaxing(self, omega: T, along: [T; 2], a: T) -> Weights<T> {
        self.weights(one::<T>() - omega, one(), omega / a, along)
    }

    /// Those of ω = 1.
    #[inline(always)]
    fn solving(self, along: [T; 2], a: T) -> Weights<T> {
        self.weights(one(), one(), one::<T>() / a, along)
    }

    /// Writes what `weights`, a function of the coefficients along the row and the diagonal, says.
    #[inline(always)]
    fn weigh<const HERE: bool, const SOURCE: bool>(
        self,
        weights: impl Fn([T; 2], T) -> Weights<T>,
        here: &[T],
        across: &[&[T]],
        f: &[T],
        out: &mut [T],
    ) {
        let inner = self.inner(&weights);
        match *across {
            [] => inner.run::<0, HERE, SOURCE>(self.m, here, [], f, out),
            [below, above] => inner.run::<2, HERE, SOURCE>(self.m, here, [below, above], f, out),
            [a, b, c, d, ..] => inner.run::<4, HERE, SOURCE>(self.m, here, [a, b, c, d], f, out),
            // Invariant: a row has no other number of neighbour rows.
            _ => {}
        }
        if self.ends_differ {
            for p in [1, self.m] {
                out[p] = self.at_end::<HERE, SOURCE>(&weights, p, here, across, f);
            }
        }
    }

    /// The same in place, at the places of one colour.
    #[inline(always)]
    fn weigh_colour<const HERE: bool>(
        self,
        weights: impl Fn([T; 2], T) -> Weights<T>,
        colour: Colour<'_, T>,
        here: &mut [T],
        across: &[&[T]],
        f: &[T],
    ) {
        let inner = self.inner(&weights);
        let places = [1, self.m];
        let ends = if self.ends_differ {
            places.map(|p| self.at_end::<HERE, true>(&weights, p, here, across, f))
        } else {
            [T::default(); 2]
        };
        match *across {
            [] => inner.replace::<0, HERE>(colour, here, [], f),
            [below, above] => inner.replace::<2, HERE>(colour, here, [below, above], f),
            [a, b, c, d, ..] => inner.replace::<4, HERE>(colour, here, [a, b, c, d], f),
            // Invariant: a row has no other number of neighbour rows.
            _ => {}
        }
        if self.ends_differ {
            for (p, value) in places.into_iter().zip(ends).filter(|(p, _)| colour.has(*p)) {
                here[p] = value;
            }
        }
    }

    /// The weights away from the ends.
    #[inline(always)]
    fn inner(self, weights: &impl Fn([T; 2], T) -> Weights<T>) -> Weights<T> {
        weights([self.along.inner; 2], self.along.inner + self.along.inner + self.rest)
    }

    /// The value at place `p`, the first or the last.
    #[inline(always)]
    fn at_end<const HERE: bool, const SOURCE: bool>(
        self,
        weights: &impl Fn([T; 2], T) -> Weights<T>,
        p: usize,
        here: &[T],
        across: &[&[T]],
        f: &[T],
    ) -> T {
        let [lower, upper] = self.along.at(p, self.m);
        let w = weights([lower, upper], lower + upper + self.rest);
        let mut value = w.along[0] * here[p - 1] + w.along[1] * here[p + 1];
        if HERE {
            value += w.here * here[p];
        }
        if SOURCE {
            value += w.source * f[p];
        }
        for (row, c) in across.iter().zip(w.across) {
            value += c * row[p];
        }
        value
    }
}

fn one<T: Real>() -> T {
    T::from_f64(1.0)
}

impl<T: Real> Row<T> for ConstantRow<T> {
    #[inline(always)]
    fn relax(self, omega: T, here: &[T], across: &[&[T]], f: &[T], out: &mut [T]) {
        self.weigh::<true, true>(|along, a| self.relaxing(omega, along, a), here, across, f, out);
    }

    #[inline(always)]
    fn solve(self, here: &[T], across: &[&[T]], f: &[T], out: &mut [T]) {
        self.weigh::<false, true>(|along, a| self.solving(along, a), here, across, f, out);
    }

    #[inline(always)]
    fn colour(
        self,
        omega: Option<T>,
        colour: Colour<'_, T>,
        here: &mut [T],
        across: &[&[T]],
        f: &[T],
        _new: &mut [T],
    ) {
        match omega {
            None => self.weigh_colour::<false>(|along, a| self.solving(along, a), colour, here, across, f),
            Some(omega) => {
                self.weigh_colour::<true>(|along, a| self.relaxing(omega, along, a), colour, here, across, f)
            }
        }
    }

    #[inline(always)]
    fn residual(self, here: &[T], across: &[&[T]], f: &[T], out: &mut [T]) {
        self.weigh::<true, true>(
            |along, diagonal| self.weights(-diagonal, one(), one(), along),
            here,
            across,
            f,
            out,
        );
    }

    #[inline(always)]
    fn apply(self, here: &[T], across: &[&[T]], out: &mut [T]) {
        self.weigh::<true, false>(
            |along, diagonal| self.weights(diagonal, one(), -one::<T>(), along),
            here,
            across,
            here,
            out,
        );
    }

    #[inline(always)]
    fn diagonal(self, p: usize) -> T {
        let [lower, upper] = self.along.at(p, self.m);
        lower + upper + self.rest
    }
}
