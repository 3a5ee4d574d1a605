//! `modewise table`: errors at chosen steps, the median over seeds.

use std::path::PathBuf;

use clap::ArgMatches;
use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};
use modewise::store::read::{HistoryRow, RunData};

use super::{
    emit,
    exit::{Exit, Failure},
    table::spread,
};

/// An option, and the value of a row that it asks for.
type Axis = (&'static str, fn(&HistoryRow) -> Option<f64>);

/// What errors can be read off at.
const AXES: [Axis; 3] =
    [("steps", |row| Some(row.step as f64)), ("seconds", |row| row.seconds), ("work", |row| row.work_units)];

pub(super) fn table(arguments: &ArgMatches) -> Result<Exit, Failure> {
    // Invariant: clap requires the folder.
    let folder = PathBuf::from(arguments.get_one::<String>("folder").cloned().unwrap_or_default());
    let run = RunData::read(&folder)?;
    let asked = AXES.iter().find_map(|axis| Some((axis, arguments.get_many::<f64>(axis.0)?)));
    let ((axis, value), at): (_, Vec<f64>) = match asked {
        Some((axis, list)) => (*axis, list.copied().collect()),
        None => {
            let last = run.summary.solvers.iter().map(|solver| solver.steps).max().unwrap_or(0);
            let decades = (0..=last.max(1).ilog10()).map(|power| 10u64.pow(power));
            (AXES[0], decades.chain([last]).map(|step| step as f64).collect())
        }
    };
    let mut table = Table::new();
    table.load_preset(ASCII_MARKDOWN);
    let header = at.iter().map(f64::to_string).chain(["best", "ms a step", "order τ"].map(String::from));
    table.set_header([format!("relative L2 error at {axis}")].into_iter().chain(header));
    for solver in &run.solvers {
        let mut row = vec![solver.name.clone()];
        for &at in &at {
            let errors = solver.runs.iter().filter_map(|run| error_at(&run.history, value, at));
            row.push(spread(errors, scientific));
        }
        row.push(spread(solver.runs.iter().filter_map(|run| best(&run.history)), scientific));
        row.push(spread(solver.runs.iter().filter_map(|run| per_step(&run.history)), scientific));
        let indices = solver.runs.iter().filter_map(|run| run.summary.as_ref()?.order_index);
        row.push(spread(indices, |x| format!("{x:+.2}")));
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let seeds = run.solvers.iter().map(|solver| solver.runs.len()).max().unwrap_or(0);
    emit(&format!(
        "{table}\n\n{}best: the smallest error over all recorded steps; errors against the {} solution{}.",
        match seeds {
            0 | 1 => String::new(),
            several => format!("Median over {several} seeds, smallest and largest in brackets; "),
        },
        run.summary.reference,
        run.summary.reference_bar_l2.map_or(String::new(), |bar| format!(", itself known to ± {bar:.1e}"))
    ))?;
    Ok(Exit::Done)
}

/// The error at the latest recorded step at which `value` is not beyond `at`; none after the run's end.
fn error_at(history: &[HistoryRow], value: impl Fn(&HistoryRow) -> Option<f64>, at: f64) -> Option<f64> {
    let row = history.iter().take_while(|row| value(row).is_some_and(|here| here <= at)).last()?;
    history.last().filter(|last| value(last).is_some_and(|end| end >= at)).and(row.error_l2)
}

/// Milliseconds a step, set-up aside.
fn per_step(history: &[HistoryRow]) -> Option<f64> {
    let (first, last) = (history.first()?, history.last()?);
    let steps = last.step.checked_sub(first.step).filter(|steps| *steps > 0)?;
    Some(1e3 * (last.seconds? - first.seconds?) / steps as f64)
}

fn best(history: &[HistoryRow]) -> Option<f64> {
    history.iter().filter_map(|row| row.error_l2).min_by(f64::total_cmp)
}

fn scientific(x: f64) -> String {
    if (1e-2..1e3).contains(&x) { format!("{x:.3}") } else { format!("{x:.2e}") }
}
