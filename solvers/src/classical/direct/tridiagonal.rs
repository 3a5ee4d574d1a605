//! Gaussian elimination in 1-D (the Thomas algorithm), for any coefficients and sides.
//!
//! The rows are −l_iu_{i−1} + d_iu_i − c_iu_{i+1}. With p_i = 1/(d_i − l_ic_{i−1}p_{i−1}): forward q_i = (r_i + l_iq_{i−1})p_i, back
//! u_i = q_i + c_ip_iu_{i+1}. It needs no pivoting: the matrix is diagonally dominant. A ring is cut before its last
//! unknown: with T the matrix of the others and T z = l_first e_first + c_last e_last, u = y + z u_n.

use modewise_problems::Discrete;

use super::{
    matrix::{diagonal, neighbour},
    refined::Factors,
};

/// The factors of a matrix of three bands, or of a ring.
pub(in crate::classical) struct Tridiagonal {
    /// The place of the first unknown.
    first: usize,
    /// l, 1/p and cp of each row.
    lower: Vec<f64>,
    pivots: Vec<f64>,
    upper: Vec<f64>,
    ring: Option<Ring>,
}

/// The last unknown of a periodic axis.
struct Ring {
    z: Vec<f64>,
    /// Its coefficients with the last and the first of the others.
    couplings: [f64; 2],
    /// 1/(d − c z_first − l z_last); 0 where it is pinned.
    pivot: f64,
}

impl Tridiagonal {
    pub fn new(discrete: &Discrete) -> Self {
        let nodes = discrete.unknowns_along(0);
        let is_ring = discrete.sides()[0][0] == modewise_problems::Condition::Periodic;
        let row = |node: usize| {
            let [lower, upper] = [false, true].map(|above| neighbour(discrete, node, 0, above).1);
            [lower, diagonal(discrete, node), upper]
        };
        let mut rows: Vec<[f64; 3]> = nodes.clone().map(row).collect();
        for (index, row) in rows.iter_mut().enumerate() {
            // Both neighbours of a node on a Neumann side are the same.
            let ghosts =
                [nodes.start == 0 && index == 0, nodes.start + index == discrete.grid().axes()[0].cells];
            if !is_ring && ghosts[0] {
                *row = [0.0, row[1], row[0] + row[2]];
            }
            if !is_ring && ghosts[1] {
                *row = [row[0] + row[2], row[1], 0.0];
            }
        }
        Self::factor(nodes.start, &rows, is_ring, discrete.is_singular())
    }

    /// From l, d and c of each row, the unknowns' values to stand from `first` on; of a singular matrix the last unknown is pinned to zero.
    pub fn factor(first: usize, rows: &[[f64; 3]], is_ring: bool, pinned: bool) -> Self {
        let (others, cut) = if is_ring { rows.split_at(rows.len() - 1) } else { (rows, &[][..]) };
        let mut before = 0.0;
        let (mut lower, mut pivots, mut upper) = (Vec::new(), Vec::new(), Vec::new());
        for [l, d, c] in others {
            let pivot = 1.0 / (d - l * before);
            before = c * pivot;
            lower.push(*l);
            pivots.push(pivot);
            upper.push(before);
        }
        let mut factors = Self { first, lower, pivots, upper, ring: None };
        match cut {
            [] if pinned => {
                let last = others.len() - 1;
                (factors.pivots[last], factors.upper[last]) = (0.0, 0.0);
            }
            [[l, d, c], ..] => {
                let mut z = vec![0.0; others.len()];
                z[0] += others[0][0];
                z[others.len() - 1] += others[others.len() - 1][2];
                factors.eliminate(&mut z);
                let pivot = if pinned { 0.0 } else { 1.0 / (d - c * z[0] - l * z[others.len() - 1]) };
                factors.ring = Some(Ring { z, couplings: [*l, *c], pivot });
            }
            _ => {}
        }
        factors
    }

    fn eliminate(&self, x: &mut [f64]) {
        let mut before = 0.0;
        for ((x, l), p) in x.iter_mut().zip(&self.lower).zip(&self.pivots) {
            before = (*x + l * before) * p;
            *x = before;
        }
        let mut after = 0.0;
        for (x, c) in x.iter_mut().zip(&self.upper).rev() {
            after = *x + c * after;
            *x = after;
        }
    }

    /// l, p and cp, and z of a ring.
    pub fn bytes(nodes: usize) -> u64 {
        32 * nodes as u64
    }

    /// Four flops a pivot.
    pub fn setup_flops(nodes: usize) -> f64 {
        (4 * nodes) as f64
    }
}

impl Factors for Tridiagonal {
    fn solve(&mut self, r: &mut [f64]) {
        let others = self.pivots.len();
        let (r, rest) = r[self.first..].split_at_mut(others);
        self.eliminate(r);
        if let Some(ring) = &self.ring {
            let [l, c] = ring.couplings;
            let u = (rest[0] + c * r[0] + l * r[others - 1]) * ring.pivot;
            rest[0] = u;
            for (r, z) in r.iter_mut().zip(&ring.z) {
                *r += u * z;
            }
        }
    }

    /// Three forward and two back, and two more on a ring.
    fn flops(&self) -> f64 {
        (self.pivots.len() * if self.ring.is_some() { 7 } else { 5 }) as f64
    }
}
