//! Two generations of checkpoints: what is cut short is refused, and the one before it is used.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use modewise::{
    experiment::{self, Progress, Quiet},
    store::{checkpoint, schema::SolverSummary},
};
use modewise_solvers::{StopRule, run::Tick};

use super::{start, timeless};

/// A checkpoint after every look.
const RUN: &str = "problem = 'sines-1d'\ngrid = 16\nstop = 'steps=120'\nwatch = 'every=10'\ncheckpoint = 0\n\
                   solver = ['jacobi,steps=3', 'dnn,width=4,depth=1,points=17']";

/// Ends the run of the network at once, as Ctrl-C would: it leaves a checkpoint of its start and one of its first
/// batch of steps.
struct Cancel<'a> {
    network: bool,
    cancel: &'a AtomicBool,
}

impl Progress for Cancel<'_> {
    fn begin(&mut self, label: &str, _seed: Option<u64>, _stop: &StopRule) {
        self.network = label == "dnn";
    }
    fn tick(&mut self, _tick: Tick) {
        self.cancel.store(self.network, Ordering::Relaxed);
    }
    fn end(&mut self, _summary: &SolverSummary) {}
}

/// The same without a grid.
const WITHOUT_GRID: &str = "problem = 'sine-sum-5d'\nstop = 'steps=120'\nwatch = 'every=10'\ncheckpoint = 0\n\
                            solver = ['random-features,count=20,frequency=2,boundary=penalty', \
                            'dnn,width=4,depth=1,points=17,boundary=penalty']";

/// A run that was interrupted in its network.
fn interrupted(run: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let cancel = AtomicBool::new(false);
    start(run, folder.path(), &cancel, &mut Cancel { network: false, cancel: &cancel });
    folder
}

fn step(folder: &Path) -> u64 {
    checkpoint::read(folder).unwrap().checkpoint.unwrap().1.step
}

/// Cut at every byte, the latest checkpoint is refused for what it is, and the one before it is there.
#[test]
fn a_checkpoint_cut_at_any_byte_leaves_the_one_before_it() {
    let folder = interrupted(RUN);
    let [latest, previous] = checkpoint::FILES.map(|name| folder.path().join(name));
    let whole = fs::read(&latest).unwrap();
    let before = fs::read(&previous).unwrap();
    fs::remove_file(&latest).unwrap();
    let step_before = step(folder.path());
    assert!(whole.len() > 500);
    for length in 0..whole.len() {
        fs::write(&latest, &whole[..length]).unwrap();
        let found = checkpoint::read(folder.path()).unwrap();
        assert_eq!(found.checkpoint.map(|(_, checkpoint)| checkpoint.step), Some(step_before), "{length}");
        assert_eq!(found.damaged, [(latest.clone(), "it was cut short".to_string())], "{length}");
    }
    fs::write(&previous, &before[1..]).unwrap();
    let found = checkpoint::read(folder.path()).unwrap();
    assert!(found.checkpoint.is_none() && found.damaged.len() == 2);
}

/// Whichever generation is left, the run goes on to the same end, and says from where.
#[test]
fn a_run_goes_on_from_whatever_is_whole() {
    let whole = tempfile::tempdir().unwrap();
    start(RUN, whole.path(), &AtomicBool::new(false), &mut Quiet);
    let cases: [(&[usize], &[&str]); 3] = [
        (&[], &[]),
        (&[0], &["that of the checkpoint before it"]),
        (&[0, 1], &["from the beginning of this solver's run", "from the beginning of this solver's run"]),
    ];
    for (cut, warnings) in cases {
        let folder = interrupted(RUN);
        for &generation in cut {
            let path = folder.path().join(checkpoint::FILES[generation]);
            let bytes = fs::read(&path).unwrap();
            fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        }
        let cancel = AtomicBool::new(false);
        let mut progress = Hears(Vec::new());
        experiment::resume(folder.path(), &cancel, &mut progress).unwrap().unwrap();
        assert_eq!(progress.0.len(), warnings.len(), "{:?}", progress.0);
        for (said, expected) in progress.0.iter().zip(warnings) {
            assert!(said.contains("it was cut short") && said.contains(expected), "{said}");
        }
        for table in ["history.csv", "modes.csv", "order.csv"] {
            assert_eq!(timeless(folder.path(), table), timeless(whole.path(), table), "{cut:?}");
        }
        for name in checkpoint::FILES {
            assert!(!folder.path().join(name).exists(), "{name} is left over");
        }
    }
}

#[test]
fn a_run_without_a_grid_goes_on_too() {
    let whole = tempfile::tempdir().unwrap();
    start(WITHOUT_GRID, whole.path(), &AtomicBool::new(false), &mut Quiet);
    let folder = interrupted(WITHOUT_GRID);
    assert!(step(folder.path()) < 120);
    experiment::resume(folder.path(), &AtomicBool::new(false), &mut Quiet).unwrap().unwrap();
    for table in ["history.csv", "modes.csv", "order.csv"] {
        assert_eq!(timeless(folder.path(), table), timeless(whole.path(), table));
    }
    assert!(timeless(whole.path(), "history.csv").lines().count() > 12);
}

/// Hears warnings.
struct Hears(Vec<String>);

impl Progress for Hears {
    fn begin(&mut self, _label: &str, _seed: Option<u64>, _stop: &StopRule) {}
    fn tick(&mut self, _tick: Tick) {}
    fn end(&mut self, _summary: &SolverSummary) {}
    fn warn(&mut self, message: &str) {
        self.0.push(message.into());
    }
}
