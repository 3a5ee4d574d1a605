//! Free energies of solvation as a user meets them, in kJ/mol.

use std::{fs, path::Path};

use serde_json::Value;

use super::{code, modewise, stderr};

/// The free energy of a problem on a grid, and its bar.
fn energy(here: &Path, problem: &str, grid: &str, more: &[&str]) -> [f64; 2] {
    let solve = ["solve", problem, "--grid", grid, "--solver", "bicgstab", "--stop", "rtol=1e-7,steps=60"];
    let quietly = ["--modes", "none", "--no-figures", "--json", "--quiet", "--force", "--out", "run"];
    let output = modewise(here, &[&solve[..], &quietly, more].concat());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    ["solvation_energy", "solvation_energy_bar"]
        .map(|key| summary["solvers"][0][key].as_f64().unwrap_or(f64::NAN))
}

/// Born's and Kirkwood's energies from two grids, within the error that is printed with them.
#[test]
fn energies_of_ions_come_with_their_error() {
    let folder = tempfile::tempdir().unwrap();
    for (problem, exact) in [("born-3d", -228.610_801), ("kirkwood-3d,offset=1", -256.999_347)] {
        let [own, bar] = energy(folder.path(), problem, "64", &["--reference", "exact"]);
        assert!((own - exact).abs() < bar && bar < 0.02 * exact.abs(), "{problem}: {own} ± {bar}");
    }
}

/// N_A e²/(4πε₀) in kJ·Å/mol, and what an ion gains by a medium of ε = 78.54 around it.
const COULOMB: f64 = 1_389.354_576;
const GAIN: f64 = 1.0 / 78.54 - 1.0;

/// Two ions 9 Å apart are two of Born's, and Coulomb's law in the solvent less that in the vacuum; in salt water with the
/// terms of Debye and Hückel, and the screened law of two spheres (Verwey, Overbeek 1948). What each does to the other's sphere falls with
/// the fourth power of the distance: 0.04 kJ/mol. Which comes first makes no difference.
#[test]
fn ions_far_apart_are_borns_and_coulombs() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let (plus, minus) =
        ("{ at = [-4.5, 0, 0], charge = 1, radius = 3 }", "{ at = [4.5, 0, 0], charge = -1, radius = 3 }");
    let ions = |atoms: [&str; 2], more: &str| {
        let text = format!("[solvation]\natoms = [{}]\nmargin = 5\n{more}", atoms.join(", "));
        fs::write(here.join("ions.toml"), text).unwrap();
        energy(here, "ions.toml", "64", &[])
    };
    let [own, bar] = ions([plus, minus], "");
    let exact = COULOMB * GAIN * (1.0 / 3.0 - 1.0 / 9.0);
    assert!((own - exact).abs() < bar && bar < 0.02 * exact.abs(), "{own} ± {bar}, {exact}");
    let [other, _] = ions([minus, plus], "");
    assert!((own - other).abs() < 1e-6 * own.abs(), "{own} and {other}");
    let [own, bar] = ions([plus, minus], "ionic_strength = 0.1");
    let b: f64 = 3.0 * 0.103_925_5;
    let screened = (b.exp() / (1.0 + b)).powi(2) * (-3.0 * b).exp();
    let exact = COULOMB * (GAIN / 3.0 - 0.103_925_5 / (78.54 * (1.0 + b)) - (screened / 78.54 - 1.0) / 9.0);
    assert!((own - exact).abs() < bar && bar < 0.02 * exact.abs(), "{own} ± {bar}, {exact}");
}

/// Where two grids differ by more than a share of the energy, nothing is extrapolated, and the bar is all of the difference; where a
/// charge is nearer to the surface than the coarser grid resolves there is no bar.
#[test]
fn coarse_grids_have_wide_bars() {
    let folder = tempfile::tempdir().unwrap();
    let [own, bar] = energy(folder.path(), "kirkwood-3d,offset=2", "64", &[]);
    assert!((own + 410.120_487).abs() < bar && own < 0.0, "{own} ± {bar}");
    // On 24 cells the charge lies on a node right at the surface.
    for grid in ["16", "24", "32"] {
        let [own, bar] = energy(folder.path(), "kirkwood-3d,offset=2", grid, &[]);
        assert!(own.is_finite() && bar.is_nan(), "{grid}: {own} ± {bar}");
    }
    // And on the coarser grid of these.
    let [own, bar] = energy(folder.path(), "born-3d", "32", &[]);
    assert!((own + 228.610_801).abs() < bar, "{own} ± {bar}");
}

/// A PQR file of two charges in one sphere against Kirkwood's formula for pairs (J. Chem. Phys. 2 (1934) 351, eq. 16 without
/// salt): ½ K Σᵢⱼ zᵢzⱼ/a Σₙ (rᵢrⱼ/a²)ⁿ (n+1)(ε_p − ε_s)/(ε_p[(n+1)ε_s + nε_p]) Pₙ(cos θᵢⱼ). The run folder reruns alone.
#[test]
fn a_pqr_file_of_two_charges_in_a_sphere_has_kirkwoods_energy() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let atoms = "ATOM 1 S SPH 1 0 0 0 0 4\nATOM 2 P SPH 1 1.5 0 0 1 0\nATOM 3 M SPH 1 0 -2 0 -0.6 0\n";
    fs::write(here.join("sphere.pqr"), atoms).unwrap();
    fs::write(here.join("sphere.toml"), "[solvation]\npqr = \"sphere.pqr\"\neps_in = 2\n").unwrap();
    let [own, bar] = energy(here, "sphere.toml", "64", &[]);
    let (eps_in, eps_out, a) = (2.0, 78.54, 4.0);
    let charges: [(f64, f64); 2] = [(1.0, 1.5), (-0.6, 2.0)];
    // P_n(0) of charges at a right angle: 0 for odd n, else the one before the last times −(n−1)/n.
    let legendre = |n: i32, is_one: bool| -> f64 {
        let even = (1..=n / 2).map(|k| -f64::from(2 * k - 1) / f64::from(2 * k)).product();
        if is_one {
            1.0
        } else if n % 2 == 1 {
            0.0
        } else {
            even
        }
    };
    let mut sum = 0.0;
    for (i, (z, r)) in charges.iter().enumerate() {
        for (j, (w, s)) in charges.iter().enumerate() {
            for n in 0..200 {
                let m = f64::from(n);
                let factor = (m + 1.0) * (eps_in - eps_out) / (eps_in * ((m + 1.0) * eps_out + m * eps_in));
                sum += z * w / a * (r * s / (a * a)).powi(n) * factor * legendre(n, i == j);
            }
        }
    }
    let exact = 0.5 * COULOMB * sum;
    assert!((own - exact).abs() < bar && bar < 0.03 * exact.abs(), "{own} ± {bar}, {exact}");
    fs::remove_file(here.join("sphere.pqr")).unwrap();
    fs::remove_file(here.join("sphere.toml")).unwrap();
    let again =
        modewise(here, &["run", "run/experiment.toml", "--json", "-q", "--no-figures", "--out", "again"]);
    let summary: Value =
        serde_json::from_slice(&again.stdout).unwrap_or_else(|_| panic!("{}", stderr(&again)));
    assert_eq!(summary["solvers"][0]["solvation_energy"].as_f64(), Some(own));
}
