//! What approximates the inverse of A: a cycle for the symmetric matrix of faces, then the equations next to an interface.

use crate::{
    Meter, SolverError,
    classical::{
        immersed::Strip,
        krylov::{
            preconditioner::{Diagonal, Preconditioner},
            vectors,
        },
        multigrid::Multigrid,
        operator::Operator,
        state::State,
    },
    memory::Buffer,
};

/// M⁻¹: something for the symmetric matrix of faces, then the equations next to an interface.
pub(in crate::classical) struct Inverse {
    cycle: Cycle,
    strip: Option<Strip>,
}

enum Cycle {
    Double(Box<dyn Preconditioner<f64>>),
    /// With the rounded matrix of faces, and what goes in and comes out.
    Single {
        m: Box<dyn Preconditioner<f32>>,
        operator: Box<Operator<f32>>,
        r: Buffer<f32>,
        z: Buffer<f32>,
    },
}

impl Cycle {
    fn flops(&self) -> f64 {
        match self {
            Self::Double(m) => m.flops(),
            Self::Single { m, .. } => m.flops(),
        }
    }
}

impl Inverse {
    /// That of the diagonal alone.
    pub fn diagonal(state: &State<'_>) -> Self {
        Self { cycle: Cycle::Double(Box::new(Diagonal::new(state.operator.layout()))), strip: None }
    }

    /// A multigrid cycle, in single precision or not, and the strip, for the matrix of `state` that has `slope(place)` of a
    /// reaction on its diagonal.
    pub fn new(
        multigrid: &Multigrid,
        is_single: bool,
        state: &State<'_>,
        slope: impl Fn(usize) -> f64,
        meter: &mut Meter,
    ) -> Result<Self, SolverError> {
        let (exact, is_singular) = (&state.operator, state.discrete.is_singular());
        let cycle = if is_single {
            let operator = Box::new(exact.to_single());
            let m = multigrid.symmetric_cycle(operator.as_ref(), is_singular);
            let len = operator.layout().len();
            meter.charge(m.setup_flops());
            Cycle::Single { m: Box::new(m), operator, r: Buffer::zeroed(len), z: Buffer::zeroed(len) }
        } else {
            let m = multigrid.symmetric_cycle(exact, is_singular);
            meter.charge(m.setup_flops());
            Cycle::Double(Box::new(m))
        };
        let strip = Strip::new(state.discrete, state.operator.layout(), slope)?;
        meter.charge(strip.as_ref().map_or(0.0, Strip::setup_flops));
        Ok(Self { cycle, strip })
    }

    /// z = M⁻¹r, zero in held layers; numbers of r have about the size of `scale`.
    pub(super) fn apply(&mut self, operator: &Operator<f64>, scale: f64, r: &[f64], z: &mut [f64]) {
        match &mut self.cycle {
            Cycle::Double(m) => m.apply(operator, r, z),
            Cycle::Single { m, operator, r: narrow, z: wide } => {
                vectors::narrow(r, 1.0 / scale, narrow);
                m.apply(operator, narrow, wide);
                vectors::widen(wide, scale, z);
            }
        }
        if let Some(strip) = &mut self.strip {
            operator.layout().seal_all(z);
            strip.correct(r, z);
        }
    }

    pub(super) fn flops(&self) -> f64 {
        self.cycle.flops() + self.strip.as_ref().map_or(0.0, Strip::flops)
    }
}
