//! How the modes of a heat map share its height: a row each, or by the logarithm of |k| where there are many.

use crate::store::schema::ModeName;

use super::{
    scale::{Scale, Tick},
    style,
};

/// More modes than this stand at their |k| on a logarithmic axis.
const LISTED: usize = 60;
/// Rows thinner than this many points are put together.
const THINNEST: f64 = 1.3;

/// The rows of a heat map, lowest mode first.
#[derive(Debug)]
pub struct Rows {
    /// The modes of each row, as indices: from, up to but not.
    pub modes: Vec<(usize, usize)>,
    /// Lower and upper end of each row as shares of the height.
    pub edges: Vec<(f64, f64)>,
    /// The numbers at the axis.
    pub ticks: Vec<Tick>,
}

impl Rows {
    /// Rows for modes sorted by |k|.
    pub fn of(modes: &[ModeName], height: f64) -> Self {
        let sizes: Vec<f64> = modes.iter().map(ModeName::magnitude).collect();
        let rises = sizes.windows(2).all(|pair| pair[0] < pair[1]) && sizes.first().is_some_and(|k| *k > 0.0);
        let n = modes.len();
        let (edges, ticks): (Vec<(f64, f64)>, Vec<Tick>) = if n > LISTED && rises {
            let scale = Scale::log(
                sizes[0] * (sizes[0] / sizes[1]).sqrt(),
                sizes[n - 1] * (sizes[n - 1] / sizes[n - 2]).sqrt(),
            );
            let places: Vec<f64> = sizes.iter().filter_map(|k| scale.place(*k)).collect();
            let edge = |i: usize| {
                if i == 0 {
                    0.0
                } else if i == n {
                    1.0
                } else {
                    0.5 * (places[i - 1] + places[i])
                }
            };
            let ticks = scale.ticks((height / 34.0) as usize);
            let ticks = ticks.into_iter().filter(|tick| (0.0..=1.0).contains(&tick.at)).collect();
            ((0..n).map(|i| (edge(i), edge(i + 1))).collect(), ticks)
        } else {
            let share = |i: usize| i as f64 / n as f64;
            ((0..n).map(|i| (share(i), share(i + 1))).collect(), listed(modes, height))
        };
        let mut rows = Self { modes: Vec::new(), edges: Vec::new(), ticks };
        rows.join(&edges, THINNEST / height);
        rows
    }

    fn join(&mut self, edges: &[(f64, f64)], thinnest: f64) {
        for (i, (lower, upper)) in edges.iter().enumerate() {
            match (self.modes.last_mut(), self.edges.last_mut()) {
                (Some(modes), Some(edge)) if edge.1 - edge.0 < thinnest => {
                    modes.1 = i + 1;
                    edge.1 = *upper;
                }
                _ => {
                    self.modes.push((i, i + 1));
                    self.edges.push((*lower, *upper));
                }
            }
        }
    }

    /// Whether some rows stand for several modes.
    pub fn joined(&self) -> bool {
        self.modes.iter().any(|(from, to)| to - from > 1)
    }
}

/// Names for so many rows as have room: every first, second, fifth, tenth …
fn listed(modes: &[ModeName], height: f64) -> Vec<Tick> {
    let room = ((height / (1.5 * style::SMALL)) as usize).max(1);
    let strides = (0..6).flat_map(|power| [1, 2, 5].map(|m| m * 10usize.pow(power)));
    let stride = strides
        .into_iter()
        .find(|stride| modes.len().div_ceil(*stride) <= room)
        .unwrap_or(modes.len().max(1));
    let tick = |(i, mode): (usize, &ModeName)| Tick {
        at: (i as f64 + 0.5) / modes.len() as f64,
        label: Some(mode.to_string().replace("shell:", "")),
    };
    modes.iter().enumerate().step_by(stride).map(tick).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_fill_the_height_and_hold_every_mode() {
        for count in [1, 2, 12, 60, 61, 500, 4000] {
            let modes: Vec<ModeName> = (1..=count).map(|k| ModeName::Single(vec![k])).collect();
            let rows = Rows::of(&modes, 400.0);
            assert_eq!(rows.edges[0].0, 0.0);
            assert_eq!(rows.edges[rows.edges.len() - 1].1, 1.0);
            assert!(rows.edges.windows(2).all(|pair| pair[0].1 == pair[1].0));
            assert_eq!(rows.modes.iter().map(|(from, to)| to - from).sum::<usize>(), count as usize);
            assert!(!rows.ticks.is_empty());
        }
    }
}
