//! The grids of a multigrid method, from the finest to the coarsest, and what stands on them.

use modewise_problems::{Discrete, Field, Grid, grid::Axis};

use super::{smoother::Smoother, transfer};
use crate::{
    SolverError,
    classical::{direct::Inverse, relaxation::Relaxation, stencil::Stencil},
};

/// One grid with its system A u = f.
pub(super) struct Level {
    pub stencil: Stencil,
    pub relaxation: Relaxation,
    pub u: Field,
    pub f: Field,
    next: Field,
    pub scratch: Vec<f64>,
}

impl Level {
    fn new(u: Field, f: Field, stencil: Stencil, relaxation: Relaxation) -> Self {
        let scratch = vec![0.0; scratch(&stencil, relaxation)];
        Self { stencil, relaxation, next: u.clone(), u, f, scratch }
    }

    /// `sweeps` sweeps of the smoother.
    pub fn smooth(&mut self, sweeps: usize) {
        for _ in 0..sweeps {
            let (u, f, next) = (self.u.values(), self.f.values(), self.next.values_mut());
            self.relaxation.sweep(&self.stencil, u, f, next, &mut self.scratch);
            std::mem::swap(&mut self.u, &mut self.next);
        }
    }
}

/// Sweeps and the restriction take turns with one scratch.
fn scratch(stencil: &Stencil, relaxation: Relaxation) -> usize {
    relaxation.scratch(stencil).max(transfer::scratch(stencil))
}

/// All levels, the finest first, and the solver of the coarsest.
pub(super) struct Hierarchy {
    pub levels: Vec<Level>,
    pub coarsest: Inverse,
}

impl Hierarchy {
    /// The levels for `discrete`, with u on the finest.
    pub fn new(discrete: &Discrete, u: Field, smoother: Smoother) -> Result<Self, SolverError> {
        let relaxation = smoother.relaxation(discrete.grid().dimension());
        let mut stencil = Stencil::of(discrete);
        let mut levels = vec![Level::new(u, discrete.source().clone(), stencil, relaxation)];
        let mut coarser = coarsen(discrete.grid());
        while let Some(grid) = coarser {
            stencil = stencil.coarser();
            levels.push(Level::new(Field::zeros(&grid), Field::zeros(&grid), stencil, relaxation));
            coarser = coarsen(&grid);
        }
        Ok(Self { levels, coarsest: Inverse::new(&stencil)? })
    }

    /// u on the finest grid.
    pub fn solution(&self) -> &Field {
        &self.levels[0].u
    }

    /// Memory in bytes that the levels for `grid` will take.
    pub fn bytes(grid: &Grid, smoother: Smoother) -> u64 {
        let relaxation = smoother.relaxation(grid.dimension());
        let mut stencil = Stencil::new(grid, &[1.0; 2]);
        let mut bytes = 0;
        let mut coarser = coarsen(grid);
        loop {
            bytes += 8 * (3 * stencil.nodes() + scratch(&stencil, relaxation)) as u64;
            match coarser {
                Some(grid) => {
                    stencil = stencil.coarser();
                    coarser = coarsen(&grid);
                }
                None => return Inverse::bytes(&stencil).saturating_add(bytes),
            }
        }
    }

    /// Flops of factoring the coarsest operator.
    pub fn setup_flops(&self) -> f64 {
        Inverse::setup_flops(&self.levels[self.levels.len() - 1].stencil)
    }

    /// Flops of one V-cycle with `sweeps` sweeps a level.
    pub fn cycle_flops(&self, sweeps: usize) -> f64 {
        let pairs = self.levels.windows(2).map(|pair| {
            let (fine, coarse) = (&pair[0], &pair[1]);
            sweeps as f64 * fine.relaxation.flops(&fine.stencil)
                + transfer::flops(&fine.stencil, &coarse.stencil)
        });
        pairs.sum::<f64>() + Inverse::flops(&self.levels[self.levels.len() - 1].stencil)
    }
}

/// The grid with half as many cells, if all axes can be halved and keep an interior node.
fn coarsen(grid: &Grid) -> Option<Grid> {
    let halved = |axis: &Axis| axis.cells.is_multiple_of(2).then_some(axis.cells / 2);
    let cells: Vec<usize> = grid.axes().iter().map(halved).collect::<Option<_>>()?;
    let bounds: Vec<[f64; 2]> = grid.axes().iter().map(|axis| [axis.lower, axis.upper]).collect();
    Grid::new(&bounds, &cells).ok()
}
