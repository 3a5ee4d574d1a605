//! What of a cell of a grid lies in a region, and the piece of boundary in it.
//!
//! The share of an edge is exact: where it crosses the boundary is known in closed form. From there it goes up a dimension at
//! a time by the divergence theorem. With a cell of k axes scaled to the unit cube about its centre c, s± the shares of its
//! faces, N = −(s₊ − s₋) along each axis is the area vector of the boundary in it, out of the region, and
//!
//! V = (1/k) [Σ ½(s₋ + s₊) + (p − c)·N]
//!
//! the share of the cell, p a point of the boundary. Where the boundary is flat in the cell both are exact; elsewhere the cell
//! is halved along all axes until that changes neither, which an edge or a corner of the boundary makes the deepest halves
//! of. Fluxes through the faces and through the boundary so add up to zero for a constant field, to the tolerance of that
//! halving: what finite volumes need (the cut cells of Johansen and Colella, *J. Comput. Phys.* 147 (1998) 60).

use super::{Region, SHAPE_AXES};

/// What halving may change of a share, and of the area of the boundary in a unit cube, of a cell of 0 to 3 axes: in space no
/// less than what the curvature of a boundary that the grid resolves does.
const SAME: [f64; SHAPE_AXES + 1] = [0.0, 0.0, 1e-3, 3e-3];
/// One of the halves has no more than this share of the boundary in a cell, or it is halved again: in space a boundary along
/// an edge of the cell lies in two of them.
const SPREAD: [f64; SHAPE_AXES + 1] = [1.0, 1.0, 0.75, 0.4];
/// Halvings of such cells.
const DEEPEST: [usize; SHAPE_AXES + 1] = [0, 0, 7, 5];
/// Less of a boundary than this, as an area in a unit cube, is rounding.
const NONE: f64 = 1e-12;

type Vector = [f64; SHAPE_AXES];

/// A flat piece of the boundary.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Facet {
    /// A point of it; coordinates of axes that there are not are zero.
    pub point: Vector,
    /// The unit normal out of the region.
    pub normal: Vector,
    /// Its length or area; 1 in 1-D.
    pub area: f64,
    /// The shape whose boundary it is.
    pub part: usize,
}

/// What of a cell is in a region.
#[derive(Debug, Clone, PartialEq)]
pub struct Content {
    /// Its share of the cell's measure.
    pub share: f64,
    /// The boundary in the cell.
    pub facets: Vec<Facet>,
}

/// A box of `axes`; along others it has no width.
#[derive(Debug, Clone, Copy)]
struct Cell<'a> {
    centre: Vector,
    half: Vector,
    axes: &'a [usize],
    dimension: usize,
}

/// What a cell has if the boundary is flat in it.
struct Flat {
    share: f64,
    /// N.
    normal: Vector,
    /// The mean of where edges cross the boundary, if they do.
    point: Option<Vector>,
}

const AXES: [usize; SHAPE_AXES] = [0, 1, 2];

impl Region {
    /// What of the box `bounds` is inside.
    pub fn content(&self, bounds: &[[f64; 2]]) -> Content {
        let mut content = Content { share: 0.0, facets: Vec::new() };
        let cell = Cell::new(bounds, &AXES[..bounds.len().min(SHAPE_AXES)]);
        content.share = self.gather(cell, DEEPEST[cell.axes.len()], &mut content.facets);
        content
    }

    /// The share that is inside of the face of the box `bounds` that lies across `axis`; both ends along it are to be the same.
    pub fn share_of_face(&self, bounds: &[[f64; 2]], axis: usize) -> f64 {
        let mut across = [0; SHAPE_AXES];
        let mut count = 0;
        for other in (0..bounds.len().min(SHAPE_AXES)).filter(|other| *other != axis) {
            across[count] = other;
            count += 1;
        }
        self.gather(Cell::new(bounds, &across[..count]), DEEPEST[count], &mut Vec::new())
    }

    /// The share of a cell that is inside, halved up to `deepest` times; the boundary in it goes to `facets`.
    fn gather(&self, cell: Cell<'_>, deepest: usize, facets: &mut Vec<Facet>) -> f64 {
        if cell.axes.len() < 2 {
            let flat = self.flat(cell);
            facets.extend(self.facet(cell, &flat));
            return flat.share;
        }
        if let Some(uncut) = self.uncut(cell) {
            return uncut;
        }
        let whole = self.flat(cell);
        let halves: Vec<(Cell<'_>, Flat)> = cell.halves().map(|half| (half, self.flat(half))).collect();
        let count = halves.len() as f64;
        let share = halves.iter().map(|(_, half)| half.share).sum::<f64>() / count;
        // A face of a half has a part of the area of the whole's as large as the half is high.
        let scale = 0.5f64.powi(cell.axes.len() as i32 - 1);
        let area = halves.iter().map(|(_, half)| half.area()).sum::<f64>() * scale;
        let same = SAME[cell.axes.len()];
        // A piece of boundary that lies in one of the halves looks the same there as in the whole, corners and all.
        let largest = halves.iter().map(|(_, half)| half.area()).fold(0.0, f64::max);
        let is_spread = largest * scale <= SPREAD[cell.axes.len()] * area;
        // Of vectors, whose sum is that of the outer faces, and of their lengths, which corners change.
        let turned = (0..SHAPE_AXES).map(|axis| {
            let sum: f64 = halves.iter().map(|(_, half)| half.normal[axis]).sum();
            (whole.normal[axis] - sum * scale).abs()
        });
        let changes = turned.chain([(whole.share - share).abs(), (whole.area() - area).abs()]);
        let is_same = changes.fold(0.0, f64::max) <= same;
        if deepest <= 1 || is_spread && is_same {
            facets.extend(halves.iter().filter_map(|(half, flat)| self.facet(*half, flat)));
            return share;
        }
        cell.halves().map(|half| self.gather(half, deepest - 1, facets)).sum::<f64>() / count
    }

    /// The share of a cell that the boundary is too far from to cut: 0 or 1.
    fn uncut(&self, cell: Cell<'_>) -> Option<f64> {
        let level = self.level(cell.centre());
        (level.abs() >= cell.radius()).then(|| f64::from(u8::from(level < 0.0)))
    }

    fn flat(&self, cell: Cell<'_>) -> Flat {
        let d = cell.dimension;
        let mut normal = [0.0; SHAPE_AXES];
        if let Some(share) = Some(cell).filter(|cell| !cell.axes.is_empty()).and_then(|cell| self.uncut(cell))
        {
            return Flat { share, normal, point: None };
        }
        match *cell.axes {
            [] => {
                let share = f64::from(u8::from(self.contains(cell.centre())));
                Flat { share, normal, point: None }
            }
            [axis] => {
                let [from, to] = [cell.face(axis, -1.0).centre, cell.face(axis, 1.0).centre];
                let (mut sum, mut count) = ([0.0; SHAPE_AXES], 0.0);
                let share = self.profile(&from[..d], &to[..d], |crossing, leaves| {
                    normal[axis] += if leaves { 1.0 } else { -1.0 };
                    sum[axis] += crossing.fraction;
                    count += 1.0;
                });
                let mut point = cell.centre;
                point[axis] = from[axis] + sum[axis] / count * (to[axis] - from[axis]);
                Flat { share, normal, point: (count > 0.0).then_some(point) }
            }
            _ => {
                let (mut sum, mut point, mut count) = (0.0, [0.0; SHAPE_AXES], 0.0);
                let mut rest = [0; SHAPE_AXES];
                for axis in cell.axes {
                    let mut others = cell.axes.iter().filter(|other| *other != axis);
                    let rest = &mut rest[..cell.axes.len() - 1];
                    rest.iter_mut().zip(&mut others).for_each(|(rest, other)| *rest = *other);
                    for side in [-1.0, 1.0] {
                        let face = Cell { axes: rest, ..cell.face(*axis, side) };
                        let flat = self.flat(face);
                        sum += 0.5 * flat.share;
                        normal[*axis] -= side * flat.share;
                        if let Some(on) = flat.point {
                            point.iter_mut().zip(on).for_each(|(point, on)| *point += on);
                            count += 1.0;
                        }
                    }
                }
                let point = (count > 0.0).then(|| point.map(|x| x / count));
                let offset = point.map_or(0.0, |point| {
                    cell.axes
                        .iter()
                        .map(|k| (point[*k] - cell.centre[*k]) / (2.0 * cell.half[*k]) * normal[*k])
                        .sum()
                });
                let share = ((sum + offset) / cell.axes.len() as f64).clamp(0.0, 1.0);
                Flat { share, normal, point }
            }
        }
    }

    fn facet(&self, cell: Cell<'_>, flat: &Flat) -> Option<Facet> {
        let point = flat.point?;
        let measure = cell.measure();
        let mut normal = [0.0; SHAPE_AXES];
        for axis in cell.axes {
            normal[*axis] = flat.normal[*axis] * measure / (2.0 * cell.half[*axis]);
        }
        let area = normal.iter().map(|n| n * n).sum::<f64>().sqrt();
        let part = self.nearest_part(&point[..cell.dimension]);
        (flat.area() > NONE).then(|| Facet { point, normal: normal.map(|n| n / area), area, part })
    }
}

impl Flat {
    /// |N|.
    fn area(&self) -> f64 {
        self.normal.iter().map(|n| n * n).sum::<f64>().sqrt()
    }
}

impl<'a> Cell<'a> {
    fn new(bounds: &[[f64; 2]], axes: &'a [usize]) -> Self {
        let (mut centre, mut half) = ([0.0; SHAPE_AXES], [0.0; SHAPE_AXES]);
        for (axis, [lower, upper]) in bounds.iter().enumerate().take(SHAPE_AXES) {
            (centre[axis], half[axis]) = (0.5 * (lower + upper), 0.5 * (upper - lower));
        }
        Self { centre, half, axes, dimension: bounds.len().min(SHAPE_AXES) }
    }

    fn centre(&self) -> &[f64] {
        &self.centre[..self.dimension]
    }

    /// From the centre to a corner.
    fn radius(&self) -> f64 {
        self.axes.iter().map(|axis| self.half[*axis] * self.half[*axis]).sum::<f64>().sqrt()
    }

    fn measure(&self) -> f64 {
        self.axes.iter().map(|axis| 2.0 * self.half[*axis]).product()
    }

    /// The face on the lower (−1) or upper (1) end of `axis`; its axes are still to be set.
    fn face(&self, axis: usize, side: f64) -> Self {
        let mut face = *self;
        face.centre[axis] += side * self.half[axis];
        face.half[axis] = 0.0;
        face
    }

    /// The cells of half its widths that it is made of.
    fn halves(self) -> impl Iterator<Item = Self> {
        (0..1usize << self.axes.len()).map(move |number| {
            let mut part = self;
            for (k, axis) in self.axes.iter().enumerate() {
                part.half[*axis] *= 0.5;
                part.centre[*axis] += if number >> k & 1 == 1 { part.half[*axis] } else { -part.half[*axis] };
            }
            part
        })
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;
    use crate::geometry::Shape;

    fn one(shape: Shape) -> Region {
        Region::new(vec![("it".into(), shape)], "it").unwrap()
    }

    /// Shares and areas of all cells of a grid of `cells` a side over (−1, 1)ᵈ add up to measure and surface, and for each axis
    /// the vectors of areas to nothing; faces add up to N.
    fn sums(region: &Region, d: usize, cells: usize) -> [f64; 2] {
        let width = 2.0 / cells as f64;
        let (mut share, mut area, mut vector) = (0.0, 0.0, [0.0; 3]);
        for number in 0..cells.pow(d as u32) {
            let bounds: Vec<[f64; 2]> = (0..d)
                .map(|axis| {
                    let i = number / cells.pow(axis as u32) % cells;
                    [-1.0 + i as f64 * width, -1.0 + (i + 1) as f64 * width]
                })
                .collect();
            let content = region.content(&bounds);
            share += content.share;
            let mut own = [0.0; 3];
            for facet in &content.facets {
                area += facet.area;
                own.iter_mut().zip(facet.normal).for_each(|(sum, n)| *sum += facet.area * n);
            }
            vector.iter_mut().zip(own).for_each(|(sum, n)| *sum += n);
            for (axis, own) in own.iter().enumerate().take(d) {
                let face = |end: f64| {
                    let mut face = bounds.clone();
                    face[axis] = [end; 2];
                    region.share_of_face(&face, axis) * width.powi(d as i32 - 1)
                };
                let flux = face(bounds[axis][1]) - face(bounds[axis][0]);
                // Faces of a cell in space are halved further than the cell.
                let tolerance = 4.0 * SAME[d.max(2)];
                assert!(
                    (flux + own).abs() < tolerance * width.powi(d as i32 - 1),
                    "{bounds:?}: {flux} and {own}"
                );
            }
        }
        assert!(vector.iter().all(|n| n.abs() < 1e-9 + 1e-3 * area), "{vector:?}");
        [share * width.powi(d as i32), area]
    }

    #[test]
    fn contents_of_cells_add_up_to_measures_and_surfaces() {
        let ball = |d: usize| one(Shape::ball(&[0.05, -0.1, 0.02][..d], 0.7).unwrap());
        for (d, cells, measure, surface) in
            [(1, 7, 1.4, 2.0), (2, 20, PI * 0.49, 1.4 * PI), (3, 12, 4.0 / 3.0 * PI * 0.343, 4.0 * PI * 0.49)]
        {
            let [share, area] = sums(&ball(d), d, cells);
            assert!((share / measure - 1.0).abs() < 1e-3, "{d}-D: {share} and {measure}");
            assert!((area / surface - 1.0).abs() < 2e-3, "{d}-D: {area} and {surface}");
        }
        // Corners inside cells, and an edge of each kind.
        let rectangle = one(Shape::cuboid(&[[-0.63, 0.41], [-0.27, 0.88]]).unwrap());
        let [share, area] = sums(&rectangle, 2, 10);
        assert!((share - 1.04 * 1.15).abs() < 1e-4 && (area - 2.0 * (1.04 + 1.15)).abs() < 4e-3, "{area}");
        let block = one(Shape::cuboid(&[[-0.63, 0.41], [-0.27, 0.88], [-0.51, 0.52]]).unwrap());
        let [share, area] = sums(&block, 3, 8);
        let surface = 2.0 * (1.04 * 1.15 + 1.04 * 1.03 + 1.15 * 1.03);
        assert!((share / (1.04 * 1.15 * 1.03) - 1.0).abs() < 2e-3, "{share}");
        assert!((area / surface - 1.0).abs() < 1e-2, "{area} and {surface}");
    }

    #[test]
    fn normals_point_out_of_the_region() {
        let shapes = vec![
            ("outer".into(), Shape::ball(&[0.0, 0.0], 0.9).unwrap()),
            ("inner".into(), Shape::ball(&[0.0, 0.0], 0.4).unwrap()),
        ];
        let ring = Region::new(shapes, "outer - inner").unwrap();
        let content = ring.content(&[[-1.0, 1.0], [-1.0, 1.0]]);
        for facet in content.facets {
            let [x, y, _] = facet.point;
            let along = (x * facet.normal[0] + y * facet.normal[1]) / x.hypot(y);
            let outwards = if facet.part == 0 { 1.0 } else { -1.0 };
            assert!(along * outwards > 0.9, "{facet:?}");
            let exact = ring.normal(facet.part, &facet.point[..2], 1e-5);
            assert!((exact[0] * x + exact[1] * y) / x.hypot(y) * outwards > 1.0 - 1e-9);
        }
    }

    #[test]
    fn shapes_of_two_kinds_split_where_they_intersect() {
        let disc = |x: f64| Shape::ball(&[x, 0.0], 0.3).unwrap();
        let shapes = || vec![("a".into(), disc(-0.5)), ("b".into(), disc(0.5)), ("c".into(), disc(0.0))];
        let split = |text: &str, natural: [bool; 3]| Region::new(shapes(), text).unwrap().split(&natural);
        let [held, open] = split("box - (a | b) - c", [false, true, true]).unwrap();
        assert!(held.uses(0) && !held.uses(1) && open.uses(1) && open.uses(2) && !open.uses(0));
        let [held, open] = split("!(a | !b) & !c", [true; 3]).unwrap();
        assert!(held.is_everything() && (0..3).all(|part| open.uses(part)));
        let error = split("a | b | c", [false, true, true]).unwrap_err().to_string();
        assert!(error.contains("`a`") && error.contains("`b`"), "{error}");
    }
}
