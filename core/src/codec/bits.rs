//! Columns of unsigned integers, each packed into the same number of bits.

use super::Reader;
use crate::error::Result;

/// The bits that hold every one of `values`: 0 where all are 0.
pub fn width(values: &[u64]) -> u32 {
    64 - values.iter().fold(0, |all, value| all | value).leading_zeros()
}

/// Appends `values`, `width` bits each, the lowest bits first; the last byte is filled up with zeros.
pub fn pack(out: &mut Vec<u8>, values: &[u64], width: u32) {
    if width == 0 {
        return;
    }
    let start = out.len();
    let len = packed_len(values.len(), width);
    // Written as whole words, some bytes too many.
    out.resize(start + len.next_multiple_of(8) + 8, 0);
    let mut words = out[start..].chunks_exact_mut(8);
    let mut put = |word: u64| {
        if let Some(bytes) = words.next() {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
    };
    let (mut word, mut filled) = (0u64, 0);
    for &value in values {
        debug_assert!(width == 64 || value >> width == 0);
        word |= value << filled;
        filled += width;
        if filled >= 64 {
            put(word);
            filled -= 64;
            // What did not fit: the upper `filled` bits of the value.
            word = value.checked_shr(width - filled).unwrap_or(0);
        }
    }
    put(word);
    out.truncate(start + len);
}

/// The bytes that `n` values of `width` bits take.
fn packed_len(n: usize, width: u32) -> usize {
    (n * width as usize).div_ceil(8)
}

/// Reads `n` values of `width` bits each into `out`, which is cleared first.
///
/// `n` is believed: callers bound it. The bytes are not: too few are an error.
pub fn unpack(reader: &mut Reader<'_>, n: usize, width: u32, out: &mut Vec<u64>) -> Result<()> {
    out.clear();
    let bytes = reader.bytes(packed_len(n, width))?;
    match width {
        0 => out.resize(n, 0),
        1..=56 => {
            // One unaligned load of eight bytes holds any value, wherever in its first byte it begins. The loads that
            // would pass the end are taken from a padded copy.
            let mask = (1u64 << width) - 1;
            let whole = (bytes.len().saturating_sub(8) * 8 / width as usize).min(n);
            let mut bit = 0;
            out.extend((0..whole).map(|_| {
                let value = load(bytes, bit) & mask;
                bit += width as usize;
                value
            }));
            let mut tail = [0u8; 24];
            let start = bit / 8;
            tail[..bytes.len() - start].copy_from_slice(&bytes[start..]);
            bit %= 8;
            out.extend((whole..n).map(|_| {
                let value = load(&tail, bit) & mask;
                bit += width as usize;
                value
            }));
        }
        _ => {
            // Nine bytes may be needed: read byte by byte.
            let mask = u64::MAX >> (64 - width);
            let (mut word, mut filled) = (0u128, 0u32);
            let mut bytes = bytes.iter();
            out.extend((0..n).map(|_| {
                while filled < width {
                    // The length was checked: a missing byte cannot happen, and would read as 0.
                    word |= u128::from(bytes.next().copied().unwrap_or(0)) << filled;
                    filled += 8;
                }
                let value = word as u64 & mask;
                word >>= width;
                filled -= width;
                value
            }));
        }
    }
    Ok(())
}

/// The bits from `bit` on, at least 57 of them.
#[inline]
fn load(bytes: &[u8], bit: usize) -> u64 {
    let at = bit / 8;
    let eight: [u8; 8] = bytes[at..at + 8].try_into().expect("eight bytes");
    u64::from_le_bytes(eight) >> (bit % 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_width_and_length_round_trips() {
        let mut seed = 1u64;
        for bits in 0..=64u32 {
            for n in [0usize, 1, 2, 7, 8, 9, 63, 64, 65, 200] {
                let values: Vec<u64> = (0..n)
                    .map(|_| {
                        seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
                        if bits == 0 {
                            0
                        } else {
                            (seed ^ (seed >> 29)) >> (64 - bits)
                        }
                    })
                    .collect();
                let mut packed = Vec::new();
                pack(&mut packed, &values, bits);
                assert_eq!(packed.len(), packed_len(n, bits), "{bits} bits, {n} values");
                let mut out = vec![99];
                let mut reader = Reader::new("test", &packed);
                unpack(&mut reader, n, bits, &mut out).unwrap();
                assert_eq!(out, values, "{bits} bits, {n} values");
                assert!(reader.is_at_end());
                if !packed.is_empty() {
                    let mut short = Reader::new("test", &packed[..packed.len() - 1]);
                    assert!(unpack(&mut short, n, bits, &mut out).is_err());
                }
            }
        }
    }

    #[test]
    fn width_covers_all_values() {
        assert_eq!(width(&[]), 0);
        assert_eq!(width(&[0, 0]), 0);
        assert_eq!(width(&[1, 2, 7]), 3);
        assert_eq!(width(&[u64::MAX]), 64);
    }
}
