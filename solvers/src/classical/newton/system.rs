//! The systems that Newton's method is for: their residual, how a step changes their energy, and the matrix of a step.

use modewise_problems::{Discrete, PLaplace, reduce};

use crate::classical::{
    immersed::Couplings,
    layout::Layout,
    nonlinear::{At, Term},
    operator::{Boxes, Offset, Operator, Variable, later},
    sweep::pass::Formula,
};

/// Where a start is cut: squares of e³⁰⁰ can be added up.
const LARGEST: f64 = 300.0;
/// No component of a step that is tried is longer.
const LONGEST: f64 = 600.0;
/// The next p follows where the residual is less than this share of the right-hand side.
const FOLLOWED: f64 = 0.1;

/// The share of the mean that everything weighs at least in the matrix of a p-Laplacian, over the residual, and its bounds: it vanishes
/// with the residual, which leaves convergence quadratic (Li, Fukushima, Qi and Yamashita, *Comput. Optim. Appl.* 28 (2004) 131),
/// and until then the matrix is not singular where ∇u = 0.
const REGULAR: f64 = 0.1;
const REGULAR_BOUNDS: [f64; 2] = [1e-30, 1e-3];

/// What is nonlinear in a system.
pub(super) enum System<'p> {
    /// The reaction, if anything, and the couplings of an interface.
    Reaction(Term, Couplings),
    /// The flux.
    Flux(Flux<'p>),
}

/// A p-Laplacian, on the way from p = 2 to its own p.
pub(super) struct Flux<'p> {
    discrete: &'p Discrete,
    /// p, and where it is now.
    last: f64,
    now: PLaplace,
    /// What its residuals are measured by.
    size: f64,
}

impl<'p> Flux<'p> {
    /// On the way to `last`, with the fluxes of p = `exponent` or `last`.
    fn at(discrete: &'p Discrete, exponent: f64, last: f64) -> Self {
        let now = PLaplace::new(discrete, exponent.min(last));
        Self { discrete, last, size: discrete.size_of(&now), now }
    }

    fn set(&mut self, exponent: f64) {
        *self = Self::at(self.discrete, exponent, self.last);
    }
}

impl<'p> System<'p> {
    /// That of `discrete` beside `linear`, the part that the matrices of `nonlinear` are for.
    pub fn of(discrete: &'p Discrete, linear: &Operator<f64>) -> Self {
        match discrete.p_laplace() {
            None => Self::Reaction(Term::of(discrete, linear), Couplings::new(discrete, linear.layout())),
            Some(flux) => Self::Flux(Flux::at(discrete, 2.0, flux.exponent())),
        }
    }

    /// Whether it is the gradient of an energy; next to interfaces the matrix is not symmetric, and it is not.
    pub fn has_energy(&self) -> bool {
        match self {
            Self::Reaction(_, couplings) => couplings.is_empty(),
            Self::Flux(_) => true,
        }
    }

    /// What the reaction adds to the diagonal of the matrix at `place`.
    pub fn slope(&self, place: usize, u: f64) -> f64 {
        match self {
            Self::Reaction(term, _) => term.slope(place, u),
            Self::Flux(_) => 0.0,
        }
    }

    /// Whether one step solves it.
    pub fn is_linear(&self) -> bool {
        match self {
            Self::Reaction(term, _) => term.is_linear(),
            Self::Flux(_) => false,
        }
    }

    /// p, for now.
    pub fn exponent(&self) -> f64 {
        match self {
            Self::Reaction(..) => 2.0,
            Self::Flux(flux) => flux.now.exponent(),
        }
    }

    /// Whether p is the system's own.
    pub fn is_there(&self) -> bool {
        match self {
            Self::Reaction(..) => true,
            Self::Flux(flux) => flux.now.exponent() == flux.last,
        }
    }

    /// Takes up a p that was reached before.
    pub fn resume(&mut self, exponent: f64) {
        if let Self::Flux(flux) = self {
            flux.set(exponent);
        }
    }

    /// Goes on to the next p if a residual of norm `norm` is small enough for that; whether it did.
    pub fn follow(&mut self, norm: f64) -> bool {
        match self {
            Self::Flux(flux) if flux.now.exponent() < flux.last => {
                let is_near = norm <= FOLLOWED * flux.size;
                if is_near {
                    flux.set(flux.now.exponent() + 1.0);
                }
                is_near
            }
            _ => false,
        }
    }

    /// r, which is −∇E where there is an energy.
    pub fn residual(&self, linear: &Operator<f64>, u: &[f64], f: &[f64], out: &mut [f64]) {
        match self {
            Self::Reaction(term, couplings) => {
                term.apply(linear, Formula::Residual, u, f, out);
                couplings.add(-1.0, u, out);
            }
            Self::Flux(flux) => flux.now.residual(u, f, out),
        }
    }

    /// E(to) − E(from); not finite where it is too large for a number. `sums` has room for a number a layer.
    pub fn change(
        &self,
        linear: &Operator<f64>,
        [from, to]: [At<'_>; 2],
        f: &[f64],
        sums: &mut [f64],
    ) -> f64 {
        match self {
            Self::Reaction(term, _) => term.energy_change(linear, from, to, sums),
            Self::Flux(flux) => flux.now.change(from.u, to.u, f),
        }
    }

    /// A matrix of the kind that [`System::fill`] fills.
    pub fn matrix(&self, linear: &Operator<f64>) -> Operator<f64> {
        match self {
            Self::Reaction(..) => linear.clone(),
            Self::Flux(_) => Operator::Boxes(Boxes::new(linear.layout().clone(), |_, _, _| {})),
        }
    }

    /// Writes the second derivatives of E at `u`, whose residual has this norm, to `matrix`.
    pub fn fill(&self, linear: &Operator<f64>, u: &[f64], norm: f64, matrix: &mut Operator<f64>) {
        match (self, linear, matrix) {
            (Self::Reaction(term, _), Operator::Variable(linear), Operator::Variable(matrix)) => {
                matrix.fill_diagonal(|start, out| jacobian(term, linear, u, start, out));
            }
            (Self::Flux(flux), _, Operator::Boxes(matrix)) => {
                let share = REGULAR * norm / flux.size;
                let [lower, upper] = REGULAR_BOUNDS;
                // What is not a number is bounded too.
                let share = if share >= lower { share.min(upper) } else { lower };
                let (layout, least) = (linear.layout(), flux.now.least(u, share));
                matrix.fill(|place, diagonal, couplings| {
                    hessian(&flux.now, layout, (u, least), place, diagonal, couplings);
                });
            }
            // Invariant: `linear_part` makes no other where it has to be symmetric, nor `matrix`.
            _ => {}
        }
    }

    /// The largest of 1, ½, ¼, … for which a step is nowhere longer than what the system can be evaluated for.
    pub fn within(&self, delta: &[f64]) -> f64 {
        let Self::Reaction(term, _) = self else { return 1.0 };
        let largest = reduce::max_blocks(delta.len(), |range| {
            let reacting = range.filter(|p| term.weights[*p] > 0.0);
            reacting.map(|p| delta[p].abs()).fold(0.0, f64::max)
        });
        let mut lambda = 1.0;
        while lambda * largest > LONGEST && lambda > 0.0 {
            lambda *= 0.5;
        }
        lambda
    }

    /// Brings unknowns to where the system can be evaluated.
    pub fn cut(&self, layout: &Layout, u: &mut [f64]) {
        let Self::Reaction(term, _) = self else { return };
        if !term.is_linear() {
            for (u, _) in u.iter_mut().zip(term.weights.iter()).filter(|(_, weight)| **weight > 0.0) {
                *u = u.clamp(-LARGEST, LARGEST);
            }
            layout.seal_all(u);
        }
    }

    /// Flops of a residual at `count` unknowns.
    pub fn residual_flops(&self, linear: &Operator<f64>, count: f64) -> f64 {
        match self {
            Self::Reaction(term, _) => linear.pass_flops() + term.flops(count),
            Self::Flux(flux) => flux.now.node_flops() * count,
        }
    }

    /// Flops of a matrix or a change of the energy at `count` unknowns.
    pub fn flops(&self, count: f64) -> f64 {
        match self {
            Self::Reaction(term, _) => term.flops(count),
            Self::Flux(flux) => flux.now.node_flops() * count,
        }
    }
}

/// The diagonal of L + Wg′(u) for the unknowns of the row whose first one is at place `start`.
fn jacobian(term: &Term, linear: &Variable<f64>, u: &[f64], start: usize, out: &mut [f64]) {
    out.copy_from_slice(&linear.diagonal[start..][..out.len()]);
    for ((p, out), u) in (start..).zip(out).zip(&u[start..]) {
        *out += term.slope(p, *u);
    }
}

/// A row of the second derivatives, with couplings to unknowns alone. All sides are held, so that places are nodes.
fn hessian(
    flux: &PLaplace,
    layout: &Layout,
    (u, least): (&[f64], f64),
    [plane, row]: [usize; 2],
    diagonal: &mut [f64],
    couplings: &mut [f64],
) {
    let (columns, absent) = (layout.extent(2), 3 - layout.dimension);
    let start = plane * layout.stride(0) + row * layout.stride(1);
    let bands = bands(layout.dimension);
    couplings.fill(0.0);
    for p in layout.places(2) {
        diagonal[p] = flux.hessian(u, start + p, least, |steps, coupling| {
            let mut offset: Offset = [0; 3];
            offset[absent..].copy_from_slice(&steps[..layout.dimension]);
            let Some(band) = bands[number(offset)] else { return };
            let is_unknown = [plane, row, p].iter().zip(offset).enumerate().all(|(axis, (place, step))| {
                layout.places(axis).contains(&place.wrapping_add_signed(step.into()))
            });
            if is_unknown {
                couplings[band * columns + p] += coupling;
            }
        });
    }
}

/// The number of an offset among all there are.
fn number(offset: Offset) -> usize {
    offset.iter().fold(0, |number, step| 3 * number + (step + 1) as usize)
}

/// The band of every offset that comes later.
fn bands(dimension: usize) -> [Option<usize>; 27] {
    let mut bands = [None; 27];
    for (band, offset) in later(dimension).iter().enumerate() {
        bands[number(*offset)] = Some(band);
    }
    bands
}
