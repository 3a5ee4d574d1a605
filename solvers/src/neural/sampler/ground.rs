//! What of a domain points are drawn from: a box or what shapes leave of it, and the parts of its boundary.

mod carriers;

use modewise_problems::{
    MOST_AXES, Problem,
    geometry::{Region, interior_points},
};
use rand::{Rng, RngExt};

use super::Sampling;
use crate::sobol::Sobol;
pub(in crate::neural) use carriers::{Carrier, Place};

/// A domain to draw from.
#[derive(Debug, Clone)]
pub(in crate::neural) struct Ground {
    pub bounds: Vec<[f64; 2]>,
    region: Option<Region>,
    interface: Option<Region>,
    /// Length, area or volume.
    measure: f64,
}

impl Ground {
    pub fn new(problem: &dyn Problem) -> Self {
        let domain = problem.domain();
        Self {
            bounds: domain.bounds().to_vec(),
            region: domain.region().cloned(),
            interface: problem.interface().cloned(),
            measure: domain.measure(),
        }
    }

    pub fn dimension(&self) -> usize {
        self.bounds.len()
    }

    /// Whether nothing is cut out of the box.
    pub fn is_whole(&self) -> bool {
        self.region.is_none()
    }

    fn contains(&self, x: &[f64]) -> bool {
        self.region.as_ref().is_none_or(|region| region.contains(x))
    }

    /// The numbers of points to ask of products over the whole box so that about `asked` are inside.
    fn over_box(&self, asked: usize) -> usize {
        let whole: f64 = self.bounds.iter().map(|[a, b]| b - a).product();
        // At the most a hundred times as many: what is thinner is no ground for products.
        (asked as f64 * (whole / self.measure).clamp(1.0, 100.0)).round() as usize
    }

    /// Points inside where `asked` are wanted.
    pub fn inside(&self, sampling: Sampling, asked: usize) -> usize {
        match (sampling, self.is_whole()) {
            (Sampling::Lattice | Sampling::Gauss, false) => self.product(sampling, asked).1.len(),
            _ => sampling.inside(asked, self.dimension()),
        }
    }

    /// Points of a product that are inside, with the volumes they stand for.
    fn product(&self, sampling: Sampling, asked: usize) -> (Vec<f64>, Vec<f64>) {
        let (d, asked) = (self.dimension(), self.over_box(asked));
        let count = sampling.inside(asked, d);
        let (mut points, mut weights) = (vec![0.0; count * d], vec![0.0; count]);
        // Products are the same whatever the random numbers.
        sampling.place(asked, &self.bounds, &mut super::generator(0, 0), &mut points);
        sampling.weigh(asked, &self.bounds, &mut weights);
        let kept = points.chunks(d).zip(&weights).filter(|(x, _)| self.contains(x));
        let (points, weights): (Vec<&[f64]>, Vec<f64>) = kept.map(|(x, w)| (x, *w)).unzip();
        let sum: f64 = weights.iter().sum();
        // Weights of cells that the boundary cuts are wrong; their sum is not.
        (points.concat(), weights.iter().map(|w| w * self.measure / sum).collect())
    }

    /// Points inside and the volume each stands for, as many as [`Ground::inside`] says. `false` if nothing is inside.
    pub fn fill(
        &self,
        sampling: Sampling,
        asked: usize,
        random: &mut impl Rng,
        points: &mut [f64],
        weights: &mut [f64],
    ) {
        let Some(region) = &self.region else {
            sampling.place(asked, &self.bounds, random, points);
            sampling.weigh(asked, &self.bounds, weights);
            return;
        };
        match sampling {
            Sampling::Lattice | Sampling::Gauss => {
                let (kept, volumes) = self.product(sampling, asked);
                points.copy_from_slice(&kept);
                weights.copy_from_slice(&volumes);
            }
            Sampling::Uniform => {
                interior_points(region, &self.bounds, |out| out.fill_with(|| random.random()), points);
                weights.fill(self.measure / weights.len() as f64);
            }
            Sampling::Sobol => {
                interior_points(region, &self.bounds, sequence(random.random()), points);
                weights.fill(self.measure / weights.len() as f64);
            }
        }
    }
}

/// Sobol's sequence from its first point on, shifted.
fn sequence(shift: [u32; MOST_AXES]) -> impl FnMut(&mut [f64]) {
    let sobol = Sobol::new(shift);
    let mut number = 0;
    move |out: &mut [f64]| {
        out.iter_mut().enumerate().for_each(|(axis, x)| *x = sobol.coordinate(number, axis));
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use modewise_problems::catalog;

    use super::*;
    use crate::neural::sampler::generator;

    /// Sums over points of a disc with a hole, by every sampling, are integrals: of 1, x² and of x²y² over the ring about a
    /// centre, and over both circles.
    #[test]
    fn sums_over_shapes_and_their_boundaries_are_integrals() {
        use std::f64::consts::PI;
        let problem = catalog::build(&"annulus-2d".parse().unwrap()).unwrap();
        let problem = problem.as_ref();
        let ground = Ground::new(problem);
        let region = problem.domain().region().unwrap();
        let radii: Vec<f64> =
            region.shapes().iter().map(|(_, shape)| (shape.measure() / PI).sqrt()).collect();
        let (outer, inner) = (radii[0].max(radii[1]), radii[0].min(radii[1]));
        let power = |n: i32| outer.powi(n) - inner.powi(n);
        let exact = [PI * power(2), PI / 4.0 * power(4), PI / 24.0 * power(6)];
        for (sampling, tolerance) in [
            (Sampling::Lattice, 0.02),
            (Sampling::Uniform, 0.06),
            (Sampling::Sobol, 0.01),
            (Sampling::Gauss, 0.02),
        ] {
            let count = ground.inside(sampling, 6000);
            assert!((3500..7000).contains(&count), "{sampling:?}: {count}");
            let (mut points, mut weights) = (vec![0.0; 2 * count], vec![0.0; count]);
            ground.fill(sampling, 6000, &mut generator(1, 1), &mut points, &mut weights);
            assert!(points.chunks(2).all(|x| region.contains(x)));
            let moments = [|_: &[f64]| 1.0, |x: &[f64]| x[0] * x[0], |x: &[f64]| (x[0] * x[1]).powi(2)];
            for (f, exact) in moments.iter().zip(exact) {
                let sum: f64 = points.chunks(2).zip(&weights).map(|(x, w)| w * f(x)).sum();
                assert!((sum - exact).abs() < tolerance * exact, "{sampling:?}: {sum} and {exact}");
            }
        }
        let carriers = ground.carriers(problem, true, false, 3000);
        assert_eq!(carriers.len(), 2, "{carriers:?}");
        assert_eq!(carriers.iter().map(|carrier| carrier.count).sum::<usize>(), 3000);
        for is_sobol in [true, false] {
            let mut sums = [0.0; 2];
            for carrier in &carriers {
                let (mut points, mut weights) = (vec![0.0; 2 * carrier.count], vec![0.0; carrier.count]);
                ground.fill_on(carrier, is_sobol, &mut generator(1, 2), &mut points, &mut weights);
                assert!(points.chunks(2).all(|x| region.signed_distance(x).abs() < 1e-12));
                for (x, w) in points.chunks(2).zip(&weights) {
                    sums[0] += w;
                    sums[1] += w * x[0] * x[0];
                }
            }
            let exact = [2.0 * PI * (outer + inner), PI * (outer.powi(3) + inner.powi(3))];
            let tolerance = if is_sobol { 2e-3 } else { 0.05 };
            for (sum, exact) in sums.iter().zip(exact) {
                assert!((sum - exact).abs() < tolerance * exact, "{sum} and {exact}");
            }
        }
    }

    /// Where a flux is given on a shape, points carry au + εn·∇u = g with n out of the domain, and the exact solution agrees;
    /// where u is given on another, that is built in and has no equations.
    #[test]
    fn points_on_shapes_with_fluxes_carry_the_exact_ones() {
        let text = "box = [[-1, 1], [-1, 1]]\ndomain = \"outer - hole\"\npermittivity = \"2 + x\"\nexact = \"x^2*y + \
                    y\"\n[shapes.outer]\nellipse = { centre = [0, 0], axes = [0.9, 0.7], angle = 0.3 }\n[shapes.hole]\npolygon = \
                    [[-0.2, -0.2], [0.3, -0.1], [0, 0.3]]\nrobin = { coefficient = \"1 + y^2\" }";
        let file = modewise_problems::file::ProblemFile::new("my.toml", text);
        let problem = file.build(&modewise_problems::Spec::new("my.toml")).unwrap();
        let problem = problem.as_ref();
        let ground = Ground::new(problem);
        assert_eq!(ground.carriers(problem, true, false, 100).len(), 2);
        let [carrier] = ground.carriers(problem, false, false, 200)[..] else {
            panic!("one shape has fluxes")
        };
        assert!(!carrier.place.is_value() && carrier.count == 200);
        let (mut points, mut weights) = (vec![0.0; 400], vec![0.0; 200]);
        ground.fill_on(&carrier, true, &mut generator(1, 3), &mut points, &mut weights);
        let (mut operators, mut data) = (vec![0.0; 600], vec![0.0; 200]);
        ground.data_on(&carrier, problem, &points, &mut operators, &mut data);
        for ((x, operator), g) in points.chunks(2).zip(operators.chunks(3)).zip(&data) {
            let (u, slope) = (x[0] * x[0] * x[1] + x[1], [2.0 * x[0] * x[1], x[0] * x[0] + 1.0]);
            let flux = operator[1] * slope[0] + operator[2] * slope[1];
            assert!((operator[0] * u + flux - g).abs() < 1e-8, "{x:?}: {g}");
            // Into the hole.
            let outwards = operator[1] * (0.03 - x[0]) + operator[2] * (-x[1]);
            let length = operator[1].hypot(operator[2]);
            assert!(outwards > 0.0 && (length - 2.0 - x[0]).abs() < 1e-8, "{x:?}: {operator:?}");
        }
    }

    /// Of the sides of the L-shape the halves beside the cut are left; in 1-D every end is one point.
    #[test]
    fn parts_of_the_boundary_are_those_of_the_domain() {
        let problem = catalog::build(&"l-shape-2d".parse().unwrap()).unwrap();
        let ground = Ground::new(problem.as_ref());
        let carriers = ground.carriers(problem.as_ref(), true, false, 800);
        let total: f64 = carriers.iter().map(|carrier| carrier.measure).sum();
        assert!((total - 8.0).abs() < 0.01, "{total}");
        let problem = catalog::build(&"robin-2d".parse().unwrap()).unwrap();
        let ground = Ground::new(problem.as_ref());
        assert!(
            ground
                .carriers(problem.as_ref(), false, false, 100)
                .iter()
                .all(|carrier| { matches!(carrier.place, Place::Flux { .. }) && carrier.count == 25 })
        );
    }
}
