//! From a value to its place on an axis, and the ticks of the axis.

use super::number;

/// How wide step 0 is drawn on a logarithmic axis of steps, as a share of the axis.
const ZERO_SHARE: f64 = 0.08;

/// An axis: values to shares of its length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    kind: Kind,
    lo: f64,
    hi: f64,
    /// Ticks at whole numbers only.
    whole: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Linear,
    Log,
    /// Logarithmic, with a place for zero in front of it.
    LogZero,
}

/// A tick.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Share of the axis.
    pub at: f64,
    /// Its number; none for a minor tick.
    pub label: Option<String>,
}

impl Scale {
    /// A linear axis; an empty or impossible range is opened.
    pub fn linear(lo: f64, hi: f64) -> Self {
        let (lo, hi) = if lo.is_finite() && hi.is_finite() && lo <= hi { (lo, hi) } else { (0.0, 1.0) };
        let open = if hi - lo > 1e-12 * lo.abs().max(hi.abs()) { 0.0 } else { 0.5 * lo.abs().max(1.0) };
        Self { kind: Kind::Linear, lo: lo - open, hi: hi + open, whole: false }
    }

    /// A logarithmic axis; an empty or impossible range is opened.
    pub fn log(lo: f64, hi: f64) -> Self {
        let good = |v: f64| v.is_finite() && v > 0.0;
        let (lo, hi) = if good(lo) && good(hi) && lo <= hi { (lo, hi) } else { (0.1, 1.0) };
        let open = if hi / lo > 1.05 { 1.0 } else { 2.0 };
        Self { kind: Kind::Log, lo: (lo / open).log10(), hi: (hi * open).log10(), whole: false }
    }

    /// An axis of steps 0, 1, 2 … `last`: logarithmic, with a place for step 0 if there is one.
    pub fn steps(first: u64, last: u64) -> Self {
        let lo = if first == 0 { 1.0 } else { first as f64 };
        let log = Self::log(0.8 * lo, 1.15 * (last as f64).max(2.0 * lo));
        let kind = if first == 0 { Kind::LogZero } else { Kind::Log };
        Self { kind, whole: true, ..log }
    }

    /// A little room at both ends.
    pub fn padded(self, share: f64) -> Self {
        let by = share * (self.hi - self.lo);
        Self { lo: self.lo - by, hi: self.hi + by, ..self }
    }

    /// Where a value stands, from 0 to 1 (beyond, outside the axis); none where it has no place.
    pub fn place(&self, value: f64) -> Option<f64> {
        let span = self.hi - self.lo;
        let share = match self.kind {
            Kind::Linear => (value - self.lo) / span,
            Kind::Log if value > 0.0 => (value.log10() - self.lo) / span,
            Kind::LogZero if value == 0.0 => return Some(0.4 * ZERO_SHARE),
            Kind::LogZero if value > 0.0 => {
                ZERO_SHARE + (1.0 - ZERO_SHARE) * (value.log10() - self.lo) / span
            }
            _ => return None,
        };
        share.is_finite().then_some(share)
    }

    /// Where the axis is cut between step 0 and step 1.
    pub fn cut(&self) -> Option<f64> {
        (self.kind == Kind::LogZero).then_some(0.8 * ZERO_SHARE)
    }

    /// Whether the axis is logarithmic.
    pub fn is_log(&self) -> bool {
        self.kind != Kind::Linear
    }

    /// At most about `most` labelled ticks, and minor ones.
    pub fn ticks(&self, most: usize) -> Vec<Tick> {
        let most = most.max(2);
        let mut ticks = match self.kind {
            Kind::Linear => self.linear_ticks(most),
            _ => self.log_ticks(most),
        };
        if self.kind == Kind::LogZero {
            ticks.retain(|tick| tick.at > 0.9 * ZERO_SHARE);
            ticks.insert(0, Tick { at: 0.4 * ZERO_SHARE, label: Some("0".into()) });
        }
        ticks
    }

    fn linear_ticks(&self, most: usize) -> Vec<Tick> {
        let span = self.hi - self.lo;
        let raw = span / most as f64;
        let decade = 10f64.powf(raw.log10().floor());
        let Some(step) = [1.0, 2.0, 5.0, 10.0].iter().map(|m| m * decade).find(|s| *s >= raw) else {
            return Vec::new();
        };
        let first = (self.lo / step - 1e-9).ceil();
        let values = (0..=most + 1).map(|i| (first + i as f64) * step);
        let inside = values.filter(|v| *v <= self.hi + 1e-9 * span);
        let tick = |v: f64| {
            let v = if v.abs() < 1e-9 * step { 0.0 } else { v };
            let digits = if v == 0.0 { 1.0 } else { (v.abs() / step).log10().floor() + 2.0 };
            Tick { at: (v - self.lo) / span, label: Some(number::short(v, digits.clamp(1.0, 15.0) as usize)) }
        };
        inside.map(tick).collect()
    }

    fn log_ticks(&self, most: usize) -> Vec<Tick> {
        let span = self.hi - self.lo;
        let (first, last) = ((self.lo - 1e-9).floor() as i64, (self.hi + 1e-9).ceil() as i64);
        let decades = (last - first).max(1) as usize;
        let stride = decades.div_ceil(most).max(1) as i64;
        let full = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        let (drawn, named): (&[i64], &[i64]) = match span {
            s if s <= 0.8 => (&full, &full),
            s if s <= 1.7 && most > 3 => (&full, &[1, 2, 5]),
            _ if stride == 1 && decades <= 9 => (&full, &[1]),
            _ => (&[1], &[1]),
        };
        let mut ticks = Vec::new();
        for exponent in first..=last {
            for &m in drawn {
                let value = m as f64 * 10f64.powi(exponent as i32);
                if self.whole && exponent < 0 {
                    continue;
                }
                let Some(at) = self.place(value).filter(|at| (-1e-9..=1.0 + 1e-9).contains(at)) else {
                    continue;
                };
                let label = named.contains(&m) && exponent.rem_euclid(stride) == 0;
                let text = || {
                    if m == 1 { number::power(exponent) } else { number::short(value, 1) }
                };
                ticks.push(Tick { at, label: label.then(text) });
            }
        }
        ticks
    }
}

/// The finite values above zero (for logarithmic axes): smallest and largest.
pub fn positive_range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let good = values.filter(|v| v.is_finite() && *v > 0.0);
    good.fold(None, |range, v| match range {
        None => Some((v, v)),
        Some((lo, hi)) => Some((f64::min(lo, v), f64::max(hi, v))),
    })
}

/// The finite values: smallest and largest.
pub fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|v| v.is_finite()).fold(None, |range, v| match range {
        None => Some((v, v)),
        Some((lo, hi)) => Some((f64::min(lo, v), f64::max(hi, v))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: Scale, most: usize) -> Vec<String> {
        scale.ticks(most).into_iter().filter_map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(labels(Scale::linear(0.0, 1.0), 5), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(labels(Scale::log(1e-4, 1.0), 6), ["10⁻⁴", "10⁻³", "10⁻²", "10⁻¹", "1"]);
        assert_eq!(labels(Scale::steps(0, 1000), 6), ["0", "1", "10", "10²", "10³"]);
        assert_eq!(labels(Scale::linear(-1.0, 1.0), 2), ["−1", "0", "1"]);
    }

    #[test]
    fn impossible_ranges_are_opened() {
        for (lo, hi) in [
            (f64::NAN, 1.0),
            (1.0, 1.0),
            (2.0, 1.0),
            (0.0, 0.0),
            (f64::NEG_INFINITY, f64::INFINITY),
            (1e300, 1e300),
        ] {
            for scale in [Scale::linear(lo, hi), Scale::log(lo, hi)] {
                for most in [0, 1, 3, 50] {
                    assert!(scale.ticks(most).iter().all(|tick| tick.at.is_finite()));
                }
            }
        }
        assert_eq!(Scale::log(1e-3, 1.0).place(0.0), None);
        assert_eq!(Scale::steps(0, 0).place(f64::NAN), None);
    }
}
