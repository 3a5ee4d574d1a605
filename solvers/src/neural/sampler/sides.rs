//! Points on all sides of a box at once.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::sobol::Sobol;

/// How points on the sides are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Places {
    /// Evenly along the first axis of a side, at random along others.
    Even,
    /// Independent and uniform.
    Uniform,
    /// By Sobol's sequence.
    Sobol,
}

/// Points on the sides. In 1-D the two ends, each counting 1. Otherwise spread over the sides by their
/// area, each standing for its share. Returns what a point counts.
pub(in super::super) fn on_sides(
    bounds: &[[f64; 2]],
    places: Places,
    random: &mut ChaCha8Rng,
    points: &mut [f64],
) -> f64 {
    let d = bounds.len();
    if d == 1 {
        for (x, end) in points.iter_mut().zip(bounds[0]) {
            *x = end;
        }
        return 1.0;
    }
    let measure: f64 = bounds.iter().map(|[a, b]| b - a).product();
    let area = |axis: usize| measure / (bounds[axis][1] - bounds[axis][0]);
    let total: f64 = (0..d).map(|axis| 2.0 * area(axis)).sum();
    let count = (points.len() / d) as f64;
    let sobol = (places == Places::Sobol).then(|| Sobol::new(std::array::from_fn(|_| random.random())));
    for (i, x) in points.chunks_mut(d).enumerate() {
        // Coordinates of a point of the unit cube: the first says where on the sides, the others where across.
        let mut axis = 0;
        let mut next = || {
            axis += 1;
            match (&sobol, places) {
                (Some(sobol), _) => sobol.coordinate(i as u32, axis - 1),
                (None, Places::Even) if axis == 1 => (i as f64 + 0.5) / count,
                _ => random.random::<f64>(),
            }
        };
        // A place in (0, total) names a side and how far along its first axis the point lies.
        let mut place = next() * total;
        let mut side = 0;
        while side + 1 < 2 * d && place >= area(side / 2) {
            place -= area(side / 2);
            side += 1;
        }
        let mut along = Some((place / area(side / 2)).min(1.0));
        for (j, (x, &[a, b])) in x.iter_mut().zip(bounds).enumerate() {
            *x = if j == side / 2 {
                bounds[j][side % 2]
            } else {
                a + (b - a) * along.take().unwrap_or_else(&mut next)
            };
        }
    }
    total / count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neural::sampler::generator;

    /// ∫ (x² + y⁴z) over the sides of a box, by all three ways; Sobol's sequence is the best of those that are random.
    #[test]
    fn sums_over_the_sides_are_integrals() {
        let bounds = [[0.0, 1.5], [0.0, 0.8], [0.0, 2.0]];
        let f = |x: &[f64]| x[0].powi(2) + x[1].powi(4) * x[2];
        // Side by side: ∫∫ of each term, both ends of each axis.
        let [a, b, c] = [1.5f64, 0.8, 2.0];
        let ends_of_x = a * a * b * c + 2.0 * (b.powi(5) / 5.0) * (c * c / 2.0);
        let ends_of_y = 2.0 * a.powi(3) / 3.0 * c + b.powi(4) * a * c * c / 2.0;
        let ends_of_z = 2.0 * a.powi(3) / 3.0 * b + a * b.powi(5) / 5.0 * c;
        let exact = ends_of_x + ends_of_y + ends_of_z;
        let error = |places: Places, seed: u64| {
            let mut points = vec![0.0; 3 * 4096];
            let weight = on_sides(&bounds, places, &mut generator(seed, 1), &mut points);
            let on_side = |x: &[f64]| x.iter().zip(&bounds).any(|(x, ends)| ends.contains(x));
            assert!(points.chunks(3).all(on_side));
            (weight * points.chunks(3).map(f).sum::<f64>() / exact - 1.0).abs()
        };
        let worst = |places: Places| (0..8).map(|seed| error(places, seed)).fold(0.0, f64::max);
        assert!(worst(Places::Sobol) < 1e-3, "{}", worst(Places::Sobol));
        assert!(worst(Places::Even) < 0.05 && worst(Places::Uniform) < 0.1);
        assert!(worst(Places::Sobol) < 0.2 * worst(Places::Uniform));
    }
}
