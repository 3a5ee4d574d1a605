//! Shapes against closed forms, and against points of their own boundaries.

use std::f64::consts::PI;

use super::*;

/// Numbers of a Weyl sequence in (0, 1).
fn weyl() -> impl FnMut(&mut [f64]) {
    let mut sample = 0.0;
    move |out: &mut [f64]| {
        sample += 1.0;
        for (out, step) in out.iter_mut().zip([0.618_033_988_75, 0.414_213_562_37, 0.732_050_807_57]) {
            *out = (0.37f64 + sample * step).fract();
        }
    }
}

fn alone(shape: Shape) -> Region {
    Region::new(vec![("it".into(), shape)], "it").unwrap()
}

/// One of every kind in two and three dimensions, with its area or volume and its boundary's length or area.
fn shapes() -> Vec<(Shape, Option<f64>, Option<f64>)> {
    // Half the circumference of an ellipse by Ramanujan's second formula, exact to 1e-8 for these axes.
    let (a, b) = (0.9f64, 0.5f64);
    let h = ((a - b) / (a + b)).powi(2);
    let round = PI * (a + b) * (1.0 + 3.0 * h / (10.0 + (4.0 - 3.0 * h).sqrt()));
    // An oblate spheroid.
    let (wide, flat) = (0.9f64, 0.5f64);
    let e = (1.0 - (flat / wide).powi(2)).sqrt();
    let oblate = 2.0 * PI * wide * wide + PI * flat * flat / e * ((1.0 + e) / (1.0 - e)).ln();
    let arrow: [[f64; 2]; 4] = [[-0.7, -0.6], [0.8, -0.1], [-0.6, 0.7], [-0.2, 0.0]];
    let length: f64 = (0..4)
        .map(|i| (arrow[i][0] - arrow[(i + 1) % 4][0]).hypot(arrow[i][1] - arrow[(i + 1) % 4][1]))
        .sum();
    let ball = |centre: &[f64]| Shape::ball(centre, 0.7).unwrap();
    vec![
        (Shape::cuboid(&[[-0.3, 0.8]]).unwrap(), Some(1.1), Some(2.0)),
        (Shape::cuboid(&[[-0.3, 0.8], [-0.9, 0.1]]).unwrap(), Some(1.1), Some(4.2)),
        (Shape::cuboid(&[[-0.3, 0.8], [-0.9, 0.1], [0.2, 0.7]]).unwrap(), Some(0.55), Some(2.2 + 1.1 + 1.0)),
        (ball(&[0.1, -0.2]), Some(PI * 0.49), Some(PI * 1.4)),
        (ball(&[0.1, -0.2, 0.05]), Some(4.0 / 3.0 * PI * 0.343), Some(4.0 * PI * 0.49)),
        (Shape::ellipsoid(&[0.02, 0.03], &[a, b], 0.6).unwrap(), Some(PI * a * b), Some(round)),
        (
            Shape::ellipsoid(&[0.02, 0.03, 0.0], &[wide, wide, flat], 0.0).unwrap(),
            Some(4.0 / 3.0 * PI * wide * wide * flat),
            Some(oblate),
        ),
        (Shape::polygon(&arrow).unwrap(), None, Some(length)),
        (Shape::half_space(&[0.2, 0.1], &[3.0, -1.0]).unwrap(), None, None),
        (Shape::half_space(&[0.2, 0.1, 0.0], &[3.0, -1.0, 2.0]).unwrap(), None, None),
    ]
}

/// Points of the boundary lie at distance 0; no other point is nearer than the signed distance says, and one is
/// hardly farther.
#[test]
fn signed_distances_are_those_of_the_nearest_boundary_points() {
    for (shape, ..) in shapes() {
        let d = shape.dimension();
        // So large that the nearest point is in the box.
        let bounds = vec![[-4.0, 4.0]; d];
        let region = alone(shape.clone());
        let count = [20, 4000, 40_000][d - 1];
        let (mut points, mut parts) = (vec![0.0; count * d], vec![0; count]);
        boundary_points(&region, &bounds, weyl(), &mut points, &mut parts);
        for x in points.chunks(d) {
            assert!(shape.signed_distance(x).abs() < 1e-12, "{shape:?} at {x:?}");
        }
        let spacing = [0.0, 0.02, 0.25][d - 1];
        let mut draw = weyl();
        let mut x = vec![0.0; d];
        for _ in 0..60 {
            draw(&mut x);
            x.iter_mut().for_each(|x| *x = 2.4 * *x - 1.2);
            let distance = |y: &[f64]| x.iter().zip(y).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt();
            let nearest = points.chunks(d).map(distance).fold(f64::INFINITY, f64::min);
            let found = shape.signed_distance(&x).abs();
            assert!(
                found <= nearest + 1e-12 && nearest <= found + spacing,
                "{shape:?}: {found} and {nearest} at {x:?}"
            );
            assert!(
                shape.level(&x).abs() <= found + 1e-12
                    && (shape.level(&x) < 0.0) == (shape.signed_distance(&x) < 0.0)
            );
        }
    }
}

#[test]
fn measures_are_those_of_closed_forms() {
    for (shape, volume, surface) in shapes() {
        let d = shape.dimension();
        let bounds = vec![[-1.0, 1.0]; d];
        let region = alone(shape.clone());
        if let Some(volume) = volume {
            assert!((shape.measure() - volume).abs() < 1e-12 * volume, "{shape:?}: {}", shape.measure());
        }
        if shape.measure().is_finite() {
            let by_chords = region.measure(&bounds);
            // Edges along the chords fall between two of them.
            let tolerance = [1e-14, 1.0 / 2048.0, 1.0 / 64.0][d - 1];
            assert!(
                (by_chords - shape.measure()).abs() < tolerance * shape.measure(),
                "{shape:?}: {by_chords}"
            );
        }
        if let Some(surface) = surface {
            let found = boundary_points(&region, &bounds, weyl(), &mut [], &mut []);
            assert!((found - surface).abs() < 2e-3 * surface, "{shape:?}: {found} and {surface}");
        }
    }
    // What is left of a square beside a line, and of two discs that overlap.
    let half = alone(Shape::half_space(&[0.0, 0.0], &[1.0, 1.0]).unwrap());
    assert!((half.measure(&[[-1.0, 1.0], [-1.0, 1.0]]) - 2.0).abs() < 1e-6);
    let discs = ["a", "b"].iter().zip([-0.5, 0.5]);
    let discs = discs.map(|(name, x)| (name.to_string(), Shape::ball(&[x, 0.0], 1.0).unwrap())).collect();
    let lens = 2.0 * PI / 3.0 - 3.0f64.sqrt() / 2.0;
    let union = Region::new(discs, "a | b").unwrap();
    assert!((union.measure(&[[-2.0, 2.0], [-1.5, 1.5]]) - (2.0 * PI - lens)).abs() < 1e-4);
}

/// Where a segment crosses a boundary, the signed distance vanishes and its sign changes.
#[test]
fn crossings_are_zeros_of_the_signed_distance() {
    for (shape, ..) in shapes() {
        let d = shape.dimension();
        let region = alone(shape.clone());
        let mut draw = weyl();
        let (mut a, mut b) = (vec![0.0; d], vec![0.0; d]);
        let mut crossed = 0;
        for _ in 0..400 {
            draw(&mut a);
            draw(&mut b);
            a.iter_mut().chain(b.iter_mut()).for_each(|x| *x = 2.0 * *x - 1.0);
            let gap = region.gap(&a, &b);
            let (from, to) = (region.contains(&a), region.contains(&b));
            let Some(gap) = gap else {
                assert!(from && to, "{shape:?} from {a:?} to {b:?}");
                continue;
            };
            let at = |t: f64| a.iter().zip(&b).map(|(a, b)| a + t * (b - a)).collect::<Vec<_>>();
            for (crossing, is_end) in [(gap.leaves, !from), (gap.returns, !to)] {
                if !is_end {
                    let off = region.signed_distance(&at(crossing.fraction)).abs();
                    assert!(off < 1e-13, "{shape:?}: {off:e} from {a:?} to {b:?}");
                    crossed += 1;
                }
            }
            assert!(gap.leaves.fraction <= gap.returns.fraction);
        }
        assert!(crossed > 20, "{shape:?}: {crossed}");
    }
}

fn ring() -> Region {
    let ball = |name: &str, x: f64, radius: f64| (name.to_string(), Shape::ball(&[x, 0.0], radius).unwrap());
    Region::new(
        vec![ball("outer", 0.0, 2.0), ball("inner", 0.0, 1.0), ball("bump", 2.0, 0.5)],
        "(outer | bump) - inner",
    )
    .unwrap()
}

#[test]
fn compositions_know_what_is_inside_and_whose_boundary_is_met() {
    let ring = ring();
    for (x, inside) in [([1.5, 0.0], true), ([0.5, 0.0], false), ([2.4, 0.0], true), ([2.6, 0.0], false)] {
        assert_eq!(ring.contains(&x), inside, "{x:?}");
    }
    // A line along x through all of it: it leaves at the bump, for the boundary of the outer disc is inside there.
    let gap = ring.gap(&[1.5, 0.0], &[3.5, 0.0]).unwrap();
    assert_eq!((gap.leaves.part, gap.returns.part), (2, 2));
    assert!((gap.leaves.fraction - 0.5).abs() < 1e-15);
    // A thin hole is seen from both sides.
    let gap = ring.gap(&[-1.5, 0.0], &[1.5, 0.0]).unwrap();
    assert!(
        (gap.leaves.fraction - 1.0 / 6.0).abs() < 1e-15 && (gap.returns.fraction - 5.0 / 6.0).abs() < 1e-15
    );
    assert_eq!((gap.leaves.part, gap.returns.part), (1, 1));
    assert!(ring.gap(&[1.5, 0.0], &[2.2, 0.0]).is_none());
    // Boundary points are those of the parts that show.
    let (mut points, mut parts) = (vec![0.0; 4000], vec![0; 2000]);
    let total = boundary_points(&ring, &[[-3.0, 3.0]; 2], weyl(), &mut points, &mut parts);
    let distance = |x: &[f64]| ring.signed_distance(x).abs();
    assert!(points.chunks(2).all(|x| distance(x) < 1e-12));
    // Two circles of radii 2 and 1/2, the second about a point of the first, hide an arc of each other.
    let (outer, bump) = (4.0 * (PI - 0.96875f64.acos()), PI - 0.125f64.acos());
    assert!((total - (outer + bump + 2.0 * PI)).abs() < 5e-3 * total, "{total}");
    for (part, length) in [outer, 2.0 * PI, bump].into_iter().enumerate() {
        let own = parts.iter().filter(|own| **own == part).count() as f64 / 2000.0 * total;
        assert!((own - length).abs() < 0.05, "{part}: {own} and {length}");
    }
    let (mut inside, bounds) = (vec![0.0; 2000], [[-3.0, 3.0]; 2]);
    assert!(interior_points(&ring, &bounds, weyl(), &mut inside));
    assert!(inside.chunks(2).all(|x| ring.contains(x)));
}

#[test]
fn operators_bind_as_those_of_sets_and_mistakes_name_the_character() {
    let at = |centre: f64| Shape::cuboid(&[[centre - 1.0, centre + 1.0]]).unwrap();
    let region = |text: &str| {
        Region::new(vec![("a".into(), at(0.0)), ("b".into(), at(1.0)), ("c".into(), at(2.0))], text)
    };
    // a = (−1, 1), b = (0, 2), c = (1, 3).
    let samples = [-0.5, 0.5, 1.5, 2.5, 3.5];
    for (text, inside) in [
        ("a | b & c", [true, true, true, false, false]),
        ("(a | b) & c", [false, false, true, false, false]),
        ("a | b - c", [true, true, false, false, false]),
        ("b - c & a", [false, true, false, false, false]),
        ("box - a - c", [false, false, false, false, true]),
        ("!a & !c", [false, false, false, false, true]),
        ("box", [true; 5]),
    ] {
        let region = region(text).unwrap();
        assert_eq!(samples.map(|x| region.contains(&[x])), inside, "{text}");
    }
    for (text, part) in [
        ("a | second", "there is no shape `second`; known: box, a, b, c; at character 5"),
        ("a b", "expected `|`, `&`, `-` or the end at character 3"),
        ("(a | b", "`)` at character 7"),
        ("", "expected the name of a shape, `box`, `!` or `(` at character 1"),
        ("a - ", "at character 5"),
    ] {
        let error = region(text).unwrap_err().to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
    let long = vec!["a"; 2000].join("|");
    assert!(region(&long).unwrap_err().to_string().contains("more than 1000"));
    assert!(region(&"(".repeat(1000)).is_err() && region(&"!".repeat(1000)).is_err());
}

#[test]
fn shapes_without_inside_are_refused() {
    for (made, part) in [
        (Shape::ball(&[0.0, 0.0], 0.0), "radius has to be positive"),
        (Shape::ball(&[f64::NAN], 1.0), "centre"),
        (Shape::cuboid(&[[1.0, 0.0]]), "lower end has to come first"),
        (Shape::ellipsoid(&[0.0, 0.0], &[1.0], 0.0), "1 semi-axes"),
        (Shape::polygon(&[[0.0, 0.0], [1.0, 0.0]]), "2 vertices"),
        (Shape::polygon(&[[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]]), "crosses"),
        (Shape::polygon(&[[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]), "one line"),
        (Shape::half_space(&[0.0, 0.0], &[0.0, 0.0]), "normal"),
    ] {
        let error = made.unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}
