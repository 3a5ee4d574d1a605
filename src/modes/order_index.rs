//! The order index: Kendall's τ_b between |k| and first passage.

/// Kendall's τ_b of the pairs (x_i, y_i), ties allowed; `None` if one side is all ties.
///
/// τ_b = (C − D)/√((n₀ − n₁)(n₀ − n₂)) with C concordant and D discordant pairs, n₀ all pairs, n₁ and
/// n₂ those tied in x and in y (Kendall 1945); in O(n log n) by counting the exchanges of a merge
/// sort (Knight 1966). Infinity is a value like any other; no value may be not-a-number.
pub fn kendall_tau_b(pairs: &[(f64, f64)]) -> Option<f64> {
    let mut pairs = pairs.to_vec();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let all = choose_two(pairs.len());
    let tied_x = tied(&pairs, |a, b| a.0 == b.0);
    let tied_both = tied(&pairs, |a, b| a == b);
    let mut y: Vec<f64> = pairs.iter().map(|pair| pair.1).collect();
    let mut buffer = y.clone();
    // After sorting by x, and by y within ties of x, every exchange is a discordant pair.
    let discordant = exchanges(&mut y, &mut buffer);
    let tied_y = tied(&y, |a, b| a == b);
    let scale = ((all - tied_x) as f64).sqrt() * ((all - tied_y) as f64).sqrt();
    if scale == 0.0 {
        return None;
    }
    let concordant = all + tied_both - tied_x - tied_y - discordant;
    Some((concordant as f64 - discordant as f64) / scale)
}

fn choose_two(n: usize) -> u64 {
    let n = n as u64;
    n * n.saturating_sub(1) / 2
}

fn tied<T>(sorted: &[T], same: impl Fn(&T, &T) -> bool) -> u64 {
    sorted.chunk_by(same).map(|run| choose_two(run.len())).sum()
}

/// Sorts `y` and counts the pairs that stood in the wrong order.
fn exchanges(y: &mut [f64], buffer: &mut [f64]) -> u64 {
    let n = y.len();
    if n < 2 {
        return 0;
    }
    let middle = n / 2;
    let (left, right) = y.split_at_mut(middle);
    let (left_buffer, right_buffer) = buffer.split_at_mut(middle);
    let mut count = exchanges(left, left_buffer) + exchanges(right, right_buffer);
    let (mut i, mut j) = (0, middle);
    for slot in buffer.iter_mut() {
        if j == n || (i < middle && y[i] <= y[j]) {
            *slot = y[i];
            i += 1;
        } else {
            count += (middle - i) as u64;
            *slot = y[j];
            j += 1;
        }
    }
    y.copy_from_slice(buffer);
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, pair by pair.
    fn by_pairs(pairs: &[(f64, f64)]) -> Option<f64> {
        let (mut difference, mut untied_x, mut untied_y) = (0.0, 0.0, 0.0);
        for (i, a) in pairs.iter().enumerate() {
            for b in &pairs[..i] {
                let sign = |a: f64, b: f64| f64::from(i8::from(a > b) - i8::from(a < b));
                let (x, y) = (sign(a.0, b.0), sign(a.1, b.1));
                difference += x * y;
                untied_x += x.abs();
                untied_y += y.abs();
            }
        }
        let scale = f64::sqrt(untied_x * untied_y);
        (scale > 0.0).then(|| difference / scale)
    }

    #[test]
    fn agrees_with_the_definition() {
        let mut state = 1u64;
        for n in [0, 1, 2, 5, 40, 300] {
            let pairs: Vec<(f64, f64)> = (0..n)
                .map(|i| {
                    state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    let y = if state >> 60 == 0 { f64::INFINITY } else { (state >> 61) as f64 };
                    ((i / 2) as f64, y)
                })
                .collect();
            match (kendall_tau_b(&pairs), by_pairs(&pairs)) {
                (Some(a), Some(b)) => assert!((a - b).abs() < 1e-12, "{n}: {a} {b}"),
                (a, b) => assert_eq!(a, b),
            }
        }
    }

    /// Sweeps of ω-Jacobi until each mode is at 10⁻² of its start, n = 64: the published indices.
    #[test]
    fn reproduces_the_order_of_jacobi() {
        for (omega, tau) in [(1.0, 0.000), (2.0 / 3.0, -0.677), (0.5, -0.980)] {
            let pairs: Vec<(f64, f64)> = (1..64)
                .map(|k| {
                    let s = (f64::from(k) * std::f64::consts::PI / 128.0).sin();
                    let factor: f64 = 1.0 - 2.0 * omega * s * s;
                    // cos(π/2) is zero but for rounding: one sweep.
                    let sweeps =
                        if factor.abs() < 1e-12 { 1.0 } else { (0.01f64.ln() / factor.abs().ln()).ceil() };
                    (f64::from(k), sweeps)
                })
                .collect();
            let index = kendall_tau_b(&pairs).unwrap();
            assert!((index - tau).abs() < 0.002, "ω = {omega}: {index}");
        }
    }
}
