//! Reads a run folder back: the summary and the three tables now, the fields when they are asked for.
//!
//! A killed run leaves a readable folder: a table may be missing or empty and its last line may be torn.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use ndarray::ArrayD;

use super::{
    schema::{ModeName, SolverSummary, Summary},
    table::{ReadError, Table},
};

/// Everything figures need from one run folder.
#[derive(Debug, Clone)]
pub struct RunData {
    /// The folder.
    pub dir: PathBuf,
    /// `summary.json`.
    pub summary: Summary,
    /// One entry per solver label, in the order of the summary.
    pub solvers: Vec<SolverData>,
}

/// All runs of one solver.
#[derive(Debug, Clone)]
pub struct SolverData {
    /// The unique label.
    pub name: String,
    /// One run, or one per seed.
    pub runs: Vec<SeedData>,
}

/// One run of one solver.
#[derive(Debug, Clone, Default)]
pub struct SeedData {
    /// The seed, where known.
    pub seed: Option<u64>,
    /// The entry of the summary, absent when the run was killed before it was written.
    pub summary: Option<SolverSummary>,
    /// Rows of `history.csv`, by step.
    pub history: Vec<HistoryRow>,
    /// Rows of `modes.csv` as a table mode × step.
    pub modes: ModeTable,
    /// Rows of `order.csv`.
    pub order: Vec<OrderRow>,
}

/// One row of `history.csv`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HistoryRow {
    /// Step number; 0 is the initial guess.
    pub step: u64,
    /// Work units so far, set-up included.
    pub work_units: Option<f64>,
    /// Seconds so far, set-up included and observation excluded.
    pub seconds: Option<f64>,
    /// Relative residual.
    pub residual: Option<f64>,
    /// Relative L2 error.
    pub error_l2: Option<f64>,
    /// Maximum error.
    pub error_max: Option<f64>,
}

/// One row of `order.csv`.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderRow {
    /// The mode.
    pub mode: ModeName,
    /// `1`, `5`, … where every so many steps were watched, `log` where they were not evenly spaced.
    pub watched_every: String,
    /// First watched step at or under the tolerance.
    pub step_reached: Option<u64>,
    /// First step after which it stays there.
    pub step_settled: Option<u64>,
    /// What theory says of `step_reached`.
    pub predicted_step: Option<u64>,
}

/// Step, mode and relative error of a row of `modes.csv`.
type ModeCell = (u64, ModeName, f64);

/// The recorded errors of all modes of one run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModeTable {
    /// The modes, by |k|.
    pub modes: Vec<ModeName>,
    /// The recorded steps, ascending.
    pub steps: Vec<u64>,
    /// Relative error, one row of `steps.len()` numbers per mode; not a number where there is none.
    pub relative_error: Vec<f64>,
}

impl ModeTable {
    /// The relative errors of the mode at `index`, one per recorded step.
    pub fn row(&self, index: usize) -> &[f64] {
        let width = self.steps.len();
        self.relative_error.get(index * width..(index + 1) * width).unwrap_or(&[])
    }

    /// Where a mode stands in `modes`.
    pub fn position(&self, mode: &ModeName) -> Option<usize> {
        self.modes.iter().position(|m| m == mode)
    }

    fn collect(rows: &[ModeCell]) -> Self {
        let mut steps: Vec<u64> = rows.iter().map(|row| row.0).collect();
        steps.sort_unstable();
        steps.dedup();
        let column: HashMap<u64, usize> = steps.iter().enumerate().map(|(i, &s)| (s, i)).collect();
        let mut line: HashMap<&ModeName, usize> = HashMap::new();
        for (_, mode, _) in rows {
            line.entry(mode).or_insert(0);
        }
        let mut modes: Vec<&ModeName> = line.keys().copied().collect();
        modes.sort_by(|a, b| a.magnitude().total_cmp(&b.magnitude()).then_with(|| a.cmp(b)));
        for (i, mode) in modes.iter().enumerate() {
            line.insert(mode, i);
        }
        let mut relative_error = vec![f64::NAN; modes.len() * steps.len()];
        for (step, mode, value) in rows {
            relative_error[line[mode] * steps.len() + column[step]] = *value;
        }
        let modes = modes.into_iter().cloned().collect();
        Self { modes, steps, relative_error }
    }
}

/// A field stored in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredField {
    /// The step it was stored at.
    pub step: u64,
    /// Its file.
    pub path: PathBuf,
}

impl RunData {
    /// Reads `summary.json` and the three tables of a run folder.
    pub fn read(dir: &Path) -> Result<Self, ReadError> {
        let path = dir.join("summary.json");
        let text = fs::read_to_string(&path).map_err(|source| ReadError::io(&path, source))?;
        let summary: Summary = serde_json::from_str(&text).map_err(|source| ReadError::Json {
            path,
            line: source.line(),
            message: source.to_string(),
        })?;
        let mut solvers = Solvers::default();
        for entry in &summary.solvers {
            solvers.run(&entry.name, Some(entry.seed)).summary = Some(entry.clone());
        }
        read_history(&Table::read(&dir.join("history.csv"))?, &mut solvers)?;
        read_modes(&Table::read(&dir.join("modes.csv"))?, &mut solvers)?;
        read_order(&Table::read(&dir.join("order.csv"))?, &mut solvers)?;
        Ok(Self { dir: dir.to_path_buf(), summary, solvers: solvers.0 })
    }

    /// The fields stored for a solver, by step. No folder, no fields.
    pub fn stored_fields(&self, solver: &str) -> Vec<StoredField> {
        stored_fields(&self.dir, solver)
    }

    /// The reference on all grid nodes; none where the run has no reference.
    pub fn reference_field(&self) -> Result<Option<ArrayD<f64>>, ReadError> {
        let path = self.dir.join("fields").join("reference.npy");
        if path.exists() { self.field(&path).map(Some) } else { Ok(None) }
    }

    /// One field, checked against the grid of the summary.
    pub fn field(&self, path: &Path) -> Result<ArrayD<f64>, ReadError> {
        read_field(path, &self.summary.grid)
    }
}

/// The fields stored for a solver in the run folder `dir`, by step. No folder, no fields.
pub(crate) fn stored_fields(dir: &Path, solver: &str) -> Vec<StoredField> {
    let Ok(entries) = fs::read_dir(dir.join("fields")) else {
        return Vec::new();
    };
    let mut found: Vec<StoredField> = entries
        .flatten()
        .filter_map(|entry| {
            let path = entry.path();
            let stem = path.file_name()?.to_str()?.strip_suffix(".npy")?;
            let step = stem.strip_prefix(solver)?.strip_prefix('-')?.parse().ok()?;
            Some(StoredField { step, path })
        })
        .collect();
    found.sort_by_key(|field| field.step);
    found
}

/// One field, checked against a grid with `cells` per axis.
pub(crate) fn read_field(path: &Path, cells: &[usize]) -> Result<ArrayD<f64>, ReadError> {
    let wrong = |message: String| ReadError::Field { path: path.to_path_buf(), message };
    let field: ArrayD<f64> = ndarray_npy::read_npy(path).map_err(|source| wrong(source.to_string()))?;
    let expected: Vec<usize> = cells.iter().map(|n| n + 1).collect();
    if field.shape() != expected {
        return Err(wrong(format!("its shape is {:?}, the grid asks for {expected:?}", field.shape())));
    }
    Ok(field)
}

/// The solvers found so far, in the order in which they were first named.
#[derive(Default)]
struct Solvers(Vec<SolverData>);

impl Solvers {
    /// The run of a solver with a seed, made where there is none yet. A table without a seed column
    /// belongs to the solver's first run.
    fn run(&mut self, name: &str, seed: Option<u64>) -> &mut SeedData {
        let at = self.0.iter().position(|s| s.name == name).unwrap_or_else(|| {
            self.0.push(SolverData { name: name.to_string(), runs: Vec::new() });
            self.0.len() - 1
        });
        let runs = &mut self.0[at].runs;
        let found = match seed {
            Some(_) => runs.iter().position(|r| r.seed == seed),
            None => (!runs.is_empty()).then_some(0),
        };
        let run = found.unwrap_or_else(|| {
            runs.push(SeedData { seed, ..SeedData::default() });
            runs.len() - 1
        });
        &mut runs[run]
    }
}

fn read_history(table: &Table, solvers: &mut Solvers) -> Result<(), ReadError> {
    for row in table.rows() {
        let history = HistoryRow {
            step: row.required("step")?,
            work_units: row.optional("work_units")?,
            seconds: row.optional("seconds")?,
            residual: row.optional("residual")?,
            error_l2: row.optional("error_l2")?,
            error_max: row.optional("error_max")?,
        };
        solvers.run(row.text("solver"), row.optional("seed")?).history.push(history);
    }
    for run in solvers.0.iter_mut().flat_map(|solver| &mut solver.runs) {
        run.history.sort_by_key(|row| row.step);
    }
    Ok(())
}

fn read_modes(table: &Table, solvers: &mut Solvers) -> Result<(), ReadError> {
    let mut found: HashMap<(&str, Option<u64>), Vec<ModeCell>> = HashMap::new();
    for row in table.rows() {
        let error: Option<f64> = row.optional("relative_error")?;
        let entry = (row.required("step")?, row.required("mode")?, error.unwrap_or(f64::NAN));
        found.entry((row.text("solver"), row.optional("seed")?)).or_default().push(entry);
    }
    let mut keys: Vec<_> = found.keys().copied().collect();
    keys.sort_unstable();
    for key in keys {
        solvers.run(key.0, key.1).modes = ModeTable::collect(&found[&key]);
    }
    Ok(())
}

fn read_order(table: &Table, solvers: &mut Solvers) -> Result<(), ReadError> {
    for row in table.rows() {
        let order = OrderRow {
            mode: row.required("mode")?,
            watched_every: row.text("watched_every").to_string(),
            step_reached: row.optional("step_reached")?,
            step_settled: row.optional("step_settled")?,
            predicted_step: row.optional("predicted_step")?,
        };
        solvers.run(row.text("solver"), row.optional("seed")?).order.push(order);
    }
    Ok(())
}
