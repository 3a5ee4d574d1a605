//! One simplex of the grid, cut by an interface: its pieces, and the linear functions on it whose flux goes on.
//!
//! The interface is where the linear function φ with the given values at the vertices vanishes, inside where it is
//! negative. Functions linear on either side, continuous, with ε ∂u/∂n continuous (n = ∇φ) are fixed by their values v
//! at the vertices: with m = ∇ of the interpolant of max(φ, 0),
//!
//! u = u₋ + c max(φ, 0), ∇u₋ = Σ vᵢgᵢ − c m, c = −(ε₊ − ε₋) n·Σ vᵢgᵢ / D, D = ε₊|n|² − (ε₊ − ε₋) m·n,
//!
//! gᵢ the gradients of the barycentric coordinates λᵢ (Li, Lin, Wu, *Numer. Math.* 96 (2003) 61; in three dimensions
//! Kafafy, Lin, Lin, Wang, *Int. J. Numer. Methods Eng.* 64 (2005) 940). With ε₊ = ε₋ they are the usual linear functions.

/// Vertices of a simplex in three dimensions.
pub(super) const MOST: usize = 4;

/// A vector of the space.
pub(super) type Vector = [f64; 3];

/// A part of a simplex on one side of the interface: its vertices in barycentric coordinates.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    vertices: [[f64; MOST]; MOST],
    levels: [f64; MOST],
    /// Its share of the simplex.
    pub share: f64,
}

impl Part {
    /// Its centre in barycentric coordinates.
    pub fn centre(&self, d: usize) -> [f64; MOST] {
        std::array::from_fn(|k| {
            self.vertices[..=d].iter().map(|vertex| vertex[k]).sum::<f64>() / (d + 1) as f64
        })
    }

    /// Whether it lies inside.
    pub fn is_inside(&self, d: usize) -> bool {
        self.levels[..=d].iter().any(|level| *level < 0.0)
    }
}

/// The parts of a simplex whose φ has these values at its d + 1 vertices, none of them zero. An edge that crosses the
/// interface is cut where it does, which makes two simplices of one, until none crosses it.
pub(super) fn parts(d: usize, levels: [f64; MOST]) -> Vec<Part> {
    let unit = |i: usize| std::array::from_fn(|k| f64::from(u8::from(i == k)));
    let mut open = vec![Part { vertices: std::array::from_fn(unit), levels, share: 1.0 }];
    let mut parts = Vec::new();
    while let Some(part) = open.pop() {
        let find = |sign: f64| (0..=d).find(|i| sign * part.levels[*i] > 0.0);
        let (Some(i), Some(j)) = (find(-1.0), find(1.0)) else {
            parts.push(part);
            continue;
        };
        let theta = part.levels[i] / (part.levels[i] - part.levels[j]);
        let cut = std::array::from_fn(|k| {
            part.vertices[i][k] + theta * (part.vertices[j][k] - part.vertices[i][k])
        });
        for (replaced, share) in [(j, theta), (i, 1.0 - theta)] {
            let mut half = part;
            (half.vertices[replaced], half.levels[replaced]) = (cut, 0.0);
            half.share *= share;
            open.push(half);
        }
    }
    parts
}

/// The functions of a cut simplex by their gradients.
#[derive(Debug, Clone, Copy)]
pub(super) struct Immersed {
    /// n = ∇φ.
    normal: Vector,
    bend: Vector,
    /// ε inside and outside.
    permittivity: [f64; 2],
    scale: f64,
    gradients: [Vector; MOST],
}

/// A function on a cut simplex: its gradient inside, and what is added to it times max(φ, 0).
#[derive(Debug, Clone, Copy)]
pub(super) struct Bent {
    inside: Vector,
    c: f64,
}

impl Immersed {
    /// From the gradients of the barycentric coordinates, φ at the vertices and ε inside and outside.
    pub fn new(d: usize, gradients: [Vector; MOST], levels: [f64; MOST], permittivity: [f64; 2]) -> Self {
        let along = |weights: &dyn Fn(f64) -> f64| {
            std::array::from_fn(|axis| (0..=d).map(|i| weights(levels[i]) * gradients[i][axis]).sum())
        };
        let (normal, bend): (Vector, Vector) = (along(&|level| level), along(&|level| level.max(0.0)));
        let square = dot(normal, normal);
        // Between 0 and 1 but for very flat simplices, where it must not turn the sign of D.
        let share = (dot(bend, normal) / square).clamp(0.0, 1.0);
        let [inside, outside] = permittivity;
        let scale = square * (outside - (outside - inside) * share);
        Self { normal, bend, permittivity, scale, gradients }
    }

    /// The function that is 1 at vertex i and 0 at the others.
    pub fn basis(&self, i: usize) -> Bent {
        let [inside, outside] = self.permittivity;
        let c = -(outside - inside) * dot(self.normal, self.gradients[i]) / self.scale;
        Bent { inside: add(self.gradients[i], -c, self.bend), c }
    }

    /// ∫ ε ∇u·∇λᵢ over the simplex, divided by its volume, λᵢ the barycentric coordinate; `share` is that of the inside.
    pub fn flux(&self, u: Bent, i: usize, share: f64) -> f64 {
        let outside = add(u.inside, u.c, self.normal);
        share * self.permittivity[0] * dot(u.inside, self.gradients[i])
            + (1.0 - share) * self.permittivity[1] * dot(outside, self.gradients[i])
    }
}

fn dot(a: Vector, b: Vector) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// a + t b.
fn add(a: Vector, t: f64, b: Vector) -> Vector {
    std::array::from_fn(|axis| a[axis] + t * b[axis])
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEVELS: [[f64; MOST]; 4] =
        [[-0.3, 0.5, 0.2, 0.9], [-0.3, -0.1, 0.2, 0.9], [-0.3, -0.1, -0.7, 0.4], [0.3, 0.5, 0.2, -0.9]];

    /// The simplex of the corner (0, 0, 0) and the unit points.
    fn corner() -> [Vector; MOST] {
        [[-1.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    }

    #[test]
    fn parts_fill_a_simplex_and_lie_on_one_side() {
        for levels in LEVELS {
            for d in 1..=3 {
                let parts = parts(d, levels);
                assert!((parts.iter().map(|part| part.share).sum::<f64>() - 1.0).abs() < 1e-14);
                // The integral of φ over the simplex is its mean at the vertices.
                let level = |part: &Part| -> f64 {
                    (0..=d).map(|k| part.centre(d)[k] * levels[k]).sum::<f64>() * part.share
                };
                let mean = levels[..=d].iter().sum::<f64>() / (d + 1) as f64;
                assert!((parts.iter().map(level).sum::<f64>() - mean).abs() < 1e-14, "{levels:?} in {d}-D");
                assert!(parts.iter().all(|part| part.is_inside(d) == (level(part) < 0.0)));
            }
        }
    }

    #[test]
    fn basis_functions_add_up_to_a_constant_and_their_flux_goes_on() {
        for levels in LEVELS {
            let immersed = Immersed::new(3, corner(), levels, [2.0, 80.0]);
            let mut sum = [0.0; 3];
            for i in 0..4 {
                let basis = immersed.basis(i);
                let outside = add(basis.inside, basis.c, immersed.normal);
                let fluxes = [2.0 * dot(basis.inside, immersed.normal), 80.0 * dot(outside, immersed.normal)];
                assert!((fluxes[0] - fluxes[1]).abs() < 1e-12 * fluxes[0].abs().max(1.0));
                sum = add(sum, 1.0, basis.inside);
            }
            assert!(dot(sum, sum) < 1e-24);
        }
    }
}
