//! What an interface adds to the matrix of faces: couplings of its own, which are not symmetric (see
//! `modewise_problems::discrete`), and the way in which preconditioners deal with them.

mod strip;

use modewise_problems::{Discrete, discrete::Coupling};

use super::layout::Layout;
pub(super) use strip::Strip;

/// The couplings of a system besides faces, by their places in the layout of its unknowns.
#[derive(Debug)]
pub(super) struct Couplings(Vec<Placed>);

/// The term c (u − u_other) in the equation of the unknown at `here`.
#[derive(Debug)]
struct Placed {
    here: usize,
    other: usize,
    coefficient: f64,
}

impl Couplings {
    /// Those of `discrete`.
    pub fn new(discrete: &Discrete, layout: &Layout) -> Self {
        let of = |coupling: &Coupling| Placed {
            here: place(discrete, layout, coupling.node),
            other: place(discrete, layout, coupling.other),
            coefficient: coupling.coefficient,
        };
        Self(discrete.couplings().iter().map(of).collect())
    }

    /// Whether there is no interface, or none at which anything jumps.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds `sign` times their terms in Au to `out`.
    pub fn add(&self, sign: f64, u: &[f64], out: &mut [f64]) {
        for Placed { here, other, coefficient } in &self.0 {
            out[*here] += sign * coefficient * (u[*here] - u[*other]);
        }
    }

    /// Flops of that.
    pub fn flops(&self) -> f64 {
        3.0 * self.0.len() as f64
    }
}

/// The place of a node in the layout of the unknowns; that of nodes on Dirichlet sides is in a held layer.
fn place(discrete: &Discrete, layout: &Layout, node: usize) -> usize {
    let (grid, absent) = (discrete.grid(), 3 - layout.dimension);
    let along = |axis: usize| {
        let index = node / grid.stride(axis) % (grid.axes()[axis].cells + 1);
        (index + 1 - discrete.unknowns_along(axis).start) * layout.stride(absent + axis)
    };
    (0..layout.dimension).map(along).sum()
}
