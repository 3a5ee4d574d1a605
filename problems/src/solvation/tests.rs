use super::*;

const WATER: Solvent =
    Solvent { eps_in: 1.0, eps_out: 78.54, ionic_strength: 0.1, temperature: 298.15, stern: 0.0 };

fn born() -> Solvation {
    Solvation::new(&[Atom { at: [0.0; 3], charge: 1.0, radius: 3.0 }], WATER).unwrap()
}

#[test]
fn lengths_are_those_of_water_at_room_temperature() {
    let born = born();
    assert!((born.kappa() - 0.103_925_5).abs() < 1e-6, "{}", born.kappa());
    assert!((born.bjerrum() / WATER.eps_out - 7.136).abs() < 2e-3, "{}", born.bjerrum() / WATER.eps_out);
}

#[test]
fn potentials_are_those_of_single_charges() {
    let born = born();
    // Far away the only difference between Coulomb's potential in water and that of Debye and Hückel is the screening.
    let (r, kappa) = (10.0, born.kappa());
    let screened = born.bjerrum() / WATER.eps_out * (-kappa * (r - 3.0)).exp() / ((1.0 + 3.0 * kappa) * r);
    assert!((born.debye_hueckel(&[0.0, r, 0.0]) / screened - 1.0).abs() < 1e-14);
    assert!((born.coulomb(&[r, 0.0, 0.0]) * r / born.bjerrum() - 1.0).abs() < 1e-14);
    assert!((born.distance(&[0.0, 0.0, -5.0]) - 2.0).abs() < 1e-14);
}

/// The exact solution of Kirkwood's sphere at the nodes of a grid, on which the charge is on no node.
#[test]
fn energies_from_a_grid_are_fourth_order_in_the_interpolation() {
    use crate::{Grid, catalog};
    let problem = catalog::build(&"kirkwood-3d,offset=2".parse().unwrap()).unwrap();
    let error = |cells: usize| {
        let grid = Grid::new(problem.domain().bounds(), &[cells]).unwrap();
        let solution = Field::from_batch(&grid, |points, out| {
            problem.exact(points, out);
        });
        (problem.solvation().unwrap().energy(&solution) + 410.120_487).abs()
    };
    let errors = [64, 128].map(error);
    assert!(errors[1] < 0.1 && errors[0] / errors[1] > 8.0, "{errors:?}");
}
