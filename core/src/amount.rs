//! Money that adds exactly.
//!
//! Money is decimal. An amount of at most 15 digits with at most 9 of them behind the point is kept as a scaled
//! integer, whatever type it came as: `0.1::float8` and `0.1::numeric` are the same amount. Scaled integers add exactly,
//! in any order. Anything else is kept as the nearest `f64`, one by one, and summed in a fixed order.
//!
//! Fifteen digits are what `f64` promises to carry: a decimal of at most 15 digits survives the way to `f64` and back,
//! so recognising one in an `f64` is exact, not a guess.

use crate::error::{Error, Kind, Result};

/// The most digits behind the point of a scaled integer.
pub const MAX_SCALE: u8 = 9;

/// The largest scaled integer that one row may bring: 15 digits.
pub const MAX_MANTISSA: i64 = 1_000_000_000_000_000;

/// Powers of ten up to [`MAX_SCALE`].
pub const POWERS: [i64; MAX_SCALE as usize + 1] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
];

/// How many units of `10^-9` one is.
const NANO: i128 = POWERS[MAX_SCALE as usize] as i128;
/// The whole units that one amount of a large sum takes.
const PIECE: i128 = 9_000_000_000_000_000_000;
/// The most amounts of that size that a sum is cut in: orders and returns of an instant fit one block of a log.
const MAX_PIECES: i128 = 500;

/// One amount.
///
/// Two words and no enum: for every row that is collected, an amount passes through registers.
#[derive(Clone, Copy, Debug)]
pub struct Amount {
    /// The scaled integer, or the bits of a double.
    bits: i64,
    scale: u8,
}

/// What an amount is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    /// `mantissa / 10^scale`, exactly. One amount may be written in several ways: `5 / 10` is `50 / 100`.
    Decimal {
        /// The scaled integer.
        mantissa: i64,
        /// The digits behind the point, at most [`MAX_SCALE`].
        scale: u8,
    },
    /// A number that is no short decimal.
    Raw(f64),
}

/// In the place of a scale: the amount is no decimal.
const RAW: u8 = u8::MAX;

impl Amount {
    /// Nothing.
    pub const ZERO: Amount = Amount::decimal(0, 0);

    /// `mantissa / 10^scale`; the scale is at most [`MAX_SCALE`].
    #[inline]
    pub const fn decimal(mantissa: i64, scale: u8) -> Amount {
        debug_assert!(scale <= MAX_SCALE);
        Amount { bits: mantissa, scale }
    }

    /// A number that is no short decimal.
    #[inline]
    pub const fn raw(x: f64) -> Amount {
        Amount {
            bits: x.to_bits() as i64,
            scale: RAW,
        }
    }

    /// What it is.
    #[inline]
    pub const fn form(self) -> Form {
        match self.scale {
            RAW => Form::Raw(f64::from_bits(self.bits as u64)),
            scale => Form::Decimal {
                mantissa: self.bits,
                scale,
            },
        }
    }

    /// A byte and eight bytes that [`from_parts`](Amount::from_parts) makes the amount of again.
    pub fn parts(self) -> (u8, [u8; 8]) {
        (self.scale, self.bits.to_le_bytes())
    }

    /// The amount of its parts; nothing if they are none of an amount.
    pub fn from_parts(scale: u8, bits: [u8; 8]) -> Option<Amount> {
        let amount = Amount {
            bits: i64::from_le_bytes(bits),
            scale,
        };
        (scale <= MAX_SCALE || scale == RAW && amount.to_f64().is_finite()).then_some(amount)
    }

    /// The amount an `f64` stands for; `None` for NaN and the infinities.
    #[inline]
    pub fn from_f64(x: f64) -> Option<Amount> {
        // Cents first: nearly all amounts end here.
        if let Some(mantissa) = scaled(x, 2) {
            return Some(Amount::decimal(mantissa, 2));
        }
        Amount::from_unusual_f64(x)
    }

    #[cold]
    fn from_unusual_f64(x: f64) -> Option<Amount> {
        if !x.is_finite() {
            return None;
        }
        let decimal =
            (0..=MAX_SCALE).find_map(|scale| scaled(x, scale).map(|mantissa| Amount::decimal(mantissa, scale)));
        Some(decimal.unwrap_or(Amount::raw(x)))
    }

    /// The amount of a number given as PostgreSQL's `numeric` keeps it: digits of base 10 000 in two bytes each, in the order
    /// of this machine, the first one worth `10000^weight`, without leading or trailing zero digits. What is too long for
    /// a scaled integer is rounded to the nearest `f64`; what is too large for that is an error.
    #[inline(always)]
    pub fn from_base10000(negative: bool, weight: i32, digits: &[[u8; 2]]) -> Result<Amount> {
        let (before, last) = match *digits {
            [last] => (0, digit(last)),
            [first, last] => (digit(first), digit(last)),
            [first, second, last] => (digit(first) * 10_000 + digit(second), digit(last)),
            _ => return Amount::from_unusual_numeric(negative, weight, digits),
        };
        // Nearly always, at most one digit is behind the point. Cents come as hundreds of it.
        let (mantissa, scale) = match (digits.len() as i32 - 1 - weight, last % 100) {
            (0, _) => (before * 10_000 + last, 0),
            (1, 0) => (before * 100 + last / 100, 2),
            (1, _) => (before * 10_000 + last, 4),
            _ => return Amount::from_unusual_numeric(negative, weight, digits),
        };
        Ok(Amount::decimal(if negative { -mantissa } else { mantissa }, scale))
    }

    /// Other numbers: scaled integers if they are short enough.
    #[cold]
    fn from_unusual_numeric(negative: bool, weight: i32, digits: &[[u8; 2]]) -> Result<Amount> {
        let fraction = digits.len() as i32 - 1 - weight;
        if digits.len() <= 4 && (0..=3).contains(&fraction) {
            let mut mantissa = digits.iter().fold(0, |m, &two| m * 10_000 + digit(two));
            let mut scale = 4 * fraction as u8;
            while scale > 0 && mantissa % 10 == 0 {
                mantissa /= 10;
                scale -= 1;
            }
            if mantissa <= MAX_MANTISSA && scale <= MAX_SCALE {
                return Ok(Amount::decimal(if negative { -mantissa } else { mantissa }, scale));
            }
        }
        Amount::from_long_numeric(negative, weight, digits)
    }

    #[cold]
    fn from_long_numeric(negative: bool, weight: i32, digits: &[[u8; 2]]) -> Result<Amount> {
        use std::fmt::Write;
        let mut text = String::with_capacity(digits.len() * 4 + 16);
        if negative {
            text.push('-');
        }
        text.push('0');
        let n = digits.len() as i32;
        for &two in digits {
            // Writing to a string cannot fail.
            let _ = write!(text, "{:04}", digit(two));
        }
        let _ = write!(text, "e{}", 4 * (weight + 1 - n));
        match text.parse::<f64>().ok().and_then(Amount::from_f64) {
            Some(amount) => Ok(amount),
            None => Err(Error::new(Kind::OutOfRange, "amount is out of range")
                .detail("Its absolute value is larger than the largest double precision number.")),
        }
    }

    /// Whether it is a decimal if it can be one: amounts that are equal are kept alike.
    pub fn is_normal(self) -> bool {
        match self.form() {
            Form::Decimal { .. } => true,
            Form::Raw(x) => Amount::from_f64(x).is_some_and(|amount| amount.scale == RAW),
        }
    }

    /// The same amount with as few digits behind the point as it needs.
    pub fn shortest(self) -> Amount {
        let Form::Decimal {
            mut mantissa,
            mut scale,
        } = self.form()
        else {
            return self;
        };
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        Amount::decimal(mantissa, scale)
    }

    /// In units of `10^-9`; `None` for a raw number.
    pub fn nano(self) -> Option<i128> {
        match self.form() {
            Form::Decimal { mantissa, scale } => {
                Some(i128::from(mantissa) * i128::from(POWERS[usize::from(MAX_SCALE - scale)]))
            }
            Form::Raw(_) => None,
        }
    }

    /// Whether a sum in units of `10^-9` is one that [`of_sum`](Amount::of_sum) can cut: within some 4e21, either way.
    pub fn can_be_sum(nano: i128) -> bool {
        nano.unsigned_abs() < (MAX_PIECES * PIECE * NANO).unsigned_abs()
    }

    /// The amounts that together are an exact sum in units of `10^-9`. Nearly always one; a sum that outgrew 64 bits is
    /// cut in whole units and the rest. The same sum is always cut the same way.
    pub fn of_sum(nano: i128) -> impl Iterator<Item = Amount> {
        let (mut mantissa, mut scale) = (nano, MAX_SCALE);
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        let (mut whole, rest) = match i64::try_from(mantissa) {
            Ok(mantissa) => (0, Some(Amount::decimal(mantissa, scale))),
            Err(_) => {
                let part = (nano % NANO) as i64;
                let rest = (part != 0).then_some(Amount::decimal(part, MAX_SCALE));
                (nano / NANO, rest)
            }
        };
        let pieces = std::iter::from_fn(move || {
            let mantissa = whole.clamp(-PIECE, PIECE) as i64;
            whole -= i128::from(mantissa);
            (mantissa != 0).then_some(Amount::decimal(mantissa, 0))
        });
        pieces.chain(rest)
    }

    /// The nearest `f64`.
    #[inline]
    pub fn to_f64(self) -> f64 {
        match self.form() {
            Form::Decimal { mantissa, scale } => ratio(i128::from(mantissa), scale),
            Form::Raw(x) => x,
        }
    }

    /// Whether the amount is less than nothing: a return.
    #[inline]
    pub fn is_negative(self) -> bool {
        match self.form() {
            Form::Decimal { mantissa, .. } => mantissa < 0,
            Form::Raw(x) => x < 0.0,
        }
    }
}

/// A digit of base 10 000.
#[inline(always)]
fn digit(two: [u8; 2]) -> i64 {
    i64::from(u16::from_ne_bytes(two))
}

impl PartialEq for Amount {
    fn eq(&self, other: &Amount) -> bool {
        match (self.nano(), other.nano()) {
            (None, None) => self.to_f64() == other.to_f64(),
            (own, others) => own == others,
        }
    }
}

/// The integer `m` of at most 15 digits for which `m / 10^scale` is exactly the `f64` `x`, if there is one.
#[inline]
fn scaled(x: f64, scale: u8) -> Option<i64> {
    let power = POWERS[scale as usize] as f64;
    let y = x * power;
    // With at most 15 digits the product is off by less than a quarter, so this finds the only candidate.
    let mantissa = (y + 0.5f64.copysign(y)) as i64;
    (y.abs() <= MAX_MANTISSA as f64 && mantissa as f64 / power == x).then_some(mantissa)
}

/// The `f64` nearest to `mantissa / 10^scale`.
#[inline]
fn ratio(mantissa: i128, scale: u8) -> f64 {
    const EXACT: u64 = 1 << 53;
    match i64::try_from(mantissa) {
        // Both numbers are exact, so the quotient is rounded once.
        Ok(mantissa) if mantissa.unsigned_abs() <= EXACT => mantissa as f64 / POWERS[usize::from(scale)] as f64,
        _ => long_ratio(mantissa, scale),
    }
}

#[cold]
fn long_ratio(mantissa: i128, scale: u8) -> f64 {
    let power = POWERS[scale as usize] as u128;
    let (whole, part) = (mantissa.unsigned_abs() / power, mantissa.unsigned_abs() % power);
    let size = if part == 0 {
        whole as f64
    } else {
        format!("{whole}.{part:0width$}", width = scale as usize)
            .parse()
            .expect("digits are a number")
    };
    if mantissa < 0 { -size } else { size }
}

/// A running sum of amounts: exact for decimals, compensated for the rest.
///
/// Decimals may come in any order. Raw numbers must come in a fixed order to give the same bits (Neumaier's variant of
/// Kahan's summation, ZAMM 54, 1974).
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum {
    scaled: i128,
    scale: u8,
    raw: f64,
    lost: f64,
}

impl Sum {
    /// Adds one amount.
    #[inline]
    pub fn add(&mut self, amount: Amount) {
        match amount.form() {
            Form::Decimal { mantissa, scale } => self.add_scaled(i128::from(mantissa), scale),
            Form::Raw(x) => self.add_raw(x),
        }
    }

    /// Adds `mantissa / 10^scale`.
    #[inline]
    pub fn add_scaled(&mut self, mantissa: i128, scale: u8) {
        if scale == self.scale {
            self.scaled = self.scaled.saturating_add(mantissa);
        } else if scale < self.scale {
            let power = i128::from(POWERS[(self.scale - scale) as usize]);
            self.scaled = self.scaled.saturating_add(mantissa.saturating_mul(power));
        } else {
            let power = i128::from(POWERS[(scale - self.scale) as usize]);
            self.scaled = self.scaled.saturating_mul(power).saturating_add(mantissa);
            self.scale = scale;
        }
    }

    /// Adds another sum.
    pub fn add_sum(&mut self, other: &Sum) {
        self.add_scaled(other.scaled, other.scale);
        if other.raw != 0.0 || other.lost != 0.0 {
            self.add_raw(other.raw);
            self.add_raw(other.lost);
        }
    }

    fn add_raw(&mut self, x: f64) {
        let sum = self.raw + x;
        self.lost += if self.raw.abs() >= x.abs() {
            (self.raw - sum) + x
        } else {
            (x - sum) + self.raw
        };
        self.raw = sum;
    }

    /// The sum as the nearest `f64` (exactly rounded where all amounts were decimal). An error if it, or a sum on the way to it, is
    /// beyond what there is, as for PostgreSQL's `sum(double precision)`.
    #[inline]
    pub fn value(&self) -> Result<f64> {
        let exact = ratio(self.scaled, self.scale);
        let value = if self.raw == 0.0 && self.lost == 0.0 {
            exact
        } else {
            let mut total = *self;
            total.add_raw(exact);
            total.raw + total.lost
        };
        // Exact sums that were too large stopped at an end of the range.
        let is_whole = self.scaled != i128::MAX && self.scaled != i128::MIN;
        if is_whole && value.is_finite() {
            Ok(value)
        } else {
            Err(overflow())
        }
    }
}

/// A sum of amounts is beyond the range, in PostgreSQL's words.
#[cold]
pub fn overflow() -> Error {
    Error::new(Kind::OutOfRange, "value out of range: overflow")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(mantissa: i64, scale: u8) -> Option<Amount> {
        Some(Amount::decimal(mantissa, scale))
    }

    #[test]
    fn short_decimals_are_recognised() {
        assert_eq!(Amount::from_f64(12.5), decimal(125, 1));
        assert_eq!(Amount::from_f64(12.34), decimal(1234, 2));
        assert_eq!(Amount::from_f64(-0.001), decimal(-1, 3));
        assert_eq!(Amount::from_f64(0.0), decimal(0, 0));
        assert_eq!(Amount::from_f64(-0.0), decimal(0, 0));
        assert_eq!(Amount::from_f64(1e15), decimal(MAX_MANTISSA, 0));
        assert_eq!(Amount::from_f64(1e-9), decimal(1, 9));
        assert_eq!(Amount::from_f64(280206.02), decimal(28020602, 2));
        assert_eq!(Amount::from_f64(1e12), decimal(1_000_000_000_000, 0));
    }

    #[test]
    fn everything_else_stays_raw() {
        for x in [1.0 / 3.0, 0.1 + 0.2, 1e16, 1e-10, f64::MAX, 5e-324, -1e300] {
            assert_eq!(Amount::from_f64(x), Some(Amount::raw(x)), "{x}");
        }
        for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Amount::from_f64(x), None);
        }
    }

    #[test]
    fn every_float_survives() {
        let mut bits = 0x9e37_79b9_7f4a_7c15u64;
        for i in 0..200_000u64 {
            bits = bits.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(i);
            let x = if i % 2 == 0 {
                f64::from_bits(bits)
            } else {
                ((bits >> 20) % 100_000_000) as f64 / [1.0, 10.0, 100.0, 1e3, 1e6][i as usize % 5]
            };
            if let Some(amount) = Amount::from_f64(x) {
                assert_eq!(amount.to_f64(), x);
            }
        }
    }

    #[test]
    fn numeric_digits_are_read_exactly() {
        let read = |negative, weight, digits: &[u16]| {
            let digits: Vec<[u8; 2]> = digits.iter().map(|digit| digit.to_ne_bytes()).collect();
            Amount::from_base10000(negative, weight, &digits).unwrap()
        };
        assert_eq!(Some(read(false, 0, &[])), decimal(0, 0));
        assert_eq!(Some(read(false, 0, &[12, 5000])), decimal(125, 1));
        assert_eq!(Some(read(true, 0, &[12, 3400])), decimal(-1234, 2));
        assert_eq!(Some(read(false, 1, &[1])), decimal(10_000, 0));
        assert_eq!(Some(read(false, -1, &[1])), decimal(1, 4));
        assert_eq!(Some(read(false, -2, &[1])), decimal(1, 8));
        assert_eq!(Some(read(false, -3, &[1000])), decimal(1, 9));
        assert_eq!(read(false, -3, &[1]), Amount::raw(1e-12));
        // 12345678901234567.89: seventeen digits before the point
        assert_eq!(
            read(false, 4, &[1, 2345, 6789, 123, 4567, 8900]),
            Amount::raw(12345678901234567.89)
        );
        assert_eq!(read(false, 30, &[7]), Amount::raw(7e120));
        assert_eq!(
            Amount::from_base10000(false, 100, &[1u16.to_ne_bytes()])
                .unwrap_err()
                .kind(),
            Kind::OutOfRange
        );
    }

    #[test]
    fn numeric_and_float_agree() {
        // Every amount of cents up to a thousand, both ways.
        for cents in 0..100_000u32 {
            let (whole, part) = ((cents / 100) as u16, (cents % 100) as u16 * 100);
            let digits: Vec<u16> = match (whole, part) {
                (0, 0) => vec![],
                (0, part) => vec![part],
                (whole, 0) => vec![whole],
                (whole, part) => vec![whole, part],
            };
            let weight = if whole == 0 { -1 } else { 0 };
            let digits: Vec<[u8; 2]> = digits.into_iter().map(u16::to_ne_bytes).collect();
            let numeric = Amount::from_base10000(false, weight, &digits).unwrap();
            assert_eq!(Some(numeric), Amount::from_f64(f64::from(cents) / 100.0));
        }
    }

    #[test]
    fn sums_are_exact_in_any_order() {
        let tenth = Amount::from_f64(0.1).unwrap();
        let mut sum = Sum::default();
        for _ in 0..10 {
            sum.add(tenth);
        }
        assert_eq!(sum.value(), Ok(1.0));
        let mut mixed = Sum::default();
        for x in [1e15, 1e-9, -1e15] {
            mixed.add(Amount::from_f64(x).unwrap());
        }
        assert_eq!(mixed.value(), Ok(1e-9));
    }

    #[test]
    fn raw_numbers_are_compensated() {
        let mut sum = Sum::default();
        for x in [1e300, 1.0 / 3.0, -1e300, 0.5] {
            sum.add(Amount::from_f64(x).unwrap());
        }
        assert_eq!(sum.value(), Ok(0.5 + 1.0 / 3.0));
        let mut over = Sum::default();
        for x in [f64::MAX, f64::MAX] {
            over.add(Amount::from_f64(x).unwrap());
        }
        assert_eq!(over.value(), Err(overflow()));
    }

    #[test]
    fn long_sums_round_once() {
        // 2^53 + 1 halves between two doubles; a tenth more must push it up.
        let mut sum = Sum::default();
        sum.add_scaled((1i128 << 53) + 1, 0);
        assert_eq!(sum.value(), Ok(9007199254740992.0));
        sum.add_scaled(1, 1);
        assert_eq!(sum.value(), Ok(9007199254740994.0));
    }

    #[test]
    fn a_sum_is_cut_without_loss() {
        let max = i128::from(i64::MAX);
        for nano in [
            0,
            1,
            -10,
            1_000_000_000,
            max,
            -max,
            max * 10,
            max * 1_000_000_007,
            -(1 << 100),
        ] {
            let pieces: Vec<_> = Amount::of_sum(nano).collect();
            assert_eq!(pieces.iter().map(|piece| piece.nano().unwrap()).sum::<i128>(), nano);
            assert!(!pieces.is_empty());
            assert!(pieces.iter().all(|piece| piece.is_negative() == (nano < 0)));
        }
        assert_eq!(Amount::of_sum(12_500_000_000).next(), decimal(125, 1));
        assert_eq!(Amount::of_sum(max * 1_000_000_007).count(), 3);
    }
}
