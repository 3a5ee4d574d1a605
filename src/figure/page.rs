//! The page around the panels: headline above, settings below.

use modewise_problems::Spec;
use modewise_solvers::registry;
use toml::Value;

use crate::store::read::RunData;

use super::{
    number,
    scene::{Anchor, Rect, Scene},
    style, text,
};

/// A page whose panels are still to be drawn.
#[derive(Debug)]
pub struct Page {
    /// What is drawn so far.
    pub scene: Scene,
    /// The room for panels.
    pub body: Rect,
}

impl Page {
    /// A page with headline and caption around a body of the given height. The note says how to read the figure.
    pub fn new(run: &RunData, headline: &str, note: &str, body: f64) -> Self {
        let inner = style::WIDTH - 2.0 * style::MARGIN;
        let titles = text::wrap(&run.summary.title, style::LABEL, inner);
        let mut caption = text::wrap(note, style::SMALL, inner);
        caption.extend(text::wrap_items(&facts(run), style::SMALL, inner));
        caption.extend(text::wrap_items(&specs(run), style::SMALL, inner));
        let line = 1.36 * style::SMALL;
        let top = style::MARGIN + 1.35 * style::TITLE + 1.4 * style::LABEL * titles.len() as f64;
        let foot = top + body;
        let height = foot + 14.0 + line * caption.len() as f64 + style::MARGIN;
        let mut scene = Scene::new(style::WIDTH, height.ceil());
        let left = style::MARGIN;
        let headline = text::shorten(headline, style::TITLE, true, inner);
        scene.write_bold(
            &headline,
            [left, style::MARGIN + 0.8 * style::TITLE],
            style::TITLE,
            style::INK,
            Anchor::Start,
        );
        for (i, title) in titles.iter().enumerate() {
            let y = style::MARGIN + 1.3 * style::TITLE + 1.4 * style::LABEL * (i as f64 + 0.65);
            scene.write(title, [left, y], style::LABEL, style::SOFT, Anchor::Start);
        }
        scene.line(vec![[left, foot + 4.0], [left + inner, foot + 4.0]], style::GRID, 1.2);
        for (i, words) in caption.iter().enumerate() {
            let y = foot + 14.0 + line * (i as f64 + 0.8);
            scene.write(words, [left, y], style::SMALL, style::SOFT, Anchor::Start);
        }
        Self { scene, body: Rect::new(left, top, inner, body) }
    }

    /// A sentence instead of panels, where there is nothing to draw.
    pub fn nothing(run: &RunData, headline: &str, why: &str) -> Scene {
        let mut page = Self::new(run, headline, "", 160.0);
        let middle = [page.body.x + page.body.w / 2.0, page.body.y + 85.0];
        page.scene.rect(Rect::new(page.body.x, page.body.y + 20.0, page.body.w, 120.0), style::BAND);
        page.scene.write(why, middle, style::PANEL_TITLE, style::SOFT, Anchor::Middle);
        page.scene
    }
}

/// What was run.
fn facts(run: &RunData) -> Vec<String> {
    let s = &run.summary;
    let cells: Vec<String> = s.grid.iter().map(ToString::to_string).collect();
    // Modes are those of a grid.
    let (places, modes) = match s.test_points {
        Some(points) => (format!("errors at {points} points, no grid"), vec![]),
        None => (
            format!("grid {}", cells.join(" × ")),
            vec![
                format!("transform {}", s.transform.to_uppercase()),
                format!("tol = {}", number::short(s.tol, 3)),
            ],
        ),
    };
    let reference = match s.reference.as_str() {
        "discrete" => "reference: discrete (algebraic error)".to_string(),
        "exact" => "reference: exact (total error)".to_string(),
        other => format!("reference: {other}"),
    };
    let run_with = [format!("start: {}", s.initial), seeds(run), format!("modewise {}", s.version)];
    [s.problem.clone(), places, reference].into_iter().chain(modes).chain(run_with).collect()
}

/// The solvers' settings that are not the defaults, and how they ended where that is not as it should be.
fn specs(run: &RunData) -> Vec<String> {
    let mut specs: Vec<String> = Vec::new();
    for entry in &run.summary.solvers {
        let spec = entry.spec.parse().map_or_else(|_| entry.spec.clone(), |spec| chosen(spec).to_string());
        let own = spec.strip_prefix(&entry.name).is_some_and(|rest| rest.is_empty() || rest.starts_with(','));
        let spec = if own { spec } else { format!("{} = {spec}", entry.name) };
        let ended = match unusual(&entry.outcome) {
            true => format!(" ({} at step {})", entry.outcome, entry.steps),
            false => String::new(),
        };
        let line = spec + &ended;
        if !specs.contains(&line) {
            specs.push(line);
        }
    }
    specs
}

/// A spec without the keys that have their default values, specs inside it too.
fn chosen(spec: Spec) -> Spec {
    // Built and written again, so that 1 and 1.0 are the same.
    let whole = |spec: &Spec| registry::build(spec).map(|solver| solver.spec().keys);
    let (Ok(values), Ok(defaults)) = (whole(&spec), whole(&Spec::new(&spec.name))) else { return spec };
    let shorter = |value: Value| match Spec::from_value(&value) {
        Some(Ok(inner)) if value.is_table() => Value::Table(chosen(inner).to_table()),
        _ => value,
    };
    let keys = spec.keys.into_iter().filter(|(key, _)| values.get(key) != defaults.get(key));
    Spec { name: spec.name, keys: keys.map(|(key, value)| (key, shorter(value))).collect() }
}

/// Outcomes a reader must know of.
pub fn unusual(outcome: &str) -> bool {
    matches!(outcome, "diverged" | "failed" | "interrupted")
}

fn seeds(run: &RunData) -> String {
    let mut seeds: Vec<u64> = run.solvers.iter().flat_map(|s| s.runs.iter().filter_map(|r| r.seed)).collect();
    seeds.sort_unstable();
    seeds.dedup();
    match seeds.as_slice() {
        [] => String::new(),
        [one] => format!("seed {one}"),
        [first, .., last] if last - first + 1 == seeds.len() as u64 => {
            format!("seeds {first}–{last}: median, the band spans all")
        }
        many => format!("{} seeds: median, the band spans all", many.len()),
    }
}
