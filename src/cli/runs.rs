//! `solve`, `compare`, `run`, `plot` and `resume`.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use clap::ArgMatches;
use modewise::{
    experiment::{self, ConfigError, OPTIONS, Plan, Setup, Start},
    figure::{self, Format},
    store::{StoreError, read::RunData, schema::Summary},
};
use toml::{Table, Value};

use super::{
    emit,
    exit::{Exit, Failure},
    progress::Bars,
    table,
};

/// What `compare` runs without arguments.
const DEMO: &str = include_str!("../../examples/demo.toml");

pub(super) fn run(command: &str, arguments: &ArgMatches) -> Result<Exit, Failure> {
    let (table, file) = plan_table(command, arguments)?;
    let in_file = |error: ConfigError| match &file {
        Some(file) => ConfigError::InFile { file: file.clone(), error: Box::new(error) },
        None => error,
    };
    let mut plan = Plan::from_table(&table).map_err(in_file)?;
    if let Some(folder) = file.as_ref().and_then(|file| Path::new(file).parent()) {
        plan = plan.found_from(folder);
    }
    start_threads(plan.threads)?;
    let force = arguments.get_flag("force");
    let setup = Setup::new(&plan, force).map_err(in_file)?;
    let path = match arguments.get_one::<String>("out") {
        Some(out) => PathBuf::from(out),
        None => default_folder(&setup)?,
    };
    let quiet = arguments.get_flag("quiet");
    for note in setup.notes().filter(|_| !quiet) {
        eprintln!("modewise: {note}");
    }
    if !quiet && setup.plan.initial != Start::Zero {
        for prepared in setup.solvers.iter().filter(|prepared| !prepared.need.uses_initial) {
            eprintln!("modewise: {} has a start of its own; --initial does not apply to it", prepared.label);
        }
    }
    let cancel = cancel_on_ctrl_c();
    let mut bars = Bars::new(quiet);
    let summary = experiment::run(&setup, &path, force, &cancel, &mut bars)?;
    finish(&summary, &path, arguments, !arguments.get_flag("no-figures"))
}

pub(super) fn resume(arguments: &ArgMatches) -> Result<Exit, Failure> {
    let path = PathBuf::from(text(arguments, "folder"));
    let cancel = cancel_on_ctrl_c();
    let mut bars = Bars::new(arguments.get_flag("quiet"));
    start_threads(experiment::plan_of(&path)?.threads)?;
    match experiment::resume(&path, &cancel, &mut bars)? {
        Some((_, summary)) => finish(&summary, &path, arguments, !arguments.get_flag("no-figures")),
        None => {
            eprintln!("modewise: {} is complete; there is nothing to resume", path.display());
            Ok(Exit::Done)
        }
    }
}

pub(super) fn plot(arguments: &ArgMatches) -> Result<Exit, Failure> {
    let path = PathBuf::from(text(arguments, "folder"));
    let run = RunData::read(&path)?;
    let names: Option<Vec<&str>> =
        arguments.get_many::<String>("figure").map(|names| names.map(String::as_str).collect());
    let formats = match arguments.get_many::<String>("format") {
        // Invariant: clap lets only svg and png through.
        Some(formats) => formats.filter_map(|format| format.parse().ok()).collect(),
        None => vec![Format::Svg, Format::Png],
    };
    let drawn = figure::draw(&run, names.as_deref(), &formats, &path.join("figures"))?;
    emit(&drawn.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join("\n"))?;
    Ok(Exit::Done)
}

/// Figures, the summary on stdout, and where everything lies on stderr.
fn finish(summary: &Summary, path: &Path, arguments: &ArgMatches, figures: bool) -> Result<Exit, Failure> {
    if figures {
        let run = RunData::read(path)?;
        figure::draw(&run, None, &[Format::Svg, Format::Png], &path.join("figures"))?;
    }
    if arguments.get_flag("json") {
        emit(&serde_json::to_string_pretty(summary)?)?;
    } else {
        emit(&table::table(summary))?;
    }
    if !arguments.get_flag("quiet") {
        let what = if figures { "tables and figures" } else { "tables" };
        eprintln!("{what} are in {}", path.display());
    }
    Ok(Exit::of(summary))
}

/// The table of a plan, and the file it came from: the file's keys, `--set`, then the options.
fn plan_table(command: &str, arguments: &ArgMatches) -> Result<(Table, Option<String>), Failure> {
    let mut file = None;
    let mut table = match command {
        "run" => {
            let path = text(arguments, "file");
            let content = std::fs::read_to_string(&path)
                .map_err(|error| Failure::Input { path: path.clone(), error })?;
            let changes: Vec<String> = arguments
                .get_many::<String>("set")
                .map(|changes| changes.cloned().collect())
                .unwrap_or_default();
            let read = Plan::table_from_toml(&content, &changes);
            let table =
                read.map_err(|error| ConfigError::InFile { file: path.clone(), error: Box::new(error) })?;
            file = Some(path);
            table
        }
        "compare" if arguments.get_one::<String>("problem").is_none() => Plan::table_from_toml(DEMO, &[])?,
        _ => Table::new(),
    };
    if command != "run"
        && let Some(problem) = arguments.get_one::<String>("problem")
    {
        table.insert("problem".into(), problem.clone().into());
    }
    if let Some(solvers) = arguments.get_many::<String>("solver") {
        table.insert("solver".into(), Value::Array(solvers.map(|spec| spec.clone().into()).collect()));
    }
    for option in OPTIONS {
        if let Some(value) = arguments.get_one::<String>(option.key) {
            table.insert(option.key.into(), value.clone().into());
        }
    }
    Ok((table, file))
}

/// output/<problem>/<UTC time>-<hash of the plan>, made here so that no two runs share it.
fn default_folder(setup: &Setup) -> Result<PathBuf, Failure> {
    let mut hasher = DefaultHasher::new();
    setup.plan.to_toml().hash(&mut hasher);
    let hash = format!("{:016x}", hasher.finish());
    let time = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let name = setup.problem.spec().name;
    // That of a problem file without its folder and ending.
    let name = Path::new(&name).file_stem().unwrap_or_default();
    let parent = Path::new("output").join(name);
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        |source| StoreError::Io { what: "create", path, source }
    };
    std::fs::create_dir_all(&parent).map_err(failed(&parent))?;
    let name = format!("{time}-{}", &hash[..8]);
    let mut path = parent.join(&name);
    let mut number = 2;
    loop {
        match std::fs::create_dir(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                path = parent.join(format!("{name}-{number}"));
                number += 1;
            }
            made => return Ok(made.map(|()| path.clone()).map_err(failed(&path))?),
        }
    }
}

/// The first Ctrl-C ends the run at its next step and keeps what there is; the second ends the program.
pub(super) fn cancel_on_ctrl_c() -> Arc<AtomicBool> {
    let cancel = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&cancel);
    let set = ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(Exit::Interrupted as i32);
        }
        eprintln!("modewise: stopping after this step; Ctrl-C again to give up at once");
    });
    if let Err(error) = set {
        eprintln!("modewise: Ctrl-C will not be caught: {error}");
    }
    cancel
}

/// rayon owns the cores; LAPACK's frames do not fit the usual stack of a thread. More threads than cores would only
/// wait for each other, up to a slice of the scheduler's time at every pass, so that no more are started.
pub(super) fn start_threads(threads: usize) -> Result<(), Failure> {
    let cores = std::thread::available_parallelism().map_or(usize::MAX, NonZeroUsize::get);
    if threads > cores {
        eprintln!(
            "modewise: {threads} threads on {cores} cores: {cores} are started, the results are the same"
        );
    }
    rayon::ThreadPoolBuilder::new().num_threads(threads.min(cores)).stack_size(16 << 20).build_global()?;
    Ok(())
}

/// An argument that clap requires.
fn text(arguments: &ArgMatches, name: &str) -> String {
    arguments.get_one::<String>(name).cloned().unwrap_or_default()
}
