//! Polygons, convex or not.

use super::shape::ShapeError;

/// What a closed line of edges encloses.
#[derive(Debug, Clone, PartialEq)]
pub struct Polygon {
    pub(super) vertices: Vec<[f64; 2]>,
}

impl Polygon {
    pub(super) fn new(vertices: &[[f64; 2]]) -> Result<Self, ShapeError> {
        let polygon = Self { vertices: vertices.to_vec() };
        if vertices.len() < 3 {
            return Err(ShapeError(format!("it has {} vertices; it needs at least 3", vertices.len())));
        }
        if let Some([at, _]) = polygon.edges().find(|[a, b]| a == b) {
            return Err(ShapeError(format!("it has the vertex {at:?} twice in a row")));
        }
        if let Some([at, _]) = polygon.crossing_edges() {
            return Err(ShapeError(format!("its edge from {at:?} on crosses another one")));
        }
        if polygon.area() == 0.0 {
            return Err(ShapeError("its vertices lie on one line".into()));
        }
        Ok(polygon)
    }

    /// Both ends of every edge.
    pub(super) fn edges(&self) -> impl Iterator<Item = [[f64; 2]; 2]> + Clone {
        let next = self.vertices.iter().cycle().skip(1);
        self.vertices.iter().zip(next).map(|(a, b)| [*a, *b])
    }

    pub(super) fn area(&self) -> f64 {
        self.signed_area().abs()
    }

    /// Half the sum of cross products (Gauss): positive against the clock.
    fn signed_area(&self) -> f64 {
        // From the first vertex, so that a place far from the origin costs no digits.
        let o = self.vertices[0];
        let cross = |[a, b]: [[f64; 2]; 2]| (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);
        0.5 * self.edges().map(cross).sum::<f64>()
    }

    /// 1 where the vertices go against the clock, −1 otherwise.
    pub(super) fn sense(&self) -> f64 {
        self.signed_area().signum()
    }

    /// Whether every corner turns the same way.
    pub(super) fn is_convex(&self) -> bool {
        let sense = self.sense();
        self.edges().zip(self.edges().cycle().skip(1)).all(|([a, b], [_, c])| {
            sense * ((b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])) >= 0.0
        })
    }

    /// An edge that another one, no neighbour, meets.
    fn crossing_edges(&self) -> Option<[[f64; 2]; 2]> {
        let edges: Vec<_> = self.edges().collect();
        let n = edges.len();
        for i in 0..n {
            for j in i + 2..n {
                let is_neighbour = i == 0 && j == n - 1;
                if !is_neighbour && meets(edges[i], edges[j]).is_some() {
                    return Some(edges[i]);
                }
            }
        }
        None
    }

    /// Distance from the nearest edge, and the sign by how often a ray to the right crosses edges.
    pub(super) fn signed_distance(&self, x: &[f64]) -> f64 {
        let (mut squares, mut inside) = (f64::INFINITY, false);
        for [a, b] in self.edges() {
            let (edge, to) = ([b[0] - a[0], b[1] - a[1]], [x[0] - a[0], x[1] - a[1]]);
            let along = (to[0] * edge[0] + to[1] * edge[1]) / (edge[0] * edge[0] + edge[1] * edge[1]);
            let t = along.clamp(0.0, 1.0);
            let off = [to[0] - t * edge[0], to[1] - t * edge[1]];
            squares = (off[0] * off[0] + off[1] * off[1]).min(squares);
            // Half-open in y, so that a vertex counts once.
            if (a[1] > x[1]) != (b[1] > x[1]) {
                let left = to[0] * edge[1] < to[1] * edge[0];
                inside ^= left == (edge[1] > 0.0);
            }
        }
        if inside { -squares.sqrt() } else { squares.sqrt() }
    }

    pub(super) fn crossings(&self, a: &[f64], b: &[f64], mut found: impl FnMut(f64)) {
        let segment = [[a[0], a[1]], [b[0], b[1]]];
        self.edges().filter_map(|edge| meets(segment, edge)).for_each(&mut found);
    }
}

/// The t at which a + t(b − a) meets the segment from c to d, ends included; nothing if they are parallel.
fn meets([a, b]: [[f64; 2]; 2], [c, d]: [[f64; 2]; 2]) -> Option<f64> {
    let (v, w, o) = ([b[0] - a[0], b[1] - a[1]], [d[0] - c[0], d[1] - c[1]], [c[0] - a[0], c[1] - a[1]]);
    let cross = |p: [f64; 2], q: [f64; 2]| p[0] * q[1] - p[1] * q[0];
    let below = cross(v, w);
    let (t, s) = (cross(o, w) / below, cross(o, v) / below);
    // What rounding may make of an end.
    const NEAR: std::ops::RangeInclusive<f64> = -1e-14..=1.0 + 1e-14;
    (NEAR.contains(&t) && NEAR.contains(&s)).then_some(t.clamp(0.0, 1.0))
}
