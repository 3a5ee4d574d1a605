//! Smoothers: relaxation sweeps that take the high half of the spectrum out of the error.
//!
//! - *Red-black* Gauss–Seidel, the best of them for Poisson's equation, in place. Over-relaxed by a little it is
//!   better still and costs the same: a V(1,1)-cycle reduces the error by 0.045 instead of 0.12 with ω = 1.15 in
//!   2-D, and by 0.09 instead of 0.22 with ω = 1.2 in 3-D (Yavneh, *SIAM J. Sci. Comput.* 17 (1996) 180).
//! - *ω-Jacobi* with ω = 2d/(2d + 1), which damps the lowest and the highest mode of the upper half of the
//!   spectrum alike, by (2d − 1)/(2d + 1) (Trottenberg et al., §2.1).
//! - *Chebyshev*: s sweeps make the polynomial of degree s in D⁻¹A that is smallest on the upper half of its
//!   spectrum, [1/d, 2] (2 by Gershgorin's circles, 1/d where the error oscillates along one axis alone). One
//!   sweep is ω-Jacobi with the best ω; from two on it damps more for the same products with A (Adams,
//!   Brezina, Hu, Tuminaro, *J. Comput. Phys.* 188 (2003) 593).

use rayon::prelude::*;

use super::{fused, level::Guess};
use crate::{
    classical::{
        layout::Layout,
        operator::Operator,
        real::Real,
        sweep::{
            Layers,
            colours::{self, Order, Workspace},
            pass::{self, Formula},
        },
    },
    memory::Buffer,
};

/// Which smoother.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Red-black Gauss–Seidel.
    RedBlack,
    /// ω-Jacobi.
    Jacobi,
    /// Chebyshev polynomials.
    Chebyshev,
}

/// The order of a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sense {
    /// As it is.
    Forward,
    /// That of the adjoint: what makes a cycle a symmetric preconditioner.
    Adjoint,
}

impl Sense {
    /// The order of colours.
    pub fn order(self) -> Order {
        match self {
            Self::Forward => Order::RedBlack,
            Self::Adjoint => Order::BlackRed,
        }
    }
}

/// A smoother with its memory for one level.
#[derive(Debug)]
pub(crate) enum Smoother<T: Real> {
    RedBlack {
        /// None for 1.
        omega: Option<T>,
        work: Workspace<T>,
    },
    Jacobi {
        omega: T,
        next: Buffer<T>,
    },
    Chebyshev {
        next: Buffer<T>,
        direction: Buffer<T>,
    },
}

fn best_omega(dimension: usize) -> f64 {
    let d = dimension as f64;
    2.0 * d / (2.0 * d + 1.0)
}

/// Values that one thread clears at a time.
const PIECE: usize = 1 << 15;

/// values = 0.
pub(super) fn clear<T: Real>(values: &mut [T]) {
    if values.len() <= PIECE {
        return values.fill(T::default());
    }
    values.par_chunks_mut(PIECE).for_each(|values| values.fill(T::default()));
}

/// Calls `work(start of a row, unknowns of a, of b)` for the rows of unknowns of two arrays, and seals
/// those of `a`.
pub(super) fn for_rows<T: Real>(
    layout: &Layout,
    a: &mut [T],
    b: &mut [T],
    work: impl Fn(usize, &mut [T], &mut [T]) + Sync,
) {
    let layers = Layers::of(layout);
    let (stride, columns, places) = (layers.stride(), layout.extent(2), layers.places());
    let start = places.start * stride;
    let values = places.len() * stride;
    let layer = |(l, (a, b)): (usize, (&mut [T], &mut [T]))| {
        for j in layers.rows() {
            let at = j * columns;
            let a = &mut a[at..at + columns];
            work(start + l * stride + at + 1, &mut a[1..columns - 1], &mut b[at + 1..at + columns - 1]);
            layout.seal(a);
        }
    };
    let (a, b) = (&mut a[start..start + values], &mut b[start..start + values]);
    if layers.is_serial() {
        a.chunks_exact_mut(stride).zip(b.chunks_exact_mut(stride)).enumerate().for_each(layer);
    } else {
        a.par_chunks_exact_mut(stride).zip(b.par_chunks_exact_mut(stride)).enumerate().for_each(layer);
    }
}

impl<T: Real> Smoother<T> {
    /// `omega` is that of Jacobi, none for the best of the dimension, or of red-black sweeps, none for 1.
    pub fn new(kind: Kind, omega: Option<f64>, layout: &Layout, coarse: &Layout) -> Self {
        let array = || Buffer::zeroed(layout.len());
        match kind {
            Kind::RedBlack => Self::RedBlack {
                omega: omega.map(T::from_f64),
                work: Workspace::with(layout, fused::extra(layout, coarse)),
            },
            Kind::Jacobi => {
                let omega = omega.unwrap_or_else(|| best_omega(layout.dimension));
                Self::Jacobi { omega: T::from_f64(omega), next: array() }
            }
            Kind::Chebyshev => Self::Chebyshev { next: array(), direction: array() },
        }
    }

    /// `sweeps` sweeps over Au = f.
    pub fn smooth(
        &mut self,
        operator: &Operator<T>,
        sweeps: usize,
        sense: Sense,
        guess: Guess,
        u: &mut [T],
        f: &[T],
    ) {
        if guess == Guess::Zero {
            if let (Self::Jacobi { omega, .. }, Some(others)) = (&*self, sweeps.checked_sub(1)) {
                pass::start(operator, *omega, f, u);
                return self.smooth(operator, others, sense, Guess::Given, u, f);
            }
            clear(u);
        }
        match self {
            Self::RedBlack { omega, work } => {
                (0..sweeps).for_each(|_| colours::sweep(operator, sense.order(), *omega, u, f, work));
            }
            Self::Jacobi { omega, next } => {
                for _ in 0..sweeps {
                    pass::apply(operator, Formula::Relax(*omega), u, f, next);
                    for_rows(operator.layout(), u, next, |_, u, next| u.copy_from_slice(next));
                }
            }
            Self::Chebyshev { next, direction } => {
                let steps = Chebyshev::new(operator.layout().dimension).take(sweeps);
                for [keep, gain] in steps.map(|step| step.map(T::from_f64)) {
                    // Relaxation with ω = 1 makes u + D⁻¹r of u.
                    pass::apply(operator, Formula::Relax(T::from_f64(1.0)), u, f, next);
                    let next: &[T] = next;
                    for_rows(operator.layout(), u, direction, |start, u, direction| {
                        for ((u, d), next) in u.iter_mut().zip(direction).zip(&next[start..]) {
                            *d = keep * *d + gain * (*next - *u);
                            *u += *d;
                        }
                    });
                }
            }
        }
    }

    /// Bytes of the memory for one level.
    pub fn bytes(kind: Kind, layout: &Layout, coarse: &Layout) -> u64 {
        let values = match kind {
            Kind::RedBlack => Workspace::<T>::total(layout, fused::extra(layout, coarse)),
            Kind::Jacobi => layout.len(),
            Kind::Chebyshev => 2 * layout.len(),
        };
        (values * size_of::<T>()) as u64
    }

    /// Flops of a sweep over `count` unknowns, `pass` those of a pass of the operator: Gauss–Seidel does
    /// without the product and the addition for (1 − ω)u, Chebyshev has five flops more.
    pub fn flops(&self, pass: f64, count: f64) -> f64 {
        match self {
            Self::RedBlack { omega: None, .. } => pass - 2.0 * count,
            Self::RedBlack { .. } => pass,
            Self::Jacobi { .. } => pass,
            Self::Chebyshev { .. } => pass + 5.0 * count,
        }
    }
}

/// The best ω of red-black sweeps in V(1,1)-cycles on equal spacings; in 1-D plain sweeps leave nothing to improve on.
pub(super) fn over_relaxation(dimension: usize) -> Option<f64> {
    match dimension {
        1 => None,
        2 => Some(1.15),
        _ => Some(1.2),
    }
}

/// The steps of Chebyshev iteration on [1/d, 2]: d ← keep·d + gain·D⁻¹r, u ← u + d (Saad, *Iterative Methods
/// for Sparse Linear Systems*, 2nd ed. 2003, algorithm 12.1).
struct Chebyshev {
    middle: f64,
    half_width: f64,
    rho: Option<f64>,
}

impl Chebyshev {
    fn new(dimension: usize) -> Self {
        let lowest = 1.0 / dimension as f64;
        Self { middle: 0.5 * (2.0 + lowest), half_width: 0.5 * (2.0 - lowest), rho: None }
    }
}

impl Iterator for Chebyshev {
    type Item = [f64; 2];

    fn next(&mut self) -> Option<[f64; 2]> {
        let sigma = self.middle / self.half_width;
        let (rho, step) = match self.rho {
            None => (1.0 / sigma, [0.0, 1.0 / self.middle]),
            Some(before) => {
                let rho = 1.0 / (2.0 * sigma - before);
                (rho, [rho * before, 2.0 * rho / self.half_width])
            }
        };
        self.rho = Some(rho);
        Some(step)
    }
}
