//! a ← b + s·c with plain stores, or with stores past the caches.
//!
//! A plain store first reads the line it writes to, so that the triad moves 32 bytes an element where 24
//! are counted; non-temporal stores write whole lines without reading them, and need instructions that
//! Rust knows on x86-64 only.

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stores {
    /// Through the caches.
    Plain,
    /// Past them.
    NonTemporal,
}

impl Stores {
    /// What this machine can do.
    pub fn available() -> &'static [Self] {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx") {
            return &[Self::Plain, Self::NonTemporal];
        }
        &[Self::Plain]
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::NonTemporal => "non-temporal",
        }
    }

    /// a ← b + s·c.
    pub fn triad(self, a: &mut [f64], b: &[f64], c: &[f64], s: f64) {
        #[cfg(target_arch = "x86_64")]
        if self == Self::NonTemporal {
            if std::arch::is_x86_feature_detected!("avx512f") {
                // SAFETY: the machine has AVX-512F.
                return unsafe { x86::triad_512(a, b, c, s) };
            }
            if std::arch::is_x86_feature_detected!("avx") {
                // SAFETY: the machine has AVX.
                return unsafe { x86::triad_256(a, b, c, s) };
            }
        }
        plain(a, b, c, s);
    }
}

fn plain(a: &mut [f64], b: &[f64], c: &[f64], s: f64) {
    for ((a, b), c) in a.iter_mut().zip(b).zip(c) {
        *a = b + s * c;
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        _mm_sfence, _mm256_add_pd, _mm256_loadu_pd, _mm256_mul_pd, _mm256_set1_pd, _mm256_stream_pd,
        _mm512_add_pd, _mm512_loadu_pd, _mm512_mul_pd, _mm512_set1_pd, _mm512_stream_pd,
    };

    /// Streaming stores of `$lanes` values go to addresses that are a multiple of their size: what comes
    /// before the first such address and after the last is stored plainly.
    macro_rules! triad {
        ($name:ident, $feature:literal, $lanes:literal, $set:ident, $load:ident, $add:ident, $mul:ident, $stream:ident) => {
            #[target_feature(enable = $feature)]
            pub fn $name(a: &mut [f64], b: &[f64], c: &[f64], s: f64) {
                const LANES: usize = $lanes;
                let len = a.len().min(b.len()).min(c.len());
                let head = a.as_ptr().align_offset(LANES * size_of::<f64>()).min(len);
                let tail = len - (len - head) % LANES;
                super::plain(&mut a[..head], &b[..head], &c[..head], s);
                let factor = $set(s);
                for i in (head..tail).step_by(LANES) {
                    // SAFETY: i + LANES ≤ len of all three; a's address at i is aligned.
                    unsafe {
                        let sum = $add($load(b.as_ptr().add(i)), $mul(factor, $load(c.as_ptr().add(i))));
                        $stream(a.as_mut_ptr().add(i), sum);
                    }
                }
                super::plain(&mut a[tail..len], &b[tail..len], &c[tail..len], s);
                // Streaming stores are weakly ordered: others see them after this.
                _mm_sfence();
            }
        };
    }

    triad!(
        triad_256,
        "avx",
        4,
        _mm256_set1_pd,
        _mm256_loadu_pd,
        _mm256_add_pd,
        _mm256_mul_pd,
        _mm256_stream_pd
    );
    triad!(
        triad_512,
        "avx512f",
        8,
        _mm512_set1_pd,
        _mm512_loadu_pd,
        _mm512_add_pd,
        _mm512_mul_pd,
        _mm512_stream_pd
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_store_writes_every_element_once_wherever_it_starts() {
        let (b, c): (Vec<f64>, Vec<f64>) = (0..70).map(|i| (f64::from(i), 0.5 * f64::from(i * i))).unzip();
        for stores in Stores::available() {
            for (first, len) in [(0, 70), (1, 69), (3, 5), (5, 0), (7, 41)] {
                let mut a = vec![-1.0; 70];
                let range = first..first + len;
                stores.triad(&mut a[range.clone()], &b[range.clone()], &c[range.clone()], 3.0);
                for (i, a) in a.iter().enumerate() {
                    let expected = if range.contains(&i) { b[i] + 3.0 * c[i] } else { -1.0 };
                    assert_eq!(*a, expected, "{} at {i} of {range:?}", stores.name());
                }
            }
        }
    }
}
