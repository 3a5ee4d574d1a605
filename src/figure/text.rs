//! The two fonts: how wide a text is, how it breaks into lines, and its pixels.
//!
//! plotters places glyphs at whole pixels and forgets their side bearings, so bitmaps draw text here.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, PxScale, ScaleFont};

/// The family asked for in SVG files; Verdana has the same widths where DejaVu is not installed.
pub const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

const REGULAR: &[u8] = include_bytes!("fonts/DejaVuSans.ttf");
const BOLD: &[u8] = include_bytes!("fonts/DejaVuSans-Bold.ttf");

/// The bytes of the font file.
pub fn bytes(bold: bool) -> &'static [u8] {
    if bold { BOLD } else { REGULAR }
}

fn font(bold: bool) -> Option<&'static FontRef<'static>> {
    static FONTS: [LazyLock<Option<FontRef<'static>>>; 2] = [
        LazyLock::new(|| FontRef::try_from_slice(REGULAR).ok()),
        LazyLock::new(|| FontRef::try_from_slice(BOLD).ok()),
    ];
    FONTS[usize::from(bold)].as_ref()
}

/// ab_glyph scales the height of a line to what it is given; texts here are measured by the em.
fn scale(font: &FontRef<'_>, em: f64) -> PxScale {
    let units = f64::from(font.units_per_em().unwrap_or(2048.0));
    PxScale::from((em * f64::from(font.height_unscaled()) / units) as f32)
}

/// The width of a text whose em is `size`.
pub fn width(text: &str, size: f64, bold: bool) -> f64 {
    let Some(font) = font(bold) else {
        return 0.6 * size * text.chars().count() as f64;
    };
    let scaled = font.as_scaled(scale(font, size));
    let mut total = 0.0;
    let mut before = None;
    for c in text.chars() {
        let glyph = scaled.glyph_id(c);
        total += f64::from(scaled.h_advance(glyph));
        if let Some(before) = before {
            total += f64::from(scaled.kern(before, glyph));
        }
        before = Some(glyph);
    }
    total
}

/// Calls `pixel` with every touched pixel (right of and below the start of the base line) and how far it is covered.
pub fn pixels(text: &str, size: f64, bold: bool, mut pixel: impl FnMut(i32, i32, f64)) {
    let Some(font) = font(bold) else { return };
    let scaled = font.as_scaled(scale(font, size));
    let mut pen = 0.0;
    let mut before = None;
    for c in text.chars() {
        let id = scaled.glyph_id(c);
        if let Some(before) = before {
            pen += scaled.kern(before, id);
        }
        before = Some(id);
        let glyph = id.with_scale_and_position(scaled.scale(), ab_glyph::point(pen, 0.0));
        pen += scaled.h_advance(id);
        let Some(outline) = font.outline_glyph(glyph) else {
            continue;
        };
        let corner = outline.px_bounds().min;
        outline.draw(|x, y, cover| {
            pixel(corner.x as i32 + x as i32, corner.y as i32 + y as i32, f64::from(cover));
        });
    }
}

/// Breaks a text into lines no wider than `room`: at spaces, else after commas, else anywhere.
pub fn wrap(text: &str, size: f64, room: f64) -> Vec<String> {
    let fits = |line: &str| width(line, size, false) <= room;
    let mut lines = vec![String::new()];
    for piece in text.split_inclusive([' ', ',']) {
        let last = lines.last().cloned().unwrap_or_default();
        if fits(format!("{last}{piece}").trim_end()) {
            lines.pop();
            lines.push(last + piece);
            continue;
        }
        if !last.is_empty() {
            lines.push(String::new());
        }
        for c in piece.chars() {
            let last = lines.last_mut().filter(|last| last.is_empty() || fits(&format!("{last}{c}")));
            match last {
                Some(line) => line.push(c),
                None => lines.push(c.to_string()),
            }
        }
    }
    lines.iter().map(|line| line.trim().to_string()).filter(|line| !line.is_empty()).collect()
}

/// Items with ` · ` between them in lines no wider than `room`; only an item too long for a line is broken.
pub fn wrap_items(items: &[String], size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in items.iter().filter(|item| !item.is_empty()) {
        let joined = lines.last().map(|last| format!("{last} · {item}"));
        match joined.filter(|line| width(line, size, false) <= room) {
            Some(line) => {
                lines.pop();
                lines.push(line);
            }
            None => lines.extend(wrap(item, size, room)),
        }
    }
    lines
}

/// Shortens a text to `room` with an ellipsis before its last third, where names that begin alike differ.
pub fn shorten(text: &str, size: f64, bold: bool, room: f64) -> String {
    if width(text, size, bold) <= room {
        return text.to_string();
    }
    let letters: Vec<char> = text.chars().collect();
    for kept in (1..letters.len()).rev() {
        let tail = kept / 3;
        let head: String = letters[..kept - tail].iter().collect();
        let tail: String = letters[letters.len() - tail..].iter().collect();
        let short = format!("{}…{}", head.trim_end(), tail.trim_start());
        if width(&short, size, bold) <= room {
            return short;
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_begin_alike_stay_apart() {
        let short = |name| shorten(name, 16.0, false, 90.0);
        assert_eq!(short("jacobi"), "jacobi");
        assert!(short("gauss-seidel#2").ends_with("#2"));
        assert_ne!(short("gauss-seidel#2"), short("gauss-seidel#3"));
        assert_eq!(shorten("jacobi", 16.0, false, 0.0), "");
    }
}
