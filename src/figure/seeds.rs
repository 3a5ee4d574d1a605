//! Several seeds as one curve: the median with the range around it.

use std::collections::{BTreeMap, BTreeSet};

use crate::store::{
    read::{HistoryRow, ModeTable, RunData, SolverData},
    schema::ModeName,
};

use super::page::unusual;

/// One point of a curve over all seeds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Middle {
    /// Where along the axis: the median over the seeds.
    pub x: f64,
    /// The median.
    pub y: f64,
    /// The smallest.
    pub lo: f64,
    /// The largest.
    pub hi: f64,
}

/// The median; not a number for nothing. An infinite value counts as large.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.retain(|v| !v.is_nan());
    values.sort_by(f64::total_cmp);
    match (values.len(), values.len() / 2) {
        (0, _) => f64::NAN,
        (n, half) if n % 2 == 1 => values[half],
        (_, half) if values[half].is_infinite() => values[half],
        (_, half) => 0.5 * (values[half - 1] + values[half]),
    }
}

fn middle(x: Vec<f64>, y: Vec<f64>) -> Middle {
    let lo = y.iter().copied().fold(f64::NAN, f64::min);
    let hi = y.iter().copied().fold(f64::NAN, f64::max);
    Middle { x: median(x), y: median(y), lo, hi }
}

/// A column of the history against another, step by step over all seeds. Rows that lack either are left out.
pub fn history(
    solver: &SolverData,
    x: impl Fn(&HistoryRow) -> Option<f64>,
    y: impl Fn(&HistoryRow) -> Option<f64>,
) -> Vec<Middle> {
    let mut steps: BTreeMap<u64, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    for row in solver.runs.iter().flat_map(|run| &run.history) {
        if let (Some(x), Some(y)) = (x(row), y(row)) {
            let entry = steps.entry(row.step).or_default();
            entry.0.push(x);
            entry.1.push(y);
        }
    }
    steps.into_values().map(|(x, y)| middle(x, y)).collect()
}

/// The error of one mode against the recorded step over all seeds.
pub fn mode(solver: &SolverData, mode: &ModeName) -> Vec<Middle> {
    let mut steps: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for table in solver.runs.iter().map(|run| &run.modes) {
        let Some(at) = table.position(mode) else {
            continue;
        };
        for (step, value) in table.steps.iter().zip(table.row(at)).filter(|(_, value)| !value.is_nan()) {
            steps.entry(*step).or_default().push(*value);
        }
    }
    steps.into_iter().map(|(step, values)| middle(vec![step as f64], values)).collect()
}

/// The table mode × step of the medians over all seeds, for the given modes.
pub fn table(solver: &SolverData, modes: &[ModeName]) -> ModeTable {
    let tables: Vec<&ModeTable> = solver.runs.iter().map(|run| &run.modes).collect();
    let steps: BTreeSet<u64> = tables.iter().flat_map(|table| table.steps.iter().copied()).collect();
    let steps: Vec<u64> = steps.into_iter().collect();
    let mut relative_error = Vec::with_capacity(modes.len() * steps.len());
    let places: Vec<BTreeMap<&ModeName, usize>> = tables
        .iter()
        .map(|table| table.modes.iter().enumerate().map(|(i, mode)| (mode, i)).collect())
        .collect();
    for mode in modes {
        for step in &steps {
            let values = tables.iter().zip(&places).filter_map(|(table, places)| {
                let column = table.steps.binary_search(step).ok()?;
                table.row(*places.get(mode)?).get(column).copied()
            });
            relative_error.push(median(values.collect()));
        }
    }
    ModeTable { modes: modes.to_vec(), steps, relative_error }
}

/// The modes a figure shows: the tracked ones that were recorded, else all. In 2-D and 3-D with many modes, shells.
pub fn shown_modes(run: &RunData) -> Vec<ModeName> {
    let recorded: BTreeSet<&ModeName> =
        run.solvers.iter().flat_map(|s| &s.runs).flat_map(|r| &r.modes.modes).collect();
    let tracked: BTreeSet<ModeName> =
        run.summary.tracked.iter().filter_map(|name| name.parse().ok()).collect();
    let is_shell = |mode: &ModeName| matches!(mode, ModeName::Shell(_));
    let singles = |m: &&&ModeName| !is_shell(m);
    let shells: Vec<&ModeName> = recorded.iter().copied().filter(|m| is_shell(m)).collect();
    let chosen: Vec<&ModeName> =
        recorded.iter().filter(singles).filter(|m| tracked.contains(**m)).copied().collect();
    let all: Vec<&ModeName> = recorded.iter().filter(singles).copied().collect();
    let few = |modes: &Vec<&ModeName>| !modes.is_empty() && (shells.is_empty() || modes.len() <= 40);
    let tracked_shells: Vec<&ModeName> = shells.iter().copied().filter(|m| tracked.contains(m)).collect();
    let mut modes: Vec<ModeName> = [chosen, tracked_shells, shells.clone(), all]
        .into_iter()
        .find(|list| if list.iter().any(|m| is_shell(m)) { true } else { few(list) })
        .unwrap_or_default()
        .into_iter()
        .cloned()
        .collect();
    modes.sort_by(|a, b| a.magnitude().total_cmp(&b.magnitude()).then_with(|| a.cmp(b)));
    modes
}

/// What the axis of these modes is called.
pub fn modes_name(modes: &[ModeName]) -> &'static str {
    match modes.first() {
        Some(ModeName::Shell(_)) => "shell |k|",
        Some(ModeName::Single(k)) if k.len() == 1 => "mode k",
        Some(ModeName::Single(k)) if k.len() == 2 => "mode kx:ky",
        Some(ModeName::Single(k)) if k.len() == 3 => "mode kx:ky:kz",
        _ => "mode",
    }
}

/// The name of a mode in a label: `k = 3`, `k = 2:5`, `|k| = 4`.
pub fn mode_name(mode: &ModeName) -> String {
    match mode {
        ModeName::Shell(s) => format!("|k| = {s}"),
        single => format!("k = {single}"),
    }
}

/// The order index as printed: the median over the seeds and their range.
pub fn order_index(solver: &SolverData) -> String {
    let summaries = solver.runs.iter().filter_map(|run| run.summary.as_ref());
    let values: Vec<f64> = summaries.filter_map(|s| s.order_index).filter(|v| v.is_finite()).collect();
    let signed = |v: f64| {
        format!(
            "{}{:.2}",
            if v < -0.005 {
                "−"
            } else if v > 0.005 {
                "+"
            } else {
                ""
            },
            v.abs()
        )
    };
    let lo = values.iter().copied().fold(f64::INFINITY, f64::min);
    let hi = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    match values.len() {
        0 => String::new(),
        _ if hi - lo < 0.005 => format!("τ = {}", signed(lo)),
        _ => format!("τ = {} [{}, {}]", signed(median(values)), signed(lo), signed(hi)),
    }
}

/// How a run ended, where a reader must know: `diverged`.
pub fn trouble(solver: &SolverData) -> Option<&str> {
    let outcomes = solver.runs.iter().filter_map(|run| run.summary.as_ref()).map(|s| s.outcome.as_str());
    let mut outcomes = outcomes.filter(|outcome| unusual(outcome));
    outcomes.next()
}

/// What stands beside a solver's name: how it ended if badly, else its order index.
pub fn remark(solver: &SolverData) -> String {
    trouble(solver).map_or_else(|| order_index(solver), str::to_string)
}
