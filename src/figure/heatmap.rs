//! Mode × step: how large the error of each mode is at each recorded step.

use crate::store::read::{ModeTable, RunData, SolverData};

use super::{
    Figure, FigureError, colorbar, number,
    page::Page,
    panel::{BOTTOM, LEFT, Panel, TOP},
    rows::Rows,
    scale::{Scale, positive_range},
    scene::{Anchor, Point, Rect, Scene},
    seeds,
    style::{self, ColorMap},
    tolerance::Cells,
};

/// The colours span at most this many powers of ten.
const DECADES: f64 = 6.0;
const HEADLINE: &str = "Which modes have converged when";

/// The heat map.
pub const FIGURE: Figure = Figure {
    name: "heatmap",
    summary: "Relative error of every mode at every recorded step, all solvers side by side on one colour scale.",
    size: (1100, 600),
    needs_grid: true,
    draw,
};

fn draw(run: &RunData) -> Result<Scene, FigureError> {
    let modes = seeds::shown_modes(run);
    let solvers: Vec<&SolverData> = run.solvers.iter().collect();
    if modes.is_empty() || solvers.is_empty() {
        return Ok(Page::nothing(run, HEADLINE, "No mode was recorded."));
    }
    let tables: Vec<ModeTable> = solvers.iter().map(|solver| seeds::table(solver, &modes)).collect();

    let across = match solvers.len() {
        n @ 1..=4 => n,
        n => n.div_ceil(n.div_ceil(4)),
    };
    let down = solvers.len().div_ceil(across);
    let height = match (down, modes.len()) {
        (1, ..=4) => 300.0,
        (1, _) => 400.0,
        _ => 270.0,
    };
    let range = Range::of(&tables, run.summary.tol);
    let gaps = if tables.iter().any(|t| t.relative_error.iter().any(|v| v.is_nan())) {
        " Grey: no number."
    } else {
        ""
    };
    let rows = Rows::of(&modes, height);
    let together =
        if rows.joined() { " Modes too close to be told apart are shown by their median." } else { "" };
    let note = format!(
        "Colour: relative error Δ of a mode; black is {} or less. White line: Δ = tol = {}.{gaps} \
         τ: order index, −1 if high frequencies converge first, +1 if low ones do.{together}",
        number::short(range.lo, 2),
        number::short(run.summary.tol, 3)
    );
    let mut page = Page::new(run, HEADLINE, &note, down as f64 * (height + TOP + BOTTOM));
    let room = page.body.w - LEFT - colorbar::ROOM;
    let gap = 20.0;
    let width = ((room - gap * (across - 1) as f64) / across as f64).min(620.0);
    for (i, (solver, table)) in solvers.iter().zip(&tables).enumerate() {
        let (column, row) = (i % across, i / across);
        let x = page.body.x + LEFT + column as f64 * (width + gap);
        let y = page.body.y + TOP + row as f64 * (height + TOP + BOTTOM);
        let rect = Rect::new(x, y, width, height);
        let last_row = i + across >= solvers.len();
        let panel = one(&mut page.scene, rect, table, &rows, &range, run.summary.tol);
        panel.x_axis(&mut page.scene, if last_row { "step" } else { "" });
        if column == 0 {
            panel.y_marks(&mut page.scene, &rows.ticks);
            panel.y_name(&mut page.scene, seeds::modes_name(&modes));
        }
        panel.title(&mut page.scene, &solver.name, style::solver(i).color.ink(), &seeds::remark(solver));
    }
    let x = page.body.x + LEFT + across as f64 * (width + gap);
    let bar = Rect::new(x, page.body.y + TOP, 18.0, height);
    colorbar::draw(&mut page.scene, bar, range.scale(), ColorMap::Error, "relative error Δ");
    if let Some(at) = range.scale().place(run.summary.tol).filter(|at| (0.0..=1.0).contains(at)) {
        let y = bar.bottom() - at * bar.h;
        page.scene.line(vec![[bar.x, y], [bar.right(), y]], style::INK, 5.0);
        page.scene.line(vec![[bar.x, y], [bar.right(), y]], style::PAPER, 2.6);
    }
    Ok(page.scene)
}

/// What the ends of the colour scale mean.
struct Range {
    lo: f64,
    hi: f64,
}

impl Range {
    fn of(tables: &[ModeTable], tol: f64) -> Self {
        let values = || tables.iter().flat_map(|table| &table.relative_error).copied();
        let (lo, hi) = positive_range(values()).unwrap_or((1e-3, 1.0));
        let tol = if tol.is_finite() && tol > 0.0 { tol } else { 0.1 };
        let hi = hi.clamp(3.0 * tol, 10.0f64.max(10.0 * tol)).log10();
        let lo = lo.max(1e-300).min(tol / 3.0).log10().floor().max((hi - DECADES).round());
        Self { lo: 10f64.powf(lo), hi: 10f64.powf(hi) }
    }

    fn scale(&self) -> Scale {
        Scale::log(self.lo, self.hi)
    }

    /// From an error to its place in the colours; zero is the smallest error there is.
    fn share(&self, value: f64) -> f64 {
        match value {
            v if v.is_nan() => f64::NAN,
            v if v <= self.lo => 0.0,
            v => ((v / self.lo).log10() / (self.hi / self.lo).log10()).min(1.0),
        }
    }
}

fn one(scene: &mut Scene, rect: Rect, table: &ModeTable, rows: &Rows, range: &Range, tol: f64) -> Panel {
    let steps = &table.steps;
    let x = Scale::steps(steps.first().copied().unwrap_or(0), steps.last().copied().unwrap_or(1));
    let panel = Panel { rect, x, y: Scale::linear(0.0, 1.0) };
    if steps.is_empty() {
        scene.rect(rect, style::BAND);
        let middle = [rect.x + rect.w / 2.0, rect.y + rect.h / 2.0];
        scene.write("no modes", middle, style::LABEL, style::SOFT, Anchor::Middle);
        panel.frame(scene);
        return panel;
    }
    let columns = extents(&x, steps);
    let values = joined(table, rows);
    let width = columns.len();
    let size = ((2.0 * rect.w) as u32, (2.0 * rect.h) as u32);
    // Which column and row a pixel belongs to.
    let column: Vec<Option<usize>> = (0..size.0)
        .map(|px| (f64::from(px) + 0.5) / f64::from(size.0))
        .map(|share| columns.iter().position(|(from, to)| (*from..*to).contains(&share)))
        .collect();
    let row: Vec<usize> = (0..size.1)
        .map(|py| 1.0 - (f64::from(py) + 0.5) / f64::from(size.1))
        .map(|share| rows.edges.partition_point(|(_, upper)| *upper <= share).min(rows.edges.len() - 1))
        .collect();
    let colors: Vec<[u8; 3]> = values.iter().map(|v| ColorMap::Error.at(range.share(*v))).collect();
    scene.image(rect, size, |px, py| match column[px as usize] {
        Some(c) => colors[row[py as usize] * width + c],
        None => style::PAPER.rgb,
    });
    let place = |share: f64| rect.x + share * rect.w;
    let columns: Vec<(f64, f64)> = columns.iter().map(|(a, b)| (place(*a), place(*b))).collect();
    let level = |share: f64| rect.bottom() - share * rect.h;
    let levels: Vec<(f64, f64)> =
        rows.edges.iter().map(|(lower, upper)| (level(*upper), level(*lower))).collect();
    let border = Cells { columns: &columns, rows: &levels, values: &values }.border(tol);
    let thin = if rows.edges.len() > 80 { 0.7 } else { 1.0 };
    for (color, line) in [(style::INK, 4.6 * thin), (style::PAPER, 2.4 * thin)] {
        for points in &border {
            scene.line(lengthened(points, 0.5 * line, &rect), color, line);
        }
    }
    panel.frame(scene);
    panel
}

/// Both ends moved outwards, so that lines that meet at a corner fill it, but not out of the frame.
fn lengthened(points: &[Point], by: f64, frame: &Rect) -> Vec<Point> {
    let [[ax, ay], [bx, by_]] = [points[0], points[points.len() - 1]];
    let (dx, dy) = ((bx - ax).signum() * by, (by_ - ay).signum() * by);
    let ends = if ax == bx { [[ax, ay - dy], [bx, by_ + dy]] } else { [[ax - dx, ay], [bx + dx, by_]] };
    ends.map(|[x, y]| [x.clamp(frame.x, frame.right()), y.clamp(frame.y, frame.bottom())]).to_vec()
}

/// The share of the axis each recorded step covers: half way to its neighbours. Step 0 has a strip up to the cut.
fn extents(x: &Scale, steps: &[u64]) -> Vec<(f64, f64)> {
    let cut = x.cut().unwrap_or(0.0);
    let places: Vec<f64> = steps.iter().map(|s| x.place(*s as f64).unwrap_or(0.0)).collect();
    let between = |i: usize| 0.5 * (places[i] + places[i + 1]);
    (0..steps.len())
        .map(|i| match steps[i] {
            0 => (0.0, cut),
            _ => {
                let from = if i == 0 || steps[i - 1] == 0 { cut } else { between(i - 1) };
                let to = if i + 1 == steps.len() { 1.0 } else { between(i) };
                (from, to)
            }
        })
        .collect()
}

/// The table with the modes of a row put together by their median.
fn joined(table: &ModeTable, rows: &Rows) -> Vec<f64> {
    let cells =
        rows.modes.iter().flat_map(|modes| (0..table.steps.len()).map(move |column| (*modes, column)));
    cells
        .map(|((from, to), column)| match to - from {
            1 => table.row(from)[column],
            _ => seeds::median((from..to).map(|mode| table.row(mode)[column]).collect()),
        })
        .collect()
}
