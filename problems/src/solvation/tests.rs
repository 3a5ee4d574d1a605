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
fn potentials_are_those_of_single_charges() {
    let born = born();
    // Far away the only difference between Coulomb's potential in water and that of Debye and Hückel is the screening.
    let (r, kappa) = (10.0, born.kappa());
    let screened = born.bjerrum() / born.eps_out * (-kappa * (r - 3.0)).exp() / ((1.0 + 3.0 * kappa) * r);
    assert!((born.debye_hueckel(&[0.0, r, 0.0]) / screened - 1.0).abs() < 1e-14);
    assert!((born.coulomb(&[r, 0.0, 0.0]) * r / born.bjerrum() - 1.0).abs() < 1e-14);
    assert!((born.distance(&[0.0, 0.0, -5.0]) - 2.0).abs() < 1e-14);
}
