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
    galerkin,
    half::Half,
    level::Level,
    line::Line,
    smoother::{Kind, Smoother, over_relaxation},
    transfer::{AxisTransfer, Transfer},
    weights::Weights,
};
use crate::{
    classical::{
        layout::{End, Layout},
        operator::{Constant, Couplings, Operator, Variable},
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
    /// ω of Jacobi or red-black sweeps; none for the best of the dimension, and for 1.
    pub omega: Option<f64>,
    /// Whether the ω of red-black sweeps is the best of the dimension as well, if nothing else is said.
    pub over_relaxed: bool,
    /// The smoother of all levels below the finest, if it is another.
    pub below: Option<Kind>,
    /// Half weighting instead of full.
    pub half: bool,
    /// Cubic interpolation of corrections instead of linear.
    pub cubic: bool,
    /// How coarse operators are made; none for what suits the finest one.
    pub coarse: Option<Coarse>,
    /// Whether cycles have to be symmetric.
    pub symmetric: bool,
}

/// How coarse operators are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coarse {
    /// The same equation on the coarser grid, with linear interpolation.
    Rediscretised,
    /// Galerkin's product, with the interpolation that the matrix makes.
    Galerkin,
}

impl Recipe {
    /// The smoother of a level with its ω; `boxes` if its operator has box stencils.
    ///
    /// Box stencils couple places of one colour, so that red-black sweeps would depend on the order in a
    /// colour. Jacobi's ω = 8/9 damps the upper half of their spectrum by 1/3, in two dimensions and in three:
    /// bilinear and trilinear finite elements, which PᵀAP comes to look like, have their high frequencies at
    /// ¾ to 1½ of the diagonal. A finest matrix of box stencils is one of finite differences, for which the ω is that of
    /// Jacobi's sweeps elsewhere.
    ///
    /// Across the seam of a periodic axis of odd length a colour meets itself, and black-red sweeps are not the
    /// adjoint of red-black ones; polynomials in D⁻¹A are their own.
    pub fn smoother(&self, layout: &Layout, is_finest: bool, boxes: bool) -> (Kind, Option<f64>) {
        let odd_seam = layout.has_odd_seam();
        match self.below {
            _ if boxes => {
                let given = self.omega.filter(|_| self.kind == Kind::Jacobi);
                (Kind::Jacobi, given.or((!is_finest).then_some(8.0 / 9.0)))
            }
            _ if self.symmetric && odd_seam => (Kind::Chebyshev, None),
            Some(below) if !is_finest => (below, self.omega.filter(|_| self.kind == below)),
            _ if self.kind == Kind::RedBlack && self.over_relaxed => {
                (self.kind, self.omega.or(over_relaxation(layout.dimension)))
            }
            _ => (self.kind, self.omega),
        }
    }

    /// Whether coarse matrices are Galerkin's: where coefficients vary, if nothing else is said.
    pub fn is_galerkin(&self, varies: bool, lines: &Lines) -> bool {
        let fits = !self.half && !self.cubic;
        let wanted = self.coarse.map_or(varies && fits, |coarse| coarse == Coarse::Galerkin);
        wanted && lines.iter().flatten().all(Line::closes)
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
    /// The lines of the coarsest level.
    pub lines: Lines,
    finest_flops: [f64; 2],
    /// Flops of making Galerkin's matrices and the interpolation that goes with them.
    product_flops: f64,
}

/// The lines of a level; none along absent axes.
pub(super) type Lines = [Option<Line>; 3];

impl<T: Real> Hierarchy<T> {
    /// The levels from that of `finest` on; `singular` if its u is defined up to a constant only.
    pub fn new(finest: &Operator<T>, singular: bool, recipe: Recipe) -> Self {
        let mut lines = finest_lines(finest);
        let galerkin = recipe.is_galerkin(!finest.is_per_volume(), &lines);
        let (mut levels, mut arrays) = (Vec::<Level<T>>::new(), Vec::new());
        let mut product_flops = 0.0;
        while let Some(coarser) = coarsen(&lines, galerkin) {
            let operator = levels.last().map_or(finest, |level| &level.coarse);
            let fine = operator.layout();
            let layout = coarse_layout(fine, &coarser);
            let per_volume = operator.is_per_volume();
            let transfer = Transfer {
                axes: std::array::from_fn(|axis| match (&lines[axis], &coarser[axis]) {
                    (Some(fine), Some(coarse)) if fine != coarse => {
                        AxisTransfer::new(fine, coarse, per_volume, layout.ends[axis][0] == End::Wrap)
                    }
                    _ => AxisTransfer::identity(fine.unknowns[axis]),
                }),
            };
            let (coarse, weights) = match operator {
                _ if galerkin => {
                    let (coarse, weights, flops) = product(operator, &transfer, &layout);
                    product_flops += flops;
                    (coarse, Some(weights))
                }
                Operator::Constant(constant) => {
                    (Operator::Constant(rediscretise(constant, layout.clone(), &coarser)), None)
                }
                Operator::Variable(variable) => {
                    (Operator::Variable(coarse_operator::average(variable, &transfer)), None)
                }
                // Invariant: no recipe that rediscretises is let near box stencils.
                Operator::Boxes(_) => break,
            };
            let boxes = matches!(operator, Operator::Boxes(_));
            let (kind, omega) = recipe.smoother(fine, levels.is_empty(), boxes);
            let smoother = Smoother::new(kind, omega, fine, &layout);
            let changed =
                std::array::from_fn(|axis| lines[axis].as_ref().filter(|_| transfer.axes[axis].coarsened));
            let cubic = Cubic::new(fine, changed, &transfer.axes);
            arrays.push([Buffer::zeroed(layout.len()), Buffer::zeroed(layout.len())]);
            let mut level = Level::new(fine, transfer, coarse, smoother, cubic);
            level.half = recipe.half.then(|| Half::new(fine));
            level.weights = weights;
            level.cubic_corrections = recipe.cubic;
            levels.push(level);
            lines = coarser;
        }
        let coarsest = Coarsest::new(levels.last().map_or(finest, |level| &level.coarse), &lines, singular);
        let count = finest.layout().count() as f64;
        Self { levels, coarsest, arrays, lines, finest_flops: [finest.pass_flops(), count], product_flops }
    }

    /// Flops of making it: those of Galerkin's matrices and of the coarsest level.
    pub fn setup_flops(&self) -> f64 {
        self.product_flops + self.coarsest.flops()[0]
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
    pub fn pass_flops(&self, depth: usize) -> [f64; 2] {
        match depth.checked_sub(1) {
            None => self.finest_flops,
            Some(above) => {
                let operator = &self.levels[above].coarse;
                [operator.pass_flops(), operator.layout().count() as f64]
            }
        }
    }
}

/// The coarser lines; none if few unknowns are left or no axis can be coarsened. Box stencils are the same all
/// around a ring, which has to have an even number of cells for that.
pub(super) fn coarsen(lines: &Lines, galerkin: bool) -> Option<Lines> {
    let present = || lines.iter().flatten();
    if present().map(Line::unknowns).product::<usize>() <= FEW {
        return None;
    }
    let coarser = |line: &Line| line.coarser().filter(|_| !(galerkin && line.is_odd_ring()));
    let can = |line: &Line| coarser(line).map_or(0.0, |_| line.coefficient);
    let largest = present().map(can).fold(0.0, f64::max);
    let enough = largest.min(SHARE * present().map(|line| line.coefficient).sum::<f64>());
    (largest > 0.0).then(|| {
        lines.map(|line| {
            line.map(|line| coarser(&line).filter(|_| line.coefficient >= enough).unwrap_or(line))
        })
    })
}

/// Galerkin's coarse matrix, the interpolation it comes from, and the flops of both.
fn product<T: Real>(
    operator: &Operator<T>,
    transfer: &Transfer<T>,
    layout: &Layout,
) -> (Operator<T>, Weights<T>, f64) {
    fn of<T: Real, C: Couplings<T>>(
        fine: &C,
        transfer: &Transfer<T>,
        layout: &Layout,
    ) -> (Operator<T>, Weights<T>, f64) {
        let weights = Weights::new(fine, transfer, layout);
        let flops = galerkin::flops(fine, &weights);
        (Operator::Boxes(galerkin::product(fine, &weights)), weights, flops)
    }
    match operator {
        Operator::Constant(constant) => of(&Variable::uniform(constant), transfer, layout),
        Operator::Variable(variable) => of(variable, transfer, layout),
        Operator::Boxes(boxes) => of(boxes, transfer, layout),
    }
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
            Operator::Boxes(boxes) => boxes.mean_along(axis),
        };
        (!layout.is_absent(axis)).then(|| Line::uniform(layout, axis, coefficient))
    })
}
