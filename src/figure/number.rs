//! Numbers as people write them: 0.25, 1200, 3.2×10⁻⁴.

/// An integer in superscript digits.
pub fn superscript(value: i64) -> String {
    let digits = value.to_string();
    let high = |c| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '0' => '⁰',
        other => char::from_u32('⁴' as u32 + other as u32 - '4' as u32).unwrap_or(other),
    };
    digits.chars().map(high).collect()
}

/// A power of ten: 1, 10, 10², 10⁻³.
pub fn power(exponent: i64) -> String {
    match exponent {
        0 => "1".into(),
        1 => "10".into(),
        _ => format!("10{}", superscript(exponent)),
    }
}

/// A number to `digits` significant digits, as a power of ten where that is shorter to read.
pub fn short(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "not a number".into()
        } else if value > 0.0 {
            "∞".into()
        } else {
            "−∞".into()
        };
    }
    if value == 0.0 {
        return "0".into();
    }
    let digits = digits.max(1);
    let text = format!("{:.*e}", digits - 1, value.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i64 = exponent.parse().unwrap_or(0);
    let trimmed =
        if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    let sign = if value < 0.0 { "−" } else { "" };
    if (-3..5).contains(&exponent) {
        let decimals = (digits as i64 - 1 - exponent).max(0) as usize;
        let plain = format!("{:.*}", decimals, value.abs());
        let plain =
            if plain.contains('.') { plain.trim_end_matches('0').trim_end_matches('.') } else { &plain };
        format!("{sign}{plain}")
    } else if trimmed == "1" {
        format!("{sign}{}", power(exponent))
    } else {
        format!("{sign}{trimmed}×{}", power(exponent))
    }
}

/// A count in full, thousands apart: 8 778.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) && digits.len() > 4 {
            out.push('\u{202f}');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(short(0.25, 3), "0.25");
        assert_eq!(short(3.2e-4, 2), "3.2×10⁻⁴");
        assert_eq!(short(1e-8, 2), "10⁻⁸");
        assert_eq!(short(-1200.0, 3), "−1200");
        assert_eq!(short(0.0, 3), "0");
        assert_eq!(short(f64::INFINITY, 3), "∞");
        assert_eq!(short(123456.0, 2), "1.2×10⁵");
        assert_eq!(short(100.0, 2), "100");
        assert_eq!(power(-12), "10⁻¹²");
        assert_eq!(count(1234567), "1\u{202f}234\u{202f}567");
        assert_eq!(count(8778), "8778");
    }
}
