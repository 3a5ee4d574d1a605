//! What a run folder promises: the same bytes every time, and nothing lost on the way.

mod checkpoints;
mod gridless;
mod networks;

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use modewise::{
    experiment::{self, Plan, Progress, Quiet, Setup},
    store::schema::SolverSummary,
};
use modewise_problems::{Spec, file::ProblemFile};
use modewise_solvers::{StopRule, run::Tick};

const MIXED: &str = "
    problem = 'fprinciple-1d'
    grid = 64
    stop = 'steps=60'
    solver = [
        'jacobi,omega=1', 'gauss-seidel', 'multigrid,smoother=jacobi',
        'dnn,width=16,depth=2,boundary=exact,init=glorot,points=65',
        'mscale-dnn,scales=[1,4],width=8,depth=2,points=64,resample=1',
        'hybrid,first=(dnn,width=8,depth=1,boundary=exact,points=65),steps=20,second=(jacobi,omega=1)',
    ]";

fn start(text: &str, folder: &Path, cancel: &AtomicBool, progress: &mut dyn Progress) {
    let setup = Setup::new(&Plan::from_toml(text, &[]).unwrap(), false).unwrap();
    experiment::run(&setup, folder, false, cancel, progress).unwrap();
}

/// A table without its column of seconds: what must not depend on machine, threads or repetition.
fn timeless(folder: &Path, table: &str) -> String {
    let mut reader = csv::Reader::from_path(folder.join(table)).unwrap();
    let times: Vec<bool> = reader.headers().unwrap().iter().map(|name| name.starts_with("seconds")).collect();
    let mut text = String::new();
    for row in reader.records() {
        let row = row.unwrap();
        for (cell, _) in row.iter().zip(&times).filter(|(_, time)| !**time) {
            text += cell;
            text.push(',');
        }
        text.push('\n');
    }
    text
}

const TABLES: [&str; 3] = ["history.csv", "modes.csv", "order.csv"];

#[test]
fn the_same_file_gives_the_same_bytes_at_any_number_of_threads() {
    let folders: Vec<_> = [1, 2, 2, 5]
        .into_iter()
        .map(|threads| {
            let folder = tempfile::tempdir().unwrap();
            let pool =
                rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(16 << 20).build().unwrap();
            pool.install(|| start(MIXED, folder.path(), &AtomicBool::new(false), &mut Quiet));
            folder
        })
        .collect();
    for table in TABLES {
        let first = timeless(folders[0].path(), table);
        assert!(first.lines().count() > 6, "{table} is empty");
        for folder in &folders[1..] {
            assert!(timeless(folder.path(), table) == first, "{table} differs");
        }
    }
}

/// Ends an experiment at a step of one of its solvers, as Ctrl-C would.
struct CancelAt<'a> {
    label: &'static str,
    now: bool,
    cancel: &'a AtomicBool,
}

impl Progress for CancelAt<'_> {
    fn begin(&mut self, label: &str, _seed: Option<u64>, _stop: &StopRule) {
        self.now = label == self.label;
    }
    fn tick(&mut self, _tick: Tick) {
        if self.now {
            self.cancel.store(true, Ordering::Relaxed);
        }
    }
    fn end(&mut self, _summary: &SolverSummary) {}
}

#[test]
fn a_resumed_run_equals_an_uninterrupted_one() {
    let whole = tempfile::tempdir().unwrap();
    start(MIXED, whole.path(), &AtomicBool::new(false), &mut Quiet);
    for label in ["jacobi", "multigrid", "dnn", "mscale-dnn", "hybrid"] {
        let folder = tempfile::tempdir().unwrap();
        let cancel = AtomicBool::new(false);
        start(MIXED, folder.path(), &cancel, &mut CancelAt { label, now: false, cancel: &cancel });
        let summary = fs::read_to_string(folder.path().join("summary.json")).unwrap();
        assert!(summary.contains("\"interrupted\""), "{label} was not interrupted");
        let resumed = experiment::resume(folder.path(), &AtomicBool::new(false), &mut Quiet).unwrap();
        assert!(resumed.is_some(), "nothing was left to do");
        for table in TABLES {
            assert!(
                timeless(folder.path(), table) == timeless(whole.path(), table),
                "{label}: {table} differs"
            );
        }
        assert_eq!(files(folder.path()), files(whole.path()), "{label}: other files");
        assert!(experiment::resume(folder.path(), &AtomicBool::new(false), &mut Quiet).unwrap().is_none());
    }
}

/// A loss that falls at four points while the error rises from the first step on: the warning names that step, also where
/// the run was interrupted after it.
#[test]
fn what_a_run_warns_of_survives_an_interruption() {
    let text = "problem = 'sines-1d,modes=[1,5]'\ngrid = 32\nstop = 'steps=400'\n\
                solver = 'dnn,width=8,depth=1,points=4,loss=residual,resample=0,lr=1e-2'";
    let advice = |folder: &Path| {
        let summary: serde_json::Value =
            serde_json::from_slice(&fs::read(folder.join("summary.json")).unwrap()).unwrap();
        summary["solvers"][0]["advice"].as_str().unwrap().to_string()
    };
    let (whole, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    start(text, whole.path(), &AtomicBool::new(false), &mut Quiet);
    let cancel = AtomicBool::new(false);
    start(text, folder.path(), &cancel, &mut CancelAt { label: "dnn", now: false, cancel: &cancel });
    assert_eq!(resume(folder.path()), Ok(true));
    assert!(advice(whole.path()).contains("(step 1)"), "{}", advice(whole.path()));
    assert_eq!(advice(folder.path()), advice(whole.path()));
}

/// Examples name only what there is, and nothing that has no effect.
#[test]
fn every_example_is_ready_to_run() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let files = |folder: &Path| -> Vec<_> {
        let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        paths.filter(|path| path.is_file()).collect()
    };
    for file in files(&folder.join("problems")) {
        let (name, text) = (file.display().to_string(), fs::read_to_string(&file).unwrap());
        let problem = ProblemFile::new(&name, &text).build(&Spec::new(&name));
        assert!(problem.is_ok(), "{}", problem.unwrap_err());
    }
    let files = files(&folder);
    assert!(files.len() > 10, "{files:?}");
    for file in files {
        let plan = Plan::from_toml(&fs::read_to_string(&file).unwrap(), &[]);
        let ready = plan.and_then(|plan| Setup::new(&plan, true));
        assert!(ready.is_ok(), "{}: {}", file.display(), ready.err().unwrap());
    }
}

/// The names of a run's files and fields.
fn files(folder: &Path) -> Vec<String> {
    let names = |folder: &Path| -> Vec<String> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    let mut all = [names(folder), names(&folder.join("fields"))].concat();
    all.sort();
    all
}

#[test]
fn the_resolved_experiment_file_reruns_as_it_is() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    start(MIXED, first.path(), &AtomicBool::new(false), &mut Quiet);
    let resolved = fs::read_to_string(first.path().join("experiment.toml")).unwrap();
    start(&resolved, second.path(), &AtomicBool::new(false), &mut Quiet);
    assert_eq!(timeless(first.path(), "modes.csv"), timeless(second.path(), "modes.csv"));
    assert_eq!(resolved, fs::read_to_string(second.path().join("experiment.toml")).unwrap());
}

#[test]
fn several_seeds_have_a_column_and_differ() {
    let folder = tempfile::tempdir().unwrap();
    let text = "problem = 'sines-1d'\ngrid = 32\nstop = 'steps=20'\nseeds = 3\nseed = 5\n\
                solver = 'dnn,width=8,depth=1,points=33'";
    start(text, folder.path(), &AtomicBool::new(false), &mut Quiet);
    let mut errors = std::collections::BTreeMap::new();
    let mut history = csv::Reader::from_path(folder.path().join("history.csv")).unwrap();
    for row in history.records() {
        let row = row.unwrap();
        errors.insert(row.iter().next_back().unwrap().to_string(), row[5].to_string());
    }
    assert_eq!(errors.keys().collect::<Vec<_>>(), ["5", "6", "7"]);
    assert!(errors["5"] != errors["6"] && errors["6"] != errors["7"]);
}

/// One solver that diverges keeps its history and does not stop the others.
#[test]
fn a_diverging_solver_is_a_result() {
    let folder = tempfile::tempdir().unwrap();
    let text = "problem = 'sines-1d'\ngrid = 32\nsolver = ['jacobi,omega=2.5', 'multigrid']";
    start(text, folder.path(), &AtomicBool::new(false), &mut Quiet);
    let summary: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.path().join("summary.json")).unwrap()).unwrap();
    assert_eq!(summary["solvers"][0]["outcome"], "diverged");
    assert!(summary["solvers"][0]["advice"].as_str().unwrap().contains("omega"));
    assert_eq!(summary["solvers"][1]["outcome"], "converged");
    assert!(
        timeless(folder.path(), "history.csv").lines().filter(|row| row.starts_with("jacobi")).count() > 5
    );
}

const LONG: &str =
    "problem = 'sines-1d'\ngrid = 32\nstop = 'steps=400'\nsolver = 'dnn,width=8,depth=1,points=33'";

/// Interrupts `LONG` in a new folder.
fn interrupted() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let cancel = AtomicBool::new(false);
    start(LONG, folder.path(), &cancel, &mut CancelAt { label: "dnn", now: false, cancel: &cancel });
    folder
}

fn resume(folder: &Path) -> Result<bool, String> {
    let resumed = experiment::resume(folder, &AtomicBool::new(false), &mut Quiet);
    resumed.map(|resumed| resumed.is_some()).map_err(|error| error.to_string())
}

/// A run is resumed as it was begun or not at all, and a refusal leaves it resumable.
#[test]
fn an_edited_experiment_is_not_resumed() {
    let folder = interrupted();
    let file = folder.path().join("experiment.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("lr = 0.001", "lr = 0.5")).unwrap();
    let error = resume(folder.path()).unwrap_err();
    assert!(error.contains("changed since the run began"), "{error}");
    fs::write(&file, text).unwrap();
    assert_eq!(resume(folder.path()), Ok(true));
}

#[test]
fn a_table_that_lost_rows_is_damaged_and_left_alone() {
    let folder = interrupted();
    fs::write(folder.path().join("modes.csv"), "").unwrap();
    let error = resume(folder.path()).unwrap_err();
    assert!(error.contains("modes.csv is damaged"), "{error}");
    assert_eq!(fs::read(folder.path().join("modes.csv")).unwrap(), b"");
}

/// One folder has one writer.
#[test]
fn a_folder_being_written_is_busy() {
    let folder = interrupted();
    let writer = modewise::store::RunFolder::reopen(folder.path()).unwrap();
    assert!(resume(folder.path()).unwrap_err().contains("another modewise"));
    let setup = Setup::new(&Plan::from_toml(LONG, &[]).unwrap(), false).unwrap();
    let replaced = experiment::run(&setup, folder.path(), true, &AtomicBool::new(false), &mut Quiet);
    assert!(replaced.unwrap_err().to_string().contains("another modewise"));
    drop(writer);
    assert_eq!(resume(folder.path()), Ok(true));
}

/// `--force` replaces a run and nothing of the user's.
#[test]
fn replacing_a_run_keeps_foreign_files() {
    let folder = tempfile::tempdir().unwrap();
    start(LONG, folder.path(), &AtomicBool::new(false), &mut Quiet);
    let foreign = ["figures/mine.png", "fields/data.npy", "notes.txt"].map(|name| folder.path().join(name));
    fs::create_dir_all(folder.path().join("figures")).unwrap();
    for file in &foreign {
        fs::write(file, "mine").unwrap();
    }
    let setup = Setup::new(&Plan::from_toml(LONG, &[]).unwrap(), false).unwrap();
    experiment::run(&setup, folder.path(), true, &AtomicBool::new(false), &mut Quiet).unwrap();
    for file in &foreign {
        assert_eq!(fs::read(file).unwrap(), b"mine", "{}", file.display());
    }
}

/// Where b = 0 the residual is relative to that of the start.
#[test]
fn a_homogeneous_problem_has_a_relative_residual() {
    let folder = tempfile::tempdir().unwrap();
    let text = "problem = 'sines-1d,amplitudes=[0]'\ngrid = 32\ninitial = 'random'\n\
                stop = 'rtol=1e-3'\nsolver = 'multigrid,smoother=jacobi'";
    start(text, folder.path(), &AtomicBool::new(false), &mut Quiet);
    let mut history = csv::Reader::from_path(folder.path().join("history.csv")).unwrap();
    let residuals: Vec<f64> = history.records().map(|row| row.unwrap()[4].parse().unwrap()).collect();
    assert_eq!(residuals[0], 1.0);
    assert!(residuals.last().unwrap() <= &1e-3 && residuals.len() > 2, "{residuals:?}");
}

/// No table holds a word where a number belongs, whatever happens to a run.
#[test]
fn tables_of_diverging_runs_hold_numbers_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let text = "problem = 'fprinciple-1d'\ngrid = 64\nstop = 'steps=200'\n\
                solver = ['jacobi,omega=1e308', 'dnn,width=16,depth=2,lr=1e300,points=65']";
    start(text, folder.path(), &AtomicBool::new(false), &mut Quiet);
    for table in TABLES {
        let text = fs::read_to_string(folder.path().join(table)).unwrap().to_lowercase();
        assert!(!text.contains("inf") && !text.contains("nan"), "{table}");
    }
    let summary: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.path().join("summary.json")).unwrap()).unwrap();
    for solver in summary["solvers"].as_array().unwrap() {
        assert_eq!(solver["outcome"], "diverged", "{}", solver["name"]);
    }
}

/// A hybrid of hybrids says which stage of which part runs, and when each handed over.
#[test]
fn nested_hybrids_keep_their_stages_apart() {
    let folder = tempfile::tempdir().unwrap();
    let text = "problem = 'sines-1d'\ngrid = 32\nstop = 'steps=12'\nrecord = 'all'\nwatch = 'every=1'\n\
                solver = 'hybrid,first=(hybrid,first=(jacobi),steps=3,second=(gauss-seidel)),steps=7,second=(multigrid,smoother=jacobi)'";
    start(text, folder.path(), &AtomicBool::new(false), &mut Quiet);
    let mut history = csv::Reader::from_path(folder.path().join("history.csv")).unwrap();
    assert_eq!(&history.headers().unwrap()[7], "stage");
    assert_eq!(&history.headers().unwrap()[8], "first.stage");
    let stages: Vec<(String, String)> =
        history.records().map(Result::unwrap).map(|row| (row[7].to_string(), row[8].to_string())).collect();
    let stage = |step: usize| (stages[step].0.as_str(), stages[step].1.as_str());
    assert_eq!(
        [stage(2), stage(3), stage(6), stage(7)],
        [("1.0", "1.0"), ("1.0", "2.0"), ("1.0", "2.0"), ("2.0", "")]
    );
    let summary: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.path().join("summary.json")).unwrap()).unwrap();
    let milestones = summary["solvers"][0]["milestones"].as_array().unwrap();
    assert_eq!(milestones.iter().map(|m| m["step"].as_u64().unwrap()).collect::<Vec<_>>(), [3, 7]);
}

/// Parseval for the eigenvectors of an operator with jumping coefficients: at every recorded step the squares of
/// all amplitudes add up to the square of the error, and the figures of such modes can be drawn.
#[test]
fn eigenvectors_of_the_operator_split_all_of_the_error() {
    let folder = tempfile::tempdir().unwrap();
    let text = "
        problem = 'jump-2d'
        grid = [10, 12]
        transform = 'eigen'
        initial = 'random'
        stop = 'steps=12'
        record = 'all'
        watch = 'every=1'
        solver = ['jacobi,omega=0.8']";
    start(text, folder.path(), &AtomicBool::new(false), &mut Quiet);
    let rows = |table: &str| -> Vec<csv::StringRecord> {
        csv::Reader::from_path(folder.path().join(table)).unwrap().records().map(Result::unwrap).collect()
    };
    let energy = |step: &str| -> f64 {
        let modes = rows("modes.csv");
        let of_step: Vec<f64> =
            modes.iter().filter(|row| &row[1] == step).map(|row| row[5].parse().unwrap()).collect();
        assert_eq!(of_step.len(), 9 * 11);
        of_step.iter().map(|amplitude| amplitude * amplitude).sum()
    };
    let history = rows("history.csv");
    assert_eq!(history.len(), 13);
    let error = |row: &csv::StringRecord| row[5].parse::<f64>().unwrap().powi(2);
    for row in &history {
        let (split, whole) = (energy(&row[1]) / energy("0"), error(row) / error(&history[0]));
        assert!((split / whole - 1.0).abs() < 1e-10, "step {}: {split} of {whole}", &row[1]);
    }
    let order = rows("order.csv");
    assert!(order.iter().any(|row| &row[1] == "1") && order.iter().all(|row| row[8].is_empty()));
    let run = modewise::store::read::RunData::read(folder.path()).unwrap();
    for figure in modewise::figure::REGISTRY {
        (figure.draw)(&run).unwrap();
    }
}
