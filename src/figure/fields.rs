//! The solution and the error at a few steps.

use ndarray::ArrayD;

use crate::store::read::{RunData, StoredField};

use super::{Figure, FigureError, fields_1d, fields_2d, page::Page, scene::Scene, seeds};

/// What the figure is called.
pub const HEADLINE: &str = "The solution and its error on the way";
/// So many steps are shown.
const SHOWN: usize = 4;

/// Solution and error.
pub const FIGURE: Figure = Figure {
    name: "fields",
    summary: "The solution and its error at the first, the last and two middle stored steps of every solver.",
    size: (1100, 900),
    draw,
};

/// The chosen fields of one solver.
#[derive(Debug)]
pub struct Chosen {
    /// Which solver.
    pub index: usize,
    /// Its label, and how it ended if badly.
    pub name: String,
    /// Step and field, on all grid nodes.
    pub fields: Vec<(u64, ArrayD<f64>)>,
}

fn draw(run: &RunData) -> Result<Scene, FigureError> {
    let reference = run.reference_field()?;
    let mut solvers = Vec::new();
    for (index, solver) in run.solvers.iter().enumerate() {
        let mut fields = Vec::new();
        for stored in chosen(run.stored_fields(&solver.name)) {
            fields.push((stored.step, run.field(&stored.path)?));
        }
        if !fields.is_empty() {
            let name = match seeds::trouble(solver) {
                Some(trouble) => format!("{} ({trouble})", solver.name),
                None => solver.name.clone(),
            };
            solvers.push(Chosen { index, name, fields });
        }
    }
    let regular = run.summary.bounds.len() == run.summary.grid.len();
    match (run.summary.grid.len(), solvers.is_empty()) {
        (_, true) => Ok(Page::nothing(run, HEADLINE, "No field was stored.")),
        (1, _) if regular => Ok(fields_1d::draw(run, reference.as_ref(), &solvers)),
        (2, _) if regular => Ok(fields_2d::draw(run, reference.as_ref(), &solvers)),
        _ => Ok(Page::nothing(run, HEADLINE, "Fields are drawn in one and two dimensions.")),
    }
}

/// First, last, and two between them, spread evenly in the logarithm of the step.
fn chosen(mut stored: Vec<StoredField>) -> Vec<StoredField> {
    while stored.len() > SHOWN {
        // The one closest to its neighbours goes.
        let place = |i: usize| (1.0 + stored[i].step as f64).ln();
        let gap = |i: usize| place(i + 1) - place(i - 1);
        let closest = (1..stored.len() - 1).min_by(|a, b| gap(*a).total_cmp(&gap(*b)));
        stored.remove(closest.unwrap_or(1));
    }
    stored
}

/// The largest absolute value; not a number if nothing is finite.
pub fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.filter(|v| v.is_finite()).map(f64::abs).fold(f64::NAN, f64::max)
}
