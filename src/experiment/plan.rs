//! A plan: everything that defines an experiment, as plain data, read from a table and written back.

use std::path::Path;

use modewise_problems::{Spec, file, spec::nearest};
use modewise_solvers::{ReferenceKind, StopRule};
use toml::{Table, Value};

use super::{
    config_error::ConfigError,
    options::OPTIONS,
    table::{Reader, apply, bad, solvers, text_of},
};
use crate::{
    modes::{ModeChoice, Split, TransformKind},
    store::fields::{FORMATS, FieldFormat},
};

/// Where the initial guess comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Zero.
    Zero,
    /// Uniform noise.
    Random,
    /// Every mode of the error at the same amplitude.
    White,
}

/// When modes are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watch {
    /// Every step while that is cheap, else log-spaced.
    Auto,
    /// Every n-th step.
    Every(u64),
}

/// Which watched steps are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// 20 a decade.
    Log,
    /// Every n-th step.
    Every(u64),
    /// All that are watched.
    All,
}

/// One solver of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct SolverPlan {
    /// A label of the user's own.
    pub label: Option<String>,
    /// The solver and its keys.
    pub spec: Spec,
    /// A budget of steps of its own.
    pub steps: Option<u64>,
    /// The run folder, and the label after a colon, whose network it starts from.
    pub start: Option<String>,
}

/// An experiment as data.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The problem.
    pub problem: Spec,
    /// The solvers, in order.
    pub solvers: Vec<SolverPlan>,
    /// Cells per axis; empty for the default of the dimension.
    pub grid: Vec<usize>,
    /// When solvers stop.
    pub stop: StopRule,
    /// The initial guess.
    pub initial: Start,
    /// `discrete`, `exact` or `refined`; `None` where nothing is said: `discrete`, if it can be had.
    pub reference: Option<ReferenceKind>,
    /// Whether the error against the differential equation is estimated.
    pub error_bar: bool,
    /// The estimated relative L2 error to refine to.
    pub accuracy: Option<f64>,
    /// How the error is split.
    pub transform: Split,
    /// Tracked modes.
    pub modes: ModeChoice,
    /// First passage.
    pub tol: f64,
    /// When modes are computed.
    pub watch: Watch,
    /// Which of those are stored.
    pub record: Record,
    /// First seed.
    pub seed: u64,
    /// Number of seeds.
    pub seeds: u64,
    /// Threads; 0 for all cores.
    pub threads: usize,
    /// Seconds between checkpoints.
    pub checkpoint: f64,
    /// The formats of stored fields; NumPy's is always one of them.
    pub fields: Vec<FieldFormat>,
}

impl Start {
    /// Its word in a plan.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zero => "zero",
            Self::Random => "random",
            Self::White => "white",
        }
    }
}

const TRANSFORMS: [Split; 5] = [
    Split::Waves(TransformKind::Auto),
    Split::Waves(TransformKind::Sine),
    Split::Waves(TransformKind::Cosine),
    Split::Waves(TransformKind::Fourier),
    Split::Eigen,
];

const REFERENCES: [(&str, ReferenceKind); 3] = [
    ("discrete", ReferenceKind::Discrete),
    ("exact", ReferenceKind::Exact),
    ("refined", ReferenceKind::Refined),
];

/// What a reference is called.
pub(super) fn name(reference: ReferenceKind) -> &'static str {
    REFERENCES.iter().find(|(_, kind)| *kind == reference).map_or("none", |(name, _)| name)
}

impl Plan {
    /// Reads a plan from a table: an experiment file, the command line, or both merged.
    ///
    /// # Errors
    /// An unknown key, with the nearest valid one; a value out of range; no problem or no solver.
    pub fn from_table(table: &Table) -> Result<Self, ConfigError> {
        let known: Vec<String> = ["problem", "solver"]
            .into_iter()
            .chain(OPTIONS.map(|option| option.key))
            .map(String::from)
            .collect();
        if let Some(key) = table.keys().find(|key| !known.contains(key)) {
            return Err(ConfigError::UnknownKey { key: key.clone(), hint: nearest(key, &known) });
        }
        let problem = table.get("problem").ok_or_else(|| {
            ConfigError::Missing("no problem is given; `modewise list problems` shows what there is".into())
        })?;
        let problem = Spec::from_value(problem).ok_or_else(|| {
            bad("problem", problem, "a name such as fprinciple-1d, or a table with a name")
        })??;
        let read = Reader(table);
        Ok(Self {
            problem,
            solvers: solvers(table)?,
            grid: match read.text("grid").as_str() {
                "auto" => Vec::new(),
                text => text
                    .split(',')
                    .map(|n| {
                        n.trim()
                            .parse()
                            .map_err(|_| read.bad("grid", "a whole number of cells, or one per axis"))
                    })
                    .collect::<Result<_, _>>()?,
            },
            stop: match table.get("stop") {
                Some(value) => text_of(value).parse()?,
                None => StopRule::default(),
            },
            initial: read.choice(
                "initial",
                &[Start::Zero, Start::Random, Start::White].map(|start| (start.name(), start)),
            )?,
            reference: if table.contains_key("reference") {
                Some(read.choice("reference", &REFERENCES)?)
            } else {
                None
            },
            error_bar: read.choice("error-bar", &[("false", false), ("true", true)])?,
            accuracy: match read.text("accuracy").as_str() {
                "none" => None,
                _ => Some(read.number("accuracy", "a number between 0 and 1, or none", |tol: &f64| {
                    *tol > 0.0 && *tol < 1.0
                })?),
            },
            transform: read.choice("transform", &TRANSFORMS.map(|split| (split.name(), split)))?,
            modes: read.text("modes").parse()?,
            tol: read.number("tol", "a number above 0", |tol: &f64| tol.is_finite() && *tol > 0.0)?,
            watch: match read.every("watch")? {
                (_, Some(n)) => Watch::Every(n),
                ("auto", None) => Watch::Auto,
                _ => return Err(read.bad("watch", "auto or every=N")),
            },
            record: match read.every("record")? {
                (_, Some(n)) => Record::Every(n),
                ("log", None) => Record::Log,
                ("all", None) => Record::All,
                _ => return Err(read.bad("record", "log, every=N or all")),
            },
            seed: read
                .number("seed", "a whole number of at least 0", |seed: &u64| *seed <= i64::MAX as u64)?,
            seeds: read.number("seeds", "a whole number from 1 to 100000", |seeds: &u64| {
                (1..=100_000).contains(seeds)
            })?,
            threads: read
                .number("threads", "a whole number from 0 to 1024", |threads: &usize| *threads <= 1024)?,
            checkpoint: read
                .number("checkpoint", "a number of seconds of at least 0", |seconds: &f64| *seconds >= 0.0)?,
            fields: fields(&read)?,
        })
    }

    /// Reads the text of an experiment file, with `changes` (`key=value`, or `label.key=value` for a
    /// solver's key) applied.
    ///
    /// # Errors
    /// As [`Plan::from_table`], and text that is not TOML.
    pub fn from_toml(text: &str, changes: &[String]) -> Result<Self, ConfigError> {
        Self::from_table(&Self::table_from_toml(text, changes)?)
    }

    /// The table of an experiment file with `changes` applied.
    ///
    /// # Errors
    /// Text that is not TOML, and a change that fits nothing in it.
    pub fn table_from_toml(text: &str, changes: &[String]) -> Result<Table, ConfigError> {
        let mut table: Table = text
            .parse()
            .map_err(|error: toml::de::Error| ConfigError::Toml(error.to_string().trim_end().into()))?;
        for change in changes {
            apply(&mut table, change)?;
        }
        Ok(table)
    }

    /// The seeds every solver runs with, in order.
    pub fn all_seeds(&self) -> impl Iterator<Item = u64> + use<> {
        let first = self.seed;
        (0..self.seeds).map(move |offset| first.wrapping_add(offset))
    }

    /// The plan with a problem file of the user's own found from `folder`, where the experiment file lies.
    #[must_use]
    pub fn found_from(mut self, folder: &Path) -> Self {
        if file::is_path(&self.problem.name) {
            self.problem.name = folder.join(&self.problem.name).display().to_string();
        }
        self
    }

    /// The plan as an experiment file that reads back as the same plan.
    pub fn to_toml(&self) -> String {
        let mut table = Table::new();
        let mut set = |key: &str, value: Value| table.insert(key.to_string(), value);
        set("problem", Value::Table(self.problem.to_table()));
        if !self.grid.is_empty() {
            set("grid", self.grid.iter().map(|&n| n as i64).collect::<Vec<_>>().into());
        }
        if self.stop.asked {
            set("stop", self.stop.to_string().into());
        }
        set("initial", self.initial.name().into());
        if let Some(reference) = self.reference {
            set("reference", name(reference).into());
        }
        if self.error_bar {
            set("error-bar", true.into());
        }
        if let Some(accuracy) = self.accuracy {
            set("accuracy", accuracy.into());
        }
        set("transform", self.transform.name().into());
        set("modes", self.modes.to_string().into());
        set("tol", self.tol.into());
        let watch = match self.watch {
            Watch::Auto => "auto".to_string(),
            Watch::Every(n) => format!("every={n}"),
        };
        set("watch", watch.into());
        let record = match self.record {
            Record::Log => "log".to_string(),
            Record::All => "all".to_string(),
            Record::Every(n) => format!("every={n}"),
        };
        set("record", record.into());
        set("seed", (self.seed as i64).into());
        set("seeds", (self.seeds as i64).into());
        set("threads", (self.threads as i64).into());
        set("checkpoint", self.checkpoint.into());
        if self.fields.iter().any(|format| !format.is_always()) {
            set("fields", self.fields.iter().map(|format| format.name).collect::<Vec<_>>().join(",").into());
        }
        let solvers = self.solvers.iter().map(|solver| {
            let mut table = solver.spec.to_table();
            if let Some(label) = &solver.label {
                table.insert("label".into(), label.clone().into());
            }
            if let Some(steps) = solver.steps {
                table.insert("steps".into(), (steps as i64).into());
            }
            if let Some(start) = &solver.start {
                table.insert("start".into(), start.clone().into());
            }
            Value::Table(table)
        });
        set("solver", Value::Array(solvers.collect()));
        // Invariant: a table of texts, numbers, lists and tables is TOML.
        toml::to_string(&table).expect("a plan is plain TOML")
    }
}

/// The formats of `fields`, each once, NumPy's always among them.
fn fields(read: &Reader<'_>) -> Result<Vec<FieldFormat>, ConfigError> {
    let text = read.text("fields");
    let names: Vec<&str> = text.split(',').map(str::trim).collect();
    if names.iter().any(|name| FieldFormat::named(name).is_none()) {
        let known = FORMATS.map(|format| format.name).join(", ");
        return Err(read.bad("fields", &format!("a list of {known}")));
    }
    Ok(FORMATS.into_iter().filter(|format| format.is_always() || names.contains(&format.name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
        problem = "sines-1d,modes=[1,5]"
        grid = [64]
        stop = "rtol=1e-8,steps=500"
        modes = [1, 5]
        watch = "every=2"
        error-bar = true
        accuracy = 1e-3
        fields = ["vti"]
        [[solver]]
        name = "jacobi"
        omega = 0.8
        label = "damped"
        steps = 30
        [[solver]]
        name = "hybrid"
        steps = 7
    "#;

    #[test]
    fn a_file_reads_and_its_own_text_reads_the_same() {
        let plan = Plan::from_toml(FILE, &[]).unwrap();
        assert_eq!((plan.grid.as_slice(), plan.solvers.len()), (&[64][..], 2));
        assert_eq!(plan.solvers[0].label.as_deref(), Some("damped"));
        assert_eq!((plan.solvers[0].steps, plan.solvers[1].steps), (Some(30), None));
        assert_eq!(plan.solvers[1].spec.keys["steps"], Value::Integer(7));
        assert_eq!(plan.fields.iter().map(|format| format.name).collect::<Vec<_>>(), ["npy", "vti"]);
        assert_eq!(Plan::from_toml(&plan.to_toml(), &[]).unwrap(), plan);
    }

    #[test]
    fn changes_reach_options_and_solvers() {
        let changes = ["grid=32".to_string(), "damped.omega=0.5".to_string()];
        let plan = Plan::from_toml(FILE, &changes).unwrap();
        assert_eq!(plan.grid, [32]);
        assert_eq!(plan.solvers[0].spec.keys["omega"], Value::Float(0.5));
        let error = Plan::from_toml(FILE, &["dampd.omega=1".into()]).unwrap_err().to_string();
        assert!(error.contains("did you mean `damped`?"), "{error}");
    }

    #[test]
    fn mistakes_are_named_with_what_was_expected() {
        for (text, part) in [
            ("problem = \"sines-1d\"", "no solver is given"),
            ("solver = \"jacobi\"", "no problem is given"),
            ("problem = \"sines-1d\"\nsolver = \"jacobi\"\ngird = 5", "did you mean `grid`?"),
            ("problem = \"sines-1d\"\nsolver = \"jacobi\"\ngrid = -3", "grid = -3 is not a whole number"),
            ("problem = \"sines-1d\"\nsolver = \"jacobi\"\ninitial = \"one\"", "one of zero, random, white"),
            (
                "problem = \"sines-1d\"\nsolver = \"jacobi\"\nwatch = \"every=0\"",
                "every=N with N of at least 1",
            ),
            ("problem = \"sines-1d\"\nsolver = \"jacoby\"", "did you mean `jacobi`?"),
            ("problem = \"sines-1d\"\nsolver = \"jacobi,label=a/b\"", "without slash"),
            (
                "problem = \"sines-1d\"\nsolver = \"jacobi\"\naccuracy = 2",
                "accuracy = 2 is not a number between",
            ),
            (
                "problem = \"sines-1d\"\nsolver = \"jacobi\"\nfields = \"vtk\"",
                "fields = vtk is not a list of npy, dx",
            ),
            ("problem = ", "TOML"),
        ] {
            let error = Plan::from_toml(text, &[]).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
