use super::*;

fn born() -> Solvation {
    Solvation {
        spheres: vec![Sphere { centre: [0.0; 3], radius: 3.0 }],
        charges: vec![Charge { at: [0.0; 3], z: 1.0 }],
        eps_in: 1.0,
        eps_out: 78.54,
        ionic_strength: 0.1,
        temperature: 298.15,
        stern: 0.0,
    }
}

#[test]
fn lengths_are_those_of_water_at_room_temperature() {
    let born = born();
    assert!((born.kappa() - 0.103_925_5).abs() < 1e-6, "{}", born.kappa());
    assert!((born.bjerrum() / born.eps_out - 7.136).abs() < 2e-3, "{}", born.bjerrum() / born.eps_out);
}

#[test]
fn coulombs_slope_is_that_of_differences() {
    let molecule = Solvation {
        spheres: vec![
            Sphere { centre: [0.0; 3], radius: 2.0 },
            Sphere { centre: [1.5, 0.2, 0.0], radius: 1.5 },
        ],
        charges: vec![Charge { at: [0.3, 0.1, -0.2], z: 1.0 }, Charge { at: [1.6, 0.2, 0.1], z: -0.4 }],
        ..born()
    };
    let (n, h) = ([0.6, 0.0, -0.8], 1e-4);
    let at = |r: f64| molecule.coulomb(&n.map(|n| r * n));
    let difference = (at(2.0 + h) - at(2.0 - h)) / (2.0 * h);
    let slope = molecule.coulomb_slope(&n.map(|n| 2.0 * n));
    assert!((slope / difference - 1.0).abs() < 1e-7, "{slope} and {difference}");
}
