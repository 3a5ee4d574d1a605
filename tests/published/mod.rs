//! Published and theoretical numbers, through the same path as the command line: plan, run, files.

use std::{collections::BTreeMap, path::Path, sync::atomic::AtomicBool};

use modewise::{
    experiment::{self, Plan, Quiet, Setup},
    store::schema::Summary,
};

/// Runs an experiment file's text into `folder`.
pub fn run(text: &str, folder: &Path) -> Summary {
    let plan = Plan::from_toml(text, &[]).unwrap();
    let setup = Setup::new(&plan, false).unwrap();
    experiment::run(&setup, folder, false, &AtomicBool::new(false), &mut Quiet).unwrap()
}

/// A column of order.csv by mode, for one solver.
fn order(folder: &Path, solver: &str, column: &str) -> BTreeMap<String, Option<u64>> {
    let mut table = csv::Reader::from_path(folder.join("order.csv")).unwrap();
    let place = |name: &str, header: &csv::StringRecord| header.iter().position(|cell| cell == name).unwrap();
    let header = table.headers().unwrap().clone();
    let rows = table.records().map(Result::unwrap).filter(|row| &row[place("solver", &header)] == solver);
    rows.map(|row| (row[place("mode", &header)].to_string(), row[place(column, &header)].parse().ok()))
        .collect()
}

/// arXiv 1901.06523, Fig. 4, Jacobi: sweeps until Δ < 0.5 at DFT indices 1, 3, 8, from zero.
#[test]
fn jacobi_of_the_central_experiment_takes_the_published_sweeps() {
    for (grid, expected) in [(500, [8778, 991, 139]), (200, [1404, 162, 23])] {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "problem = 'fprinciple-1d'\nsolver = 'jacobi,omega=1'\ngrid = {grid}\ntransform = 'dft'\ntol = 0.5\n\
             watch = 'every=1'\nmodes = '1,3,8'\nstop = 'steps=9000'"
        );
        run(&text, folder.path());
        let reached = order(folder.path(), "jacobi", "step_reached");
        let predicted = order(folder.path(), "jacobi", "predicted_step");
        for (mode, expected) in ["1", "3", "8"].into_iter().zip(expected) {
            let step = reached[mode].unwrap();
            assert!(
                step.abs_diff(expected) <= 2,
                "n = {grid}, mode {mode}: {step} sweeps, published {expected}"
            );
            assert_eq!(predicted[mode], Some(step), "theory has it to the sweep");
        }
    }
}

/// Undamped Jacobi has no order over the whole spectrum; damping gives it one.
#[test]
fn the_order_index_of_jacobi_from_a_white_start() {
    let folder = tempfile::tempdir().unwrap();
    let text = "problem = 'sines-1d'\ngrid = 64\ninitial = 'white'\ntol = 1e-2\nwatch = 'every=1'\nstop = 'steps=8000'\n\
                solver = ['jacobi,omega=1,label=one', 'jacobi,omega=0.6666666666666666,label=two-thirds', \
                'jacobi,omega=0.5,label=half']";
    let summary = run(text, folder.path());
    for (solver, expected) in summary.solvers.iter().zip([0.000, -0.677, -0.980]) {
        let index = solver.order_index.unwrap();
        assert!((index - expected).abs() <= 0.002, "{}: {index} against {expected}", solver.name);
        assert_eq!(solver.modes_reached, 63);
    }
    for (label, expected) in [
        ("one", [(1, 3821), (2, 955), (16, 14), (32, 1), (63, 3821)]),
        ("two-thirds", [(1, 5733), (3, 636), (16, 22), (32, 5), (63, 5)]),
        ("half", [(1, 7645), (16, 30), (32, 7), (63, 1), (63, 1)]),
    ] {
        let reached = order(folder.path(), label, "step_reached");
        let predicted = order(folder.path(), label, "predicted_step");
        for (mode, sweeps) in expected {
            assert_eq!(reached[&mode.to_string()], Some(sweeps), "{label}, mode {mode}");
        }
        // Theory and run agree to a sweep wherever Δ does not stand on the tolerance.
        for (mode, predicted) in predicted {
            assert!(reached[&mode].unwrap().abs_diff(predicted.unwrap()) <= 1, "{label}, mode {mode}");
        }
    }
}

/// For `jacobi`, whose set-up costs nothing, a work unit is a step.
#[test]
fn a_work_unit_is_a_jacobi_sweep() {
    let folder = tempfile::tempdir().unwrap();
    let text =
        "problem = 'bump-2d'\ngrid = [16, 24]\nstop = 'steps=37'\nsolver = ['jacobi,omega=0.8', 'multigrid']";
    let summary = run(text, folder.path());
    assert_eq!((summary.solvers[0].steps, summary.solvers[0].work_units), (37, 37.0));
    assert!(summary.solvers[1].work_units > 37.0);
}

/// Against the exact solution the error of a converged method is the discretisation error.
#[test]
fn errors_against_the_exact_solution_end_at_the_floor() {
    let folder = tempfile::tempdir().unwrap();
    let text = "problem = 'fprinciple-1d'\ngrid = 500\nreference = 'exact'\nsolver = 'multigrid'";
    let summary = run(text, folder.path());
    let (floor, error) = (summary.floor_max.unwrap(), summary.solvers[0].error_max.unwrap());
    // The published discretisation error at n = 500.
    assert!((floor - 5.6e-5).abs() < 0.1e-5, "{floor:e}");
    assert!((error / floor - 1.0).abs() < 1e-6, "{error:e} against {floor:e}");
}
