//! Fields expanded in the eigenfunctions of the discrete operator on a box.

use std::ops::{Deref, Range};

use ndarray::{ArrayViewMut3, s};
use rustfft::FftPlanner;

use super::{
    Basis,
    line::{Direction, Line},
    sweep,
};
use crate::{Condition, Grid};

/// u = Σ_k a_k ∏ φ_{k_i}(t_i) over the unknowns, φ the functions of each axis' [`Basis`].
///
/// With constant coefficients these products are the eigenvectors of the discrete operator: the
/// eigenvalue is Σ c_i λ_{k_i} + κ², c = ε/h² and λ the [`Basis::eigenvalue`].
#[derive(Clone)]
pub struct Modal {
    grid: Grid,
    lines: Vec<Line>,
}

impl Modal {
    /// Plans the transforms of fields on `grid` with the conditions `sides`, one pair an axis.
    pub fn new(grid: &Grid, sides: &[[Condition; 2]]) -> Self {
        let mut planner = FftPlanner::new();
        let axes = grid.axes().iter().zip(sides);
        let lines =
            axes.map(|(axis, &sides)| Line::new(Basis::of(sides), axis.cells, &mut planner)).collect();
        Self { grid: grid.clone(), lines }
    }

    /// The basis of `axis`.
    pub fn basis(&self, axis: usize) -> Basis {
        self.lines[axis].basis
    }

    /// Unknowns, and so functions, per axis.
    pub fn shape(&self) -> Vec<usize> {
        self.lines.iter().map(|line| line.unknowns().len()).collect()
    }

    /// Number of coefficients: the unknowns.
    pub fn len(&self) -> usize {
        self.lines.iter().map(|line| line.unknowns().len()).product()
    }

    /// Whether there are none; never the case for a valid grid.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Half-waves along `axis` of the functions with `index` there: m in sin mπt or cos mπt.
    pub fn half_waves(&self, axis: usize, index: usize) -> f64 {
        self.basis(axis).half_waves(self.grid.axes()[axis].cells, index)
    }

    /// The eigenvalue of −u₋ + 2u − u₊ along `axis` of the functions with `index` there.
    pub fn eigenvalue(&self, axis: usize, index: usize) -> f64 {
        self.basis(axis).eigenvalue(self.grid.axes()[axis].cells, index)
    }

    /// Amplitudes a_k of a field on all nodes, of which only the unknowns are read.
    pub fn forward(&self, nodal: &[f64], out: &mut [f64]) {
        let mut nodal_rows = self.rows();
        let columns = self.lines.last().map_or(0, |line| line.unknowns().len());
        for out in out.chunks_exact_mut(columns) {
            // Invariant: as many rows of unknowns as of coefficients.
            let start = nodal_rows.next().expect("a row of unknowns for each row of coefficients");
            out.copy_from_slice(&nodal[start..start + columns]);
        }
        let shape = padded(&self.shape(), 1);
        // Invariant: `out` has one value an unknown.
        let view = ArrayViewMut3::from_shape(shape, out).expect("one coefficient an unknown");
        self.apply(Direction::Forward, 0..self.lines.len(), view);
    }

    /// Σ_k a_k ∏ φ at the unknowns; other nodes of `nodal` are left alone.
    pub fn inverse(&self, coefficients: &[f64], nodal: &mut [f64]) {
        let columns = self.lines.last().map_or(0, |line| line.unknowns().len());
        for (row, start) in coefficients.chunks_exact(columns).zip(self.rows()) {
            nodal[start..start + columns].copy_from_slice(row);
        }
        self.inverse_along(0..self.lines.len(), nodal);
    }

    /// Transforms the unknowns of `nodal` in place along some axes: what lies at the i-th unknown of an
    /// axis becomes the amplitude of its i-th function.
    pub fn forward_along(&self, axes: Range<usize>, nodal: &mut [f64]) {
        let view = self.unknowns(nodal);
        self.apply(Direction::Forward, axes, view);
    }

    /// The inverse of [`Modal::forward_along`].
    pub fn inverse_along(&self, axes: Range<usize>, nodal: &mut [f64]) {
        let view = self.unknowns(nodal);
        self.apply(Direction::Inverse, axes, view);
    }

    /// Flops of [`Modal::forward_along`] or its inverse.
    pub fn flops_along(&self, axes: Range<usize>) -> f64 {
        axes.map(|axis| {
            let line = &self.lines[axis];
            (self.len() / line.unknowns().len()) as f64 * line.flops()
        })
        .sum()
    }

    fn apply(&self, direction: Direction, axes: Range<usize>, mut values: ArrayViewMut3<'_, f64>) {
        let line = |axis: usize| self.lines.get(axis).filter(|_| axes.contains(&axis));
        let d = self.lines.len();
        // Arrays of lower dimension have leading axes of length 1.
        let [first, middle, last] = [3, 2, 1].map(|back| d.checked_sub(back).and_then(line));
        if direction == Direction::Inverse
            && let Some(line) = first
        {
            sweep::first_axis(values.view_mut(), direction, line);
        }
        sweep::planes(values.view_mut(), direction, middle, last);
        if direction == Direction::Forward
            && let Some(line) = first
        {
            sweep::first_axis(values, direction, line);
        }
    }

    /// The unknowns among all nodes.
    fn unknowns<'a>(&self, nodal: &'a mut [f64]) -> ArrayViewMut3<'a, f64> {
        let nodes = padded(&self.grid.shape(), 1);
        // Invariant: `nodal` has one value a node.
        let view = ArrayViewMut3::from_shape(nodes, nodal).expect("one value a node");
        let d = self.lines.len();
        let [a, b, c] =
            [3, 2, 1].map(|back| d.checked_sub(back).map_or(0..1, |axis| self.lines[axis].unknowns()));
        view.slice_move(s![a, b, c])
    }

    /// The first unknown of every row that has any.
    fn rows(&self) -> impl Iterator<Item = usize> + use<> {
        let d = self.lines.len();
        let [a, b, c] =
            [3, 2, 1].map(|back| d.checked_sub(back).map_or(0..1, |axis| self.lines[axis].unknowns()));
        let [_, middle, columns] = padded(&self.grid.shape(), 1);
        a.flat_map(move |i| b.clone().map(move |j| (i * middle + j) * columns + c.start))
    }
}

fn padded(shape: &[usize], with: usize) -> [usize; 3] {
    let mut out = [with; 3];
    out[3 - shape.len()..].copy_from_slice(shape);
    out
}

impl std::fmt::Debug for Modal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bases: Vec<Basis> = self.lines.iter().map(|line| line.basis).collect();
        f.debug_struct("Modal").field("cells", &self.grid.cells()).field("bases", &bases).finish()
    }
}

/// DST-I over the interior nodes of every axis: u = Σ_k b_k ∏ sin(k_i π t_i), k from 1.
#[derive(Debug, Clone)]
pub struct Sine(Modal);

impl Sine {
    /// Plans the transforms of fields on `grid`.
    pub fn new(grid: &Grid) -> Self {
        Self(Modal::new(grid, &vec![[Condition::Dirichlet; 2]; grid.dimension()]))
    }
}

impl Deref for Sine {
    type Target = Modal;
    fn deref(&self) -> &Modal {
        &self.0
    }
}

/// DCT-I over all nodes: u = Σ_k a_k ∏ cos(k_i π t_i), k from 0.
#[derive(Debug, Clone)]
pub struct Cosine(Modal);

impl Cosine {
    /// Plans the transforms of fields on `grid`.
    pub fn new(grid: &Grid) -> Self {
        Self(Modal::new(grid, &vec![[Condition::Neumann; 2]; grid.dimension()]))
    }
}

impl Deref for Cosine {
    type Target = Modal;
    fn deref(&self) -> &Modal {
        &self.0
    }
}
