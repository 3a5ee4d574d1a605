//! The bar that explains the colours of a heat map.

use super::{
    panel::Panel,
    scale::{Scale, Tick},
    scene::{Anchor, Rect, Scene, Text},
    style::{self, ColorMap},
};

/// Room for the bar, its numbers and its name, right of the last panel.
pub const ROOM: f64 = 112.0;

/// Draws a vertical bar with its numbers on the right.
pub fn draw(scene: &mut Scene, rect: Rect, scale: Scale, map: ColorMap, name: &str) {
    let rows = (rect.h as u32).max(2);
    scene.image(rect, (1, rows), |_, y| map.at(1.0 - f64::from(y) / f64::from(rows - 1)));
    let panel = Panel { rect, x: Scale::linear(0.0, 1.0), y: scale };
    panel.frame(scene);
    let ticks: Vec<Tick> = scale.ticks((rect.h / 34.0) as usize);
    let mut free = f64::INFINITY;
    for tick in ticks {
        let y = rect.bottom() - tick.at * rect.h;
        if y < rect.y - 0.5 || y > rect.bottom() + 0.5 {
            continue;
        }
        let length = if tick.label.is_some() { 6.0 } else { 3.5 };
        scene.line(vec![[rect.right(), y], [rect.right() + length, y]], style::INK, style::FRAME);
        let Some(label) = tick.label.filter(|_| y < free) else {
            continue;
        };
        scene.write(
            &label,
            [rect.right() + 9.0, y + 0.36 * style::SMALL],
            style::SMALL,
            style::INK,
            Anchor::Start,
        );
        free = y - 1.1 * style::SMALL;
    }
    scene.text(Text {
        text: name.into(),
        at: [rect.right() + 70.0, rect.y + rect.h / 2.0],
        size: style::LABEL,
        bold: false,
        color: style::INK,
        anchor: Anchor::Middle,
        upright: true,
    });
}
