//! The program as a user meets it: exit codes, messages, and what it leaves behind.

mod error_bar;
mod eval;
mod gridless;
#[cfg(unix)]
mod kill;
mod reference;
mod solvation;

use std::{fs, path::Path, process::Output};

use assert_cmd::Command;

fn modewise(folder: &Path, arguments: &[&str]) -> Output {
    Command::cargo_bin("modewise").unwrap().current_dir(folder).args(arguments).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Every file below `folder` with its content.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push((path.display().to_string(), fs::read(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

const SMALL: [&str; 8] = ["compare", "sines-1d", "--solver", "jacobi", "--grid", "16", "--out", "run"];

/// Each mistake: one clear message, the right code, no panic, and an earlier run left alone.
#[test]
fn bad_input_gets_one_message_and_leaves_earlier_runs_alone() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    assert_eq!(code(&modewise(here, &[&SMALL[..], &["--stop", "steps=5"]].concat())), 0);
    let before = contents(here);
    let solve =
        |more: &[&'static str]| [&["solve", "sines-1d", "--out", "run", "--force"][..], more].concat();
    let unforced = |more: &[&'static str]| [&["solve", "sines-1d", "--out", "other"][..], more].concat();
    let cases: Vec<(Vec<&str>, i32, &str)> = vec![
        (vec!["solve", "sine-1d", "--solver", "jacobi"], 2, "did you mean `sines-1d`?"),
        (vec!["solve", "sines-1d,mode=3", "--solver", "jacobi"], 2, "did you mean `modes`?"),
        (solve(&["--solver", "jacoby"]), 2, "did you mean `jacobi`?"),
        (solve(&["--solver", "jacobi,omga=1"]), 2, "did you mean `omega`?"),
        (solve(&["--solver", "jacobi", "--grid", "1"]), 2, "at least 2 cells"),
        (solve(&["--solver", "jacobi", "--grid", "-3"]), 2, "grid = -3 is not a whole number"),
        (solve(&["--solver", "jacobi,omega=nan"]), 2, "omega = nan is not"),
        (solve(&["--solver", "mscale-dnn,scales=[]"]), 2, "scales = [] is not"),
        (solve(&["--solver", "dnn,loss=residual,activation=relu"]), 2, "relu"),
        (solve(&["--solver", "jacobi", "--modes", "99999"]), 2, "no mode 99999"),
        (solve(&["--solver", "jacobi", "--stop", "rtoll=1"]), 2, "did you mean `rtol`?"),
        (solve(&["--solver", "jacobi", "--tol", "-1"]), 2, "tol = -1 is not"),
        (solve(&["--solver", "hybrid,second=(direct)"]), 2, "ignores where it starts"),
        (
            vec!["solve", "bump-2d", "--solver", "jacobi", "--grid", "100000", "--out", "run", "--force"],
            2,
            "memory",
        ),
        (
            unforced(&[
                "--solver",
                "jacobi",
                "--record",
                "all",
                "--watch",
                "every=1",
                "--stop",
                "steps=100000000",
            ]),
            2,
            "--record",
        ),
        (vec!["run", "missing.toml"], 4, "missing.toml"),
        (vec!["plot", "missing"], 4, "missing"),
        (vec!["resume", "missing"], 4, "missing"),
        (vec!["solve", "sines-1d", "--solver", "jacobi", "--out", "run"], 4, "not empty"),
        (vec!["solve", "sines-1d", "--solver", "jacobi", "--out", "/proc/modewise"], 4, "/proc/modewise"),
        (vec!["plot", "run", "--figure", "heat"], 2, "heat"),
        (vec!["frobnicate"], 2, "frobnicate"),
    ];
    for (arguments, expected, part) in cases {
        let output = modewise(here, &arguments);
        let message = stderr(&output);
        assert_eq!(code(&output), expected, "{arguments:?}: {message}");
        assert!(message.contains(part), "{arguments:?}: {message}");
        assert!(!message.contains("panicked"), "{arguments:?}: {message}");
        assert!(output.stdout.is_empty(), "{arguments:?}: data on stdout");
    }
    assert!(contents(here) == before, "an earlier run was touched");
}

#[test]
fn exit_codes_tell_what_became_of_a_tolerance() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let solve = |solver: &str, stop: &str| {
        let arguments =
            ["solve", "sines-1d", "--grid", "32", "--solver", solver, "--stop", stop, "--no-figures"];
        code(&modewise(here, &arguments))
    };
    assert_eq!(solve("multigrid", "rtol=1e-8"), 0);
    assert_eq!(solve("jacobi", "steps=3"), 0, "no tolerance was asked for");
    assert_eq!(solve("jacobi", "rtol=1e-8,steps=3"), 1);
    assert_eq!(solve("multigrid,smoother=jacobi", "rtol=1e-30"), 1, "the rounding floor");
    assert_eq!(solve("jacobi,omega=2.5", "steps=100000"), 3);
    // Nothing runs for ever: a tolerance without a budget gets the default one.
    assert_eq!(solve("jacobi,omega=0.1", "error_l2=1e-12"), 1);
    assert_eq!(solve("multigrid,smoother=jacobi", "error_l2=1e-30"), 1);
    assert_eq!(solve("dnn,width=8,depth=1,points=33,steps=5", "rtol=1e-8"), 1, "a network has no residual");
}

#[test]
fn a_diverging_run_keeps_its_history() {
    let folder = tempfile::tempdir().unwrap();
    let arguments =
        ["compare", "sines-1d", "--solver", "jacobi,omega=2.5", "--solver", "multigrid", "--out", "run"];
    let output = modewise(folder.path(), &arguments);
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    let history = fs::read_to_string(folder.path().join("run/history.csv")).unwrap();
    assert!(history.lines().filter(|row| row.starts_with("jacobi,")).count() > 5);
    assert!(folder.path().join("run/figures/heatmap.png").exists());
}

/// A file that may not grow stands for a disk that is full: code 4, a message, and readable tables.
#[cfg(unix)]
#[test]
fn a_disk_that_is_full_is_an_error_that_keeps_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let program = assert_cmd::cargo::cargo_bin("modewise");
    let script = format!(
        "trap '' XFSZ; ulimit -f 64; exec '{}' compare sines-1d --solver jacobi --grid 256 --record all \
         --watch every=1 --stop steps=5000 --out run",
        program.display()
    );
    let output = Command::new("bash").current_dir(folder.path()).args(["-c", &script]).output().unwrap();
    assert_eq!(code(&output), 4, "{}", stderr(&output));
    assert!(stderr(&output).contains("modes.csv"), "{}", stderr(&output));
    assert!(!stderr(&output).contains("panicked"));
    let modes = fs::read_to_string(folder.path().join("run/modes.csv")).unwrap();
    assert!(modes.starts_with("solver,step,work_units,seconds,mode") && modes.lines().count() > 100);
}

#[cfg(unix)]
#[test]
fn ctrl_c_writes_what_there_is_and_resume_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let program = assert_cmd::cargo::cargo_bin("modewise");
    let mut child = std::process::Command::new(program)
        .current_dir(folder.path())
        .args(["solve", "sines-1d", "--grid", "64", "--solver", "jacobi,omega=0.01", "--stop", "seconds=2"])
        .args(["--out", "run", "--quiet", "--no-figures"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let history = folder.path().join("run/history.csv");
    while !history.exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    std::thread::sleep(std::time::Duration::from_millis(100));
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).output().unwrap();
    assert!(interrupt.status.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let summary = fs::read_to_string(folder.path().join("run/summary.json")).unwrap();
    assert!(summary.contains("\"interrupted\""));
    let output = modewise(folder.path(), &["resume", "run", "--json"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["solvers"][0]["outcome"], "done");
    assert!(summary["solvers"][0]["seconds"].as_f64().unwrap() >= 2.0);
}

#[test]
fn lists_show_every_name_and_parameter() {
    let here = tempfile::tempdir().unwrap();
    let output = modewise(here.path(), &["list", "--json"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let names = |kind: &str| -> Vec<String> {
        let items = document[kind].as_array().unwrap();
        items.iter().map(|item| item["name"].as_str().unwrap().to_string()).collect()
    };
    for name in ["bump-2d", "fprinciple-1d", "jump-3d", "sines-2d", "wave-front-2d"] {
        assert!(names("problems").contains(&name.to_string()), "{name} is not listed");
    }
    for name in ["jacobi", "gauss-seidel", "multigrid", "direct", "dnn", "mscale-dnn", "hybrid"] {
        assert!(names("solvers").contains(&name.to_string()), "{name} is not listed");
    }
    assert_eq!(names("figures"), ["heatmap", "first-passage", "histories", "error", "fields"]);
    let text = modewise(here.path(), &["list", "solvers"]);
    assert!(String::from_utf8_lossy(&text.stdout).contains("omega=1"));
}

#[test]
fn json_is_all_there_is_on_stdout() {
    let folder = tempfile::tempdir().unwrap();
    let output = modewise(folder.path(), &[&SMALL[..], &["--json", "--stop", "steps=5"]].concat());
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["solvers"][0]["steps"], 5);
    for name in ["heatmap", "first-passage", "histories", "error", "fields"] {
        for format in ["svg", "png"] {
            assert!(folder.path().join(format!("run/figures/{name}.{format}")).exists(), "{name}.{format}");
        }
    }
}

#[test]
fn a_benchmark_is_one_json_document() {
    let here = tempfile::tempdir().unwrap();
    let quick = ["bench", "classical", "--quick", "--quiet", "--sizes", "15"];
    let more = ["--json", "--threads", "2", "--out", "bench.json"];
    let output = modewise(here.path(), &[&quick[..], &more].concat());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let file: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(here.path().join("bench.json")).unwrap()).unwrap();
    assert_eq!(report, file);
    assert_eq!(report["machine"]["threads"], 2);
    let positive = |row: &serde_json::Value, key: &str| {
        assert!(row[key].as_f64().is_some_and(|value| value > 0.0), "{key} of {row}");
    };
    let rows = |name: &str| report[name].as_array().unwrap().clone();
    for row in rows("bandwidth") {
        positive(&row, "best");
    }
    let has = |name: &str, key: &str, value: &str| rows(name).iter().any(|row| row[key] == value);
    assert!(has("bandwidth", "kernel", "triad") && has("bandwidth", "kernel", "read"));
    assert!(rows("passes").len() >= 2);
    for row in rows("passes") {
        ["gigapoints", "gigabytes", "of_triad"].iter().for_each(|key| positive(&row, key));
    }
    assert!(has("solutions", "solver", "multigrid") && has("solutions", "solver", "direct"));
    for row in rows("solutions") {
        assert_eq!((&row["problem"], &row["unknowns"]), (&"bump-2d".into(), &225.into()));
        assert!(row["residual"].as_f64().unwrap() <= 1e-10, "{row}");
        ["steps", "ns_per_unknown", "ns_per_unknown_step", "bytes_per_unknown"]
            .iter()
            .for_each(|key| positive(&row, key));
        positive(&row["solve_seconds"], "median");
    }
}

#[test]
fn a_benchmark_keeps_to_the_exit_codes() {
    let here = tempfile::tempdir().unwrap();
    let bench = |more: &[&'static str]| {
        let quick = ["bench", "classical", "--quick", "--quiet", "--sizes", "7", "--solver"];
        modewise(here.path(), &[&quick[..], more].concat())
    };
    for (part, [loops, solutions]) in [("loops", [true, false]), ("solutions", [false, true])] {
        let quick = ["bench", "classical", "--quick", "--quiet", "--sizes", "7x9", "--solver", "multigrid"];
        let output = modewise(here.path(), &[&quick[..], &["--part", part, "--json"]].concat());
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["passes"].as_array().is_some_and(|rows| !rows.is_empty()), loops);
        assert_eq!(report["solutions"][0]["shape"] == serde_json::json!([7, 9]), solutions);
    }
    // Rounding stands in the way of a tolerance that was asked for.
    assert_eq!(code(&bench(&["multigrid", "--rtol", "1e-30"])), 1);
    assert_eq!(code(&bench(&["jacobi,omega=2.5"])), 3);
    for (wrong, message) in [
        (&["jacoby"][..], "did you mean `jacobi`?"),
        (&["jacobi", "--problem", "bump-5d"], "did you mean"),
        (&["jacobi", "--problem", "sines-1d"], "in 2-D or 3-D"),
        (&["dnn"], "a classical solver"),
        (&["jacobi", "--rtol", "-1"], "not a positive number"),
        (&["jacobi", "--sizes-3d", "4000000000"], "cells"),
        (&["jacobi", "--sizes-3d", "12x13"], "3 in 3-D"),
        (&["jacobi", "--sizes-3d", "100000"], "GB of memory"),
    ] {
        let output = bench(wrong);
        assert_eq!(code(&output), 2, "{wrong:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(message), "{wrong:?}: {}", stderr(&output));
    }
    assert_eq!(code(&bench(&["jacobi", "--out", "no/such/folder.json"])), 4);
}

#[test]
fn a_benchmark_of_networks_is_one_json_document() {
    let here = tempfile::tempdir().unwrap();
    let quick = ["bench", "neural", "--quick", "--quiet", "--threads", "2"];
    let output = modewise(here.path(), &[&quick[..], &["--json", "--out", "bench.json"]].concat());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let file: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(here.path().join("bench.json")).unwrap()).unwrap();
    assert_eq!(report, file);
    for (table, keys) in [
        ("peak", &["best", "median"][..]),
        ("throughput", &["steps", "points", "gigaflops", "of_peak"]),
        ("accuracy", &["best", "best_seconds"]),
    ] {
        let rows = report[table].as_array().unwrap();
        assert!(!rows.is_empty(), "{table}");
        for row in rows {
            for key in keys {
                assert!(row[*key].as_f64().is_some_and(|value| value > 0.0), "{key} of {row}");
            }
        }
    }
    for network in ["A64", "B128", "M6"] {
        for threads in [1, 2] {
            for loss in ["ritz", "residual"] {
                let has = |row: &serde_json::Value| {
                    row["network"] == network && row["threads"] == threads && row["loss"] == loss
                };
                assert!(
                    report["throughput"].as_array().unwrap().iter().any(has),
                    "{network} {threads} {loss}"
                );
            }
        }
    }
    // A spectral solver on the finest grids has the accuracy of second-order differences.
    let fft = report["accuracy"].as_array().unwrap().iter().find(|row| row["method"] == "fft").unwrap();
    assert!(fft["best"].as_f64().unwrap() < 1e-1, "{fft}");
}

/// A Jacobi sweep is one work unit, so that errors at steps and at work are the same; beyond the end there are none.
#[test]
fn errors_are_read_off_at_steps_or_at_work() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let run = [&SMALL[..], &["--stop", "steps=20", "--record", "all", "--no-figures"]].concat();
    assert_eq!(code(&modewise(here, &run)), 0);
    let row = |axis: &str, at: &str| {
        let output = modewise(here, &["table", "run", axis, at]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let text = String::from_utf8(output.stdout).unwrap();
        let row = text.lines().find(|line| line.starts_with("| jacobi")).unwrap().to_string();
        row.split('|').map(|cell| cell.trim().to_string()).collect::<Vec<_>>()
    };
    let steps = row("--steps", "5,20");
    assert_eq!(row("--work", "5.5,20"), steps);
    let [five, twenty] = [2, 3].map(|column| steps[column].parse::<f64>().unwrap());
    assert!(0.0 < twenty && twenty < five, "{steps:?}");
    assert_eq!(row("--seconds", "1e9")[2], "–");
    for wrong in
        [&["--steps", "5", "--work", "5"][..], &["--steps", "1.5"], &["--seconds", "nan"], &["--work=-1"]]
    {
        assert_eq!(code(&modewise(here, &[&["table", "run"], wrong].concat())), 2, "{wrong:?}");
    }
}

/// Fields for other programs are there at every stored step, and `--force` clears them away with the rest.
#[test]
fn fields_are_stored_for_other_programs_too() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let solve = |fields: &str| {
        let common = [
            "solve",
            "disc-2d",
            "--solver",
            "pcg",
            "--grid",
            "16",
            "--no-figures",
            "--force",
            "--out",
            "run",
        ];
        modewise(here, &[&common[..], &["--fields", fields]].concat())
    };
    let endings = || {
        let mut endings: Vec<String> = fs::read_dir(here.join("run/fields"))
            .unwrap()
            .map(|entry| entry.unwrap().path().extension().unwrap().to_string_lossy().into_owned())
            .collect();
        endings.sort();
        endings
    };
    assert_eq!(code(&solve("dx,vti")), 0);
    let all = endings();
    let of = |name: &str| all.iter().filter(|ending| *ending == name).count();
    assert!(of("npy") >= 3 && of("dx") == of("npy") && of("vti") == of("npy"), "{all:?}");
    let dx = fs::read_to_string(here.join("run/fields/reference.dx")).unwrap();
    assert!(dx.contains("object 1 class gridpositions counts 17 17\n") && dx.contains("NaN"));
    assert_eq!(code(&solve("npy")), 0);
    assert!(endings().iter().all(|ending| ending == "npy"), "{:?}", endings());
    let output = solve("npz");
    assert!(code(&output) == 2 && stderr(&output).contains("fields = npz is not a list of npy, dx, vti"));
}
