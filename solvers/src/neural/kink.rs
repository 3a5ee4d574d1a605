//! |φ|: what a network sees beside x where ε jumps, so that ∇u can jump too.
//!
//! φ is a smooth function that vanishes at the interface ([`modewise_problems::geometry::Region::inside`]), positive on
//! one side of it. Functions N(x, |φ(x)|) with a smooth N are continuous and have a kink at the interface, and there is
//! one for all u that are smooth on either side: the network is still smooth in all that it sees. Off the interface
//! derivatives follow by the chain rule, with ∇|φ| = ±∇φ and Δ|φ| = ±Δφ. At the interface, with the normal n to the outside and
//! N_z the derivative by |φ|,
//!
//! ```text
//! ∂u/∂n = n·∇N ± |∇φ| N_z                                        outside, inside
//! [ε ∂u/∂n] = [ε] n·∇N + (ε₊ + ε₋) |∇φ| N_z                      [ε] = ε₊ − ε₋
//! ```
//!
//! The energy has its minimum where this is zero, as the natural condition; the residual knows nothing of it, and has a
//! term Σ w [ε ∂u/∂n]² of its own over points of the interface.
//!
//! Source: Tseng, Lin, Hu and Lai, *A cusp-capturing PINN for elliptic interface problems*, J. Comput. Phys. 491 (2023)
//! 112359; Hu, Lin and Lai, J. Comput. Phys. 469 (2022) 111576.

use modewise_problems::{
    MOST_AXES, Points, Problem,
    geometry::{Jet, Region},
};

use super::boundary::Local;

/// How far off the interface ε is looked at, over the size of the box.
const OFF: f64 = 1e-8;
/// [ε] at least, over ε₊ + ε₋: a flux jump is written with a slope of |φ| over [ε].
const LEAST_JUMP: f64 = 1e-6;

/// The function of one interface.
#[derive(Debug, Clone)]
pub(super) struct Kink {
    region: Region,
    /// The size of the box.
    size: f64,
}

/// A flux jump as v·∇u, v = [ε]n, of the network at a slope of |φ| for which it is that.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Jump {
    pub direction: [f64; MOST_AXES],
    /// |φ| = 0 with (ε₊ + ε₋)|∇φ| n/[ε] for its gradient.
    pub seen: Local,
}

impl Kink {
    /// The function of the interface of `problem`; `None` where it has none.
    pub fn new(problem: &dyn Problem) -> Option<Self> {
        let size = problem.domain().bounds().iter().map(|[a, b]| b - a).fold(0.0, f64::max);
        problem.interface().map(|region| Self { region: region.clone(), size })
    }

    fn level(&self, x: &[f64]) -> Jet {
        self.region.inside(x).unwrap_or(Jet::constant(0.0))
    }

    /// |φ| with its derivatives on the side of `x`.
    pub fn at(&self, x: &[f64]) -> Local {
        let level = self.level(x);
        Local::from(if level.value < 0.0 { -level } else { level })
    }

    /// The flux jump at a point of the interface.
    pub fn jump(&self, problem: &dyn Problem, x: &[f64]) -> Jump {
        let d = x.len();
        let slope = self.level(x).gradient;
        let steepness = slope.iter().map(|s| s * s).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
        let permittivity = |side: f64| {
            let mut at = [0.0; MOST_AXES];
            // φ grows to the inside.
            for ((at, x), s) in at.iter_mut().zip(x).zip(slope) {
                *at = x - side * OFF * self.size * s / steepness;
            }
            let mut value = [0.0];
            problem.permittivity_at(Points::new(&at[..d], d), &mut value);
            value[0]
        };
        let (outside, inside) = (permittivity(1.0), permittivity(-1.0));
        let (jump, sum) = (outside - inside, outside + inside);
        let jump = if jump.abs() < LEAST_JUMP * sum { LEAST_JUMP * sum } else { jump };
        let mut found = Jump { direction: [0.0; MOST_AXES], seen: Local::constant(0.0) };
        for (axis, s) in slope.iter().enumerate().take(d) {
            found.direction[axis] = -jump * s / steepness;
            found.seen.gradient[axis] = -sum / jump * s;
        }
        found
    }
}
