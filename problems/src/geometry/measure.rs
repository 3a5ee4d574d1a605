//! Lengths, areas and volumes: of primitives in closed form, of compositions by the chords along one axis,
//! which are exact, and the midpoint rule across them.

use std::f64::consts::PI;

use super::{Region, Shape, region::SHAPE_AXES};

/// Chords along an axis of a box of two and three dimensions. An edge along the chords costs up to the width of one,
/// a round boundary much less.
const CHORDS: [usize; 2] = [4096, 512];

impl Shape {
    /// Length, area or volume; infinite for a half-space.
    pub fn measure(&self) -> f64 {
        match self {
            Self::Box(bounds) => bounds.iter().map(|[lower, upper]| upper - lower).product(),
            Self::Ball { centre, radius } => unit_ball(centre.len()) * radius.powi(centre.len() as i32),
            Self::Ellipsoid(ellipsoid) => {
                unit_ball(ellipsoid.dimension()) * ellipsoid.axes.iter().product::<f64>()
            }
            Self::Polygon(polygon) => polygon.area(),
            Self::HalfSpace { .. } => f64::INFINITY,
        }
    }
}

/// V₁ = 2, V₂ = π, V_d = V_{d−2} 2π/d.
fn unit_ball(dimension: usize) -> f64 {
    match dimension {
        0 => 1.0,
        1 => 2.0,
        d => unit_ball(d - 2) * 2.0 * PI / d as f64,
    }
}

impl Region {
    /// The length, area or volume of what lies in the box `bounds`.
    pub fn measure(&self, bounds: &[[f64; 2]]) -> f64 {
        let d = bounds.len().min(SHAPE_AXES);
        let chords = if d > 1 { CHORDS[d - 2] } else { 1 };
        let count = chords.pow(d as u32 - 1);
        let mut sum = 0.0;
        let mut ends = [[0.0; SHAPE_AXES]; 2];
        for chord in 0..count {
            let mut rest = chord;
            for (axis, [lower, upper]) in bounds[..d - 1].iter().enumerate() {
                let x = lower + (upper - lower) * ((rest % chords) as f64 + 0.5) / chords as f64;
                rest /= chords;
                (ends[0][axis], ends[1][axis]) = (x, x);
            }
            (ends[0][d - 1], ends[1][d - 1]) = (bounds[d - 1][0], bounds[d - 1][1]);
            sum += self.share(&ends[0][..d], &ends[1][..d]);
        }
        sum / count as f64 * bounds.iter().map(|[lower, upper]| upper - lower).product::<f64>()
    }
}
