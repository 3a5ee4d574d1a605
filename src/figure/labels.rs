//! Names beside the ends of curves, moved until they meet neither each other nor the curves.

use super::{
    scene::{Anchor, Point, Rect, Scene, Text},
    style::{self, Color},
    text,
};

/// Lines of names are so far apart.
const LINE: f64 = 1.22 * style::LABEL;
/// From the middle of a line down to its base line.
const BASE: f64 = 0.36 * style::LABEL;
/// A curve that ends so close to the frame has its name outside.
const EDGE: f64 = 48.0;
/// How much a letter is disliked that a place has no room for; a point further away counts 0.55.
const LOST: f64 = 60.0;

/// A name for the end of a curve.
#[derive(Debug, Clone)]
pub struct EndLabel {
    /// The name.
    pub text: String,
    /// The colour of its curve.
    pub color: Color,
    /// The end of the curve.
    pub end: Point,
}

/// The width the longest of these names needs, at most `most`.
pub fn room<'a>(names: impl Iterator<Item = &'a str>, most: f64) -> f64 {
    names.map(|name| text::width(name, style::LABEL, false)).fold(0.0, f64::max).min(most) + 18.0
}

/// Places the names within `room`, which is the `frame` and the space right of it, away from the points of `curves` and
/// from what is `taken`.
pub fn place(
    scene: &mut Scene,
    mut labels: Vec<EndLabel>,
    frame: &Rect,
    room: Rect,
    curves: &[Point],
    taken: Vec<Rect>,
) {
    labels.sort_by(|a, b| a.end[1].total_cmp(&b.end[1]).then(a.end[0].total_cmp(&b.end[0])));
    let (beside, inside): (Vec<_>, Vec<_>) =
        labels.into_iter().partition(|label| label.end[0] > frame.right() - EDGE);
    let mut placed = taken;
    let wanted: Vec<f64> = beside.iter().map(|label| label.end[1]).collect();
    for (label, y) in beside.iter().zip(spread(&wanted, frame.y + 0.5 * LINE, frame.bottom() - 0.5 * LINE)) {
        let x = frame.right() + 11.0;
        let text = line(label, Anchor::Start, [x, y], room.right() - x);
        placed.push(text.bounds());
        draw(scene, label, &text);
    }
    for label in inside {
        let best = candidates(&label, frame, &room).into_iter().min_by(|a, b| {
            let cost = |c: &(Text, f64)| c.1 + cost(&c.0, &label, frame, &room, &placed, curves);
            cost(a).total_cmp(&cost(b))
        });
        let Some((text, _)) = best else { continue };
        placed.push(text.bounds());
        draw(scene, &label, &text);
    }
}

/// Heights at least a line apart, as close as can be to the wanted ones (which ascend) and in their order.
fn spread(wanted: &[f64], top: f64, bottom: f64) -> Vec<f64> {
    // Blocks of lines that touch: where the first line wants to be on average, and how many lines there are.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for y in wanted {
        let mut block = (*y, 1);
        while let Some(above) = blocks.last().copied() {
            if above.0 + LINE * above.1 as f64 <= block.0 {
                break;
            }
            blocks.pop();
            let (a, b) = (above.1 as f64, block.1 as f64);
            block = ((above.0 * a + (block.0 - LINE * a) * b) / (a + b), above.1 + block.1);
        }
        let last = bottom - LINE * (block.1 - 1) as f64;
        block.0 = block.0.min(last).max(top);
        blocks.push(block);
    }
    let mut ys: Vec<f64> =
        blocks.iter().flat_map(|(y, count)| (0..*count).map(move |i| y + LINE * i as f64)).collect();
    // Pushed down at the top and up at the bottom, blocks may touch again.
    for i in 1..ys.len() {
        ys[i] = ys[i].max(ys[i - 1] + LINE);
    }
    ys
}

fn line(label: &EndLabel, anchor: Anchor, [x, y]: Point, room: f64) -> Text {
    Text {
        text: text::shorten(&label.text, style::LABEL, false, room),
        at: [x, y + BASE],
        size: style::LABEL,
        bold: false,
        color: label.color.ink(),
        anchor,
        upright: false,
    }
}

/// Places to try and how much each is disliked by itself: right of the end, left of it, above and below, further and
/// further away.
fn candidates(label: &EndLabel, frame: &Rect, room: &Rect) -> Vec<(Text, f64)> {
    let [x, y] = label.end;
    let (right, left) = (room.right() - x - 10.0, x - room.x - 15.0);
    let sides = [
        (Anchor::Start, x + 10.0, 0.0, 0, right),
        (Anchor::End, x - 12.0, 14.0, 0, left),
        (Anchor::Middle, x, 8.0, 2, 2.0 * left.min(right)),
    ];
    let mut found = Vec::new();
    for (anchor, x, price, nearest, free) in sides {
        let shown = line(label, anchor, [x, y], free.max(30.0));
        let lost =
            (label.text.chars().count() - shown.text.chars().count().min(label.text.chars().count())) as f64;
        for half_lines in nearest..24 {
            for sign in [1.0, -1.0] {
                let dy = sign * 0.5 * f64::from(half_lines) * LINE;
                let text = Text { at: [x, y + BASE + dy], ..shown.clone() };
                found.push((text, price + LOST * lost + 0.55 * dy.abs()));
            }
        }
    }
    let outside = line(label, Anchor::Start, [frame.right() + 11.0, y], room.right() - frame.right() - 11.0);
    for half_lines in -12..=12 {
        let dy = 0.5 * f64::from(half_lines) * LINE;
        let text = Text { at: [outside.at[0], y + BASE + dy], ..outside.clone() };
        let away = frame.right() - x;
        let lost = label.text.chars().count().saturating_sub(text.text.chars().count()) as f64;
        found.push((text, 20.0 + 0.7 * away + LOST * lost + 0.55 * dy.abs()));
    }
    found
}

fn cost(text: &Text, label: &EndLabel, frame: &Rect, room: &Rect, placed: &[Rect], curves: &[Point]) -> f64 {
    let bounds = text.bounds();
    let wide = bounds.grow(3.5);
    let outside = bounds.w * bounds.h - bounds.overlap(room);
    let astride = if bounds.right() > frame.right() - 2.0 && bounds.x < frame.right() { 400.0 } else { 0.0 };
    let leader = super::stroke::along(&[label.end, edge(text, label.end)], 3.0);
    let struck = leader.iter().filter(|point| placed.iter().any(|other| other.holds(**point))).count() as f64;
    let others: f64 = placed.iter().map(|other| wide.overlap(other)).sum();
    astride
        + 25.0 * struck
        + 40.0 * (outside + others)
        + 18.0 * curves.iter().filter(|point| wide.holds(**point)).count() as f64
}

/// Where a line from the end of the curve meets its name.
fn edge(text: &Text, end: Point) -> Point {
    let bounds = text.bounds();
    let middle = bounds.y + 0.5 * bounds.h;
    match text.anchor {
        Anchor::Start => [bounds.x - 3.0, middle],
        Anchor::End => [bounds.right() + 3.0, middle],
        Anchor::Middle if bounds.y > end[1] => [end[0], bounds.y - 1.0],
        Anchor::Middle => [end[0], bounds.bottom() + 1.0],
    }
}

fn draw(scene: &mut Scene, label: &EndLabel, text: &Text) {
    let bounds = text.bounds();
    let edge = edge(text, label.end);
    let far = (edge[1] - label.end[1]).hypot(edge[0] - label.end[0]) > 14.0;
    if far {
        scene.line(vec![label.end, edge], label.color.fade(0.75), 1.0);
    }
    scene.rect(bounds.grow(1.0), style::PAPER.fade(0.75));
    scene.text(text.clone());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_distance_and_their_order() {
        for wanted in [vec![10.0, 10.0, 10.0, 300.0], vec![0.0, 5.0, 390.0, 399.0, 399.0], vec![200.0; 6]] {
            let ys = spread(&wanted, 0.0, 400.0);
            assert_eq!(ys.len(), wanted.len());
            assert!(ys.windows(2).all(|pair| pair[1] - pair[0] >= LINE - 1e-9), "{ys:?}");
            assert!(ys[0] >= 0.0 && ys[ys.len() - 1] <= 400.0 + 1e-9, "{ys:?}");
        }
    }
}
