//! References made by refinement, as a user meets them.

use std::{fs, path::Path, process::Output};

use assert_cmd::Command;
use serde_json::Value;

use super::{code, stderr};

/// The program with a cache of its own.
fn modewise(here: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("modewise").unwrap();
    command.current_dir(here).env("MODEWISE_CACHE", here.join("cache")).args(arguments).output().unwrap()
}

/// A layer whose solution nobody states, and the same where −u″ + κ²u = 0 states it.
const LAYER: &str = "box = [[0, 1]]\nkappa2 = 400\nsource = 0\n[sides]\nx-lower = { dirichlet = 1 }\n";
const EXACT: &str = "box = [[0, 1]]\nkappa2 = 400\nexact = \"sinh(20*(1 - x))/sinh(20)\"\n";

#[test]
fn unknown_solutions_have_references_that_are_kept_and_have_bars() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::write(here.join("my.toml"), LAYER).unwrap();
    fs::write(here.join("known.toml"), EXACT).unwrap();
    let solve = |problem: &str, reference: &str| -> Value {
        let solver = ["--solver", "direct", "--grid", "64", "--reference", reference];
        let quietly = ["--json", "--quiet", "--no-figures", "--force", "--out", "run"];
        let output = modewise(here, &[&["solve", problem][..], &solver, &quietly].concat());
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let number = |summary: &Value, key: &str| summary[key].as_f64().unwrap_or(f64::NAN);
    let error = |summary: &Value| summary["solvers"][0]["error_l2"].as_f64().unwrap();
    let found = solve("my.toml", "exact");
    assert_eq!(found["reference"], "refined");
    let bar = number(&found, "reference_bar_l2");
    assert!(bar < 1e-7 && number(&found, "reference_bar_max") < 1e-7, "{found}");
    // The same solution, known: the error is the same to the bar.
    let known = solve("known.toml", "exact");
    assert!(known["reference"] == "exact" && known["reference_bar_l2"].is_null());
    assert!((error(&found) - error(&known)).abs() <= 2.0 * bar, "{} and {}", error(&found), error(&known));
    // Asked for, it is made where the solution is known too.
    assert_eq!(solve("known.toml", "refined")["reference"], "refined");

    // Kept, used again, and made again where it is damaged.
    let kept = |name: &str| {
        let mut files =
            fs::read_dir(here.join("cache/references")).unwrap().map(|entry| entry.unwrap().path());
        files.find(|path| path.file_name().unwrap().to_string_lossy().starts_with(name)).unwrap()
    };
    let file = kept("my-");
    let (bytes, time) = (fs::read(&file).unwrap(), fs::metadata(&file).unwrap().modified().unwrap());
    assert_eq!(error(&solve("my.toml", "refined")), error(&found));
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), time);
    let mut damaged = bytes.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    fs::write(&file, damaged).unwrap();
    assert_eq!(error(&solve("my.toml", "exact")), error(&found));
    assert_eq!(fs::read(&file).unwrap(), bytes);
    let remade = modewise(here, &["reference", "my.toml", "--grid", "64", "--json"]);
    let said: Value =
        serde_json::from_slice(&remade.stdout).unwrap_or_else(|_| panic!("{}", stderr(&remade)));
    assert!(said["bar_l2"].as_f64() == Some(bar) && said["finest"][0] == 8192, "{said}");
    assert!(fs::metadata(&file).unwrap().modified().unwrap() > time);
    // The table has the bar beside the error.
    let shown = modewise(
        here,
        &["solve", "my.toml", "--solver", "direct", "--reference", "exact", "-q", "--no-figures"],
    );
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains(" ± ") && shown.contains("errors against the refined solution"), "{shown}");
}
