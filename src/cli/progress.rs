//! Progress on stderr: a bar on a terminal, a line a run elsewhere.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use modewise::{experiment::Progress, store::schema::SolverSummary};
use modewise_solvers::{StopRule, run::Tick};

/// Shows how an experiment goes.
pub(super) struct Bars {
    quiet: bool,
    bar: Option<ProgressBar>,
    stop: StopRule,
}

/// Parts of a full bar.
const PARTS: u64 = 1000;

impl Bars {
    pub fn new(quiet: bool) -> Self {
        Self { quiet, bar: None, stop: StopRule::default() }
    }

    /// The share of the nearest budget that is spent.
    fn share(&self, tick: &Tick) -> f64 {
        let of = |spent: f64, budget: Option<f64>| budget.map_or(0.0, |budget| spent / budget);
        of(tick.step as f64, self.stop.steps.map(|steps| steps as f64))
            .max(of(tick.seconds, self.stop.seconds))
            .max(of(tick.work_units, self.stop.work))
            .clamp(0.0, 1.0)
    }
}

impl Progress for Bars {
    fn begin(&mut self, label: &str, seed: Option<u64>, stop: &StopRule) {
        if self.quiet || !std::io::stderr().is_terminal() {
            return;
        }
        self.stop = stop.clone();
        let bar = ProgressBar::with_draw_target(Some(PARTS), ProgressDrawTarget::stderr());
        // Invariant: the template is a constant that parses.
        let style = ProgressStyle::with_template(
            "{prefix} {bar:24} {percent:>3}% {msg} · {elapsed} gone, {eta} left at most",
        );
        bar.set_style(style.expect("a valid template").progress_chars("█▉▊▋▌▍▎▏ "));
        bar.set_prefix(seed.map_or_else(|| label.to_string(), |seed| format!("{label} (seed {seed})")));
        self.bar = Some(bar);
    }

    fn tick(&mut self, tick: Tick) {
        if let Some(bar) = &self.bar {
            bar.set_position((self.share(&tick) * PARTS as f64) as u64);
            let mut message = format!("step {}", tick.step);
            if let Some(errors) = tick.errors {
                message += &format!(" · error {:.1e}", errors.l2);
            }
            if let Some(residual) = tick.residual {
                message += &format!(" · residual {residual:.1e}");
            }
            bar.set_message(message);
        }
    }

    fn warn(&mut self, message: &str) {
        // Not progress: what it tells of is lost or damaged.
        eprintln!("modewise: {message}");
    }

    fn end(&mut self, summary: &SolverSummary) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        if self.quiet {
            return;
        }
        let error = summary.error_l2.map(|error| format!(", relative error {error:.2e}")).unwrap_or_default();
        eprintln!(
            "{}: {} after {} steps, {:.3} s{error}",
            summary.name, summary.outcome, summary.steps, summary.seconds
        );
    }
}
