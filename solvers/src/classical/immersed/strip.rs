//! The equations next to an interface, solved exactly after a cycle of multigrid.
//!
//! A = F + E, with F the symmetric matrix of faces, which cycles are for, and E what the interface changes in the rows I next
//! to it. E is as large as the larger ε, whatever F is there: the eigenvalues of F⁻¹A lie between 0.8 and a twelfth of the jump. With
//! B ≈ F⁻¹
//!
//! z = Br, z_I ← z_I + A_II⁻¹(r − Az)_I,
//!
//! the second half of a multiplicative Schwarz method with two subdomains, all of space and the strip I (Smith, Bjørstad, Gropp,
//! *Domain Decomposition*, 1996, ch. 1): after it the equations in I hold, and outside of I the two matrices are the
//! same. A_II has the unknowns of a line in the plane, of a surface in space, and sparse LU factors.

use faer::{
    MatMut,
    prelude::Solve,
    sparse::{SparseColMat, SymbolicSparseColMat, linalg::solvers::Lu},
};
use modewise_problems::{Discrete, Grid, Reaction};

use super::place;
use crate::{
    SolverError,
    classical::{
        direct::{neighbour, sparse_bytes},
        layout::Layout,
    },
};

/// The rows of A next to an interface, and the factors of their square.
pub(in crate::classical) struct Strip {
    rows: Vec<Row>,
    factors: Lu<usize, f64>,
    work: Vec<f64>,
}

/// The row of the unknown at `here`.
struct Row {
    here: usize,
    diagonal: f64,
    /// Places and coefficients c of −c u.
    others: Vec<(usize, f64)>,
}

impl Strip {
    /// That of `discrete`, whose matrix has `slope(place)` of a reaction that is not linear on its diagonal; `None` where there is
    /// no interface.
    pub fn new(
        discrete: &Discrete,
        layout: &Layout,
        slope: impl Fn(usize) -> f64,
    ) -> Result<Option<Self>, SolverError> {
        let mut nodes: Vec<usize> = discrete.couplings().iter().map(|coupling| coupling.node).collect();
        nodes.dedup();
        if nodes.is_empty() {
            return Ok(None);
        }
        let rows: Vec<Row> = nodes
            .iter()
            .map(|&node| {
                let here = place(discrete, layout, node);
                let sides = 0..2 * discrete.grid().dimension();
                let faces = sides.map(|side| neighbour(discrete, node, side / 2, side % 2 == 1));
                let own = discrete.couplings_of(node..node + 1).iter();
                let all: Vec<_> = faces.chain(own.map(|own| (own.other, own.coefficient))).collect();
                let reaction = match discrete.reaction() {
                    Reaction::Linear => discrete.kappa2_at(node),
                    _ => slope(here),
                };
                let coupled: f64 = all.iter().map(|(_, c)| c).sum();
                let diagonal = coupled + discrete.held_at(node) + reaction;
                let others = all.iter().map(|(other, c)| (place(discrete, layout, *other), *c)).collect();
                Row { here, diagonal, others }
            })
            .collect();
        let factors = factors(&rows)?;
        Ok(Some(Self { work: vec![0.0; rows.len()], rows, factors }))
    }

    /// z_I ← z_I + A_II⁻¹(r − Az)_I, z being zero in held layers.
    pub fn correct(&mut self, r: &[f64], z: &mut [f64]) {
        for (out, Row { here, diagonal, others }) in self.work.iter_mut().zip(&self.rows) {
            let around: f64 = others.iter().map(|(other, c)| c * z[*other]).sum();
            *out = r[*here] - (diagonal * z[*here] - around);
        }
        let size = self.work.len();
        self.factors.solve_in_place(MatMut::from_column_major_slice_mut(&mut self.work, size, 1));
        for (row, correction) in self.rows.iter().zip(&self.work) {
            z[row.here] += correction;
        }
    }

    /// Flops of the factors, by order of magnitude: a graph of the plane at most.
    pub fn setup_flops(&self) -> f64 {
        10.0 * (self.rows.len() as f64).powf(1.5)
    }

    /// Flops of a correction: every entry of the rows and, by order of magnitude, of the factors once.
    pub fn flops(&self) -> f64 {
        let rows: usize = self.rows.iter().map(|row| row.others.len() + 1).sum();
        2.0 * rows as f64 * (1.0 + (self.rows.len() as f64).log2())
    }

    /// Bytes of the strip of an interface that goes about as far as the box does.
    pub fn bytes(grid: &Grid) -> u64 {
        let d = grid.dimension();
        let across = (grid.nodes() as f64).powf(1.0 - 1.0 / d as f64);
        sparse_bytes(2, 2 * d * across as usize)
    }
}

/// LU factors of the rows and columns of `rows` alone.
fn factors(rows: &[Row]) -> Result<Lu<usize, f64>, SolverError> {
    let mut numbers: Vec<(usize, usize)> =
        rows.iter().enumerate().map(|(number, row)| (row.here, number)).collect();
    numbers.sort_unstable();
    let find =
        |place: &usize| numbers.binary_search_by_key(place, |(here, _)| *here).ok().map(|at| numbers[at].1);
    // By columns: (column, row, value).
    let mut entries: Vec<(usize, usize, f64)> = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        entries.push((number, number, row.diagonal));
        let inner = row.others.iter().filter_map(|(other, c)| Some((find(other)?, number, -c)));
        entries.extend(inner);
    }
    entries.sort_by_key(|(column, row, _)| (*column, *row));
    let (mut starts, mut places, mut values) = (vec![0; rows.len() + 1], Vec::new(), Vec::<f64>::new());
    let mut last = None;
    for (column, row, value) in entries {
        // A face and a coupling may join the same two.
        match values.last_mut().filter(|_| last == Some((column, row))) {
            Some(sum) => *sum += value,
            None => {
                places.push(row);
                values.push(value);
            }
        }
        last = Some((column, row));
        starts[column + 1] = places.len();
    }
    let symbolic = SymbolicSparseColMat::new_checked(rows.len(), rows.len(), starts, None, places);
    SparseColMat::new(symbolic, values).sp_lu().map_err(|error| SolverError::Algebra(error.to_string()))
}
