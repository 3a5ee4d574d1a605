//! The levels of a multigrid method, from the finest to the coarsest.
//!
//! Point smoothers smooth well along axes whose coefficient ε/h² is a good share of the sum over all axes:
//! an error that oscillates along such an axis alone, and is smooth along the others, is damped by about
//! (1 − share)² in a red-black sweep. At each level those axes are coarsened whose share is at least
//! [`SHARE`], semi-coarsening where spacings differ (Trottenberg et al., §5.1): a box with different spacings
//! is coarsened along its finest axes alone until the spacings are alike.

use super::{
    coarse_operator,
    coarsest::Coarsest,
    cubic::Cubic,
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

/// An axis is coarsened if its coefficient is at least this share of their sum. Equal axes in 3-D have ⅓.
const SHARE: f64 = 0.3;
/// Unknowns that are left to the coarsest level.
const FEW: usize = 30;

/// What a hierarchy is made with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Recipe {
    pub kind: Kind,
    /// ω of Jacobi; none for the best of the dimension.
    pub omega: Option<f64>,
    /// The smoother of all levels below the finest, if it is another.
    pub below: Option<Kind>,
    /// Half weighting instead of full.
    pub half: bool,
    /// Cubic interpolation of corrections instead of linear.
    pub cubic: bool,
    /// Whether cycles have to be symmetric.
    pub symmetric: bool,
}

impl Recipe {
    /// The smoother of a level. Across the seam of a periodic axis of odd length a colour meets itself, and
    /// black-red sweeps are not the adjoint of red-black ones; polynomials in D⁻¹A are their own.
    pub fn smoother(&self, layout: &Layout, is_finest: bool) -> Kind {
        let odd_seam =
            (0..3).any(|axis| layout.ends[axis][1] == End::Wrap && !layout.unknowns[axis].is_multiple_of(2));
        match self.below {
            _ if self.symmetric && odd_seam => Kind::Chebyshev,
            Some(below) if !is_finest => below,
            _ => self.kind,
        }
    }
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
            let kind = recipe.smoother(fine, levels.is_empty());
            let smoother = Smoother::new(kind, recipe.omega, fine, &layout);
            let changed =
                std::array::from_fn(|axis| lines[axis].as_ref().filter(|_| transfer.axes[axis].coarsened));
            let cubic = Cubic::new(fine, changed, &transfer.axes);
            let half = recipe.half.then(|| Half::new(fine));
            arrays.push([Buffer::zeroed(layout.len()), Buffer::zeroed(layout.len())]);
            levels.push(Level::new(fine, transfer, coarse, smoother, half, cubic, recipe.cubic));
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

    /// Flops of a cycle on the finest level.
    pub fn cycle_flops(&self, cycle: Cycle) -> f64 {
        self.cycle_flops_from(0, cycle)
    }

    /// Flops of a cycle on the level `start` levels below the finest.
    pub fn cycle_flops_from(&self, start: usize, cycle: Cycle) -> f64 {
        let levels = (start..self.levels.len())
            .map(|depth| cycle.shape.visits(depth - start) * self.visit_flops(depth, cycle));
        let last = self.levels.len().saturating_sub(start + 1);
        levels.sum::<f64>() + cycle.shape.visits(last) * self.coarsest.flops()[1]
    }

    /// Flops of what a cycle does on one level.
    pub fn visit_flops(&self, depth: usize, cycle: Cycle) -> f64 {
        self.levels.get(depth).map_or(0.0, |level| {
            let [pass, count] = self.pass_flops(depth);
            let sweeps = (cycle.pre + cycle.post) as f64 * level.smoother.flops(pass, count);
            sweeps + pass + level.transfer_flops(count)
        })
    }

    /// Flops of restricting a right-hand side from a level, and of interpolating a solution to it.
    pub fn start_flops(&self, depth: usize) -> f64 {
        let [pass, count] = self.pass_flops(depth);
        let level = &self.levels[depth];
        pass + level.transfer.flops()[0] + level.cubic.flops * count
    }

    /// Flops of a pass of a level's operator, and its unknowns.
    fn pass_flops(&self, depth: usize) -> [f64; 2] {
        match depth.checked_sub(1) {
            None => self.finest_flops,
            Some(above) => {
                let operator = &self.levels[above].coarse;
                [operator.pass_flops(), operator.layout().count() as f64]
            }
        }
    }
}

/// The coarser lines; none if few unknowns are left or no axis can be coarsened.
pub(super) fn coarsen(lines: &Lines) -> Option<Lines> {
    let present = || lines.iter().flatten();
    if present().map(Line::unknowns).product::<usize>() <= FEW {
        return None;
    }
    let can = |line: &Line| line.coarser().map_or(0.0, |_| line.coefficient);
    let largest = present().map(can).fold(0.0, f64::max);
    let enough = largest.min(SHARE * present().map(|line| line.coefficient).sum::<f64>());
    (largest > 0.0).then(|| {
        lines.map(|line| {
            line.map(|line| line.coarser().filter(|_| line.coefficient >= enough).unwrap_or(line))
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
