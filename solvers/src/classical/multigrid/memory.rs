//! The memory of a hierarchy, by closed form.

use modewise_problems::{Coefficient, Grid, Problem};

use super::{
    hierarchy::{self, Lines, Recipe},
    level::Level,
    line::Line,
    smoother::{Kind, Smoother},
    weights::Weights,
};
use crate::classical::{layout::Layout, operator::Boxes, state::system_values};

/// Bytes of the system of `problem` on `grid` and of the levels below it.
pub(super) fn bytes(problem: &dyn Problem, grid: &Grid, recipe: Recipe) -> u64 {
    let varies = [problem.permittivity(), problem.screening()].contains(&Coefficient::Variable);
    let dimension = grid.dimension() as u64;
    let mut layout = Layout::with_sides(grid, problem.domain().sides());
    let mut lines: Lines = std::array::from_fn(|axis| {
        let axes = grid.axes();
        let along = (axis + axes.len()).checked_sub(3).map(|axis| axes[axis].spacing());
        along.map(|h| Line::uniform(&layout, axis, 1.0 / (h * h)))
    });
    let mut bytes = 8 * system_values(problem, grid);
    let galerkin = recipe.is_galerkin(varies, &lines);
    let mut smoother = recipe.smoother;
    while let Some(coarser) = hierarchy::coarsen(&lines, galerkin) {
        let coarse = hierarchy::coarse_layout(&layout, &coarser);
        bytes += Smoother::<f64>::bytes(smoother, &layout) + Level::<f64>::bytes(&layout, &coarse);
        // u, f, and the operator with what goes between.
        bytes += 16 * coarse.len() as u64;
        if galerkin {
            smoother = Kind::Jacobi;
            let coarsened = (0..3).filter(|&axis| lines[axis] != coarser[axis]).count();
            bytes += Boxes::<f64>::bytes(&coarse) + Weights::<f64>::bytes(&coarse, coarsened);
        } else if varies {
            bytes += 8 * (dimension + 2) * coarse.len() as u64;
        }
        if recipe.half {
            bytes += 8 * layout.len() as u64;
        }
        (layout, lines) = (coarse, coarser);
    }
    bytes
}
