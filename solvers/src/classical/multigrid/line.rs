//! The nodes along one axis of a level, and those that are left on the next coarser one.
//!
//! Coarse nodes are the nodes of even number, whatever the number of cells N. With spacing h = 1:
//!
//! - N even: every two cells make one;
//! - N odd, towards a held or periodic end: the last node stays as well, so that the last coarse cell is as
//!   long as the last fine one. All cells are equal but the last, of length θ: θ/2 of a coarse cell if N is
//!   odd, (1 + θ)/2 if it is even;
//! - N odd, towards a Neumann side: the last node goes, and the volume between it and the last coarse node
//!   becomes a tail τ of that node's cell: (1 + τ)/2 if N is odd, τ/2 if it is even. No flux crosses the
//!   side, so that u hardly changes along the tail. (With both last nodes kept, ever shorter cells would tie
//!   them together, and point smoothers cannot move such a pair.)
//!
//! - N odd on a periodic line whose last cell is short already: its short cell would only become shorter, and
//!   tie the nodes next to the seam together as it would on a Neumann side. The last three cells make one
//!   instead: 1 + θ/2 of a coarse cell.
//!
//! No size is worse than another, then: coarsening goes on until a few nodes are left.

use crate::classical::{
    layout::{End, Layout},
    operator::AxisWeights,
    real::Real,
};

/// A periodic axis of so few cells need not become coarser: the grid is small by then. (From nine cells on the other
/// axes go on without it, and point smoothers are slow where one axis is finer than the others.)
const FEW_CELLS: usize = 5;

/// The nodes along one axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Line {
    cells: usize,
    ends: [End; 2],
    /// θ, the length of the last cell.
    last_cell: f64,
    /// τ, the volume beyond the last node.
    tail: f64,
    /// ε/h², h the length of all cells but the last.
    pub coefficient: f64,
}

impl Line {
    /// The uniform line of a present axis of `layout`.
    pub fn uniform(layout: &Layout, axis: usize, coefficient: f64) -> Self {
        let ends = layout.ends[axis];
        let cells = layout.unknowns[axis] + ends.iter().filter(|end| **end == End::Held).count()
            - usize::from(ends[1] != End::Wrap);
        Self { cells, ends, last_cell: 1.0, tail: 0.0, coefficient }
    }

    /// The coarser line; none if it would have too few nodes.
    pub fn coarser(&self) -> Option<Self> {
        let odd = !self.cells.is_multiple_of(2);
        let (cells, last_cell, tail) = match (self.ends[1], odd) {
            (End::Mirror, true) => (self.cells / 2, 1.0, 0.5 * (1.0 + self.tail)),
            (End::Mirror, false) => (self.cells / 2, 1.0, 0.5 * self.tail),
            (End::Wrap, true) if self.last_cell < 1.0 && self.cells > 3 => {
                (self.cells / 2, 1.0 + 0.5 * self.last_cell, 0.0)
            }
            (_, true) => (self.cells.div_ceil(2), 0.5 * self.last_cell, 0.0),
            (_, false) => (self.cells / 2, 0.5 * (1.0 + self.last_cell), 0.0),
        };
        let least = if self.ends == [End::Held; 2] || self.ends[1] == End::Wrap { 2 } else { 1 };
        (cells >= least && cells < self.cells).then_some(Self {
            cells,
            last_cell,
            tail,
            coefficient: 0.25 * self.coefficient,
            ..*self
        })
    }

    /// Whether every coarser line but one of a few cells has equal cells all around, if it is periodic.
    pub fn closes(&self) -> bool {
        self.ends[1] != End::Wrap || self.cells >> self.cells.trailing_zeros() <= FEW_CELLS
    }

    /// Whether it is periodic with an odd number of cells.
    pub fn is_odd_ring(&self) -> bool {
        self.ends[1] == End::Wrap && self.cells % 2 == 1
    }

    /// The number of unknowns.
    pub fn unknowns(&self) -> usize {
        let held = self.ends.iter().filter(|end| **end == End::Held).count();
        self.cells + usize::from(self.ends[1] != End::Wrap) - held
    }

    /// The place of the fine node at coarse place `j` is 2j − shift.
    pub fn shift(&self) -> usize {
        usize::from(self.ends[0] != End::Held)
    }

    /// The node at place `p`.
    fn node(&self, p: usize) -> usize {
        p - self.shift()
    }

    /// The length of the cell above node `i`.
    fn cell(&self, i: usize) -> f64 {
        if i + 1 == self.cells { self.last_cell } else { 1.0 }
    }

    /// The lengths of the cells below and above place `p`, mirrored at Neumann sides.
    pub fn steps(&self, p: usize) -> [f64; 2] {
        let i = self.node(p);
        let last = self.cell(self.cells - 1);
        let lower = match (i, self.ends[0]) {
            (0, End::Wrap) => last,
            (0, _) => self.cell(0),
            _ => self.cell(i - 1),
        };
        [lower, if i == self.cells { last } else { self.cell(i) }]
    }

    /// The length that place `p` stands for, its mirror image included.
    fn whole_volume(&self, p: usize) -> f64 {
        let [lower, upper] = self.steps(p);
        0.5 * (lower + upper) + if self.node(p) == self.cells { 2.0 * self.tail } else { 0.0 }
    }

    /// The length that place `p` stands for.
    pub fn volume(&self, p: usize) -> f64 {
        let i = self.node(p);
        let mirrored = (i == 0 && self.ends[0] == End::Mirror) || i == self.cells;
        self.whole_volume(p) * if mirrored { 0.5 } else { 1.0 }
    }

    /// The coefficients of the finite-volume operator: c₋ = (ε/h²)/(h₋V) and c₊ = (ε/h²)/(h₊V), V the length that
    /// a place stands for.
    pub fn weights<T: Real>(&self) -> AxisWeights<T> {
        let at = |p: usize| {
            let volume = self.whole_volume(p);
            self.steps(p).map(|step| T::from_f64(self.coefficient / (step * volume)))
        };
        let (first, last) = (at(1), at(self.unknowns()));
        AxisWeights { inner: T::from_f64(self.coefficient), first, last }
    }

    /// Distances from place `p`, which is no coarse node, to the coarse nodes below and above; none
    /// above if `p` lies beyond the last coarse node of a Neumann side.
    pub fn distances(&self, p: usize) -> [Option<f64>; 2] {
        let [lower, upper] = self.steps(p);
        [Some(lower), (self.node(p) != self.cells).then_some(upper)]
    }

    /// The coordinate of place `p`, from 0 below the first unknown of a held end to m + 1 above the last.
    pub fn coordinate(&self, p: usize) -> f64 {
        let i = p as f64 - self.shift() as f64;
        i.min((self.cells - 1) as f64) + self.last_cell * (i - (self.cells - 1) as f64).max(0.0)
    }

    /// The length of the line, the period of a periodic one.
    pub fn length(&self) -> f64 {
        (self.cells - 1) as f64 + self.last_cell
    }

    /// Whether the line is periodic.
    pub fn wraps(&self) -> bool {
        self.ends[1] == End::Wrap
    }

    /// Whether u is held at the lower and at the upper end.
    pub fn is_held(&self) -> [bool; 2] {
        self.ends.map(|end| end == End::Held)
    }
}
