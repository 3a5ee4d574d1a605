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

pub(super) fn table(arguments: &ArgMatches) -> Result<Exit, Failure> {
    // Invariant: clap requires the folder.
    let folder = PathBuf::from(arguments.get_one::<String>("folder").cloned().unwrap_or_default());
    let run = RunData::read(&folder)?;
    let steps: Vec<u64> = match arguments.get_many::<u64>("steps") {
        Some(steps) => steps.copied().collect(),
        None => {
            let last = run.summary.solvers.iter().map(|solver| solver.steps).max().unwrap_or(0);
            (0..=last.max(1).ilog10()).map(|power| 10u64.pow(power)).chain([last]).collect()
        }
    };
    let mut table = Table::new();
    table.load_preset(ASCII_MARKDOWN);
    let header = steps.iter().map(u64::to_string).chain(["best".into(), "order τ".into()]);
    table.set_header(["relative L2 error at step".to_string()].into_iter().chain(header));
    for solver in &run.solvers {
        let mut row = vec![solver.name.clone()];
        for &step in &steps {
            row.push(spread(solver.runs.iter().filter_map(|run| error_at(&run.history, step)), scientific));
        }
        row.push(spread(solver.runs.iter().filter_map(|run| best(&run.history)), scientific));
        let indices = solver.runs.iter().filter_map(|run| run.summary.as_ref()?.order_index);
        row.push(spread(indices, |x| format!("{x:+.2}")));
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let seeds = run.solvers.iter().map(|solver| solver.runs.len()).max().unwrap_or(0);
    emit(&format!(
        "{table}\n\nMedian over {seeds} seed(s), smallest and largest in brackets; best: the smallest error over all \
         recorded steps; errors against the {} solution{}.",
        run.summary.reference,
        run.summary.reference_bar_l2.map_or(String::new(), |bar| format!(", itself known to ± {bar:.1e}"))
    ))?;
    Ok(Exit::Done)
}

/// The error at the latest recorded step up to `step`; none after the run's end.
fn error_at(history: &[HistoryRow], step: u64) -> Option<f64> {
    let row = history.iter().take_while(|row| row.step <= step).last()?;
    history.last().filter(|last| last.step >= step).and(row.error_l2)
}

fn best(history: &[HistoryRow]) -> Option<f64> {
    history.iter().filter_map(|row| row.error_l2).min_by(f64::total_cmp)
}

fn scientific(x: f64) -> String {
    if (1e-2..1e3).contains(&x) { format!("{x:.3}") } else { format!("{x:.2e}") }
}
