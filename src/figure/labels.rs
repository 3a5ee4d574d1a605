//! Names beside the ends of curves, moved until they meet neither each other nor the curves.

use super::{
    scene::{Anchor, Point, Rect, Scene, Text},
    style::{self, Color},
    text,
};

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
    names.map(|name| text::width(name, style::LABEL, false)).fold(0.0, f64::max).min(most) + 14.0
}

/// Places the names within `room`, away from the points of `curves`.
pub fn place(scene: &mut Scene, mut labels: Vec<EndLabel>, room: Rect, curves: &[Point]) {
    labels.sort_by(|a, b| a.end[1].total_cmp(&b.end[1]).then(a.end[0].total_cmp(&b.end[0])));
    let mut placed: Vec<(Rect, Point)> = Vec::new();
    for label in labels {
        let candidates = candidates(&label, &room);
        let best = candidates.into_iter().min_by(|a, b| {
            let cost = |c: &Candidate| cost(c, &label, &room, &placed, curves);
            cost(a).total_cmp(&cost(b))
        });
        let Some(best) = best else { continue };
        draw(scene, &label, &best);
        placed.push((best.text.bounds(), label.end));
    }
}

struct Candidate {
    text: Text,
    /// How much the place is disliked by itself.
    price: f64,
}

/// Places to try: right of the end, left of it, above and below, further and further up and down.
fn candidates(label: &EndLabel, room: &Rect) -> Vec<Candidate> {
    let [x, y] = label.end;
    let base = 0.36 * style::LABEL;
    let free = room.right() - x - 9.0;
    let sides = [
        (Anchor::Start, x + 9.0, free, 0.0),
        (Anchor::End, x - 11.0, x - room.x, 14.0),
        (Anchor::Middle, x, room.w, 8.0),
    ];
    let mut found = Vec::new();
    for (anchor, x, width, price) in sides {
        let shown = text::shorten(&label.text, style::LABEL, false, width.max(0.3 * room.w));
        for half_lines in 0..28 {
            for sign in [1.0, -1.0] {
                let dy = sign * 0.5 * f64::from(half_lines) * 1.2 * style::LABEL;
                if anchor == Anchor::Middle && half_lines < 2 {
                    continue;
                }
                let text = Text {
                    text: shown.clone(),
                    at: [x, y + base + dy],
                    size: style::LABEL,
                    bold: false,
                    color: label.color.ink(),
                    anchor,
                    upright: false,
                };
                found.push(Candidate { text, price: price + 0.55 * dy.abs() });
            }
        }
    }
    found
}

fn cost(c: &Candidate, label: &EndLabel, room: &Rect, placed: &[(Rect, Point)], curves: &[Point]) -> f64 {
    let bounds = c.text.bounds();
    let area = bounds.w * bounds.h;
    let outside = area - bounds.overlap(room);
    let wide = bounds.grow(1.5);
    let mut cost = c.price + 40.0 * outside;
    for (other, end) in placed {
        cost += 40.0 * wide.overlap(other);
        let crossed = (end[1] - label.end[1]) * (other.y - bounds.y) < 0.0;
        cost += if crossed && (end[0] - label.end[0]).abs() < 40.0 { 30.0 } else { 0.0 };
    }
    cost + 9.0 * curves.iter().filter(|point| wide.holds(**point)).count() as f64
}

fn draw(scene: &mut Scene, label: &EndLabel, best: &Candidate) {
    let bounds = best.text.bounds();
    let edge = match best.text.anchor {
        Anchor::Start => [bounds.x - 2.0, bounds.y + 0.5 * bounds.h],
        Anchor::End => [bounds.right() + 2.0, bounds.y + 0.5 * bounds.h],
        Anchor::Middle if bounds.y > label.end[1] => [label.end[0], bounds.y - 1.0],
        Anchor::Middle => [label.end[0], bounds.bottom() + 1.0],
    };
    let away = (edge[1] - label.end[1]).abs();
    if away > 0.5 * style::LABEL {
        scene.line(vec![label.end, edge], label.color.fade(0.7), 1.0);
    }
    scene.rect(bounds.grow(1.0), style::PAPER.fade(0.75));
    scene.text(best.text.clone());
}
