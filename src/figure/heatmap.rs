//! Mode × step: how large the error of each mode is at each recorded step.

use crate::store::{
    read::{ModeTable, RunData, SolverData},
    schema::ModeName,
};

use super::{
    Figure, FigureError, colorbar, number,
    page::Page,
    panel::{BOTTOM, LEFT, Panel, TOP},
    scale::{Scale, Tick, positive_range},
    scene::{Anchor, Point, Rect, Scene},
    seeds,
    style::{self, ColorMap},
    tolerance::Cells,
};

/// More modes than this share rows.
const MOST_ROWS: usize = 320;
/// The colours span at most this many powers of ten.
const DECADES: f64 = 6.0;
const HEADLINE: &str = "Which modes have converged when";

/// The heat map.
pub const FIGURE: Figure = Figure {
    name: "heatmap",
    summary: "Relative error of every mode at every recorded step, all solvers side by side on one colour scale.",
    size: (1100, 600),
    draw,
};

fn draw(run: &RunData) -> Result<Scene, FigureError> {
    let modes = seeds::shown_modes(run);
    let solvers: Vec<&SolverData> = run.solvers.iter().collect();
    if modes.is_empty() || solvers.is_empty() {
        return Ok(Page::nothing(run, HEADLINE, "No mode was recorded."));
    }
    let tables: Vec<ModeTable> = solvers.iter().map(|solver| seeds::table(solver, &modes)).collect();
    let share = modes.len().div_ceil(MOST_ROWS);
    let groups: Vec<&[ModeName]> = modes.chunks(share).collect();

    let across = match solvers.len() {
        n @ 1..=4 => n,
        n => n.div_ceil(n.div_ceil(4)),
    };
    let down = solvers.len().div_ceil(across);
    let height = match (down, groups.len()) {
        (1, ..=4) => 300.0,
        (1, _) => 400.0,
        _ => 270.0,
    };
    let range = Range::of(&tables, run.summary.tol);
    let gaps = if tables.iter().any(|t| t.relative_error.iter().any(|v| v.is_nan())) { " Grey: no number." } else { "" };
    let together = if share > 1 { format!(" Each row is the median of {share} neighbouring modes.") } else { String::new() };
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
        let panel = one(&mut page.scene, rect, table, &groups, &range, run.summary.tol);
        panel.x_axis(&mut page.scene, if last_row { "step" } else { "" });
        if column == 0 {
            panel.y_marks(&mut page.scene, &row_ticks(&groups, height));
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

fn one(scene: &mut Scene, rect: Rect, table: &ModeTable, groups: &[&[ModeName]], range: &Range, tol: f64) -> Panel {
    let steps = &table.steps;
    let x = Scale::steps(steps.first().copied().unwrap_or(0), steps.last().copied().unwrap_or(1));
    let panel = Panel { rect, x, y: Scale::linear(0.0, groups.len() as f64) };
    if steps.is_empty() {
        scene.rect(rect, style::BAND);
        let middle = [rect.x + rect.w / 2.0, rect.y + rect.h / 2.0];
        scene.write("no modes", middle, style::LABEL, style::SOFT, Anchor::Middle);
        panel.frame(scene);
        return panel;
    }
    let columns = extents(&x, steps);
    let values = grouped(table, groups);
    let width = columns.len();
    let size = ((2.0 * rect.w) as u32, (2.0 * rect.h) as u32);
    // Which column and row a pixel belongs to.
    let column: Vec<Option<usize>> = (0..size.0)
        .map(|px| (f64::from(px) + 0.5) / f64::from(size.0))
        .map(|share| columns.iter().position(|(from, to)| (*from..*to).contains(&share)))
        .collect();
    let row = |py: u32| groups.len() - 1 - (py as usize * groups.len() / size.1 as usize).min(groups.len() - 1);
    let colors: Vec<[u8; 3]> = values.iter().map(|v| ColorMap::Error.at(range.share(*v))).collect();
    scene.image(rect, size, |px, py| match column[px as usize] {
        Some(c) => colors[row(py) * width + c],
        None => style::PAPER.rgb,
    });
    let place = |share: f64| rect.x + share * rect.w;
    let columns: Vec<(f64, f64)> = columns.iter().map(|(a, b)| (place(*a), place(*b))).collect();
    let level = |i: usize| rect.bottom() - i as f64 / groups.len() as f64 * rect.h;
    let rows: Vec<(f64, f64)> = (0..groups.len()).map(|i| (level(i + 1), level(i))).collect();
    let border = Cells { columns: &columns, rows: &rows, values: &values }.border(tol);
    let thin = if groups.len() > 80 { 0.6 } else { 1.0 };
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

/// The share of the axis each recorded step covers: half way to its neighbours. Step 0 has a strip of its own.
fn extents(x: &Scale, steps: &[u64]) -> Vec<(f64, f64)> {
    let cut = x.cut().unwrap_or(0.0);
    let start = if x.cut().is_some() { cut / 0.8 } else { 0.0 };
    let places: Vec<f64> = steps.iter().map(|s| x.place(*s as f64).unwrap_or(0.0)).collect();
    let between = |i: usize| 0.5 * (places[i] + places[i + 1]);
    (0..steps.len())
        .map(|i| match steps[i] {
            0 => (0.0, cut),
            _ => {
                let from = if i == 0 || steps[i - 1] == 0 { start } else { between(i - 1) };
                let to = if i + 1 == steps.len() { 1.0 } else { between(i) };
                (from, to)
            }
        })
        .collect()
}

/// The table with the modes of a group in one row, by their median.
fn grouped(table: &ModeTable, groups: &[&[ModeName]]) -> Vec<f64> {
    let mut first = 0;
    let mut values = Vec::with_capacity(groups.len() * table.steps.len());
    for group in groups {
        for column in 0..table.steps.len() {
            let members = (first..first + group.len()).filter_map(|mode| table.row(mode).get(column).copied());
            values.push(seeds::median(members.collect()));
        }
        first += group.len();
    }
    values
}

/// Numbers for so many rows as have room: round ones, and the first.
fn row_ticks(groups: &[&[ModeName]], height: f64) -> Vec<Tick> {
    let room = ((height / (1.5 * style::SMALL)) as usize).max(1);
    let strides = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
    let number = |group: &[ModeName]| match group.first() {
        Some(ModeName::Single(k)) if k.len() == 1 => Some(k[0].unsigned_abs()),
        Some(ModeName::Shell(s)) => Some(*s),
        _ => None,
    };
    let wanted = |stride: u64, i: usize| {
        let members = groups[i].iter().filter_map(|mode| number(std::slice::from_ref(mode)));
        if number(groups[i]).is_some() { members.into_iter().any(|n| n % stride == 0) } else { i as u64 % stride == 0 }
    };
    let all = groups.len() <= room;
    let stride = strides.iter().copied().find(|s| (0..groups.len()).filter(|i| wanted(*s, *i)).count() <= room);
    let stride = stride.unwrap_or(10_000);
    let tick = |i: usize| {
        let named = |mode: &&ModeName| number(std::slice::from_ref(*mode)).is_none_or(|n| all || n % stride == 0);
        let mode = groups[i].iter().find(named).or(groups[i].first());
        let label = mode.map(|mode| mode.to_string().replace("shell:", ""));
        Tick { at: (i as f64 + 0.5) / groups.len() as f64, label }
    };
    let shown = |i: &usize| all || wanted(stride, *i) || *i == 0;
    (0..groups.len()).filter(shown).map(tick).collect()
}
