//! The frequencies of a source: where the first layer of a network had better start.
//!
//! For constant coefficients a mode k of f is a mode f̂/(ε|k|² + κ²) of u, so that the spectrum of f, which the
//! problem gives, tells which frequencies u has before anything is solved. f is sampled on a grid and
//! transformed by the DST-I; the modes of u at least [`LEAST`] of the largest, sorted by size, are what the
//! neurons of the first layer are dealt. What it needs is f alone, never the solution.

use modewise_problems::{Coefficient, Condition, Field, Grid, Points, Problem, transform::Modal};

/// Modes of u smaller than this, over the largest, are not dealt.
const LEAST: f64 = 0.02;

/// Cells a side of the grid that f is sampled on, by dimension; half as many half-waves are resolved safely.
const CELLS: [usize; 3] = [1024, 256, 64];

/// The wave vectors of u as the source tells them, with |û| over the largest, the largest first. Empty where
/// f is zero, or in more than three dimensions.
pub(super) fn of_source(problem: &dyn Problem) -> Vec<(Vec<f64>, f64)> {
    let mut modes = amplitudes(problem);
    let largest = modes.iter().fold(0.0, |m: f64, (_, size)| m.max(*size));
    modes.retain(|(_, size)| *size >= LEAST * largest && *size > 0.0);
    modes.iter_mut().for_each(|(_, size)| *size /= largest);
    // Ties keep the order of the grid: the same everywhere.
    modes.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    modes
}

/// How large u is as the source tells it: the root of Σ û². Zero in more than three dimensions.
pub(super) fn size_of_solution(problem: &dyn Problem) -> f64 {
    amplitudes(problem).iter().map(|(_, size)| size * size).sum::<f64>().sqrt()
}

/// Points that f is evaluated at.
pub(super) fn points(problem: &dyn Problem) -> f64 {
    let d = problem.domain().dimension();
    CELLS.get(d - 1).map_or(0.0, |&cells| (cells as f64 + 1.0).powi(d as i32))
}

/// All wave vectors of the grid with |û|.
fn amplitudes(problem: &dyn Problem) -> Vec<(Vec<f64>, f64)> {
    let bounds = problem.domain().bounds();
    let d = bounds.len();
    let Some(&cells) = CELLS.get(d - 1) else { return Vec::new() };
    let Ok(grid) = Grid::new(bounds, &vec![cells; d]) else { return Vec::new() };
    let source = Field::from_batch(&grid, |points: Points<'_>, out| problem.source(points, out));
    let modal = Modal::new(&grid, &vec![[Condition::Dirichlet; 2]; d]);
    let mut amplitudes = vec![0.0; modal.len()];
    modal.forward(source.values(), &mut amplitudes);
    let constant = |coefficient, other| match coefficient {
        Coefficient::Constant(value) => value,
        _ => other,
    };
    let (permittivity, screening) =
        (constant(problem.permittivity(), 1.0), constant(problem.screening(), 0.0));
    let side = cells - 1;
    amplitudes
        .iter()
        .enumerate()
        .map(|(index, amplitude)| {
            let wave: Vec<f64> = bounds
                .iter()
                .enumerate()
                .map(|(j, [a, b])| {
                    let number = index / side.pow((d - 1 - j) as u32) % side + 1;
                    number as f64 * std::f64::consts::PI / (b - a)
                })
                .collect();
            let square: f64 = wave.iter().map(|k| k * k).sum();
            (wave, amplitude.abs() / (permittivity * square + screening))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use modewise_problems::catalog;
    use std::f64::consts::PI;

    #[test]
    fn the_two_tones_are_read_off_the_source() {
        let problem = catalog::build(&"two-tone-2d".parse().unwrap()).unwrap();
        let modes = of_source(problem.as_ref());
        assert_eq!(modes.len(), 2, "{modes:?}");
        for ((wave, size), (k, right)) in modes.iter().zip([(PI, 1.0), (10.0 * PI, 0.1)]) {
            assert!(wave.iter().all(|w| (w - k).abs() < 1e-12) && (size - right).abs() < 1e-9, "{modes:?}");
        }
    }

    /// Its frequencies fit no whole number of half-waves; their neighbours do.
    #[test]
    fn frequencies_between_the_modes_are_met_by_their_neighbours() {
        let problem = catalog::build(&"fprinciple-1d".parse().unwrap()).unwrap();
        let modes = of_source(problem.as_ref());
        for k in [4.0, 8.0, 24.0] {
            assert!(modes.iter().any(|(wave, _)| (wave[0] - k).abs() < PI / 2.0), "{k}: {modes:?}");
        }
    }
}
