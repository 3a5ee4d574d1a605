//! The solution and the error at a few steps.

use ndarray::{ArrayD, Axis};

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
    needs_grid: true,
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
        (2, _) if regular => {
            let plane =
                Plane { bounds: [run.summary.bounds[0], run.summary.bounds[1]], names: ["x", "y"], at: None };
            Ok(fields_2d::draw(run, &plane, reference.as_ref(), &solvers))
        }
        (3, _) if regular => {
            let [x, y, z] = [run.summary.bounds[0], run.summary.bounds[1], run.summary.bounds[2]];
            let middle = run.summary.grid[0] / 2;
            let at = x[0] + (x[1] - x[0]) * middle as f64 / run.summary.grid[0].max(1) as f64;
            let plane = Plane { bounds: [y, z], names: ["y", "z"], at: Some(at) };
            for (_, field) in solvers.iter_mut().flat_map(|solver| &mut solver.fields) {
                *field = slice(field, middle);
            }
            let reference = reference.map(|reference| slice(&reference, middle));
            Ok(fields_2d::draw(run, &plane, reference.as_ref(), &solvers))
        }
        _ => Ok(Page::nothing(run, HEADLINE, "Fields are drawn in one, two and three dimensions.")),
    }
}

/// What a map shows: a rectangle, or a plane through a box.
pub struct Plane {
    /// Lower and upper end of the two axes.
    pub bounds: [[f64; 2]; 2],
    /// Their names.
    pub names: [&'static str; 2],
    /// x of the plane, in 3-D.
    pub at: Option<f64>,
}

/// The plane of index `at` along the first axis.
fn slice(field: &ArrayD<f64>, at: usize) -> ArrayD<f64> {
    let at = at.min(field.len_of(Axis(0)).saturating_sub(1));
    field.index_axis(Axis(0), at).to_owned()
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
