//! Dirichlet data built into the trial function: u = L + B N.
//!
//! B = ∏ⱼ 4(xⱼ − aⱼ)(bⱼ − xⱼ)/(bⱼ − aⱼ)² vanishes on the boundary of the box and is 1 at its centre, N is the
//! network, and the lift L carries the data: it interpolates their values at the corners
//! multilinearly. In 1-D any data are of that kind; in more dimensions data that are not are
//! refused, and the penalty is there for them.

use modewise_problems::{Points, Problem};

/// The most axes a box may have here.
pub(super) const MOST_AXES: usize = 6;

/// L and B on a box.
#[derive(Debug, Clone)]
pub(super) struct Trial {
    bounds: Vec<[f64; 2]>,
    /// The data at the corners; bit j of the index says which end of axis j.
    corners: Vec<f64>,
}

/// Value, gradient and Laplacian of a function at a point.
#[derive(Debug, Clone, Copy)]
pub(super) struct Local {
    pub value: f64,
    pub gradient: [f64; MOST_AXES],
    pub laplacian: f64,
}

impl Trial {
    /// The trial functions of `problem`; `None` if its data are not multilinear on the sides.
    pub fn new(problem: &dyn Problem) -> Option<Self> {
        let bounds = problem.domain().bounds().to_vec();
        let d = bounds.len();
        let points: Vec<f64> = (0..1usize << d)
            .flat_map(|c| (0..d).map(move |j| (c >> j & 1, j)))
            .map(|(e, j)| bounds[j][e])
            .collect();
        let mut corners = vec![0.0; 1 << d];
        problem.boundary(Points::new(&points, d), &mut corners);
        let trial = Self { bounds, corners };
        let probes = trial.probes();
        let mut data = vec![0.0; probes.len() / d];
        problem.boundary(Points::new(&probes, d), &mut data);
        let largest = data.iter().fold(1e-300, |m: f64, g| m.max(g.abs()));
        let fits = |(x, g): (&[f64], &f64)| (trial.lift(x).value - g).abs() <= 1e-12 * largest;
        probes.chunks(d).zip(&data).all(fits).then_some(trial)
    }

    /// Points on all sides, as many as tell multilinear data from others.
    fn probes(&self) -> Vec<f64> {
        let d = self.bounds.len();
        let mut probes = Vec::new();
        for side in 0..2 * d {
            for sample in 0..if d == 1 { 1 } else { 64 } {
                probes.extend(self.bounds.iter().enumerate().map(|(j, &[a, b])| {
                    // A Weyl sequence on the side.
                    let t = (0.3 + sample as f64 * (0.618_033_988_75 + 0.2 * j as f64)).fract();
                    if j == side / 2 { self.bounds[j][side % 2] } else { a + t * (b - a) }
                }));
            }
        }
        probes
    }

    /// L at `x`. It is multilinear, so its Laplacian is zero.
    pub fn lift(&self, x: &[f64]) -> Local {
        let mut local = Local { value: 0.0, gradient: [0.0; MOST_AXES], laplacian: 0.0 };
        for (corner, &data) in self.corners.iter().enumerate() {
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

    /// B at `x`.
    pub fn factor(&self, x: &[f64]) -> Local {
        let d = self.bounds.len();
        let mut parabola = [1.0; MOST_AXES];
        for (q, (&[a, b], x)) in parabola.iter_mut().zip(self.bounds.iter().zip(x)) {
            *q = 4.0 * (x - a) * (b - x) / ((b - a) * (b - a));
        }
        let others = |j: usize| (0..d).filter(|&k| k != j).map(|k| parabola[k]).product::<f64>();
        let mut local =
            Local { value: parabola[..d].iter().product(), gradient: [0.0; MOST_AXES], laplacian: 0.0 };
        for (j, (&[a, b], x)) in self.bounds.iter().zip(x).enumerate() {
            let square = (b - a) * (b - a);
            let others = others(j);
            local.gradient[j] = 4.0 * (a + b - 2.0 * x) / square * others;
            local.laplacian -= 8.0 / square * others;
        }
        local
    }

    /// u = L + B N for a value of the network.
    pub fn value(&self, x: &[f64], network: f64) -> f64 {
        self.lift(x).value + self.factor(x).value * network
    }
}
