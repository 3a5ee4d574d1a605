//! Free energies of solvation as a user meets them.

use serde_json::Value;

use super::{code, modewise, stderr};

/// Born's and Kirkwood's energies (kJ/mol) from two grids, within the error that is printed with them.
#[test]
fn energies_of_ions_come_with_their_error() {
    let folder = tempfile::tempdir().unwrap();
    for (problem, energy) in [("born-3d", -228.610_801), ("kirkwood-3d,offset=1", -256.999_347)] {
        let solve = ["solve", problem, "--grid", "64", "--reference", "exact", "--solver", "bicgstab"];
        let quietly = [
            "--stop",
            "rtol=1e-7,steps=60",
            "--modes",
            "none",
            "--no-figures",
            "--json",
            "--quiet",
            "--force",
        ];
        let output = modewise(folder.path(), &[&solve[..], &quietly, &["--out", "run"]].concat());
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
        let [own, bar] = ["solvation_energy", "solvation_energy_bar"]
            .map(|key| summary["solvers"][0][key].as_f64().unwrap_or(f64::NAN));
        assert!((own - energy).abs() < bar && bar < 0.02 * energy.abs(), "{problem}: {own} ± {bar}");
    }
}
