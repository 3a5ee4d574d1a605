//! The levels of a multigrid method, from the finest to the coarsest.
//!
//! At each level those axes are coarsened whose coefficient ε/h² is at least [`STRONG`] of the largest:
//! point smoothers smooth along strong axes only (Trottenberg et al., §5.1). A box with different spacings is
//! coarsened along its finest axes alone until the spacings are alike, and along all of them from there on.

use super::{
    coarse_operator,
    coarsest::Coarsest,
    cycle::Cycle,
    half::Half,
    level::Level,
    line::Line,
    smoother::{Kind, Smoother},
    transfer::{AxisTransfer, Transfer},
};
use crate::{
    classical::{
        layout::{End, Layout},
        operator::{Constant, Operator},
        real::Real,
    },
    memory::Buffer,
};

/// An axis is coarsened if its coefficient is at least this share of the largest.
const STRONG: f64 = 0.5;
/// Unknowns that are left to the coarsest level.
const FEW: usize = 100;

/// What a hierarchy is made with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Recipe {
    pub smoother: Kind,
    /// ω of Jacobi; none for the best of the dimension.
    pub omega: Option<f64>,
    /// Half weighting instead of full.
    pub half: bool,
}

/// All levels but the coarsest, the coarsest, and the arrays of all but the finest. The operator of the
/// finest level stays with its owner.
#[derive(Debug)]
pub(crate) struct Hierarchy<T: Real> {
    pub levels: Vec<Level<T>>,
    pub coarsest: Coarsest<T>,
    /// u and f of every level below the finest.
    pub arrays: Vec<[Buffer<T>; 2]>,
    finest_flops: [f64; 2],
}

/// The lines of a level; none along absent axes.
pub(super) type Lines = [Option<Line>; 3];

impl<T: Real> Hierarchy<T> {
    /// The levels from that of `finest` on; `singular` if its u is defined up to a constant only.
    pub fn new(finest: &Operator<T>, singular: bool, recipe: Recipe) -> Self {
        let mut lines = finest_lines(finest);
        let (mut levels, mut arrays) = (Vec::<Level<T>>::new(), Vec::new());
        while let Some(coarser) = coarsen(&lines) {
            let operator = levels.last().map_or(finest, |level| &level.coarse);
            let fine = operator.layout();
            let layout = coarse_layout(fine, &coarser);
            let per_volume = matches!(operator, Operator::Constant(_));
            let transfer = Transfer {
                axes: std::array::from_fn(|axis| match (&lines[axis], &coarser[axis]) {
                    (Some(fine), Some(coarse)) if fine != coarse => {
                        AxisTransfer::new(fine, coarse, per_volume, layout.ends[axis][0] == End::Wrap)
                    }
                    _ => AxisTransfer::identity(fine.unknowns[axis]),
                }),
            };
            let coarse = match operator {
                Operator::Constant(constant) => {
                    Operator::Constant(rediscretise(constant, layout.clone(), &coarser))
                }
                Operator::Variable(variable) => {
                    Operator::Variable(coarse_operator::average(variable, &transfer))
                }
            };
            let smoother = Smoother::new(recipe.smoother, recipe.omega, fine, &layout);
            let half = recipe.half.then(|| Half::new(fine));
            arrays.push([Buffer::zeroed(layout.len()), Buffer::zeroed(layout.len())]);
            let level = Level::new(fine, transfer, coarse, smoother, half);
            levels.push(level);
            lines = coarser;
        }
        let coarsest = Coarsest::new(levels.last().map_or(finest, |level| &level.coarse), &lines, singular);
        let count = finest.layout().count() as f64;
        Self { levels, coarsest, arrays, finest_flops: [finest.pass_flops(), count] }
    }

    /// Flops of making it: those of the coarsest level.
    pub fn setup_flops(&self) -> f64 {
        self.coarsest.flops()[0]
    }

    /// Flops of a cycle.
    pub fn cycle_flops(&self, cycle: Cycle) -> f64 {
        let [mut pass, mut count] = self.finest_flops;
        let mut flops = 0.0;
        let mut visits = 1.0;
        for (depth, level) in self.levels.iter().enumerate() {
            visits = cycle.shape.visits(depth);
            let sweeps = (cycle.pre + cycle.post) as f64 * level.smoother.flops(pass, count);
            flops += visits * (sweeps + pass + level.transfer.flops());
            (pass, count) = (level.coarse.pass_flops(), level.coarse.layout().count() as f64);
        }
        flops + visits * self.coarsest.flops()[1]
    }
}

/// The coarser lines; none if few unknowns are left or no axis can be coarsened.
pub(super) fn coarsen(lines: &Lines) -> Option<Lines> {
    let present = || lines.iter().flatten();
    if present().map(Line::unknowns).product::<usize>() <= FEW {
        return None;
    }
    let strength = |line: &Line| line.coarser().map_or(0.0, |_| line.coefficient);
    let largest = present().map(strength).fold(0.0, f64::max);
    (largest > 0.0).then(|| {
        lines.map(|line| {
            let line = line?;
            if strength(&line) >= STRONG * largest { line.coarser().or(Some(line)) } else { Some(line) }
        })
    })
}

/// The layout of the unknowns of `lines`.
pub(super) fn coarse_layout(fine: &Layout, lines: &Lines) -> Layout {
    let unknowns = lines.map(|line| line.map_or(1, |line| line.unknowns()));
    Layout { unknowns, ..fine.clone() }
}

/// The finite-volume operator of the same equation on a coarser level.
fn rediscretise<T: Real>(fine: &Constant<T>, layout: Layout, lines: &Lines) -> Constant<T> {
    let axes = std::array::from_fn(|axis| match &lines[axis] {
        Some(line) => line.weights(),
        None => fine.axes[axis],
    });
    Constant::from_weights(layout, axes, fine.screening)
}

fn finest_lines<T: Real>(operator: &Operator<T>) -> Lines {
    let layout = operator.layout();
    std::array::from_fn(|axis| {
        let coefficient = match operator {
            Operator::Constant(constant) => constant.axes[axis].inner.to_f64(),
            Operator::Variable(variable) => {
                let faces = &variable.faces[axis];
                faces.iter().map(|c| c.to_f64()).sum::<f64>() / faces.len().max(1) as f64
            }
        };
        (!layout.is_absent(axis)).then(|| Line::uniform(layout, axis, coefficient))
    })
}
