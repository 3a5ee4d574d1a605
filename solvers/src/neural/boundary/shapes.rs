//! Data on the boundaries of shapes.

use modewise_problems::{
    Points, Problem,
    geometry::{Jet, Piece, Region, points_on, visible_measures},
};

use super::{
    Ask, Built, Local, NotBuilt,
    lift::{self, Stencil},
};

/// Pieces at most: their functions lie on the stack.
const MOST: usize = 64;
/// Points of a shape's boundary by which it is seen which of its pieces show, and whether data are constant.
const PROBES: usize = 256;
/// How near to a piece its points are, over the size of the box.
const NEAR: f64 = 1e-7;

/// G and ω of the shapes of a region.
#[derive(Debug, Clone)]
pub(super) struct Shapes {
    pieces: Vec<Fixed>,
    /// The size of the box.
    size: f64,
}

/// A piece with its data.
#[derive(Debug, Clone)]
struct Fixed {
    piece: Piece,
    /// ℓ.
    length: f64,
    /// What the data are everywhere, if they are constant.
    constant: Option<f64>,
    /// Their mean.
    mean: f64,
}

impl Shapes {
    pub fn new(problem: &dyn Problem, region: &Region) -> Result<Self, NotBuilt> {
        let bounds = problem.domain().bounds();
        let d = bounds.len();
        let size = bounds.iter().map(|[a, b]| b - a).fold(0.0, f64::max);
        let all = region.pieces().map_err(|error| NotBuilt(error.to_string()))?;
        let measures = visible_measures(region, bounds);
        let mut pieces = Vec::new();
        for part in (0..measures.len()).filter(|&part| measures[part] > 0.0) {
            let mut probes = vec![0.0; PROBES * d];
            let mut number = 0.0;
            let weyl = |numbers: &mut [f64]| {
                number += 1.0;
                let steps = [0.618_033_988_75, 0.414_213_562_37, 0.732_050_807_57];
                numbers.iter_mut().zip(steps).for_each(|(x, step)| *x = (0.37f64 + number * step).fract());
            };
            points_on(region, bounds, part, weyl, &mut probes);
            let mut data = vec![0.0; PROBES];
            problem.shape_boundary(part, Points::new(&probes, d), &mut data);
            let shows = |piece: &&Piece| {
                piece.part == part && probes.chunks(d).any(|x| piece.distance(x).value.abs() <= NEAR * size)
            };
            pieces.extend(all.iter().filter(shows).map(|piece| Fixed {
                piece: piece.clone(),
                length: piece.length().unwrap_or(0.25 * size),
                constant: lift::constant(&data),
                mean: data.iter().sum::<f64>() / PROBES as f64,
            }));
        }
        match pieces.len() {
            count if count >= MOST => {
                Err(NotBuilt(format!("the boundaries have {count} pieces; {} are the most here", MOST - 1)))
            }
            _ => Ok(Self { pieces, size }),
        }
    }

    /// G and ω from those of all pieces, and of the sides of the box where u is given there.
    pub fn join(&self, problem: &dyn Problem, x: &[f64], ask: Ask, sides: Option<Built>) -> Built {
        let mut omega = [Jet::constant(1.0); MOST];
        let mut data = [Jet::constant(0.0); MOST];
        let mut count = 0;
        if let Some(Built { lift, factor }) = sides {
            (omega[0], data[0], count) = (factor.jet(), lift.jet(), 1);
        }
        for fixed in &self.pieces {
            omega[count] = fixed.omega(x);
            data[count] = fixed.data(problem, x, self.size, ask).jet();
            count += 1;
        }
        let (omega, data) = (&omega[..count], &data[..count]);
        // ∏ over the pieces from i on.
        let mut after = [Jet::constant(1.0); MOST];
        for i in (0..count.saturating_sub(1)).rev() {
            after[i] = after[i + 1] * omega[i + 1];
        }
        let (mut before, mut sum, mut total) = (Jet::constant(1.0), Jet::constant(0.0), Jet::constant(0.0));
        for i in 0..count {
            let weight = before * after[i];
            total = total + weight;
            // Differences from the first, so that equal data are themselves to the last bit.
            sum = sum + weight * (data[i] - data[0]);
            before = before * omega[i];
        }
        let mut lift = data.first().copied().unwrap_or(Jet::constant(0.0));
        // It vanishes where two pieces meet, and nowhere else.
        if total.value > 0.0 {
            lift = lift + sum * total.reciprocal();
        }
        Built { lift: lift.into(), factor: before.into() }
    }
}

impl Fixed {
    /// f/(f + ℓ); outside, where nobody solves for anything, zero.
    fn omega(&self, x: &[f64]) -> Jet {
        let f = self.piece.distance(x);
        if f.value <= 0.0 {
            return Jet::constant(0.0);
        }
        let sum = f.value + self.length;
        f.then([f.value / sum, self.length / (sum * sum), -2.0 * self.length / (sum * sum * sum)])
    }

    /// The data at the foot of `x`; in a ball their deviation from the mean times (r/R)⁴, twice differentiable in its middle.
    fn data(&self, problem: &dyn Problem, x: &[f64], size: f64, ask: Ask) -> Local {
        if let Some(value) = self.constant {
            return Local::constant(value);
        }
        let d = x.len();
        let stencil = Stencil::new(x, size, ask);
        let mut feet = [0.0; 13 * lift::AXES];
        let mut values = lift::room();
        for (x, foot) in stencil.points().chunks(d).zip(feet.chunks_mut(d)) {
            self.piece.foot(x, foot);
        }
        let values = &mut values[..stencil.count()];
        problem.shape_boundary(self.piece.part, Points::new(&feet[..stencil.count() * d], d), values);
        for (x, value) in stencil.points().chunks(d).zip(values.iter_mut()) {
            let share = self.piece.share_of_radius(x).value;
            *value = self.mean + (*value - self.mean) * share * share;
        }
        stencil.differentiate(values)
    }
}
