//! The parts of a boundary that have equations of their own: sides of the box, boundaries of shapes, the interface.

use modewise_problems::{
    Condition, MOST_AXES, Points, Problem,
    geometry::{Region, points_on, visible_measures},
};
use rand::{Rng, RngExt};

use super::{Ground, sequence};

/// Points tried for one that is kept on a side.
const TRIES: usize = 100_000;
/// Points by which the share of a side that is in the domain is estimated.
const PROBES: usize = 4096;

/// The step of the differences that normals are made by, over the size of the box.
const STEP: f64 = 1e-5;

/// A part of the boundary that has equations of its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::neural) struct Carrier {
    pub place: Place,
    /// Its length or area; 1 for a point.
    pub(super) measure: f64,
    /// Of the points on the boundary, those on it.
    pub count: usize,
}

/// Where it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::neural) enum Place {
    /// A side of the box where u is given.
    Side { axis: usize, upper: bool },
    /// A side where the flux is, or the flux and u.
    Flux { axis: usize, upper: bool },
    /// The boundary of a shape, where u is given, or a flux is, or the flux and u.
    Shape { part: usize, is_flux: bool },
    /// A single point of that.
    Point { part: usize, x: f64, is_flux: bool },
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
        match self {
            Self::Side { .. } => true,
            Self::Shape { is_flux, .. } | Self::Point { is_flux, .. } => !is_flux,
            Self::Flux { .. } | Self::Interface { .. } | Self::Crossing { .. } => false,
        }
    }
}

impl Ground {
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
        if let Some(region) = &self.region {
            for (part, measure) in visible_measures(region, &self.bounds).into_iter().enumerate() {
                let is_flux = problem.domain().is_natural(part);
                if !is_flux && !has_values {
                    continue;
                }
                if self.dimension() > 1 {
                    push(Place::Shape { part, is_flux }, measure);
                } else if measure > 0.0 {
                    let ends = self.ends(region, part).into_iter();
                    ends.for_each(|x| push(Place::Point { part, x, is_flux }, 1.0));
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
    pub fn side_measure(&self, axis: usize, upper: bool) -> f64 {
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
            Place::Shape { part, .. } => {
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
            Place::Shape { part, is_flux: true } | Place::Point { part, is_flux: true, .. } => {
                self.flux_on(part, problem, at, operators, data);
                return;
            }
            Place::Shape { part, .. } | Place::Point { part, .. } => problem.shape_boundary(part, at, data),
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

    /// The data on the boundary of a shape where a flux is given: a, εn and g.
    fn flux_on(
        &self,
        part: usize,
        problem: &dyn Problem,
        at: Points<'_>,
        operators: &mut [f64],
        data: &mut [f64],
    ) {
        let (d, count) = (self.dimension(), data.len());
        let size = self.bounds.iter().map(|[a, b]| b - a).fold(0.0, f64::max);
        let normals = at.iter().flat_map(|x| match &self.region {
            Some(region) => region.normal(part, x, STEP * size)[..d].to_vec(),
            None => vec![0.0; d],
        });
        let normals: Vec<f64> = normals.collect();
        let (mut a, mut permittivity) = (vec![0.0; count], vec![0.0; count]);
        if !problem.shape_robin(part, at, &mut a) {
            a.fill(0.0);
        }
        problem.permittivity_at(at, &mut permittivity);
        problem.shape_flux(part, at, &normals, data);
        for (i, operator) in operators.chunks_mut(1 + d).enumerate() {
            operator[0] = a[i];
            for (v, n) in operator[1..].iter_mut().zip(&normals[i * d..]) {
                *v = permittivity[i] * n;
            }
        }
    }
}
