//! The memory of a hierarchy, by closed form.

use modewise_problems::{Grid, Problem};

use super::{
    hierarchy::{self, Lines, Recipe},
    level::Level,
    line::Line,
    smoother::Smoother,
    weights::Weights,
};
use crate::classical::{
    layout::Layout,
    operator::Boxes,
    state::{self, array_values, system_values},
};

/// Bytes of the system of `problem` on `grid` and of the levels below it.
pub(super) fn bytes(problem: &dyn Problem, grid: &Grid, recipe: Recipe) -> u64 {
    bytes_where(!problem.is_uniform(), problem, grid, recipe)
}

/// The same whether its coefficients vary or not, where they stand in arrays if `varies`.
pub(super) fn bytes_where(varies: bool, problem: &dyn Problem, grid: &Grid, recipe: Recipe) -> u64 {
    let dimension = grid.dimension() as u64;
    let mut layout = Layout::with_sides(grid, problem.domain().sides());
    let mut lines: Lines = std::array::from_fn(|axis| {
        let axes = grid.axes();
        let along = (axis + axes.len()).checked_sub(3).map(|axis| axes[axis].spacing());
        along.map(|h| Line::uniform(&layout, axis, 1.0 / (h * h)))
    });
    let coefficients = if varies { state::variable_arrays(grid) } else { 0 };
    let mut bytes = 8 * (2 + coefficients) * array_values(problem, grid);
    let galerkin = recipe.is_galerkin(varies, &lines);
    let mut is_finest = true;
    while let Some(coarser) = hierarchy::coarsen(&lines, galerkin) {
        let coarse = hierarchy::coarse_layout(&layout, &coarser);
        let (kind, _) = recipe.smoother(&layout, is_finest, galerkin && !is_finest);
        bytes += Smoother::<f64>::bytes(kind, &layout, &coarse) + Level::<f64>::bytes(&layout, &coarse);
        // u, f, and the operator with what goes between.
        bytes += 16 * coarse.len() as u64;
        if galerkin {
            let coarsened = (0..3).filter(|&axis| lines[axis] != coarser[axis]).count();
            bytes += Boxes::<f64>::bytes(&coarse) + Weights::<f64>::bytes(&coarse, coarsened);
        } else if varies {
            bytes += 8 * (dimension + 2) * coarse.len() as u64;
        }
        if recipe.half {
            bytes += 8 * layout.len() as u64;
        }
        (layout, lines) = (coarse, coarser);
        is_finest = false;
    }
    bytes
}

/// The same with the levels in single precision: half of what they take in double, and the finest u, f and
/// coefficients as well; a residual in double precision.
pub(super) fn mixed_bytes(problem: &dyn Problem, grid: &Grid, recipe: Recipe) -> u64 {
    let system = 8 * system_values(problem, grid);
    let levels = bytes(problem, grid, recipe) - system;
    system + system / 2 + levels / 2 + 8 * array_values(problem, grid)
}
