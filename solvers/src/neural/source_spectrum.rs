//! The highest frequency of a source: what a basis for the solution has to reach.
//!
//! With constant coefficients −ε∆u + κ²u = f turns a mode f̂ of the source into the mode f̂/(ε|k|² + κ²) of u, so that
//! the spectrum of f bounds that of u before anything is solved. f is sampled on a grid, multiplied by Hann's
//! window ∏ sin²(πtⱼ) and expanded in sines. The window makes the ends meet: without it a function that does not vanish
//! on the boundary has amplitudes that fall like 1/k, which say nothing about the function. It spreads a line to its
//! neighbours, two half-waves to either side and faintly beyond, which is the margin that a basis wants anyway.
//! (`spectrum` is the other question: which modes u is made of.)
//!
//! The grid is refined until the upper half of its frequencies is below the threshold along every axis. Cost: one
//! evaluation of f a node and O(N log N).
//! Source: Harris, *Proc. IEEE* 66 (1978) 51 (windows).

use std::f64::consts::PI;

use modewise_problems::{Condition, Field, Grid, Points, Problem, reduce, transform::Modal};

/// Amplitudes below this, over the largest, are taken for nothing.
pub(super) const LEAST: f64 = 1e-3;

/// Cells a side of the first and the last grid, by dimension.
const CELLS: [[usize; 2]; 3] = [[256, 8192], [64, 512], [32, 128]];

/// How far a spectrum reaches.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spectrum {
    /// The largest |kⱼ| of each axis among the lines above the threshold, in radians per length; zeros for a
    /// function that is zero.
    pub highest: Vec<f64>,
    /// Flops of the transforms.
    pub flops: f64,
}

impl Spectrum {
    /// The spectrum of the source of `problem`; `None` in more than three dimensions.
    pub fn of_source(problem: &dyn Problem, least: f64) -> Option<Self> {
        Self::of(problem.domain().bounds(), least, |points, out| problem.source(points, out))
    }

    /// The spectrum of `function` on the box `bounds`; `None` in more than three dimensions.
    pub fn of(
        bounds: &[[f64; 2]],
        least: f64,
        function: impl Fn(Points<'_>, &mut [f64]) + Sync,
    ) -> Option<Self> {
        let &[first, last] = CELLS.get(bounds.len().checked_sub(1)?)?;
        let (mut cells, mut flops) = (first, 0.0);
        loop {
            let mut spectrum = Self::on_grid(&Grid::new(bounds, &[cells]).ok()?, least, &function);
            flops += spectrum.flops;
            let resolved = |j: usize| {
                let [a, b] = bounds[j];
                spectrum.highest[j] <= 0.5 * PI * cells as f64 / (b - a)
            };
            if cells >= last || (0..bounds.len()).all(resolved) {
                spectrum.flops = flops;
                return Some(spectrum);
            }
            cells *= 2;
        }
    }

    fn on_grid(grid: &Grid, least: f64, function: impl Fn(Points<'_>, &mut [f64]) + Sync) -> Self {
        let d = grid.dimension();
        let bounds: Vec<[f64; 2]> = grid.axes().iter().map(|axis| [axis.lower, axis.upper]).collect();
        let field = Field::from_batch(grid, |points, out| {
            function(points, out);
            for (value, x) in out.iter_mut().zip(points.iter()) {
                let window = |(x, [a, b]): (&f64, &[f64; 2])| (PI * (x - a) / (b - a)).sin().powi(2);
                *value *= x.iter().zip(&bounds).map(window).product::<f64>();
            }
        });
        let modal = Modal::new(grid, &vec![[Condition::Dirichlet; 2]; d]);
        let mut amplitudes = vec![0.0; modal.len()];
        modal.forward(field.values(), &mut amplitudes);
        let largest = reduce::max_abs(&amplitudes);
        let shape = modal.shape();
        let mut highest = vec![0.0; d];
        for (index, a) in amplitudes.iter().enumerate() {
            if a.abs() >= least * largest && *a != 0.0 {
                let mut rest = index;
                for (j, highest) in highest.iter_mut().enumerate().rev() {
                    let [lower, upper] = bounds[j];
                    let k = PI * modal.half_waves(j, rest % shape[j]) / (upper - lower);
                    *highest = k.max(*highest);
                    rest /= shape[j];
                }
            }
        }
        Self { highest, flops: modal.flops_along(0..d) }
    }
}

#[cfg(test)]
mod tests {
    use modewise_problems::catalog;

    use super::*;

    fn of(problem: &str) -> Spectrum {
        let problem = catalog::build(&problem.parse().unwrap()).unwrap();
        Spectrum::of_source(problem.as_ref(), LEAST).unwrap()
    }

    /// 10π along both axes, with a whole period of the box to spare at most.
    #[test]
    fn the_highest_frequency_of_two_tones_is_that_of_the_faster() {
        let spectrum = of("two-tone-2d");
        for axis in [0, 1] {
            let highest = spectrum.highest[axis] / PI;
            assert!((10.0..=11.0).contains(&highest), "{highest}");
        }
    }

    /// 24 is no whole number of half-waves; and sin x + … does not vanish at the ends, where the window is not smooth.
    #[test]
    fn frequencies_between_the_modes_are_reached() {
        let spectrum = of("fprinciple-1d");
        let highest = spectrum.highest[0];
        assert!((24.0..48.0).contains(&highest), "{highest}");
    }

    /// A constant does not vanish at the ends, and has no high frequencies for that.
    #[test]
    fn a_constant_is_slow_and_zero_has_no_spectrum() {
        let one = Spectrum::of(&[[0.0, 1.0]], LEAST, |_, out| out.fill(1.0)).unwrap();
        assert!(one.highest[0] < 20.0 * PI, "{}", one.highest[0] / PI);
        let zero = Spectrum::of(&[[0.0, 1.0]; 2], LEAST, |_, out| out.fill(0.0)).unwrap();
        assert!(zero.highest == [0.0; 2]);
        assert!(Spectrum::of(&[[0.0, 1.0]; 4], LEAST, |_, out| out.fill(1.0)).is_none());
    }

    /// Beyond the first grid: 700 half-waves on 256 cells would pass for others.
    #[test]
    fn the_grid_grows_until_the_tail_is_small() {
        let chirp = |points: Points<'_>, out: &mut [f64]| {
            points.evaluate(out, |x| (100.0 * PI * x[0]).sin() + (700.0 * PI * x[0]).sin());
        };
        let spectrum = Spectrum::of(&[[0.0, 1.0]], LEAST, chirp).unwrap();
        assert!((700.0..=704.0).contains(&(spectrum.highest[0] / PI)), "{}", spectrum.highest[0] / PI);
    }
}
