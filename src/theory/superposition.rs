//! When a sum of powers Σ_k c_k λ_k^m first is small: without taking every step m, and without
//! missing one.

use num_complex::Complex64;

/// Factors λ_k of several terms, with the powers that jumps need.
///
/// Even and odd steps are looked at apart, so that no factor is negative: with μ = λ²,
/// λ^(2i + s) = λ^s μ^i.
pub(super) struct Factors {
    factors: Vec<f64>,
    /// The terms, fastest decay first.
    order: Vec<usize>,
    /// For every j = 2^e the powers μ_k^j, in that order, and the largest of them and 1.
    powers: Vec<(Vec<f64>, f64)>,
}

#[derive(Clone, Copy)]
struct Term {
    /// c μ^i at the current i.
    value: Complex64,
    /// Its modulus.
    size: f64,
    /// μ − 1.
    change: f64,
    /// Its place in the table of powers.
    place: u32,
}

/// All dropped terms together are smaller than this share of the target: less than its rounding.
const NEGLIGIBLE: f64 = f64::EPSILON / 256.0;

/// Fast terms are bounded by their sum once that is below this share of what is left to the target.
const FAST: f64 = 0.25;

impl Factors {
    /// Terms with these factors, for steps up to `limit`.
    pub fn new(factors: Vec<f64>, limit: u64) -> Self {
        let mut order: Vec<usize> = (0..factors.len()).collect();
        order.sort_by(|&a, &b| factors[a].abs().total_cmp(&factors[b].abs()));
        let mut power: Vec<f64> = order.iter().map(|&k| factors[k] * factors[k]).collect();
        let mut powers = Vec::new();
        for _ in 0..=(limit / 2).max(1).ilog2() {
            let next = power.iter().map(|mu| mu * mu).collect();
            let largest = power.iter().copied().fold(1.0, f64::max);
            powers.push((std::mem::replace(&mut power, next), largest));
        }
        Self { factors, order, powers }
    }

    /// The first m ≤ `limit` with |Σ_k c_k λ_k^m| ≤ `target`, the limit being at most that of the
    /// factors; `None` where there is none or no positive target.
    pub fn first_within(&self, coefficients: &[Complex64], target: f64, limit: u64) -> Option<u64> {
        if target.is_nan() || target <= 0.0 {
            return None;
        }
        let even = self.search(coefficients, 0, target, limit / 2).map(|i| 2 * i);
        let limit = even.unwrap_or(limit);
        let odd = limit.checked_sub(1).and_then(|m| self.search(coefficients, 1, target, m / 2));
        odd.map(|i| 2 * i + 1).or(even)
    }

    /// The first i ≤ `last` with |f(i)| ≤ `target`, f(i) = Σ_k c_k λ_k^s μ_k^i.
    fn search(&self, coefficients: &[Complex64], s: i32, target: f64, last: u64) -> Option<u64> {
        let least = NEGLIGIBLE * target / coefficients.len() as f64;
        let matters = |term: &Term| term.size > least || term.change > 0.0;
        let first = &self.powers[0].0;
        let term = |(place, &k): (usize, &usize)| {
            let value = coefficients[k] * self.factors[k].powi(s);
            Term { value, size: value.norm(), change: first[place] - 1.0, place: place as u32 }
        };
        let mut terms: Vec<Term> = self.order.iter().enumerate().map(term).filter(matters).collect();
        let mut i = 0;
        loop {
            let f: Complex64 = terms.iter().map(|term| term.value).sum();
            if f.norm() <= target {
                return Some(i);
            }
            let reach = Reach::new(&terms, f, target);
            let far =
                self.powers.iter().enumerate().take_while(|(e, (_, growth))| reach.allows(1 << e, *growth));
            // No step of a jump is within the target; without a jump it is the next one's turn.
            let e = far.count().saturating_sub(1);
            i += 1 << e;
            if i > last || !reach.finite {
                return None;
            }
            terms.retain_mut(|term| {
                let power = self.powers[e].0[term.place as usize];
                term.value *= power;
                term.size *= power;
                matters(term)
            });
        }
    }
}

/// What bounds f from below over the next steps. The slow terms are followed by their differences,
/// f(i + t) = f + t Δf + C(t, 2) Δ²f + R with |R| ≤ C(t, 3) Σ|c||μ − 1|³ (Newton's series and its
/// remainder); the fast ones can take away no more than the sum of their moduli.
struct Reach {
    f: Complex64,
    first: Complex64,
    second: f64,
    third: f64,
    target: f64,
    finite: bool,
}

impl Reach {
    fn new(terms: &[Term], f: Complex64, target: f64) -> Self {
        let (mut fast, mut fast_value, mut split) = (0.0, Complex64::default(), 0);
        let most = FAST * (f.norm() - target);
        while let Some(term) = terms.get(split).filter(|term| fast + term.size <= most && term.change < 0.0) {
            fast += term.size;
            fast_value += term.value;
            split += 1;
        }
        let (mut first, mut second, mut third) = (Complex64::default(), Complex64::default(), 0.0);
        let mut size = fast;
        for term in &terms[split..] {
            let change = term.value * term.change;
            first += change;
            second += change * term.change;
            third += term.size * term.change.abs().powi(3);
            size += term.size;
        }
        // The rounding of the sums is no passage.
        let rounding = 4.0 * f64::EPSILON * size;
        let target = target + fast + rounding;
        Self { f: f - fast_value, first, second: second.norm(), third, target, finite: size.is_finite() }
    }

    /// Whether |f| stays above the target for the next `j` steps, if μ^j ≤ `growth`.
    fn allows(&self, j: u64, growth: f64) -> bool {
        let t = j as f64;
        let (pairs, triples) = (t * (t - 1.0) / 2.0, t * (t - 1.0) * (t - 2.0) / 6.0);
        // Where the line f + t Δf comes closest to zero.
        let towards = -(self.f.re * self.first.re + self.f.im * self.first.im);
        let nearest = (towards / self.first.norm_sqr().max(f64::MIN_POSITIVE)).clamp(0.0, t);
        let line = (self.f + nearest * self.first).norm();
        line - pairs * self.second - triples * self.third * growth > self.target
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, step by step.
    fn by_steps(factors: &[f64], coefficients: &[Complex64], target: f64, limit: u64) -> Option<u64> {
        let mut terms = coefficients.to_vec();
        for m in 0..=limit {
            if terms.iter().sum::<Complex64>().norm() <= target {
                return Some(m);
            }
            terms.iter_mut().zip(factors).for_each(|(term, factor)| *term *= factor);
        }
        None
    }

    /// Numbers in [−1, 1), the same every time.
    struct Noise(u64);

    impl Noise {
        fn next(&mut self) -> f64 {
            self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (self.0 >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        }
    }

    /// Sums of few and many terms, with factors of both signs, near 1 and beyond it, that cancel and
    /// come back: every passage is where stepping finds it.
    #[test]
    fn finds_the_same_step_as_stepping() {
        let mut noise = Noise(1);
        let (mut found, mut late) = (0, 0);
        for case in 0..3000 {
            let terms = [1, 2, 3, 8, 40][case % 5];
            let largest = [0.9, 0.99, 0.999, 1.0, 1.02][case / 5 % 5];
            let factors: Vec<f64> = (0..terms).map(|_| noise.next() * largest).collect();
            let near = |noise: &mut Noise| largest - 0.01 * noise.next().abs().powi(3);
            let factors: Vec<f64> =
                factors.into_iter().map(|f| if f > 0.3 { near(&mut noise) } else { f }).collect();
            let coefficients: Vec<Complex64> =
                (0..terms).map(|_| Complex64::new(noise.next(), noise.next())).collect();
            let target = 10f64.powf(4.0 * noise.next() - 4.0);
            let limit = [0, 3, 100, 3000, 3000][case / 25 % 5];
            let expected = by_steps(&factors, &coefficients, target, limit);
            let ours = Factors::new(factors.clone(), limit).first_within(&coefficients, target, limit);
            assert_eq!(ours, expected, "{factors:?} {coefficients:?} {target} {limit}");
            found += usize::from(expected.is_some());
            late += usize::from(expected > Some(100));
        }
        assert!(found > 1000 && late > 200, "{found} {late}");
    }

    #[test]
    fn closed_forms() {
        let one = |c: f64, factor: f64, target: f64, limit: u64| {
            Factors::new(vec![factor], limit).first_within(&[c.into()], target, limit)
        };
        // 2^-m ≤ 2^-20, whatever the sign; never below by a limit of 19.
        assert_eq!(one(1.0, 0.5, 2f64.powi(-20), u64::MAX), Some(20));
        assert_eq!(one(-1.0, -0.5, 2f64.powi(-20), 20), Some(20));
        assert_eq!(one(1.0, 0.5, 2f64.powi(-20), 19), None);
        assert_eq!(one(1.0, 0.0, 0.1, 9), Some(1));
        assert_eq!(one(0.1, 2.0, 0.1, 9), Some(0));
        assert_eq!(one(1.0, 1.0, 0.1, u64::MAX), None);
        assert_eq!(one(1.0, 3.0, 0.1, u64::MAX), None);
        for nothing in [0.0, -1.0, f64::NAN] {
            assert_eq!(one(1.0, 0.5, nothing, 9), None);
        }
        // A billion steps: ln 10 / −ln(1 − 10⁻⁹).
        let steps = one(1.0, 1.0 - 1e-9, 0.1, u64::MAX).unwrap();
        assert!(steps.abs_diff(2_302_585_092) <= 200, "{steps}");
        // x − x² with x = 0.9^m rises from zero at m = 0, and is within 0.05 again from x = (1 − √0.8)/2
        // on, m = 27.8; on odd steps from 29.
        let rise_and_fall = Factors::new(vec![0.9, 0.81], 1000);
        let coefficients = [1.0.into(), (-1.0).into()];
        assert_eq!(rise_and_fall.first_within(&coefficients, 0.05, 1000), Some(0));
        assert_eq!(rise_and_fall.search(&coefficients, 1, 0.05, 499), Some(14));
    }
}
