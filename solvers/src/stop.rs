//! When a run ends: tolerances, any of which is enough, and budgets.

use std::{fmt, str::FromStr};

use modewise_problems::spec::nearest;
use thiserror::Error;

/// Tolerances and budgets; the first that holds ends the run. A rule read from text that has no
/// budget gets that of the default.
#[derive(Debug, Clone, PartialEq)]
pub struct StopRule {
    /// Relative residual.
    pub rtol: Option<f64>,
    /// Relative L2 error.
    pub error_l2: Option<f64>,
    /// Maximum error.
    pub error_max: Option<f64>,
    /// Steps.
    pub steps: Option<u64>,
    /// Seconds of set-up and steps.
    pub seconds: Option<f64>,
    /// Work units of set-up and steps.
    pub work: Option<f64>,
    /// Whether somebody asked for the tolerances, so that missing them is worth an exit code.
    pub asked: bool,
}

/// What `modewise` runs to when nothing else is said, as it would be written.
pub const DEFAULT: &str = "rtol=1e-10,steps=10000";

const KEYS: [&str; 6] = ["rtol", "error_l2", "error_max", "steps", "seconds", "work"];

/// Why a stop rule was refused.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum StopError {
    /// Not `key=value`.
    #[error("`{0}` is no stop rule; write for example rtol=1e-8,steps=10000")]
    Syntax(String),
    /// An unknown key.
    #[error("a stop rule has no `{key}`{hint}; known: {}", KEYS.join(", "))]
    Unknown {
        /// The key.
        key: String,
        /// The nearest valid one, as ` (did you mean …?)`.
        hint: String,
    },
    /// A key that stands twice.
    #[error("a stop rule has one `{0}`, not two; keep the one you mean")]
    Twice(String),
    /// A value out of range.
    #[error("stop rule: {key} = {value} is not a positive number")]
    Value {
        /// The key.
        key: String,
        /// The value.
        value: String,
    },
}

impl Default for StopRule {
    fn default() -> Self {
        Self {
            rtol: Some(1e-10),
            error_l2: None,
            error_max: None,
            steps: Some(10_000),
            seconds: None,
            work: None,
            asked: false,
        }
    }
}

impl StopRule {
    /// Exactly `steps` steps, no tolerance.
    pub fn steps(steps: u64) -> Self {
        Self { rtol: None, steps: Some(steps), ..Self::default() }
    }

    /// The same with another budget of steps.
    #[must_use]
    pub fn with_steps(mut self, steps: u64) -> Self {
        self.steps = Some(steps);
        self
    }

    /// Whether any tolerance is to be watched.
    pub fn has_tolerance(&self) -> bool {
        self.rtol.is_some() || self.error_l2.is_some() || self.error_max.is_some()
    }

    /// Whether any tolerance is measured against the reference.
    pub fn needs_reference(&self) -> bool {
        self.error_l2.is_some() || self.error_max.is_some()
    }
}

impl FromStr for StopRule {
    type Err = StopError;

    fn from_str(text: &str) -> Result<Self, StopError> {
        let mut rule = Self { rtol: None, steps: None, asked: true, ..Self::default() };
        let mut seen = Vec::new();
        for part in text.split(',') {
            let (key, value) = part.split_once('=').ok_or_else(|| StopError::Syntax(text.into()))?;
            let (key, value) = (key.trim(), value.trim());
            if seen.contains(&key) {
                return Err(StopError::Twice(key.into()));
            }
            seen.push(key);
            let bad = || StopError::Value { key: key.into(), value: value.into() };
            let number: f64 = value.parse().map_err(|_| bad())?;
            if !(number.is_finite() && number > 0.0) {
                return Err(bad());
            }
            match key {
                "rtol" => rule.rtol = Some(number),
                "error_l2" => rule.error_l2 = Some(number),
                "error_max" => rule.error_max = Some(number),
                "steps" if number.fract() == 0.0 && number < 9e15 => rule.steps = Some(number as u64),
                "steps" => return Err(bad()),
                "seconds" => rule.seconds = Some(number),
                "work" => rule.work = Some(number),
                _ => {
                    let known: Vec<String> = KEYS.iter().map(|key| key.to_string()).collect();
                    return Err(StopError::Unknown { key: key.into(), hint: nearest(key, &known) });
                }
            }
        }
        if rule.steps.is_none() && rule.seconds.is_none() && rule.work.is_none() {
            // A tolerance may never hold; nothing runs for ever.
            rule.steps = Self::default().steps;
        }
        Ok(rule)
    }
}

impl fmt::Display for StopRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers = [
            ("rtol", self.rtol),
            ("error_l2", self.error_l2),
            ("error_max", self.error_max),
            ("steps", self.steps.map(|steps| steps as f64)),
            ("seconds", self.seconds),
            ("work", self.work),
        ];
        let mut parts = Vec::new();
        for (key, value) in numbers {
            match value {
                Some(value) if (1e-3..1e15).contains(&value) => parts.push(format!("{key}={value}")),
                Some(value) => parts.push(format!("{key}={value:e}")),
                None => {}
            }
        }
        f.write_str(&parts.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_it_prints() {
        let rule: StopRule = "rtol=1e-8,error_max=0.001,steps=1e4,work=1e20".parse().unwrap();
        assert_eq!(rule.steps, Some(10_000));
        assert_eq!(rule.to_string().parse::<StopRule>().unwrap(), rule);
        assert_eq!("error_l2=1e-3".parse::<StopRule>().unwrap().steps, StopRule::default().steps);
        assert_eq!("rtol=1,seconds=5".parse::<StopRule>().unwrap().steps, None);
        let default = StopRule { asked: true, ..StopRule::default() };
        assert_eq!(DEFAULT.parse::<StopRule>().unwrap(), default);
    }

    #[test]
    fn refuses_with_the_nearest_key() {
        let error = "rtoll=1e-8".parse::<StopRule>().unwrap_err().to_string();
        assert!(error.contains("did you mean `rtol`?"), "{error}");
        for text in
            ["rtol=nan", "steps=0", "steps=1.5", "rtol", "", "seconds=-1", "steps=5,rtol=1e-3,steps=9"]
        {
            assert!(text.parse::<StopRule>().is_err(), "{text}");
        }
    }
}
