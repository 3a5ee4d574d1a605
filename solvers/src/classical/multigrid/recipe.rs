//! The keys that multigrid methods share.

use modewise_problems::{Parameter, Settings, Spec, SpecError};

use super::{
    cycle::{Cycle, Shape},
    hierarchy::{Coarse, Recipe as Levels},
    smoother::{Kind, Sense},
};

pub(super) const PARAMETERS: [Parameter; 7] = [
    Parameter {
        key: "cycle",
        default: "v",
        unit: "v | w | f",
        help: "how often the coarser grids are visited",
    },
    Parameter { key: "pre", default: "1", unit: "sweeps", help: "sweeps before the coarse grid, ν₁" },
    Parameter { key: "post", default: "1", unit: "sweeps", help: "sweeps after it, ν₂" },
    Parameter {
        key: "smoother",
        default: "red-black",
        unit: "red-black | jacobi",
        help: "red-black Gauss–Seidel or ω-Jacobi",
    },
    Parameter {
        key: "omega",
        default: "auto",
        unit: "",
        help: "damping ω of smoother=jacobi; auto is the best for smoothing, 2d/(2d + 1) in d dimensions",
    },
    Parameter {
        key: "restriction",
        default: "full",
        unit: "full | half",
        help: "how residuals are weighted: by the adjoint of interpolation, or by half weighting",
    },
    Parameter {
        key: "coarse",
        default: "auto",
        unit: "auto | rediscretised | galerkin",
        help: "coarse operators: the same equation on the coarser grid, or PᵀAP with P made by the matrix A; auto \
               takes the latter where coefficients vary",
    },
];

const SHAPES: [(&str, Shape); 3] = [("v", Shape::V), ("w", Shape::W), ("f", Shape::F)];
const COARSE: [(&str, Option<Coarse>); 3] =
    [("auto", None), ("rediscretised", Some(Coarse::Rediscretised)), ("galerkin", Some(Coarse::Galerkin))];
const SMOOTHERS: [&str; 2] = ["red-black", "jacobi"];

/// The settings of a multigrid method.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Recipe {
    pub cycle: Cycle,
    pub levels: Levels,
}

impl Recipe {
    pub fn read(settings: &Settings<'_>) -> Result<Self, SpecError> {
        let (pre, post) = (settings.count("pre", 0)?, settings.count("post", 0)?);
        if pre + post == 0 {
            return Err(settings.bad("post", "a sweep: pre and post may not both be 0"));
        }
        let shape = SHAPES[settings.choice("cycle", &SHAPES.map(|(name, _)| name))?].1;
        let omega = match settings.text("omega") {
            Ok("auto") => None,
            _ => Some(settings.number("omega", "`auto` or a positive number", |omega| omega > 0.0)?),
        };
        let smoother = match settings.choice("smoother", &SMOOTHERS)? {
            0 => Kind::RedBlack,
            _ => Kind::Jacobi,
        };
        let half = settings.choice("restriction", &["full", "half"])? == 1;
        let coarse = COARSE[settings.choice("coarse", &COARSE.map(|(name, _)| name))?].1;
        if half && coarse == Some(Coarse::Galerkin) {
            return Err(
                settings.bad("restriction", "`full`: the adjoint of interpolation goes with coarse=galerkin")
            );
        }
        Ok(Self {
            cycle: Cycle { shape, pre, post, sense: Sense::Forward },
            levels: Levels { smoother, omega, half, coarse },
        })
    }

    pub fn write(&self, spec: Spec) -> Spec {
        let shape = SHAPES.iter().find(|(_, shape)| *shape == self.cycle.shape).map_or("v", |(name, _)| name);
        let coarse =
            COARSE.iter().find(|(_, coarse)| *coarse == self.levels.coarse).map_or("auto", |(name, _)| name);
        let spec = spec
            .with("cycle", shape)
            .with("pre", self.cycle.pre as i64)
            .with("post", self.cycle.post as i64)
            .with("smoother", SMOOTHERS[usize::from(self.levels.smoother == Kind::Jacobi)])
            .with("restriction", if self.levels.half { "half" } else { "full" })
            .with("coarse", coarse);
        match self.levels.omega {
            None => spec.with("omega", "auto"),
            Some(omega) => spec.with("omega", omega),
        }
    }
}
