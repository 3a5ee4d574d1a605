//! Points inside a region and on its boundary, uniform by volume and by area. The numbers they are made of come
//! from the caller: uniform random ones, or those of a sequence that fills the cube evenly.

use std::f64::consts::PI;

use super::{Region, Shape, region::SHAPE_AXES, shape::norm};

/// Points tried for one that is kept, before a region counts as empty.
const TRIES: usize = 100_000;
/// Points by which the visible share of a boundary is estimated.
const PROBES: usize = 4096;

/// Fills `out` with points of `region` in the box `bounds`; `draw` gives numbers in (0, 1), as many as the
/// box has axes at a time. `false` if hardly anything of the box is inside.
pub fn interior_points(
    region: &Region,
    bounds: &[[f64; 2]],
    mut draw: impl FnMut(&mut [f64]),
    out: &mut [f64],
) -> bool {
    out.chunks_exact_mut(bounds.len()).all(|x| {
        (0..TRIES).any(|_| {
            draw(x);
            x.iter_mut().zip(bounds).for_each(|(x, [lower, upper])| *x = lower + (upper - lower) * *x);
            region.contains(x)
        })
    })
}

/// Points on the boundary of `region` inside the box `bounds`, those of each shape in proportion to its visible
/// length or area, and the number of the shape of each. Returns the whole visible length or area (in 1-D, the
/// number of points). `draw` gives numbers in (0, 1), as many as the box has axes at a time.
pub fn boundary_points(
    region: &Region,
    bounds: &[[f64; 2]],
    mut draw: impl FnMut(&mut [f64]),
    out: &mut [f64],
    parts: &mut [usize],
) -> f64 {
    let d = bounds.len();
    let measures = visible_measures(region, bounds);
    let total: f64 = measures.iter().sum();
    let (mut before, mut start) = (0.0, 0);
    for (part, measure) in measures.iter().enumerate().filter(|(_, measure)| **measure > 0.0) {
        before += measure;
        let end = ((before / total * parts.len() as f64).round() as usize).min(parts.len());
        points_on(region, bounds, part, &mut draw, &mut out[start * d..end * d]);
        parts[start..end].fill(part);
        start = end;
    }
    total
}

/// The length or area of the boundary of each shape that is the region's, inside the box; in 1-D the number of its points.
pub fn visible_measures(region: &Region, bounds: &[[f64; 2]]) -> Vec<f64> {
    (0..region.shapes().len()).map(|part| visible_measure(region, bounds, part)).collect()
}

/// Points of the visible boundary of shape `part`, uniform by length or area; numbers as for [`boundary_points`].
pub fn points_on(
    region: &Region,
    bounds: &[[f64; 2]],
    part: usize,
    mut draw: impl FnMut(&mut [f64]),
    out: &mut [f64],
) {
    let d = bounds.len();
    let surface = Surface::of(region, bounds, part);
    for x in out.chunks_exact_mut(d) {
        let mut numbers = [0.0; SHAPE_AXES];
        for _ in 0..TRIES {
            draw(&mut numbers[..d]);
            let weight = surface.point(&numbers[..d], x);
            // In 1-D and on flat or round boundaries all weights are the largest.
            if numbers[d - 1] * surface.largest() <= weight && surface.is_visible(x) {
                break;
            }
        }
    }
}

/// The length or area of the boundary of shape `part` that is the region's, inside the box.
fn visible_measure(region: &Region, bounds: &[[f64; 2]], part: usize) -> f64 {
    let surface = Surface::of(region, bounds, part);
    let (mut numbers, mut x) = ([0.0; SHAPE_AXES], [0.0; SHAPE_AXES]);
    let d = bounds.len();
    let mut sum = 0.0;
    for probe in 0..PROBES {
        // A Weyl sequence, whose first axis is evenly spaced.
        const STEPS: [f64; SHAPE_AXES] =
            [1.0 / PROBES as f64, 0.618_033_988_749_894_9, 0.414_213_562_373_095_1];
        for (number, step) in numbers.iter_mut().zip(STEPS) {
            *number = ((probe as f64 + 0.5) * step).fract();
        }
        let weight = surface.point(&numbers[..d], &mut x[..d]);
        if surface.is_visible(&x[..d]) {
            sum += weight;
        }
    }
    sum / PROBES as f64
}

/// The boundary of a shape.
struct Surface<'a> {
    region: &'a Region,
    bounds: &'a [[f64; 2]],
    part: usize,
}

impl<'a> Surface<'a> {
    fn of(region: &'a Region, bounds: &'a [[f64; 2]], part: usize) -> Self {
        Self { region, bounds, part }
    }

    fn shape(&self) -> &Shape {
        &self.region.shapes()[self.part].1
    }

    fn is_visible(&self, x: &[f64]) -> bool {
        // What lies on a side of the box is that side.
        let inside = x.iter().zip(self.bounds).all(|(x, [lower, upper])| lower < x && x < upper);
        inside && self.region.is_visible(self.part, x)
    }

    /// The largest weight of a point.
    fn largest(&self) -> f64 {
        match self.shape() {
            Shape::Ellipsoid(ellipsoid) => {
                let product: f64 = ellipsoid.axes.iter().product();
                let least = ellipsoid.axes.iter().copied().fold(f64::INFINITY, f64::min);
                if ellipsoid.axes.len() == 2 {
                    2.0 * PI * product / least
                } else {
                    4.0 * PI * product / least
                }
            }
            _ => 0.0,
        }
    }

    /// The point of the boundary that `numbers` in (0, 1) stand for, and the length or area of the boundary a
    /// unit of numbers: the mean over all numbers is that of the whole boundary.
    fn point(&self, numbers: &[f64], x: &mut [f64]) -> f64 {
        match self.shape() {
            Shape::Box(bounds) => on_box(bounds, numbers, x),
            Shape::Ball { centre, radius } => {
                let (n, whole) = direction(x.len(), numbers);
                x.iter_mut().zip(centre.iter().zip(n)).for_each(|(x, (c, n))| *x = c + radius * n);
                whole * radius.powi(x.len() as i32 - 1)
            }
            Shape::Ellipsoid(ellipsoid) => {
                let (n, whole) = direction(x.len(), numbers);
                let (mut own, mut product, mut squares) = ([0.0; 3], 1.0, 0.0);
                for (own, (a, n)) in own.iter_mut().zip(ellipsoid.axes.iter().zip(n)) {
                    *own = a * n;
                    product *= a;
                    squares += (n / a) * (n / a);
                }
                ellipsoid.global(&own, x);
                whole * product * squares.sqrt()
            }
            Shape::Polygon(polygon) => {
                let length = |[a, b]: [[f64; 2]; 2]| (b[0] - a[0]).hypot(b[1] - a[1]);
                let whole: f64 = polygon.edges().map(length).sum();
                let mut place = numbers[0] * whole;
                for edge in polygon.edges() {
                    let t = place / length(edge);
                    let [a, b] = edge;
                    // Past the last edge by rounding, its end is as good.
                    x.copy_from_slice(&[0, 1].map(|i| a[i] + t.min(1.0) * (b[i] - a[i])));
                    place -= length(edge);
                    if place <= 0.0 {
                        break;
                    }
                }
                whole
            }
            Shape::HalfSpace { point, normal } => self.on_plane(point, normal, numbers, x),
        }
    }

    /// A square of the plane around the box.
    fn on_plane(&self, point: &[f64], normal: &[f64], numbers: &[f64], x: &mut [f64]) -> f64 {
        let d = x.len();
        let widths: Vec<f64> = self.bounds.iter().map(|[lower, upper]| upper - lower).collect();
        let radius = 0.5 * norm(&widths);
        let middle = |axis: usize| 0.5 * (self.bounds[axis][0] + self.bounds[axis][1]);
        let off: f64 = (0..d).map(|i| normal[i] * (middle(i) - point[i])).sum();
        (0..d).for_each(|i| x[i] = middle(i) - off * normal[i]);
        for (tangent, number) in tangents(normal).iter().zip(numbers) {
            let along = radius * (2.0 * number - 1.0);
            x.iter_mut().zip(tangent).for_each(|(x, t)| *x += along * t);
        }
        (2.0 * radius).powi(d as i32 - 1)
    }
}

/// A unit vector, and the length or area of the unit sphere.
fn direction(dimension: usize, numbers: &[f64]) -> ([f64; 3], f64) {
    match dimension {
        1 => ([if numbers[0] < 0.5 { -1.0 } else { 1.0 }, 0.0, 0.0], 2.0),
        2 => {
            let angle = 2.0 * PI * numbers[0];
            ([angle.cos(), angle.sin(), 0.0], 2.0 * PI)
        }
        _ => {
            // Archimedes: heights are uniform.
            let (height, angle) = (2.0 * numbers[0] - 1.0, 2.0 * PI * numbers[1]);
            let radius = (1.0 - height * height).max(0.0).sqrt();
            ([radius * angle.cos(), radius * angle.sin(), height], 4.0 * PI)
        }
    }
}

/// Orthonormal vectors along a plane or line.
fn tangents(normal: &[f64]) -> Vec<[f64; 3]> {
    match *normal {
        [x, y] => vec![[-y, x, 0.0]],
        [x, y, z] => {
            // The axis that is farthest from the normal, made orthogonal to it.
            let axis = (0..3).min_by(|&i, &j| normal[i].abs().total_cmp(&normal[j].abs())).unwrap_or(0);
            let mut t: [f64; 3] =
                std::array::from_fn(|i| f64::from(u8::from(i == axis)) - normal[axis] * normal[i]);
            let length = norm(&t);
            t.iter_mut().for_each(|t| *t /= length);
            vec![t, [y * t[2] - z * t[1], z * t[0] - x * t[2], x * t[1] - y * t[0]]]
        }
        _ => Vec::new(),
    }
}

/// A place in (0, area of all faces) names a face and how far along its first axis the point lies.
fn on_box(bounds: &[[f64; 2]], numbers: &[f64], x: &mut [f64]) -> f64 {
    let d = bounds.len();
    let width = |axis: usize| bounds[axis][1] - bounds[axis][0];
    let area = |axis: usize| (0..d).filter(|other| *other != axis).map(width).product::<f64>();
    let whole: f64 = (0..d).map(|axis| 2.0 * area(axis)).sum();
    let (mut place, mut face) = (numbers[0] * whole, 0);
    while face + 1 < 2 * d && place >= area(face / 2) {
        place -= area(face / 2);
        face += 1;
    }
    let mut more = std::iter::once((place / area(face / 2)).min(1.0)).chain(numbers[1..].iter().copied());
    for (axis, x) in x.iter_mut().enumerate() {
        *x = match axis == face / 2 {
            true => bounds[axis][face % 2],
            false => bounds[axis][0] + width(axis) * more.next().unwrap_or(0.5),
        };
    }
    whole
}
