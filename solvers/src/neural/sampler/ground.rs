//! What of a domain points are drawn from: a box or what shapes leave of it, and the parts of its boundary.

use modewise_problems::{
    Condition, MOST_AXES, Points, Problem,
    geometry::{Region, interior_points, points_on, visible_measures},
};
use rand::{Rng, RngExt};

use super::Sampling;
use crate::sobol::Sobol;

/// Points tried for one that is kept on a side.
const TRIES: usize = 100_000;
/// Points by which the share of a side that is in the domain is estimated.
const PROBES: usize = 4096;

/// A domain to draw from.
#[derive(Debug, Clone)]
pub(in super::super) struct Ground {
    pub bounds: Vec<[f64; 2]>,
    region: Option<Region>,
    interface: Option<Region>,
    /// Length, area or volume.
    measure: f64,
}

/// A part of the boundary that has equations of its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in super::super) struct Carrier {
    pub place: Place,
    /// Its length or area; 1 for a point.
    measure: f64,
    /// Of the points on the boundary, those on it.
    pub count: usize,
}

/// Where it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in super::super) enum Place {
    /// A side of the box where u is given.
    Side { axis: usize, upper: bool },
    /// A side where the flux is, or the flux and u.
    Flux { axis: usize, upper: bool },
    /// The boundary of a shape, where u is given.
    Shape { part: usize },
    /// A single point of that.
    Point { part: usize, x: f64 },
    /// The boundary of a shape, where it is the interface.
    Interface { part: usize },
    /// A single point of that.
    Crossing { x: f64 },
}

impl Place {
    /// Whether it is on the interface.
    pub fn is_jump(&self) -> bool {
        matches!(self, Self::Interface { .. } | Self::Crossing { .. })
    }

    /// Whether values of u are all that is asked for.
    pub fn is_value(&self) -> bool {
        !self.is_jump() && !matches!(self, Self::Flux { .. })
    }
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

    /// The parts of the boundary where there are equations, with `points` points in all, at least one each: those where u
    /// is given if `has_values`, those where fluxes are, and last the interface if `has_jumps`.
    pub fn carriers(
        &self,
        problem: &dyn Problem,
        has_values: bool,
        has_jumps: bool,
        points: usize,
    ) -> Vec<Carrier> {
        let mut carriers = Vec::new();
        let mut push = |place: Place, measure: f64| carriers.push(Carrier { place, measure, count: 1 });
        for (axis, pair) in problem.domain().sides().iter().enumerate() {
            for (end, condition) in pair.iter().enumerate() {
                let upper = end == 1;
                let place = match condition {
                    Condition::Dirichlet if has_values => Place::Side { axis, upper },
                    Condition::Neumann => Place::Flux { axis, upper },
                    _ => continue,
                };
                push(place, self.side_measure(axis, upper));
            }
        }
        if let (Some(region), true) = (&self.region, has_values) {
            for (part, measure) in visible_measures(region, &self.bounds).into_iter().enumerate() {
                if self.dimension() > 1 {
                    push(Place::Shape { part }, measure);
                } else if measure > 0.0 {
                    self.ends(region, part).into_iter().for_each(|x| push(Place::Point { part, x }, 1.0));
                }
            }
        }
        if let (Some(interface), true) = (&self.interface, has_jumps) {
            for (part, measure) in visible_measures(interface, &self.bounds).into_iter().enumerate() {
                if self.dimension() > 1 {
                    push(Place::Interface { part }, measure * self.share_inside(interface, part, measure));
                } else if measure > 0.0 {
                    let inside = self.ends(interface, part).into_iter().filter(|x| self.contains(&[*x]));
                    inside.for_each(|x| push(Place::Crossing { x }, 1.0));
                }
            }
        }
        carriers.retain(|carrier| carrier.measure > 0.0);
        if self.dimension() > 1 {
            let total: f64 = carriers.iter().map(|carrier| carrier.measure).sum();
            for carrier in &mut carriers {
                carrier.count = ((carrier.measure / total * points as f64).round() as usize).max(1);
            }
        }
        carriers
    }

    /// The share of an interface that is in the domain.
    fn share_inside(&self, interface: &Region, part: usize, measure: f64) -> f64 {
        if self.is_whole() || measure == 0.0 {
            return 1.0;
        }
        let mut points = vec![0.0; PROBES * self.dimension()];
        points_on(interface, &self.bounds, part, sequence([0; MOST_AXES]), &mut points);
        let inside = points.chunks(self.dimension()).filter(|x| self.contains(x));
        inside.count() as f64 / PROBES as f64
    }

    /// The points of a boundary in 1-D.
    fn ends(&self, region: &Region, part: usize) -> Vec<f64> {
        let mut found = [0.0; 64];
        let mut number = 0.0;
        let weyl = |out: &mut [f64]| {
            number += 1.0;
            out.fill((0.37f64 + number * 0.618_033_988_75).fract());
        };
        points_on(region, &self.bounds, part, weyl, &mut found);
        let mut ends = found.to_vec();
        ends.sort_by(f64::total_cmp);
        ends.dedup();
        ends
    }

    /// The length or area of what of a side is in the domain.
    fn side_measure(&self, axis: usize, upper: bool) -> f64 {
        let d = self.dimension();
        let widths = self.bounds.iter().enumerate().filter(|(other, _)| *other != axis);
        let whole: f64 = widths.map(|(_, [a, b])| b - a).product();
        if self.is_whole() {
            return whole;
        }
        let mut number = 0.0;
        let mut x = [0.0; MOST_AXES];
        let mut probe = || {
            number += 1.0;
            let steps = [0.618_033_988_75, 0.414_213_562_37, 0.732_050_807_57];
            let numbers = steps.map(|step| (0.37f64 + number * step).fract());
            self.on_side(axis, upper, &numbers[..d], &mut x[..d])
        };
        let count = if d == 1 { 1 } else { PROBES };
        (0..count).filter(|_| probe()).count() as f64 / count as f64 * whole
    }

    /// The point of a side that these numbers in (0, 1) stand for; whether it is in the domain.
    fn on_side(&self, axis: usize, upper: bool, numbers: &[f64], x: &mut [f64]) -> bool {
        let mut numbers = numbers.iter();
        for (other, (x, [a, b])) in x.iter_mut().zip(&self.bounds).enumerate() {
            *x = if other == axis {
                self.bounds[axis][usize::from(upper)]
            } else {
                a + (b - a) * numbers.next().copied().unwrap_or(0.5)
            };
        }
        self.contains(x)
    }

    /// Points on a part of the boundary, and what each counts.
    pub fn fill_on(
        &self,
        carrier: &Carrier,
        is_sobol: bool,
        random: &mut impl Rng,
        points: &mut [f64],
        weights: &mut [f64],
    ) {
        let d = self.dimension();
        weights.fill(carrier.measure / weights.len() as f64);
        let mut even = sequence(random.random());
        let mut draw = |out: &mut [f64]| {
            if is_sobol { even(out) } else { out.fill_with(|| random.random()) }
        };
        match carrier.place {
            Place::Point { x, .. } | Place::Crossing { x } => points.fill(x),
            Place::Interface { part } => {
                for (x, interface) in points.chunks_mut(d).zip(self.interface.iter().cycle()) {
                    for _ in 0..TRIES {
                        points_on(interface, &self.bounds, part, &mut draw, x);
                        if self.contains(x) {
                            break;
                        }
                    }
                }
            }
            Place::Shape { part } => {
                if let Some(region) = &self.region {
                    points_on(region, &self.bounds, part, draw, points);
                }
            }
            Place::Side { axis, upper } | Place::Flux { axis, upper } => {
                for x in points.chunks_mut(d) {
                    let mut numbers = [0.0; MOST_AXES];
                    for _ in 0..TRIES {
                        draw(&mut numbers[..d]);
                        if self.on_side(axis, upper, &numbers[..d], x) {
                            break;
                        }
                    }
                }
            }
        }
    }

    /// The data on a part of the boundary: a, v and g of au + v·∇u = g, the first two where there is room for them.
    pub fn data_on(
        &self,
        carrier: &Carrier,
        problem: &dyn Problem,
        points: &[f64],
        operators: &mut [f64],
        data: &mut [f64],
    ) {
        let d = self.dimension();
        let at = Points::new(points, d);
        operators.fill(0.0);
        let numbers = operators.len() / data.len();
        match carrier.place {
            Place::Side { .. } => problem.boundary(at, data),
            Place::Shape { part } | Place::Point { part, .. } => problem.shape_boundary(part, at, data),
            // What flows across it goes on; the direction is the network's matter.
            Place::Interface { .. } | Place::Crossing { .. } => return data.fill(0.0),
            Place::Flux { axis, upper } => {
                let mut a = vec![0.0; data.len()];
                if !problem.robin(axis, upper, at, &mut a) {
                    a.fill(0.0);
                }
                problem.flux(axis, upper, at, data);
                let mut permittivity = vec![0.0; data.len()];
                problem.permittivity_at(at, &mut permittivity);
                let sign = if upper { 1.0 } else { -1.0 };
                for (operator, (a, permittivity)) in
                    operators.chunks_mut(numbers).zip(a.iter().zip(permittivity))
                {
                    operator[0] = *a;
                    operator[1 + axis] = sign * permittivity;
                }
                return;
            }
        }
        if !operators.is_empty() {
            operators.iter_mut().step_by(numbers).for_each(|a| *a = 1.0);
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
