//! Observed order of accuracy.

/// The slope log(e₁/e₂)/log(h₁/h₂) between neighbouring grids, coarsest first; one fewer than grids.
pub fn observed(spacings: &[f64], errors: &[f64]) -> Vec<f64> {
    spacings.windows(2).zip(errors.windows(2)).map(|(h, e)| (e[0] / e[1]).ln() / (h[0] / h[1]).ln()).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_quartered_error_on_a_halved_grid_is_second_order() {
        let orders = super::observed(&[0.5, 0.25, 0.125], &[0.16, 0.04, 0.01]);
        assert!(orders.iter().all(|p| (p - 2.0).abs() < 1e-12));
    }
}
