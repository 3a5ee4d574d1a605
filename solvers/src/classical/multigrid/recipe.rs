//! The keys that multigrid methods share.

use modewise_problems::{Parameter, Problem, Settings, Spec, SpecError};

use super::{
    cycle::{Cycle, Shape},
    hierarchy::{Coarse, Recipe as Levels},
    smoother::{Kind, Sense},
};
use crate::Unsupported;

pub(super) const CYCLE: Parameter = Parameter {
    key: "cycle",
    default: "v",
    unit: "v | w | f",
    help: "how often the coarser grids are visited",
};
pub(super) const PRE: Parameter =
    Parameter { key: "pre", default: "1", unit: "sweeps", help: "sweeps before the coarse grid, ν₁" };
pub(super) const POST: Parameter =
    Parameter { key: "post", default: "1", unit: "sweeps", help: "sweeps after it, ν₂" };
pub(super) const SMOOTHER: Parameter = Parameter {
    key: "smoother",
    default: "red-black",
    unit: "red-black | jacobi | chebyshev",
    help: "red-black Gauss–Seidel, ω-Jacobi, or a Chebyshev polynomial whose degree is the number of sweeps",
};
pub(super) const OMEGA: Parameter = Parameter {
    key: "omega",
    default: "auto",
    unit: "",
    help: "ω of smoother=jacobi, auto the best for smoothing, 2d/(2d + 1) in d dimensions, and of red-black, auto 1: \
           1.15 is the best in 2-D, 1.2 in 3-D",
};
pub(super) const RESTRICTION: Parameter = Parameter {
    key: "restriction",
    default: "full",
    unit: "full | half",
    help: "how residuals are weighted: by the adjoint of interpolation, or by half weighting",
};
pub(super) const PROLONGATION: Parameter = Parameter {
    key: "prolongation",
    default: "linear",
    unit: "linear | cubic",
    help: "how corrections are interpolated: linearly, or as the matrix does with coarse=galerkin; by cubics",
};
pub(super) const COARSE: Parameter = Parameter {
    key: "coarse",
    default: "auto",
    unit: "auto | rediscretised | galerkin",
    help: "coarse operators: the same equation on the coarser grid, or PᵀAP with P made by the matrix A; auto takes \
           the latter where coefficients vary",
};
pub(super) const PRECISION: Parameter = Parameter {
    key: "dtype",
    default: "f64",
    unit: "f64 | mixed",
    help: "mixed: cycles in single precision that correct a solution in double precision",
};

const SHAPES: [(&str, Shape); 3] = [("v", Shape::V), ("w", Shape::W), ("f", Shape::F)];
const SMOOTHERS: [(&str, Kind); 3] =
    [("red-black", Kind::RedBlack), ("jacobi", Kind::Jacobi), ("chebyshev", Kind::Chebyshev)];
const COARSES: [(&str, Option<Coarse>); 3] =
    [("auto", None), ("rediscretised", Some(Coarse::Rediscretised)), ("galerkin", Some(Coarse::Galerkin))];

/// What to try where cycles diverge.
pub(super) const REMEDY: &str = "pcg with a cycle inside, or coarse=galerkin where coefficients vary and an even number of cells \
                                 along periodic axes";

/// The settings of a multigrid method.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Recipe {
    pub cycle: Cycle,
    pub levels: Levels,
}

fn name<T: PartialEq>(table: &[(&'static str, T)], value: &T) -> &'static str {
    // Invariant: tables name every value.
    table.iter().find(|(_, entry)| entry == value).map_or(table[0].0, |(name, _)| name)
}

impl Recipe {
    /// Red-black sweeps and what else is the default, from the keys `pre`, `post` and `coarse` alone.
    pub fn read_plain(settings: &Settings<'_>) -> Result<Self, SpecError> {
        let (pre, post) = (settings.repeats("pre", 0)?, settings.repeats("post", 0)?);
        if pre + post == 0 {
            return Err(settings.bad("post", "a sweep: pre and post may not both be 0"));
        }
        let levels = Levels {
            kind: Kind::RedBlack,
            omega: None,
            below: None,
            half: false,
            cubic: false,
            coarse: COARSES[settings.choice("coarse", &COARSES.map(|(name, _)| name))?].1,
            over_relaxed: false,
            symmetric: false,
        };
        Ok(Self { cycle: Cycle { shape: Shape::V, pre, post, sense: Sense::Forward }, levels })
    }

    /// From all keys but `cycle` and `dtype`, which not all methods have.
    pub fn read(settings: &Settings<'_>) -> Result<Self, SpecError> {
        let plain = Self::read_plain(settings)?;
        let omega = match settings.text("omega") {
            Ok("auto") => None,
            _ => Some(settings.number("omega", "`auto` or a positive number", |omega| omega > 0.0)?),
        };
        let kind = SMOOTHERS[settings.choice("smoother", &SMOOTHERS.map(|(name, _)| name))?].1;
        match (kind, omega) {
            (Kind::RedBlack, Some(omega)) if omega >= 2.0 => {
                return Err(settings.bad("omega", "below 2, where red-black sweeps stop converging"));
            }
            (Kind::Chebyshev, Some(_)) => {
                return Err(settings.bad("omega", "`auto`: smoother=chebyshev has no ω"));
            }
            _ => {}
        }
        let levels = Levels {
            kind,
            omega,
            half: settings.choice("restriction", &["full", "half"])? == 1,
            cubic: settings.choice("prolongation", &["linear", "cubic"])? == 1,
            ..plain.levels
        };
        if levels.coarse == Some(Coarse::Galerkin) {
            if levels.half {
                return Err(settings
                    .bad("restriction", "full: the adjoint of interpolation goes with coarse=galerkin"));
            }
            if levels.cubic {
                return Err(settings.bad("prolongation", "linear, which coarse=galerkin replaces by its own"));
            }
        }
        Ok(Self { levels, ..plain })
    }

    /// Refuses what does not go with `problem`: coarser grids cannot show shapes, nor the matrix of second derivatives of
    /// a p-Laplacian, so that there the matrix itself has to make coarse matrices and interpolation.
    pub fn fits(&self, problem: &dyn Problem, solver: &str) -> Result<(), Unsupported> {
        let refused = if self.levels.half {
            "restriction=half"
        } else if self.levels.cubic {
            "prolongation=cubic"
        } else if self.levels.coarse == Some(Coarse::Rediscretised) {
            "coarse=rediscretised"
        } else {
            return Ok(());
        };
        let reason = match problem.domain().region() {
            Some(_) => format!("{refused} is for whole boxes, and here shapes are cut out"),
            None if problem.exponent() != 2.0 => {
                format!("{refused} is for matrices of fluxes ε∇u, and here they are those of a p-Laplacian")
            }
            None => return Ok(()),
        };
        let advice = "leave restriction, prolongation and coarse as they are".into();
        Err(Unsupported { solver: solver.into(), reason, advice })
    }

    /// The same with the shape that the key `cycle` says.
    pub fn with_shape(mut self, settings: &Settings<'_>) -> Result<Self, SpecError> {
        self.cycle.shape = SHAPES[settings.choice("cycle", &SHAPES.map(|(name, _)| name))?].1;
        Ok(self)
    }

    /// Into the keys of [`Recipe::read_plain`].
    pub fn write_plain(&self, spec: Spec) -> Spec {
        spec.with("pre", self.cycle.pre as i64)
            .with("post", self.cycle.post as i64)
            .with("coarse", name(&COARSES, &self.levels.coarse))
    }

    /// Into the keys of [`Recipe::read`].
    pub fn write(&self, spec: Spec) -> Spec {
        let spec = self
            .write_plain(spec)
            .with("smoother", name(&SMOOTHERS, &self.levels.kind))
            .with("restriction", if self.levels.half { "half" } else { "full" })
            .with("prolongation", if self.levels.cubic { "cubic" } else { "linear" });
        match self.levels.omega {
            None => spec.with("omega", "auto"),
            Some(omega) => spec.with("omega", omega),
        }
    }

    /// Into the key `cycle`.
    pub fn write_shape(&self, spec: Spec) -> Spec {
        spec.with("cycle", name(&SHAPES, &self.cycle.shape))
    }
}
