//! The summary as a table on stdout; over several seeds the median with the smallest and largest.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets::NOTHING};
use modewise::store::schema::{SolverSummary, Spread, Summary};

type Column = (&'static str, fn(&SolverSummary) -> Option<f64>, fn(f64) -> String);

const COLUMNS: [Column; 8] = [
    ("steps", |s| Some(s.steps as f64), whole),
    ("work units", |s| Some(s.work_units), short),
    ("seconds", |s| Some(s.seconds), short),
    ("residual", |s| s.residual, scientific),
    ("error L2", |s| s.error_l2, scientific),
    ("error max", |s| s.error_max, scientific),
    ("order τ", |s| s.order_index, |x| format!("{x:+.3}")),
    ("reached", |s| Some(s.modes_reached as f64), whole),
];

/// The table, what it means, and the advice of whatever went wrong.
pub(super) fn table(summary: &Summary) -> String {
    let mut table = Table::new();
    table.load_preset(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let header = ["solver", "outcome"].into_iter().chain(COLUMNS.map(|(name, ..)| name));
    table.set_header(header);
    let mut labels: Vec<&str> = summary.solvers.iter().map(|solver| solver.name.as_str()).collect();
    labels.dedup();
    for label in labels {
        let runs: Vec<&SolverSummary> =
            summary.solvers.iter().filter(|solver| solver.name == label).collect();
        let mut row = vec![label.to_string(), outcomes(&runs)];
        for (name, value, show) in COLUMNS {
            let bar = match name {
                "error L2" => summary.reference_bar_l2,
                "error max" => summary.reference_bar_max,
                _ => None,
            };
            let bar = bar.map_or(String::new(), |bar| format!(" ± {bar:.0e}"));
            row.push(spread(runs.iter().filter_map(|run| value(run)), show) + &bar);
        }
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut text =
        format!("{} · errors against the {} solution\n\n{table}\n", summary.title, summary.reference);
    if let (Some(l2), Some(max)) = (summary.reference_bar_l2, summary.reference_bar_max) {
        text += &format!(
            "\nthe reference was made by refinement and is itself known to {l2:.1e} relative in L2 and {max:.1e} in the maximum (±)\n"
        );
    }
    text += &match summary.test_points {
        Some(points) => format!(
            "\nerrors at {points} fixed points inside, as there is no grid; 1 work unit = 10⁹ flops\n"
        ),
        None => format!(
            "\norder τ: −1 high frequencies first, +1 low first; reached: of {} tracked modes, to a relative error of {}\n",
            summary.tracked.len(),
            summary.tol
        ),
    };
    if let Some(runs) = summary.spread.iter().map(|solver| solver.runs).max() {
        text += &format!("median over {runs} seeds, smallest and largest in brackets\n");
    }
    for solver in &summary.solvers {
        text += &error_bar(solver, summary);
        if let (Some(error), Some(bar)) = (solver.error_l2, summary.reference_bar_l2)
            && error <= bar
        {
            text += &format!(
                "{} (seed {}): at the floor: its error is not larger than that of the reference\n",
                solver.name, solver.seed
            );
        }
        if let Some(energy) = solver.solvation_energy {
            let bar = solver.solvation_energy_bar;
            let bar =
                bar.map_or(" without an error bar".into(), |bar| format!(" ± {bar:.3} (from two grids)"));
            text += &format!(
                "{} (seed {}): free energy of solvation {energy:.3} kJ/mol{bar}\n",
                solver.name, solver.seed
            );
        }
        if let [Some(rank), Some(fit)] = ["rank", "fit"].map(|name| solver.scalars.get(name)) {
            text += &format!(
                "{} (seed {}): least squares of rank {rank}, relative residual {fit:.1e}\n",
                solver.name, solver.seed
            );
        }
        for milestone in &solver.milestones {
            text += &format!(
                "{} (seed {}): {} steps in {} s and {} work units to the hand-over, then {} steps in {} s and {}\n",
                solver.name,
                solver.seed,
                milestone.step,
                short(milestone.seconds),
                short(milestone.work_units),
                solver.steps.saturating_sub(milestone.step),
                short(solver.seconds - milestone.seconds),
                short(solver.work_units - milestone.work_units),
            );
        }
        if let Some(advice) = &solver.advice {
            text += &format!("{} (seed {}): {advice}\n", solver.name, solver.seed);
        }
        if let Some(share) = solver.energy_above_nyquist.filter(|share| *share > 1e-6) {
            text += &format!(
                "{} (seed {}): {:.1e} of its energy lies above what this grid can show; a finer --grid shows it\n",
                solver.name, solver.seed, share
            );
        }
    }
    text
}

/// The error bar of an answer, and what came of the accuracy that was asked for.
fn error_bar(solver: &SolverSummary, summary: &Summary) -> String {
    let (Some(l2), Some(max)) = (solver.error_bar_l2, solver.error_bar_max) else { return String::new() };
    let cells: Vec<String> = summary.grid.iter().map(usize::to_string).collect();
    let order =
        summary.error_order.map_or("no order seen".into(), |order| format!("observed order {order:.2}"));
    let mut text = format!(
        "{} (seed {}): error bar {l2:.1e} relative in L2, {max:.1e} in the maximum, on {} cells, {order}\n",
        solver.name,
        solver.seed,
        cells.join(" × "),
    );
    if let (Some(l2), Some(max)) = (solver.extrapolated_bar_l2, solver.extrapolated_bar_max) {
        let cells: Vec<String> = summary.grid.iter().map(|cells| (cells / 2).to_string()).collect();
        text += &format!(
            "{} (seed {}): extrapolated from this grid and that of half as many cells: error bar {l2:.1e} relative in L2, {max:.1e} in \
             the maximum, on the nodes of {} cells, fields/{}-extrapolated.npy\n",
            solver.name,
            solver.seed,
            cells.join(" × "),
            solver.name
        );
    }
    let missed = |accuracy: &f64| solver.best_bar_l2().is_none_or(|bar| bar > *accuracy);
    if let Some(accuracy) = summary.accuracy.filter(missed) {
        let why = summary.refinement.as_deref().unwrap_or(
            "the solver did not come close enough to the solution on this grid, which the bar is of; tighten --stop",
        );
        text += &format!(
            "{} (seed {}): the accuracy {accuracy:.1e} was not reached: {why}\n",
            solver.name, solver.seed
        );
    }
    text
}

fn outcomes(runs: &[&SolverSummary]) -> String {
    let mut names: Vec<&str> = runs.iter().map(|run| run.outcome.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}

/// The median with the smallest and largest; one number where there is one.
pub(super) fn spread(values: impl IntoIterator<Item = f64>, show: fn(f64) -> String) -> String {
    match Spread::of(values) {
        None => "–".into(),
        Some(Spread { median, min, max }) if min == max => show(median),
        Some(Spread { median, min, max }) => format!("{} [{}, {}]", show(median), show(min), show(max)),
    }
}

fn whole(x: f64) -> String {
    format!("{x:.0}")
}

fn short(x: f64) -> String {
    match x.abs() {
        a if a >= 1e7 => format!("{x:.2e}"),
        a if a >= 100.0 => format!("{x:.0}"),
        a if a >= 0.01 || a == 0.0 => format!("{x:.3}"),
        _ => format!("{x:.1e}"),
    }
}

fn scientific(x: f64) -> String {
    format!("{x:.2e}")
}
