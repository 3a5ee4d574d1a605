//! Whether ε jumps: ∇u does so then too, which no sum of waves can follow.

use modewise_problems::{Points, Problem};

/// Points of a line at which ε is looked at.
const PLACES: usize = 1025;
/// Where lines along an axis cross the others: not in the middle, where ε may be anything.
const OFF_CENTRE: f64 = 0.381_966;
/// Halvings of the step with the largest change: down to rounding.
const HALVINGS: usize = 40;

/// A point at which ε jumps on the diagonal of the box, or on a line along an axis not far from its middle.
pub(super) fn jump(problem: &dyn Problem) -> Option<Vec<f64>> {
    let bounds = problem.domain().bounds();
    let d = bounds.len();
    let diagonal = (0..d).map(Some).chain([None]);
    diagonal.into_iter().find_map(|axis| {
        let point = |t: f64| -> Vec<f64> {
            let at = |k: usize| if axis.is_none_or(|axis| axis == k) { t } else { OFF_CENTRE };
            bounds.iter().enumerate().map(|(k, [a, b])| a + (b - a) * at(k)).collect()
        };
        let value = |t: f64| {
            let mut value = [0.0];
            problem.permittivity_at(Points::new(&point(t), d), &mut value);
            value[0]
        };
        // Off the ends, where ε may be anything.
        let place = |k: usize| (k as f64 + 0.5) / PLACES as f64;
        let values: Vec<f64> = (0..PLACES).map(|k| value(place(k))).collect();
        let change = |k: &usize| (values[k + 1] - values[*k]).abs();
        let steepest = (0..PLACES - 1).max_by(|a, b| change(a).total_cmp(&change(b)))?;
        let (mut low, mut high) = (place(steepest), place(steepest + 1));
        let [mut below, mut above] = [values[steepest], values[steepest + 1]];
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            let between = value(middle);
            if (between - below).abs() > (above - between).abs() {
                (high, above) = (middle, between);
            } else {
                (low, below) = (middle, between);
            }
        }
        // What is left of the change on a stretch of nothing.
        ((above - below).abs() > 0.5 * change(&steepest) && change(&steepest) > 0.0).then(|| point(low))
    })
}

#[cfg(test)]
mod tests {
    use modewise_problems::catalog;

    use super::jump;

    #[test]
    fn jumps_are_found_and_steep_coefficients_are_none() {
        let build = |name: &str| catalog::build(&name.parse().unwrap()).unwrap();
        for name in ["jump-2d", "jump-3d", "kellogg-2d", "many-subdomains-2d"] {
            assert!(jump(build(name).as_ref()).is_some(), "{name}");
        }
        for name in
            ["five-scales-2d", "multiscale-elliptic-1d,epsilon=0.01", "two-tone-2d", "multiscale-elliptic-3d"]
        {
            assert!(jump(build(name).as_ref()).is_none(), "{name}");
        }
    }
}
