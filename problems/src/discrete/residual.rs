//! The residual f − Σ c(u − u_neighbour) − κ²g(u), b − Au of a linear system, row by row (`p_laplace` has that of a
//! p-Laplacian), and what a field needs to
//! stand for a solution: boundary values, periodic images, zero mean.

use multiversion::multiversion;
use rayon::prelude::*;

use super::{Coefficients, Discrete};
use crate::{Condition, Field, Reaction, reduce};

/// Where a row's neighbour row along a slower axis starts, and which coefficient lies between.
#[derive(Clone, Copy)]
struct Neighbour {
    row: usize,
    /// Start of the row whose faces lie between.
    face: usize,
    axis: usize,
}

impl Discrete {
    /// ‖r‖₂² of the residual over unknowns, without storing it. `u` carries Dirichlet values.
    pub fn residual_squares(&self, u: &[f64]) -> f64 {
        let columns = self.columns();
        let rows_a_block = (reduce::BLOCK / columns).max(1);
        let rows = u.len() / columns;
        let block = |block: usize| {
            let mut row = vec![0.0; columns];
            let mut sum = 0.0;
            for number in block * rows_a_block..((block + 1) * rows_a_block).min(rows) {
                if let Some(range) = self.residual_row(u, number * columns, &mut row) {
                    sum += reduce::squares(&row[range]);
                }
            }
            sum
        };
        let blocks = rows.div_ceil(rows_a_block);
        if blocks == 1 {
            return block(0);
        }
        let parts: Vec<f64> = (0..blocks).into_par_iter().map(block).collect();
        parts.into_iter().sum()
    }

    /// The residual at unknowns, 0 at other nodes.
    pub fn residual(&self, u: &[f64], out: &mut [f64]) {
        let columns = self.columns();
        out.par_chunks_mut(columns).with_min_len((reduce::BLOCK / columns).max(1)).enumerate().for_each(
            |(number, out)| match self.residual_row(u, number * columns, out) {
                None => out.fill(0.0),
                Some(range) => {
                    out[..range.start].fill(0.0);
                    out[range.end..].fill(0.0);
                }
            },
        );
    }

    /// Writes the Dirichlet values and the periodic images into `u`, and 0 outside the region.
    pub fn impose_boundary(&self, u: &mut [f64]) {
        let dirichlet = self.sides.iter().flatten().any(|side| *side == Condition::Dirichlet);
        let columns = self.columns();
        for start in (0..u.len()).step_by(columns) {
            let row = &mut u[start..start + columns];
            let along = self.unknowns_along(self.sides.len() - 1);
            let held = |i: usize| self.boundary.as_ref().map_or(0.0, |boundary| boundary.values()[start + i]);
            if dirichlet && self.is_dirichlet_row(start) {
                row.iter_mut().enumerate().for_each(|(i, u)| *u = held(i));
            } else if self.sides[self.sides.len() - 1][0] == Condition::Periodic {
                row[columns - 1] = row[0];
            } else {
                if along.start == 1 {
                    row[0] = held(0);
                }
                if along.end == columns - 1 {
                    row[columns - 1] = held(columns - 1);
                }
            }
        }
        // Images along slower axes: the last layer is the first.
        for axis in 0..self.sides.len() - 1 {
            if self.sides[axis][0] == Condition::Periodic {
                let stride = self.grid().stride(axis);
                let cells = self.grid().axes()[axis].cells;
                for block in u.chunks_exact_mut(stride * (cells + 1)) {
                    block.copy_within(0..stride, cells * stride);
                }
            }
        }
        self.fill_inactive(u, 0.0);
    }

    /// Takes the mean of a singular system's solution out of `u`; does nothing where u is unique.
    pub fn fix_constant(&self, u: &mut [f64]) {
        if self.is_singular {
            let [sum, total] = self.sums(u, true);
            self.subtract_inside(u, sum / total, false);
        }
    }

    /// Σ w u over unknowns and the volume Σ w, in cells, by the trapezoidal rule: half weights on Neumann sides, and the shares
    /// of cells that are cut, which `u` carries already if it is not `per_volume`.
    pub(super) fn sums(&self, u: &[f64], per_volume: bool) -> [f64; 2] {
        let last = self.sides.len() - 1;
        let weight = |axis: usize, i: usize| {
            let [lower, upper] = self.sides[axis];
            let cells = self.grid().axes()[axis].cells;
            let range = self.unknowns_along(axis);
            let neumann =
                (i == 0 && lower == Condition::Neumann) || (i == cells && upper == Condition::Neumann);
            if !range.contains(&i) {
                0.0
            } else if neumann {
                0.5
            } else {
                1.0
            }
        };
        let (mut sum, mut total) = (0.0, 0.0);
        let columns = self.columns();
        let mut shares = self.shares.iter().peekable();
        for start in (0..u.len()).step_by(columns) {
            let row: f64 = (0..last).map(|axis| weight(axis, self.index(start, axis))).product();
            for (i, u) in u[start..start + columns].iter().enumerate() {
                let cut = shares.next_if(|(node, _)| *node == start + i).map(|(_, share)| *share);
                let share = cut.unwrap_or(f64::from(u8::from(self.is_inside(start + i))));
                let w = row * weight(last, i);
                sum += w * u * if per_volume { share } else { 1.0 };
                total += w * share;
            }
        }
        [sum, total]
    }

    /// Takes `value` off `u` inside the region, times the shares of cells if `u` carries them.
    pub(super) fn subtract_inside(&self, u: &mut [f64], value: f64, with_shares: bool) {
        let mut shares = self.shares.iter().peekable();
        for (node, u) in u.iter_mut().enumerate() {
            let cut = shares.next_if(|(cut, _)| *cut == node).map(|(_, share)| *share);
            let share = match cut {
                Some(share) if with_shares => share,
                Some(_) => 1.0,
                None => f64::from(u8::from(self.is_inside(node))),
            };
            *u -= share * value;
        }
    }

    /// Sets `field` to zero at nodes that are no unknowns.
    pub(super) fn keep_unknowns(&self, field: &mut Field) {
        let columns = self.columns();
        let along = self.unknowns_along(self.sides.len() - 1);
        for (number, row) in field.values_mut().chunks_exact_mut(columns).enumerate() {
            if self.is_unknown_row(number * columns) {
                row[..along.start].fill(0.0);
                row[along.end..].fill(0.0);
            } else {
                row.fill(0.0);
            }
        }
        self.fill_inactive(field.values_mut(), 0.0);
    }

    /// Whether each node is an unknown.
    pub(super) fn unknown_nodes(&self) -> Vec<bool> {
        let mut is_unknown = vec![false; self.grid().nodes()];
        let columns = self.columns();
        let along = self.unknowns_along(self.sides.len() - 1);
        for (number, row) in is_unknown.chunks_exact_mut(columns).enumerate() {
            if self.is_unknown_row(number * columns) {
                row[along.clone()].fill(true);
            }
        }
        is_unknown
    }

    fn columns(&self) -> usize {
        self.grid().axes()[self.sides.len() - 1].cells + 1
    }

    fn index(&self, node: usize, axis: usize) -> usize {
        node / self.grid().stride(axis) % (self.grid().axes()[axis].cells + 1)
    }

    fn is_unknown_row(&self, start: usize) -> bool {
        (0..self.sides.len() - 1).all(|axis| self.unknowns_along(axis).contains(&self.index(start, axis)))
    }

    fn is_dirichlet_row(&self, start: usize) -> bool {
        (0..self.sides.len() - 1).any(|axis| {
            let (i, cells) = (self.index(start, axis), self.grid().axes()[axis].cells);
            let [lower, upper] = self.sides[axis];
            (i == 0 && lower == Condition::Dirichlet) || (i == cells && upper == Condition::Dirichlet)
        })
    }

    /// The lower and upper neighbour of index `i` of `cells` along an axis, as index and as index of the
    /// face between: mirrored at Neumann sides, wrapped on periodic axes.
    fn neighbours(&self, axis: usize, i: usize) -> [[usize; 2]; 2] {
        let cells = self.grid().axes()[axis].cells;
        let periodic = self.sides[axis][0] == Condition::Periodic;
        let lower = match i {
            0 if periodic => [cells - 1, cells - 1],
            0 => [1, 0],
            _ => [i - 1, i - 1],
        };
        let upper = if i == cells { [cells - 1, cells - 1] } else { [i + 1, i] };
        [lower, if periodic && i + 1 == cells { [0, i] } else { upper }]
    }

    /// b − Au of the row of nodes that starts at `start`; the range of its unknowns, or `None` if it has
    /// none.
    fn residual_row(&self, u: &[f64], start: usize, out: &mut [f64]) -> Option<std::ops::Range<usize>> {
        if !self.is_unknown_row(start) {
            return None;
        }
        if let Some(flux) = &self.p_laplace {
            flux.residual_row(u, self.source.values(), start, out);
            return Some(self.unknowns_along(self.sides.len() - 1));
        }
        let last = self.sides.len() - 1;
        let columns = self.columns();
        let range = self.unknowns_along(last);
        let mut across = [Neighbour { row: start, face: start, axis: 0 }; 4];
        for axis in 0..last {
            let (stride, i) = (self.grid().stride(axis), self.index(start, axis));
            for (side, [neighbour, face]) in self.neighbours(axis, i).into_iter().enumerate() {
                let at = |index: usize| start - i * stride + index * stride;
                across[2 * axis + side] = Neighbour { row: at(neighbour), face: at(face), axis };
            }
        }
        let across = &across[..2 * last];
        let row = |start: usize| &u[start..start + columns];
        let (here, f) = (row(start), &self.source.values()[start..start + columns]);
        match &self.coefficients {
            Coefficients::Constant { axes, screening } => {
                let linear = if self.reaction == Reaction::Linear { *screening } else { 0.0 };
                let diagonal = 2.0 * axes.iter().sum::<f64>() + linear;
                let c = axes[last];
                let pair = |pair: &[Neighbour]| (axes[pair[0].axis], [row(pair[0].row), row(pair[1].row)]);
                match across {
                    [_, _] => constant_row([diagonal, c], f, here, [pair(across)], out),
                    [_, _, _, _] => {
                        constant_row([diagonal, c], f, here, [pair(&across[..2]), pair(&across[2..])], out);
                    }
                    [] => constant_row([diagonal, c], f, here, [], out),
                    // Invariant: a pair of rows along every axis but the last.
                    _ => unreachable!("grids have at most three axes"),
                }
                for i in [0, columns - 1] {
                    let [[lower, _], [upper, _]] = self.neighbours(last, i);
                    out[i] = f[i] - (diagonal * here[i] - c * (here[lower] + here[upper]));
                    for (c, [below, above]) in across.chunks_exact(2).map(pair) {
                        out[i] += c * (below[i] + above[i]);
                    }
                }
                if self.reaction != Reaction::Linear {
                    for (out, u) in out[range.clone()].iter_mut().zip(&here[range.clone()]) {
                        *out -= screening * self.reaction.value(*u);
                    }
                }
            }
            Coefficients::Variable { faces, screening } => {
                let along = &faces[last][start..start + columns];
                row_along(along, f, here, out);
                for i in [0, columns - 1] {
                    let [[lower, below], [upper, above]] = self.neighbours(last, i);
                    out[i] = f[i]
                        - along[below] * (here[i] - here[lower])
                        - along[above] * (here[i] - here[upper]);
                }
                for neighbour in across {
                    let face = &faces[neighbour.axis][neighbour.face..neighbour.face + columns];
                    subtract_flux(face, here, row(neighbour.row), out);
                }
                if self.reaction != Reaction::Linear {
                    for i in range.clone() {
                        let k = self.kappa2_at(start + i);
                        // No infinity where there is no reaction, whatever u is.
                        let reaction = if k > 0.0 { k * self.reaction.value(here[i]) } else { 0.0 };
                        out[i] -= self.held_at(start + i) * here[i] + reaction;
                    }
                } else if !screening.is_empty() {
                    for ((out, u), k) in out.iter_mut().zip(here).zip(&screening[start..start + columns]) {
                        *out -= k * u;
                    }
                }
            }
        }
        for coupling in self.couplings_of(start..start + columns) {
            out[coupling.node - start] -= coupling.coefficient * (u[coupling.node] - u[coupling.other]);
        }
        Some(range)
    }
}

/// f − Au away from the ends of a row with one diagonal and a coefficient along and across the row, where
/// pairs of rows lie next to it.
#[multiversion(targets = "simd")]
fn constant_row<const PAIRS: usize>(
    [diagonal, c]: [f64; 2],
    f: &[f64],
    here: &[f64],
    across: [(f64, [&[f64]; 2]); PAIRS],
    out: &mut [f64],
) {
    let inner = here.len() - 2;
    let [left, u, right] = [0, 1, 2].map(|start| &here[start..start + inner]);
    let across = across.map(|(c, rows)| (c, rows.map(|row| &row[1..=inner])));
    let (f, out) = (&f[1..=inner], &mut out[1..=inner]);
    for i in 0..inner {
        let mut r = f[i] - (diagonal * u[i] - c * (left[i] + right[i]));
        for (c, [below, above]) in across {
            r += c * (below[i] + above[i]);
        }
        out[i] = r;
    }
}

/// f less the fluxes along a row through the faces `along` it, away from its ends.
#[multiversion(targets = "simd")]
fn row_along(along: &[f64], f: &[f64], here: &[f64], out: &mut [f64]) {
    let inner = 1..here.len() - 1;
    let rows = here.windows(3).zip(along.windows(2)).zip(&f[inner.clone()]).zip(&mut out[inner]);
    for (((here, along), f), out) in rows {
        *out = f - along[0] * (here[1] - here[0]) - along[1] * (here[1] - here[2]);
    }
}

/// out ← out − c(u − v).
#[multiversion(targets = "simd")]
fn subtract_flux(c: &[f64], u: &[f64], v: &[f64], out: &mut [f64]) {
    for (((out, u), v), c) in out.iter_mut().zip(u).zip(v).zip(c) {
        *out -= c * (u - v);
    }
}
