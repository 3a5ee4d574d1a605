//! Ellipses and ellipsoids.

use super::{jet::Jet, shape::sphere_crossings};

/// An ellipse, or an ellipsoid along the axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Ellipsoid {
    pub(super) centre: Vec<f64>,
    /// Semi-axes.
    pub(super) axes: Vec<f64>,
    /// Cosine and sine of the angle by which an ellipse is turned.
    turn: [f64; 2],
}

impl Ellipsoid {
    pub(super) fn new(centre: &[f64], axes: &[f64], angle: f64) -> Self {
        Self { centre: centre.to_vec(), axes: axes.to_vec(), turn: [angle.cos(), angle.sin()] }
    }

    pub(super) fn dimension(&self) -> usize {
        self.centre.len()
    }

    /// A direction along its own axes.
    fn local(&self, v: [f64; 3]) -> [f64; 3] {
        let [c, s] = self.turn;
        [c * v[0] + s * v[1], c * v[1] - s * v[0], v[2]]
    }

    /// A direction that is this one along its own axes.
    fn turn_back(&self, v: &[f64; 3], out: &mut [f64; 3]) {
        let [c, s] = self.turn;
        *out = [c * v[0] - s * v[1], s * v[0] + c * v[1], v[2]];
    }

    /// The point with these coordinates along its own axes.
    pub(super) fn global(&self, v: &[f64; 3], out: &mut [f64]) {
        let mut turned = [0.0; 3];
        self.turn_back(v, &mut turned);
        for (out, (x, centre)) in out.iter_mut().zip(turned.iter().zip(&self.centre)) {
            *out = centre + x;
        }
    }

    fn relative(&self, x: &[f64]) -> [f64; 3] {
        let mut v = [0.0; 3];
        for (v, (x, centre)) in v.iter_mut().zip(x.iter().zip(&self.centre)) {
            *v = x - centre;
        }
        self.local(v)
    }

    /// (|x/axes| − 1) times the least semi-axis.
    pub(super) fn level(&self, x: &[f64]) -> f64 {
        let v = self.relative(x);
        let squares: f64 = self.axes.iter().zip(v).map(|(a, v)| (v / a) * (v / a)).sum();
        (squares.sqrt() - 1.0) * self.least()
    }

    /// The least semi-axis.
    pub(super) fn least(&self) -> f64 {
        self.axes.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// f = ½(Σ (y_i/e_i)² − 1) in its own axes, and |∇f|².
    pub(super) fn quadric(&self, x: &[f64]) -> (Jet, Jet) {
        let mut level = Jet::constant(-0.5);
        let mut slope = Jet::constant(0.0);
        for (i, e) in self.axes.iter().enumerate() {
            let mut unit = [0.0; 3];
            unit[i] = 1.0;
            let mut own = [0.0; 3];
            self.turn_back(&unit, &mut own);
            let y = Jet::linear(&self.centre, &own[..self.centre.len()], x) * (1.0 / e);
            level = level + y.square() * 0.5;
            slope = slope + y.square() * (1.0 / (e * e));
        }
        (level, slope)
    }

    /// Where the ray from the centre through `x` leaves it.
    pub(super) fn radially(&self, x: &[f64], out: &mut [f64]) {
        let mut v = self.relative(x);
        let size = self.axes.iter().zip(v).map(|(e, v)| (v / e) * (v / e)).sum::<f64>().sqrt();
        if size == 0.0 {
            v = [self.axes[0], 0.0, 0.0];
        } else {
            v.iter_mut().for_each(|v| *v /= size);
        }
        self.global(&v, out);
    }

    pub(super) fn crossings(&self, a: &[f64], b: &[f64]) -> [Option<f64>; 2] {
        let (from, to) = (self.relative(a), self.relative(b));
        let terms = self.axes.iter().enumerate().map(|(i, s)| (from[i] / s, (to[i] - from[i]) / s));
        sphere_crossings(terms, 1.0)
    }

    /// The nearest point of the boundary is (e_i² y_i/(t + e_i²)) with t the largest root of
    /// Σ (e_i y_i/(t + e_i²))² = 1, found by bisection (Eberly, "Distance from a point to an ellipse, an
    /// ellipsoid, or a hyperellipsoid", 2013).
    pub(super) fn signed_distance(&self, x: &[f64]) -> f64 {
        let y = self.relative(x).map(f64::abs);
        let e = &self.axes;
        let least = self.least();
        let sum = |t: f64| -> f64 {
            let term = |(e, y): (&f64, f64)| if y == 0.0 { 0.0 } else { (e * y / (t + e * e)).powi(2) };
            e.iter().zip(y).map(term).sum()
        };
        // The sum falls from infinity to 0, but in the middle plane of a least axis, where it starts lower: the
        // nearest point may lie above that plane.
        let low = -least * least;
        let above = sum(low) < 1.0;
        let size = e.iter().zip(y).map(|(e, y)| (e * y) * (e * y)).sum::<f64>().sqrt();
        let (mut a, mut b) = (low, if above { low } else { low + size.max(f64::MIN_POSITIVE) });
        for _ in 0..BISECTIONS {
            let middle = 0.5 * (a + b);
            if sum(middle) > 1.0 { a = middle } else { b = middle }
        }
        let (t, mut squares, mut on) = (b, 0.0, 0.0);
        for (e, y) in e.iter().zip(y).filter(|(_, y)| *y > 0.0) {
            let foot = e * e * y / (t + e * e);
            squares += (foot - y) * (foot - y);
            on += (foot / e) * (foot / e);
        }
        if above {
            squares += least * least * (1.0 - on);
        }
        if self.level(x) < 0.0 { -squares.sqrt() } else { squares.sqrt() }
    }
}

/// Halvings of an interval, down to rounding and to roots near 0.
const BISECTIONS: usize = 120;
