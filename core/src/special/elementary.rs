//! exp, ln and ln(1 + x) without a branch or a call, so that a compiler makes loops over them several at a time.
//!
//! They are right to about one unit in the last place, and the same to the last bit however wide the registers are.

/// ln 2, of which the first part has zeros at its end: so many times it is exact.
const LN_2: [f64; 2] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10];

/// What brings the digits before the point of a number that is added to it to the end of its bits.
const WHOLE: f64 = 6_755_399_441_055_744.0;

/// e^x for x from −700 to 700; beyond these it is that of the nearer one.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    let x = if x < -700.0 { -700.0 } else { x };
    let x = if x > 700.0 { 700.0 } else { x };
    // x = k ln 2 + y, and e^y by its series: |y| is less than 0.35.
    let shifted = x * std::f64::consts::LOG2_E + WHOLE;
    let k = shifted - WHOLE;
    let y = (x - k * LN_2[0]) - k * LN_2[1];
    let mut sum = 1.0 / 6_227_020_800.0;
    for factorial in [
        479_001_600.0,
        39_916_800.0,
        3_628_800.0,
        362_880.0,
        40_320.0,
        5_040.0,
        720.0,
        120.0,
        24.0,
        6.0,
        2.0,
    ] {
        sum = sum * y + 1.0 / factorial;
    }
    let power = 1.0 + (y + y * y * sum);
    // Times 2^k, in the exponent.
    f64::from_bits(power.to_bits().wrapping_add(shifted.to_bits() << 52))
}

/// ln x for positive, normal x, as fdlibm has it: x = 2^k (1 + f), and ln(1 + f) by a series in s = f/(2 + f).
#[inline(always)]
pub fn ln(x: f64) -> f64 {
    /// From the bits of the square root of a half to those of one.
    const HALF: u64 = 0x3fe6_a09e_0000_0000;
    const ONE: u64 = 0x3ff0_0000_0000_0000;
    /// The bits of 2^52, to which whole numbers are added in their bits, and what is then taken away: the bias of exponents as well.
    const WHOLE: u64 = 0x4330_0000_0000_0000;
    const BIAS: f64 = 4_503_599_627_370_496.0 + 1_023.0;
    let bits = x.to_bits().wrapping_add(ONE - HALF);
    let k = f64::from_bits(bits >> 52 | WHOLE) - BIAS;
    let f = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) + HALF) - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w * (3.999_999_999_940_942e-1 + w * (2.222_219_843_214_978_4e-1 + w * 1.531_383_769_920_937_3e-1));
    let odd = z
        * (6.666_666_666_666_735e-1
            + w * (2.857_142_874_366_239e-1 + w * (1.818_357_216_161_805e-1 + w * 1.479_819_860_511_658_6e-1)));
    let half = 0.5 * f * f;
    s * (half + (even + odd)) + k * LN_2[1] - half + f + k * LN_2[0]
}

/// ln(1 + x) and 1/(1 + x) for x from 0 on.
#[inline(always)]
pub fn ln_1p(x: f64) -> (f64, f64) {
    let sum = 1.0 + x;
    let inverse = 1.0 / sum;
    // What rounding took from the sum.
    (ln(sum) + (x - (sum - 1.0)) * inverse, inverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two units in the last place, of which what is compared with may be off by one.
    const NEAR: f64 = 2.0 * f64::EPSILON;

    fn close(found: f64, want: f64, what: f64) {
        assert!(
            (found - want).abs() <= NEAR * want.abs(),
            "{found} and not {want}, at {what}"
        );
    }

    /// From 10^−300 to 10^300 as well as near 1, about evenly.
    fn numbers() -> impl Iterator<Item = f64> {
        let near = (0..=20_000).map(|n| 0.5 + f64::from(n) * 1e-4);
        near.chain((-30_000..=30_000).map(|n| f64::powf(10.0, f64::from(n) * 1e-2)))
    }

    #[test]
    fn they_are_those_of_the_standard_library() {
        for x in numbers() {
            close(ln(x), x.ln(), x);
            let (found, inverse) = ln_1p(x);
            close(found, x.ln_1p(), x);
            close(inverse, 1.0 / (1.0 + x), x);
        }
        for n in -70_000..=70_000 {
            let x = f64::from(n) * 1e-2;
            close(exp(x), x.exp(), x);
            close(exp(1e-4 * x), (1e-4 * x).exp(), 1e-4 * x);
        }
    }

    #[test]
    fn ends_are_what_they_can_be() {
        assert_eq!((exp(0.0), ln(1.0), ln_1p(0.0)), (1.0, 0.0, (0.0, 1.0)));
        assert_eq!((exp(-1e300), exp(f64::NEG_INFINITY)), (exp(-700.0), exp(-700.0)));
        assert_eq!((exp(1e300), exp(f64::INFINITY)), (exp(700.0), exp(700.0)));
    }
}
