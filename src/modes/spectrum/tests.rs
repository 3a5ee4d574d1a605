use std::f64::consts::PI;

use super::*;

fn spectrum(cells: &[usize], kind: TransformKind) -> Spectrum {
    let grid = Grid::new(&vec![[0.0, 1.0]; cells.len()], cells).unwrap();
    dirichlet(&grid, kind)
}

fn dirichlet(grid: &Grid, kind: TransformKind) -> Spectrum {
    Spectrum::new(grid, &vec![[Condition::Dirichlet; 2]; grid.dimension()], kind)
}

fn modes(spectrum: &Spectrum) -> Vec<u32> {
    let mut places: Vec<u32> = spectrum.all().collect();
    spectrum.sort(&mut places);
    places
}

fn names(cells: &[usize], kind: TransformKind) -> Vec<String> {
    let spectrum = spectrum(cells, kind);
    modes(&spectrum).iter().map(|&place| spectrum.name(place as usize).to_string()).collect()
}

#[test]
fn lists_the_modes_of_each_transform_lowest_first() {
    assert_eq!(names(&[4], TransformKind::Sine), ["1", "2", "3"]);
    assert_eq!(names(&[4], TransformKind::Fourier), ["0", "1", "2"]);
    assert_eq!(names(&[3, 3], TransformKind::Sine), ["1:1", "1:2", "2:1", "2:2"]);
    // 3 × 3 nodes: nine wave vectors, 0 and one of each pair ±k.
    assert_eq!(names(&[2, 2], TransformKind::Fourier), ["0:0", "0:1", "1:0", "1:-1", "1:1"]);
    // 4 × 3 nodes: 2 is its own negative along x, so that 2:1 and 2:-1 are one mode.
    assert_eq!(names(&[3, 2], TransformKind::Fourier), ["0:0", "0:1", "1:0", "1:-1", "1:1", "2:0", "2:1"]);
}

/// Every place is a mode or the conjugate of exactly one, places and names are inverse, and
/// shells and order are those of |k|.
#[test]
fn modes_places_and_shells_agree() {
    for kind in [TransformKind::Sine, TransformKind::Fourier] {
        for cells in [vec![7], vec![8], vec![5, 6], vec![7, 7], vec![3, 4, 5], vec![5, 3, 3]] {
            let spectrum = spectrum(&cells, kind);
            let places = modes(&spectrum);
            assert_eq!(places.len(), spectrum.modes());
            let listed: Vec<ModeName> = places.iter().map(|&place| spectrum.name(place as usize)).collect();
            let key = |name: &ModeName| (name.magnitude(), name.clone());
            assert!(listed.windows(2).all(|pair| key(&pair[0]) < key(&pair[1])));
            assert_eq!([&listed[0], &listed[listed.len() - 1]], spectrum.ends().each_ref());
            for (&place, name) in places.iter().zip(&listed) {
                let ModeName::Single(k) = name else { panic!() };
                assert_eq!(spectrum.place(k), Some(place as usize));
                assert_eq!(spectrum.shell(place as usize), Some(name.magnitude().round() as usize));
                assert!(spectrum.shell_count() > name.magnitude().round() as usize);
            }
            let nodes: Vec<i64> = cells.iter().map(|&n| n as i64 + 1).collect();
            for place in (0..spectrum.places()).filter(|_| kind == TransformKind::Fourier) {
                let k = spectrum.wave_vector(place);
                let same = |m: &[i64], sign: i64| {
                    m.iter().zip(k).zip(&nodes).all(|((m, k), n)| (m - sign * i64::from(k)) % n == 0)
                };
                let kin = |m: &&ModeName| match m {
                    ModeName::Single(m) => same(m, 1) || same(m, -1),
                    ModeName::Shell(_) => false,
                };
                assert_eq!(listed.iter().filter(kin).count(), 1, "{k:?} of {cells:?} cells");
            }
            for wrong in
                [vec![], vec![0; cells.len() + 1], vec![i64::MIN; cells.len()], vec![99; cells.len()]]
            {
                assert_eq!(spectrum.place(&wrong), None);
            }
        }
    }
}

#[test]
fn finds_the_amplitude_of_a_mode() {
    let grid = Grid::new(&[[0.0, 1.0]; 2], &[16, 24]).unwrap();
    let field = Field::from_batch(&grid, |points, out| {
        points.evaluate(out, |x| -0.3 * (2.0 * PI * x[0]).sin() * (5.0 * PI * x[1]).sin());
    });
    let spectrum = dirichlet(&grid, TransformKind::Sine);
    let amplitudes = spectrum.of(&field);
    let at = spectrum.place(&[2, 5]).unwrap();
    assert!((amplitudes.at(at).re + 0.3).abs() < 1e-14);
    assert_eq!(spectrum.shell(at), Some(5));
}

/// Parseval: Σ b² over all shells is (4/n²) Σ u² for the DST in 2-D; blocks and threads do not
/// change a bit.
#[test]
fn shells_hold_all_energy_and_are_the_same_on_any_number_of_threads() {
    let grid = Grid::new(&[[0.0, 1.0]; 2], &[200]).unwrap();
    let noise = |i: usize| ((i * i * 7919 + 13 * i) % 1000) as f64 / 500.0 - 1.0;
    let inner = |i: usize| grid.indices(i).iter().all(|&j| j > 0 && j < 200);
    let values = (0..grid.nodes()).map(|i| if inner(i) { noise(i) } else { 0.0 }).collect();
    let field = Field::from_values(&grid, values).unwrap();
    let spectrum = dirichlet(&grid, TransformKind::Sine);
    let shells = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| spectrum.shell_amplitudes(&spectrum.of(&field)))
    };
    let energy: f64 = shells(1).iter().map(|a| a * a).sum();
    let expected: f64 = field.values().iter().map(|u| u * u).sum::<f64>() * 4.0 / (200.0 * 200.0);
    assert!((energy - expected).abs() < 1e-12 * expected);
    assert_eq!(shells(1), shells(3));
}

/// Every kind of transform on boxes with every mixture of sides: a wave of the basis is found with its
/// amplitude and phase, by the whole transform and by projection on it and a few others, which have none.
#[test]
fn transforms_follow_the_sides() {
    use Condition::{Dirichlet as D, Neumann as N, Periodic as P};
    use TransformKind::{Auto, Cosine, Fourier, Sine};
    type Wave = fn(f64, f64) -> f64;
    let sine: Wave = |k, t| (k * PI * t).sin();
    let cosine: Wave = |k, t| (k * PI * t).cos();
    let quarter_sine: Wave = |k, t| ((k - 0.5) * PI * t).sin();
    let quarter_cosine: Wave = |k, t| ((k - 0.5) * PI * t).cos();
    // cos(θ − π/3) has amplitude ½ e^{−iπ/3}.
    let whole: Wave = |k, t| (2.0 * k * PI * t - PI / 3.0).cos();
    let phase = Complex64::from_polar(0.5, -PI / 3.0);
    let one = Complex64::from(1.0);
    for (sides, kind, name, waves, expected) in [
        (vec![[D, D], [D, D]], Auto, "dst", vec![sine; 2], one),
        (vec![[N, N], [N, N]], Auto, "dct", vec![cosine; 2], one),
        (vec![[P, P], [P, P]], Auto, "dft", vec![whole; 2], phase * phase),
        (vec![[P, P], [P, P]], Fourier, "dft", vec![whole; 2], phase * phase),
        (vec![[D, N], [N, D]], Auto, "quarter", vec![quarter_sine, quarter_cosine], one),
        (vec![[D, D], [P, P]], Auto, "dst:dft", vec![sine, whole], phase),
        (vec![[P, P], [N, N]], Auto, "dft:dct", vec![whole, cosine], phase),
        (vec![[P, P], [D, N], [N, N]], Auto, "dft:quarter:dct", vec![whole, quarter_sine, cosine], phase),
        (vec![[N, N], [D, D], [P, P]], Auto, "dct:dst:dft", vec![cosine, sine, whole], phase),
        (vec![[N, N], [P, P]], Sine, "dst", vec![sine; 2], one),
        (vec![[D, D], [D, D]], Cosine, "dct", vec![cosine; 2], one),
    ] {
        let cells = &[9, 16, 10][..sides.len()];
        let grid = Grid::new(&vec![[0.0, 1.0]; cells.len()], cells).unwrap();
        let spectrum = Spectrum::new(&grid, &sides, kind);
        assert_eq!(spectrum.transform_name(), name);
        assert_eq!(spectrum.all().count(), spectrum.modes(), "{name}");
        let k = &[2.0, 3.0, 1.0][..cells.len()];
        let field = Field::from_batch(&grid, |points, out| {
            points.evaluate(out, |x| waves.iter().zip(k).zip(x).map(|((wave, &k), &t)| wave(k, t)).product());
        });
        let amplitudes = spectrum.of(&field);
        let at = spectrum.place(&k.iter().map(|&k| k as i64).collect::<Vec<_>>()).unwrap();
        assert!((amplitudes.at(at) - expected).norm() < 1e-14, "{name}: {}", amplitudes.at(at));
        let places: Vec<usize> = spectrum.all().map(|place| place as usize).step_by(7).chain([at]).collect();
        let mut found = vec![Complex64::default(); places.len()];
        let zero = vec![0.0; field.values().len()];
        let size = spectrum.projection(&places).project(field.values(), &zero, &mut found);
        assert_eq!(size, reduce::max_abs(field.values()));
        for (&place, found) in places.iter().zip(found) {
            assert!((found - amplitudes.at(place)).norm() < 1e-14, "{name} {}", spectrum.name(place));
        }
    }
}

/// A projection on some modes of a rough field is what the whole transform finds, on grids of all shapes
/// and on any number of threads; an error that is not finite is never lost.
#[test]
fn a_projection_is_a_part_of_the_transform() {
    for (cells, kind) in [
        (vec![50], TransformKind::Sine),
        (vec![33, 1100], TransformKind::Sine),
        (vec![700, 5], TransformKind::Cosine),
        (vec![40, 30], TransformKind::Fourier),
        (vec![23, 17, 40], TransformKind::Sine),
    ] {
        let grid = Grid::new(&vec![[0.0, 1.0]; cells.len()], &cells).unwrap();
        let spectrum = dirichlet(&grid, kind);
        let noise = |i: usize| ((i * i * 7919 + 13 * i) % 1000) as f64 / 500.0 - 1.0;
        let u: Vec<f64> = (0..grid.nodes()).map(noise).collect();
        let v: Vec<f64> = (0..grid.nodes()).map(|i| noise(3 * i + 1)).collect();
        let error: Vec<f64> = u.iter().zip(&v).map(|(u, v)| u - v).collect();
        let mut whole = Amplitudes::Real(Vec::new());
        spectrum.amplitudes(&error, &mut whole);
        let places: Vec<usize> = spectrum.all().map(|place| place as usize).step_by(97).take(9).collect();
        let project = |u: &[f64], threads: usize| {
            let mut found = vec![Complex64::default(); places.len()];
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let size = pool.install(|| spectrum.projection(&places).project(u, &v, &mut found));
            (size, found)
        };
        let (size, found) = project(&u, 1);
        assert_eq!(size, reduce::max_abs(&error));
        for (&place, found) in places.iter().zip(&found) {
            assert!((found - whole.at(place)).norm() < 1e-14, "{cells:?} {}", spectrum.name(place));
        }
        assert_eq!(project(&u, 3), (size, found));
        for bad in [f64::NAN, f64::INFINITY] {
            let mut u = u.clone();
            u[grid.nodes() - 2] = bad;
            assert!(project(&u, 2).0.is_nan());
        }
    }
}
