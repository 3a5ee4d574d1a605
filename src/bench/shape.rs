//! How many interior points a benchmark's grid has along every axis.

use std::{fmt, str::FromStr};

use serde::Serialize;

/// Interior points: one number for all axes, or one an axis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Shape(Vec<usize>);

impl Shape {
    /// `points` along every axis.
    pub fn equal(points: usize) -> Self {
        Self(vec![points])
    }

    /// One number an axis; `None` if it is for another dimension.
    pub fn of_dimension(&self, dimension: usize) -> Option<Self> {
        match *self.0 {
            [points] => Some(Self(vec![points; dimension])),
            _ => (self.0.len() == dimension).then(|| self.clone()),
        }
    }

    /// Axes.
    pub fn dimension(&self) -> usize {
        self.0.len()
    }

    /// All of them.
    pub fn points(&self) -> f64 {
        self.0.iter().map(|&points| points as f64).product()
    }

    /// Cells along every axis.
    pub fn cells(&self) -> Vec<usize> {
        self.0.iter().map(|points| points.saturating_add(1)).collect()
    }
}

/// `1023`, `777x1234`.
impl FromStr for Shape {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let points = text.split(['x', '×']).map(|points| {
            let points = points.trim().parse::<u32>().ok().filter(|&points| points > 0);
            points.map(|points| points as usize)
        });
        points
            .collect::<Option<_>>()
            .map(Self)
            .ok_or("expected numbers of points from 1, as in 1023 or 777x1234".into())
    }
}

/// `1023²` where all are equal, or `777×1234`.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let power = ["", "", "²", "³"].get(self.0.len());
        match (power, &self.0[..]) {
            (Some(power), [first, rest @ ..]) if rest.iter().all(|points| points == first) => {
                write!(f, "{first}{power}")
            }
            (_, points) => f.write_str(&points.iter().map(usize::to_string).collect::<Vec<_>>().join("×")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_read_and_written() {
        let shape = |text: &str| text.parse::<Shape>();
        assert_eq!(shape("1023").unwrap().of_dimension(2).unwrap().to_string(), "1023²");
        assert_eq!(shape("63").unwrap().of_dimension(3).unwrap().cells(), [64; 3]);
        assert_eq!(shape("777x1234").unwrap().of_dimension(2).unwrap().to_string(), "777×1234");
        assert_eq!(shape("777x1234").unwrap().of_dimension(3), None);
        assert_eq!(shape("777×1234"), shape("777x1234"));
        for wrong in ["", "0", "12x", "-3", "1e3", "99999999999"] {
            assert!(shape(wrong).is_err(), "{wrong}");
        }
    }
}
