//! Amounts as a packed column: scaled integers of one scale, and what has no place among them.
//!
//! ```text
//! amounts  signed varint of the least scaled integer; scaled integers minus that, packed
//! odd      a bit for each amount, whether it is odd; for each that is: a byte with its scale and the 8 bytes of its
//!          scaled integer, or a byte 255 and the 8 bytes of a double
//! ```
//! Scale, bits of a packed number, and whether odd ones follow, stand where the format of the block says.

use super::row::code;
use crate::amount::{Amount, Form, POWERS};
use crate::codec::{Reader, pack, put_signed, unpack, width};
use crate::error::Result;

/// The bytes of an odd amount.
pub(crate) const ODD_BYTES: usize = 9;

/// The most amounts whose scaled integers are added up without a look at each.
const SUMMABLE: usize = 1_024;

/// The amounts of a block on their way out.
#[derive(Debug, Default)]
pub(crate) struct AmountWriter {
    mantissas: Vec<i64>,
    scales: Vec<u8>,
    /// Amounts that are no scaled integers, and their places.
    odd: Vec<(usize, Amount)>,
}

impl AmountWriter {
    /// Appends an amount.
    #[inline]
    pub(crate) fn push(&mut self, amount: Amount) {
        let (mantissa, scale) = match amount.form() {
            Form::Decimal { mantissa, scale } => (mantissa, scale),
            Form::Raw(x) => {
                self.odd.push((self.mantissas.len(), amount));
                // Only the sign counts.
                (if x < 0.0 { -1 } else { 0 }, 0)
            }
        };
        self.mantissas.push(mantissa);
        self.scales.push(scale);
    }

    /// Appends the amounts of codes if none of them is odd. Else nothing happens.
    #[inline]
    pub(crate) fn push_plain(&mut self, codes: impl Iterator<Item = u64> + Clone) -> bool {
        let start = self.mantissas.len();
        let mut plain = true;
        self.mantissas.extend(codes.clone().map(|code| code::parts(code).0));
        self.scales.extend(codes.map(|code| {
            plain &= !code::is_odd(code);
            code::parts(code).1
        }));
        if !plain {
            self.mantissas.truncate(start);
            self.scales.truncate(start);
        }
        plain
    }

    /// Takes the last amount back.
    pub(crate) fn pop(&mut self) -> Option<Amount> {
        let (mantissa, scale) = (self.mantissas.pop()?, self.scales.pop()?);
        match self.odd.pop_if(|odd| odd.0 == self.mantissas.len()) {
            Some((_, amount)) => Some(amount),
            None => Some(Amount::decimal(mantissa, scale)),
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.mantissas.len()
    }

    /// Something that has the sign of each amount.
    pub(crate) fn signed(&self) -> impl Iterator<Item = i64> {
        self.mantissas.iter().copied()
    }

    /// Whether some have no place among the scaled integers. Known when all have been brought to one scale.
    pub(crate) fn has_odd(&self) -> bool {
        !self.odd.is_empty()
    }

    /// Brings all scaled integers to one scale, the least that they need. What has no place at that scale becomes odd.
    pub(crate) fn bring_to_one_scale(&mut self) -> u8 {
        let outliers = self.odd.len();
        let mut scale = self.largest_scale();
        let reach = self
            .mantissas
            .iter()
            .fold(0, |all, &mantissa| all | mantissa.unsigned_abs());
        if reach < 1 << 31 {
            // Even nine digits more fit.
            let power = |own: u8| POWERS[usize::from(scale.saturating_sub(own))];
            let scaled = self.mantissas.iter_mut().zip(&self.scales);
            scaled.for_each(|(mantissa, &own)| *mantissa = mantissa.wrapping_mul(power(own)));
            while scale > 0 && self.mantissas.iter().all(|mantissa| mantissa % 10 == 0) {
                self.mantissas.iter_mut().for_each(|mantissa| *mantissa /= 10);
                scale -= 1;
            }
        } else {
            // At the least scale, what does not fit is odd.
            for (mantissa, own) in self.mantissas.iter_mut().zip(&mut self.scales) {
                let shortest = Amount::decimal(*mantissa, *own).shortest();
                if let Form::Decimal { mantissa: least, scale } = shortest.form() {
                    (*mantissa, *own) = (least, scale);
                }
            }
            scale = self.largest_scale();
            for (at, (mantissa, own)) in self.mantissas.iter_mut().zip(&self.scales).enumerate() {
                match mantissa.checked_mul(POWERS[usize::from(scale - own)]) {
                    Some(scaled) => *mantissa = scaled,
                    None => self.odd.push((at, Amount::decimal(*mantissa, *own))),
                }
            }
        }
        if !self.odd.is_empty() {
            if outliers < self.odd.len() {
                self.odd.sort_unstable_by_key(|odd| odd.0);
            }
            // The places of odd amounts hold something that costs no bits: what the first other place holds.
            let ordinary = (0..self.mantissas.len()).find(|&at| self.odd.get(at).is_none_or(|odd| odd.0 != at));
            let ordinary = ordinary.map_or(0, |at| self.mantissas[at]);
            for odd in &self.odd {
                self.mantissas[odd.0] = ordinary;
            }
        }
        scale
    }

    fn largest_scale(&self) -> u8 {
        self.scales.iter().fold(0, |most, &scale| most.max(scale))
    }

    /// Appends the column, whose amounts are of one scale, and empties it. Returns the bits of a packed number. `values` is memory to
    /// work in.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>, values: &mut Vec<u64>) -> u8 {
        let least = self.mantissas.iter().copied().min().unwrap_or(0);
        put_signed(out, least);
        values.clear();
        values.extend(
            self.mantissas
                .iter()
                .map(|mantissa| mantissa.wrapping_sub(least) as u64),
        );
        let bits = width(values);
        pack(out, values, bits);
        if !self.odd.is_empty() {
            let bitmap = out.len();
            out.resize(bitmap + self.mantissas.len().div_ceil(8), 0);
            for &(at, amount) in &self.odd {
                out[bitmap + at / 8] |= 1 << (at % 8);
                let (tag, bytes) = amount.parts();
                out.push(tag);
                out.extend_from_slice(&bytes);
            }
        }
        self.mantissas.clear();
        self.scales.clear();
        self.odd.clear();
        bits as u8
    }
}

/// The amounts of a block that was read.
#[derive(Debug, Default)]
pub(crate) struct AmountColumn {
    /// The scaled integer of each amount that is not odd.
    pub(crate) mantissas: Vec<i64>,
    /// The scale of all `mantissas`.
    pub(crate) scale: u8,
    /// Whether sums over `mantissas` cannot overflow.
    pub(crate) summable: bool,
    /// The odd amounts and their places.
    pub(crate) odd: Vec<(usize, Amount)>,
}

impl AmountColumn {
    /// What an amount takes at most while it is read.
    pub(crate) const AMOUNT_BYTES: usize = 2 * size_of::<u64>() + size_of::<(usize, Amount)>();

    /// Reads `n` amounts, packed with at most 64 bits each, in place of those that were there. `values` is memory to work in.
    pub(crate) fn read(
        &mut self,
        reader: &mut Reader<'_>,
        n: usize,
        (scale, bits, has_odd): (u8, u32, bool),
        values: &mut Vec<u64>,
    ) -> Result<()> {
        let least = reader.signed()?;
        unpack(reader, n, bits, values)?;
        self.mantissas.clear();
        self.mantissas
            .extend(values.iter().map(|&value| least.wrapping_add(value as i64)));
        self.scale = scale;
        // Then 1 024 scaled integers of at most 52 bits add up to at most 62.
        self.summable = n <= SUMMABLE && least.unsigned_abs() < 1 << 51 && bits <= 51;
        self.odd.clear();
        if has_odd { self.read_odd(reader, n) } else { Ok(()) }
    }

    fn read_odd(&mut self, reader: &mut Reader<'_>, n: usize) -> Result<()> {
        let bitmap = reader.bytes(n.div_ceil(8))?;
        for at in 0..bitmap.len() * 8 {
            if bitmap[at / 8] >> (at % 8) & 1 == 0 {
                continue;
            }
            let (tag, bytes) = (reader.byte()?, reader.array()?);
            match Amount::from_parts(tag, bytes) {
                Some(amount) if at < n => self.odd.push((at, amount)),
                _ => return Err(reader.error("An odd amount is out of range.")),
            }
        }
        if self.odd.is_empty() {
            return Err(reader.error("Odd amounts are announced, but there are none."));
        }
        Ok(())
    }

    /// The amount at a place.
    #[inline]
    pub(crate) fn amount(&self, at: usize) -> Amount {
        if !self.odd.is_empty()
            && let Ok(found) = self.odd.binary_search_by_key(&at, |odd| odd.0)
        {
            return self.odd[found].1;
        }
        Amount::decimal(self.mantissas[at], self.scale)
    }
}
