//! The largest modes of a smooth field, without a whole transform.
//!
//! Where u is given on every side the squares of all amplitudes add up to ∏(2/n_i) Σ u² (Parseval). The
//! amplitudes of the lowest modes are projected on; if what they leave of that sum is less than the square of
//! a share of the largest of them, no other mode reaches that share.

use modewise_problems::{Field, reduce};
use num_complex::Complex64;

use super::Spectrum;

/// Modes up to these wave numbers are tried, as long as that is cheap.
const LOWEST: [i64; 2] = [16, 32];

/// The places of the sine modes whose amplitude is at least `share` of the largest, ascending, with their
/// amplitudes; `None` where a whole transform is needed to tell.
pub(super) fn largest_modes(spectrum: &Spectrum, field: &Field, share: f64) -> Option<Vec<(u32, f64)>> {
    if spectrum.transform_name() != "dst" {
        return None;
    }
    let zero = vec![0.0; field.values().len()];
    let scale: f64 = field.grid().axes().iter().map(|axis| 2.0 / axis.cells as f64).product();
    let energy = scale * reduce::sum_of_squares(field.values());
    for highest in LOWEST {
        let places = lowest(spectrum, highest);
        let mut projection = spectrum.projection(&places);
        if 2.0 * projection.flops() > spectrum.flops() {
            return None;
        }
        let mut amplitudes = vec![Complex64::default(); places.len()];
        projection.project(field.values(), &zero, &mut amplitudes);
        let largest = amplitudes.iter().map(|b| b.re.abs()).fold(0.0, f64::max);
        let least = share * largest;
        let rest = energy - amplitudes.iter().map(|b| b.re * b.re).sum::<f64>();
        // False for not-a-number and where all is zero.
        if rest < least * least {
            let modes = places.iter().zip(&amplitudes).map(|(&place, b)| (place as u32, b.re.abs()));
            return Some(modes.filter(|(_, amplitude)| *amplitude >= least).collect());
        }
    }
    None
}

/// The places of the modes with no wave number above `highest`, ascending.
fn lowest(spectrum: &Spectrum, highest: i64) -> Vec<usize> {
    let mut waves = vec![Vec::new()];
    for _ in 0..spectrum.dimension() {
        let longer = |k: &Vec<i64>| {
            let k = k.clone();
            (1..=highest).map(move |next| k.iter().copied().chain([next]).collect::<Vec<i64>>())
        };
        waves = waves.iter().flat_map(longer).collect();
    }
    waves.iter().filter_map(|k| spectrum.place(k)).collect()
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use modewise_problems::{Condition, Grid};

    use super::*;
    use crate::modes::TransformKind;

    /// What the whole transform finds, for a smooth field; of one with a high wave nothing is said.
    #[test]
    fn finds_the_modes_of_the_whole_transform_or_says_nothing() {
        for cells in [vec![200, 150], vec![60, 50, 70]] {
            let grid = Grid::new(&vec![[0.0, 1.0]; cells.len()], &cells).unwrap();
            let sides = vec![[Condition::Dirichlet; 2]; cells.len()];
            let spectrum = Spectrum::new(&grid, &sides, TransformKind::Auto);
            let field = |high: f64| {
                Field::from_batch(&grid, |points, out| {
                    points.evaluate(out, |x| {
                        let bump: f64 = x.iter().map(|t| t * (1.0 - t) * (1.0 + t)).product();
                        bump + high * x.iter().map(|t| (45.0 * PI * t).sin()).product::<f64>()
                    });
                })
            };
            let smooth = field(0.0);
            let amplitudes = spectrum.of(&smooth);
            let modulus = |place: u32| amplitudes.modulus(place as usize);
            let largest = spectrum.all().map(modulus).fold(0.0, f64::max);
            let expected: Vec<u32> = spectrum.all().filter(|&p| modulus(p) >= 1e-3 * largest).collect();
            let found = largest_modes(&spectrum, &smooth, 1e-3).unwrap();
            assert_eq!(found.iter().map(|(place, _)| *place).collect::<Vec<_>>(), expected);
            assert!(found.len() > 10);
            for (place, amplitude) in found {
                assert!((amplitude - modulus(place)).abs() < 1e-15);
            }
            assert_eq!(largest_modes(&spectrum, &field(0.01), 1e-3), None);
            assert_eq!(largest_modes(&spectrum, &Field::zeros(&grid), 1e-3), None);
        }
    }
}
