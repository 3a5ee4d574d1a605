//! Data on the sides of the box.
//!
//! ω = ∏ⱼ qⱼ(xⱼ), q = 4(x − a)(b − x)/(b − a)² where u is given at both ends of an axis, linear where at one, 1 where at
//! none. Data that are multilinear at their corners are carried inside multilinearly; others by
//! G = g − ∏ⱼ (1 − Pⱼ)g, where Pⱼ interpolates between the sides of axis j linearly: a Boolean sum of the Pⱼ (Coons; Gordon
//! and Hall, *Numer. Math.* 21 (1973) 109), for which g is asked on the sides alone.

use modewise_problems::{Condition, MOST_AXES, Points, Problem};

use super::{
    Ask, Local, NotBuilt,
    lift::{self, Stencil},
};

/// Points of a side at which data are compared.
const PROBES: usize = 64;
/// Sides that a term of the Boolean sum may be on: 3³ − 1.
const TERMS: usize = 26;

/// G and ω of a box.
#[derive(Debug, Clone)]
pub(super) struct Sides {
    bounds: Vec<[f64; 2]>,
    /// Whether u is given on the lower and the upper side of every axis, on a part that is in the domain.
    given: Vec<[bool; 2]>,
    lift: Lift,
}

#[derive(Debug, Clone)]
enum Lift {
    Constant(f64),
    /// The data at the corners; bit j of the index says which end of axis j.
    Multilinear(Vec<f64>),
    Boolean,
}

impl Sides {
    pub fn new(problem: &dyn Problem) -> Result<Self, NotBuilt> {
        let domain = problem.domain();
        let bounds = domain.bounds().to_vec();
        let d = bounds.len();
        let mut sides = Self { given: vec![[true; 2]; d], lift: Lift::Constant(0.0), bounds };
        let in_domain = |probes: &[f64]| match domain.region() {
            None => true,
            Some(region) => probes.chunks(d).any(|x| region.contains(x)),
        };
        let given = |axis: usize, upper: usize| {
            domain.sides()[axis][upper] == Condition::Dirichlet && in_domain(&sides.probes(axis, upper))
        };
        let given: Vec<[bool; 2]> = (0..d).map(|axis| [given(axis, 0), given(axis, 1)]).collect();
        sides.given = given;
        let mut probes = Vec::new();
        for (axis, pair) in sides.given.iter().enumerate() {
            (0..2).filter(|&upper| pair[upper]).for_each(|upper| probes.extend(sides.probes(axis, upper)));
        }
        let mut data = vec![0.0; probes.len() / d];
        problem.boundary(Points::new(&probes, d), &mut data);
        if let Some(value) = lift::constant(&data) {
            sides.lift = Lift::Constant(value);
            return Ok(sides);
        }
        if sides.given.iter().flatten().all(|given| *given) {
            sides.lift = Lift::Multilinear(sides.corners(problem));
            let largest = data.iter().fold(1e-300, |m: f64, g| m.max(g.abs()));
            let fits = |(x, g): (&[f64], &f64)| {
                (sides.lift(problem, x, Ask::Value).value - g).abs() <= 1e-12 * largest
            };
            if probes.chunks(d).zip(&data).all(fits) {
                return Ok(sides);
            }
        }
        if d > lift::AXES {
            return Err(NotBuilt(format!(
                "on the sides of a box of more than {} axes they have to be multilinear",
                lift::AXES
            )));
        }
        sides.lift = Lift::Boolean;
        // Sides that disagree where they meet have no continuous G.
        let largest = data.iter().fold(1e-300, |m: f64, g| m.max(g.abs()));
        let meets =
            |(x, g): (&[f64], &f64)| (sides.lift(problem, x, Ask::Value).value - g).abs() <= 1e-8 * largest;
        match probes.chunks(d).zip(&data).find(|pair| !meets(*pair)) {
            None => Ok(sides),
            Some((x, _)) => Err(NotBuilt(format!("they disagree where sides meet, seen from {x:.4?}"))),
        }
    }

    /// Whether u is given on any side.
    pub fn is_any_given(&self) -> bool {
        self.given.iter().flatten().any(|given| *given)
    }

    fn corners(&self, problem: &dyn Problem) -> Vec<f64> {
        let d = self.bounds.len();
        let points: Vec<f64> = (0..1usize << d)
            .flat_map(|c| (0..d).map(move |j| (c >> j & 1, j)))
            .map(|(e, j)| self.bounds[j][e])
            .collect();
        let mut corners = vec![0.0; 1 << d];
        problem.boundary(Points::new(&points, d), &mut corners);
        corners
    }

    /// Points of a side, as many as tell multilinear data from others.
    fn probes(&self, axis: usize, upper: usize) -> Vec<f64> {
        let d = self.bounds.len();
        let mut probes = Vec::new();
        for sample in 0..if d == 1 { 1 } else { PROBES } {
            probes.extend(self.bounds.iter().enumerate().map(|(j, &[a, b])| {
                // A Weyl sequence on the side.
                let t = (0.3 + sample as f64 * (0.618_033_988_75 + 0.2 * j as f64)).fract();
                if j == axis { self.bounds[j][upper] } else { a + t * (b - a) }
            }));
        }
        probes
    }

    /// G at `x`.
    pub fn lift(&self, problem: &dyn Problem, x: &[f64], ask: Ask) -> Local {
        match &self.lift {
            Lift::Constant(value) => Local::constant(*value),
            Lift::Multilinear(corners) => self.multilinear(corners, x),
            Lift::Boolean => self.differentiated(problem, x, ask),
        }
    }

    /// It is multilinear, so its Laplacian is zero.
    fn multilinear(&self, corners: &[f64], x: &[f64]) -> Local {
        let mut local = Local::constant(0.0);
        for (corner, &data) in corners.iter().enumerate() {
            if data == 0.0 {
                continue;
            }
            let weight = |skip: usize| -> f64 {
                let axes = self.bounds.iter().zip(x).enumerate().filter(|(j, _)| *j != skip);
                axes.map(|(j, (&[a, b], x))| {
                    let t = (x - a) / (b - a);
                    if corner >> j & 1 == 1 { t } else { 1.0 - t }
                })
                .product()
            };
            local.value += data * weight(usize::MAX);
            for (j, &[a, b]) in self.bounds.iter().enumerate() {
                let sign = if corner >> j & 1 == 1 { 1.0 } else { -1.0 };
                local.gradient[j] += data * weight(j) * sign / (b - a);
            }
        }
        local
    }

    fn differentiated(&self, problem: &dyn Problem, x: &[f64], ask: Ask) -> Local {
        let size = self.bounds.iter().map(|[a, b]| b - a).fold(0.0, f64::max);
        let stencil = Stencil::new(x, size, ask);
        let mut values = lift::room();
        for (x, value) in stencil.points().chunks(x.len()).zip(&mut values) {
            *value = self.boolean(problem, x);
        }
        stencil.differentiate(&values[..stencil.count()])
    }

    /// −Σ ∏ⱼ (−Pⱼ) g over all choices of axes but none.
    fn boolean(&self, problem: &dyn Problem, x: &[f64]) -> f64 {
        let d = x.len();
        let mut points = [0.0; TERMS * lift::AXES];
        let mut weights = [0.0; TERMS];
        let mut count = 0;
        for choice in 1..3usize.pow(d as u32) {
            let (mut rest, mut weight, point) = (choice, -1.0, &mut points[count * d..(count + 1) * d]);
            for (j, (&[a, b], given)) in self.bounds.iter().zip(&self.given).enumerate() {
                let t = (x[j] - a) / (b - a);
                let end = rest % 3;
                rest /= 3;
                point[j] = if end == 0 { x[j] } else { self.bounds[j][end - 1] };
                weight *= match (end, given) {
                    (0, _) => 1.0,
                    (1, [true, true]) => t - 1.0,
                    (2, [true, true]) => -t,
                    (1, [true, false]) | (2, [false, true]) => -1.0,
                    _ => 0.0,
                };
            }
            if weight != 0.0 {
                weights[count] = weight;
                count += 1;
            }
        }
        let mut data = [0.0; TERMS];
        problem.boundary(Points::new(&points[..count * d], d), &mut data[..count]);
        weights.iter().zip(data).map(|(weight, g)| weight * g).sum()
    }

    /// ω at `x`.
    pub fn factor(&self, x: &[f64]) -> Local {
        let d = self.bounds.len();
        let mut parts = [1.0; MOST_AXES];
        for (j, (&[a, b], x)) in self.bounds.iter().zip(x).enumerate() {
            parts[j] = match self.given[j] {
                [true, true] => 4.0 * (x - a) * (b - x) / ((b - a) * (b - a)),
                [true, false] => (x - a) / (b - a),
                [false, true] => (b - x) / (b - a),
                [false, false] => 1.0,
            };
        }
        let others = |j: usize| (0..d).filter(|&k| k != j).map(|k| parts[k]).product::<f64>();
        let mut local = Local::constant(parts[..d].iter().product());
        for (j, (&[a, b], x)) in self.bounds.iter().zip(x).enumerate() {
            let square = (b - a) * (b - a);
            let others = others(j);
            match self.given[j] {
                [true, true] => {
                    local.gradient[j] = 4.0 * (a + b - 2.0 * x) / square * others;
                    local.laplacian -= 8.0 / square * others;
                }
                [true, false] => local.gradient[j] = others / (b - a),
                [false, true] => local.gradient[j] = -others / (b - a),
                [false, false] => {}
            }
        }
        local
    }
}
