//! Distances of pieces against the boundary, and their derivatives against differences.

use super::*;
use crate::geometry::boundary_points;

fn shape(name: &str, shape: Shape) -> (String, Shape) {
    (name.into(), shape)
}

/// Regions that have pieces of every kind.
fn regions() -> Vec<Region> {
    let disc = |name: &str, x: f64, y: f64, r: f64| shape(name, Shape::ball(&[x, y], r).unwrap());
    let cuboid = |name: &str, bounds: &[[f64; 2]]| shape(name, Shape::cuboid(bounds).unwrap());
    let ellipse = || Shape::ellipsoid(&[0.1, 0.0], &[0.6, 0.3], 0.5).unwrap();
    let dart = [[-0.7, -0.6], [0.8, -0.1], [-0.6, 0.7], [-0.2, 0.0]];
    let triangle = [[-0.7, -0.6], [0.8, -0.1], [-0.6, 0.7]];
    let plane = Shape::half_space(&[0.2, 0.1], &[3.0, -1.0]).unwrap();
    let region = |shapes: Vec<(String, Shape)>, text: &str| Region::new(shapes, text).unwrap();
    vec![
        region(vec![disc("a", 0.1, -0.1, 0.8), disc("b", 0.0, 0.2, 0.3)], "a - b"),
        region(vec![disc("a", -0.3, 0.0, 0.5), disc("b", 0.3, 0.1, 0.4)], "a | b"),
        region(vec![disc("a", -0.3, 0.0, 0.5), disc("b", 0.3, 0.1, 0.4)], "box - (a & b)"),
        region(vec![shape("e", ellipse())], "e"),
        region(vec![shape("e", ellipse())], "!e"),
        region(vec![shape("p", Shape::polygon(&dart).unwrap())], "p"),
        region(vec![shape("p", Shape::polygon(&dart).unwrap())], "!p"),
        region(vec![shape("p", Shape::polygon(&triangle).unwrap()), shape("h", plane)], "p & h"),
        region(vec![cuboid("b", &[[-0.5, 0.4], [-0.3, 0.6]])], "b"),
        region(vec![cuboid("b", &[[-0.5, 0.4], [-0.3, 0.6]]), disc("d", 0.4, 0.6, 0.3)], "box - b | d"),
        region(vec![cuboid("b", &[[-0.5, 0.4], [-0.3, 0.6], [-0.2, 0.7]])], "!b"),
        region(vec![shape("s", Shape::ball(&[0.1, 0.0, -0.1], 0.6).unwrap())], "s"),
        region(vec![shape("e", Shape::ellipsoid(&[0.0; 3], &[0.7, 0.5, 0.4], 0.0).unwrap())], "!e"),
    ]
}

fn weyl() -> impl FnMut(&mut [f64]) {
    let mut sample = 0.0;
    move |out: &mut [f64]| {
        sample += 1.0;
        for (out, step) in out.iter_mut().zip([0.618_033_988_75, 0.414_213_562_37, 0.732_050_807_57]) {
            *out = (0.37f64 + sample * step).fract();
        }
    }
}

/// The function of a whole region has the sign of membership, vanishes on the boundary, and its gradient is that
/// of differences.
#[test]
fn the_function_of_a_region_tells_inside_from_outside() {
    for region in regions() {
        let d = region.shapes()[0].1.dimension();
        let f = |x: &[f64]| region.inside(x).unwrap();
        let (mut points, mut parts) = (vec![0.0; 200 * d], vec![0; 200]);
        boundary_points(&region, &vec![[-1.0, 1.0]; d], weyl(), &mut points, &mut parts);
        assert!(points.chunks(d).all(|x| f(x).value.abs() < 1e-7), "{}", region.text());
        let mut x = vec![0.0; d];
        let mut draw = weyl();
        for _ in 0..2000 {
            draw(&mut x);
            x.iter_mut().for_each(|x| *x = 2.0 * *x - 1.0);
            if region.signed_distance(&x).abs() < 1e-2 {
                continue;
            }
            let jet = f(&x);
            assert_eq!(jet.value > 0.0, region.contains(&x), "{} at {x:?}", region.text());
            for axis in 0..d {
                let h = 1e-6;
                let at = |step: f64| {
                    let mut near = x.clone();
                    near[axis] += step;
                    f(&near).value
                };
                let slope = (at(h) - at(-h)) / (2.0 * h);
                let size = 1.0 + jet.gradient[axis].abs();
                assert!((slope - jet.gradient[axis]).abs() < 1e-5 * size, "{} at {x:?}", region.text());
            }
        }
    }
    let everything = Region::new(vec![shape("b", Shape::ball(&[0.0], 1.0).unwrap())], "box").unwrap();
    assert!(everything.inside(&[0.0]).is_none());
}

/// On every boundary point one piece of its shape vanishes, with slope 1 into the region; and nothing vanishes inside.
#[test]
fn pieces_vanish_on_the_boundary_with_unit_slope_and_nowhere_else() {
    for region in regions() {
        let d = region.shapes()[0].1.dimension();
        let pieces = region.pieces().unwrap();
        let bounds = vec![[-1.0, 1.0]; d];
        let (mut points, mut parts) = (vec![0.0; 600 * d], vec![0; 600]);
        boundary_points(&region, &bounds, weyl(), &mut points, &mut parts);
        for (x, part) in points.chunks(d).zip(parts) {
            let own = || pieces.iter().filter(|piece| piece.part == part);
            let least = own().map(|piece| piece.distance(x).value.abs()).fold(f64::INFINITY, f64::min);
            assert!(least < 1e-7, "{}: {least:e} at {x:?}", region.text());
        }
        let mut x = vec![0.0; d];
        let mut draw = weyl();
        let mut near = 0;
        for _ in 0..20_000 {
            draw(&mut x);
            x.iter_mut().for_each(|x| *x = 2.0 * *x - 1.0);
            if !region.contains(&x) {
                continue;
            }
            let jets: Vec<Jet> = pieces.iter().map(|piece| piece.distance(&x)).collect();
            let size = |jet: &Jet| jet.slope_squared().sqrt();
            assert!(jets.iter().all(|jet| jet.value > 0.0), "{} at {x:?}", region.text());
            // Close to one piece only: where pieces meet, slopes are not those of one.
            let mut order: Vec<&Jet> = jets.iter().collect();
            order.sort_by(|a, b| a.value.total_cmp(&b.value));
            if order[0].value < 0.01 && order.get(1).is_none_or(|next| next.value > 0.15) {
                near += 1;
                assert!((size(order[0]) - 1.0).abs() < 0.12, "{}: {:?}", region.text(), order[0]);
                let distance = region.signed_distance(&x).abs();
                assert!((order[0].value - distance).abs() < 0.1 * distance + 1e-12);
            }
        }
        assert!(near > 5, "{}: {near}", region.text());
    }
}

/// Gradients and Laplacians against differences of fourth order, and feet on the boundary.
#[test]
fn derivatives_of_distances_are_those_of_finite_differences() {
    for region in regions() {
        let d = region.shapes()[0].1.dimension();
        let pieces = region.pieces().unwrap();
        let (mut x, mut draw, mut checked) = (vec![0.0; d], weyl(), 0);
        while checked < 40 {
            draw(&mut x);
            x.iter_mut().for_each(|x| *x = 2.0 * *x - 1.0);
            // Trimmed functions are smooth away from the ends only, which are as near as the boundary.
            if !region.contains(&x) || region.signed_distance(&x).abs() < 0.05 {
                continue;
            }
            checked += 1;
            for piece in &pieces {
                for f in [Piece::distance, Piece::share_of_radius] {
                    let jet = f(piece, &x);
                    let (h, mut laplacian) = (1e-3, 0.0);
                    for axis in 0..d {
                        let at = |steps: f64| {
                            let mut near = x.clone();
                            near[axis] += steps * h;
                            f(piece, &near).value
                        };
                        let [one, two] = [1.0, 2.0].map(|k| [at(k), at(-k)]);
                        let slope = (8.0 * (one[0] - one[1]) - (two[0] - two[1])) / (12.0 * h);
                        assert!((slope - jet.gradient[axis]).abs() < 1e-5, "{}: {x:?}", region.text());
                        let sum = 16.0 * (one[0] + one[1]) - (two[0] + two[1]) - 30.0 * jet.value;
                        laplacian += sum / (12.0 * h * h);
                    }
                    let size = jet.laplacian.abs().max(1.0);
                    assert!(
                        (laplacian - jet.laplacian).abs() < 1e-3 * size,
                        "{} at {x:?}: {laplacian} and {}",
                        region.text(),
                        jet.laplacian
                    );
                }
                let mut foot = vec![0.0; d];
                piece.foot(&x, &mut foot);
                let off = piece.surface.distance(&foot);
                let is_trimmed =
                    matches!(&piece.surface, Surface::Plane { window, .. } if !window.is_empty());
                assert!(is_trimmed || off.value.abs() < 1e-12, "{}: {off:?}", region.text());
            }
        }
    }
}

#[test]
fn shapes_that_appear_twice_have_no_pieces() {
    let disc = |name: &str, x: f64| shape(name, Shape::ball(&[x, 0.0], 0.5).unwrap());
    let region = Region::new(vec![disc("a", 0.0), disc("b", 0.3)], "a - b | b - a").unwrap();
    let error = region.pieces().unwrap_err().to_string();
    assert!(error.contains("`b` appears more than once") || error.contains("`a` appears"), "{error}");
}
