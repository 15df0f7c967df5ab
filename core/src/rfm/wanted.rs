//! How scores are to be made: bins, what money is, and names.

use super::segment::Segments;
use crate::choice::choose;
use crate::codec::{Reader, put_varint};
use crate::error::{Error, Result, sentence};
use serde::{Deserialize, Serialize};

/// The most bins.
pub const MAX_BINS: usize = 100;
/// The bins where nothing else is asked for.
pub const USUAL_BINS: usize = 5;

/// How many scores there are for each of recency, frequency and monetary.
pub type Bins = [usize; 3];

/// What monetary is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Monetary {
    /// Net spend.
    #[default]
    Total,
    /// Net spend divided by the number of orders.
    Mean,
}

impl Monetary {
    const NAMES: [(&'static str, Monetary); 2] = [("total", Monetary::Total), ("mean", Monetary::Mean)];

    /// What a word stands for.
    pub fn parse(word: &str) -> Result<Monetary> {
        choose("monetary", word, &Monetary::NAMES)
    }

    /// The word for it.
    pub fn name(self) -> &'static str {
        Monetary::NAMES[self as usize].0
    }

    /// What a customer with so many orders is ranked by, given the net spend.
    #[inline]
    pub fn of(self, revenue: f64, orders: f64) -> f64 {
        match self {
            Monetary::Total => revenue,
            Monetary::Mean => revenue / orders,
        }
    }
}

/// Checks a number of bins, which the option `name` gives.
pub fn check_bins(name: &str, bins: i32) -> Result<usize> {
    match usize::try_from(bins) {
        Ok(n) if (1..=MAX_BINS).contains(&n) => Ok(n),
        _ => {
            let what = if name == "bins" { "number of bins" } else { name };
            let message = format!("{what} must be between 1 and {MAX_BINS}, not {bins}");
            Err(Error::invalid(message))
        }
    }
}

/// The bins that four options ask for: one for all, and one for each of recency, frequency and monetary, which goes before that for all.
pub fn read_bins(all: Option<i32>, each: [Option<i32>; 3]) -> Result<Bins> {
    let all = all.map_or(Ok(USUAL_BINS), |all| check_bins("bins", all))?;
    let mut bins = [all; 3];
    for ((bins, own), name) in bins.iter_mut().zip(each).zip(["r_bins", "f_bins", "m_bins"]) {
        if let Some(own) = own {
            *bins = check_bins(name, own)?;
        }
    }
    Ok(bins)
}

/// Numbers of bins as a sentence has them: one if all are the same.
pub fn told(bins: Bins) -> String {
    match bins {
        [r, f, m] if r == f && f == m => r.to_string(),
        [r, f, m] => format!("{r}, {f} and {m}"),
    }
}

/// How scores are to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// How many scores there are.
    pub bins: Bins,
    /// What monetary is.
    pub monetary: Monetary,
    /// The map from scores to names; nothing for the usual one.
    pub segments: Option<Segments>,
}

impl Wanted {
    /// So many bins, of net spend, with the usual names.
    pub fn new(bins: Bins) -> Wanted {
        Wanted {
            bins,
            monetary: Monetary::Total,
            segments: None,
        }
    }

    /// With the names of a map that is written as JSON, if one is given.
    pub fn read(bins: Bins, monetary: Monetary, segments: Option<&str>) -> Result<Wanted> {
        let segments = segments.map(|map| Segments::parse(map, bins)).transpose()?;
        Ok(Wanted {
            bins,
            monetary,
            segments,
        })
    }

    /// Appends it as bytes: bins, what money is, the map as JSON, its length first.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        for bins in self.bins {
            put_varint(out, bins as u64);
        }
        out.push(self.monetary as u8);
        let segments = self.segments.as_ref().map_or(String::new(), Segments::text);
        put_varint(out, segments.len() as u64);
        out.extend_from_slice(segments.as_bytes());
    }

    /// Reads what [`put`](Wanted::put) appended.
    pub(super) fn take(reader: &mut Reader<'_>) -> Result<Wanted> {
        let mut bins = [0; 3];
        for bins in &mut bins {
            let read = i32::try_from(reader.varint()?).unwrap_or(0);
            *bins = check_bins("bins", read).map_err(|error| reader.error(sentence(error.message())))?;
        }
        let place = usize::from(reader.byte()?);
        let Some(&(_, monetary)) = Monetary::NAMES.get(place) else {
            return Err(reader.error(format!("What monetary is has the number {place}.")));
        };
        let len = reader.count(8)?;
        let segments = match reader.bytes(len)? {
            [] => None,
            text => Some(serde_json::from_slice(text).map_err(|error| reader.error(sentence(&error.to_string())))?),
        };
        let segments = segments.map(|patterns| Segments::of(patterns, bins)).transpose();
        Ok(Wanted {
            bins,
            monetary,
            segments: segments.map_err(|error| reader.error(sentence(&error.to_string())))?,
        })
    }
}

/// The place of scores among all scores; nothing if one is out of range.
pub(super) fn place(scores: [u8; 3], bins: Bins) -> Option<usize> {
    scores.iter().zip(bins).try_fold(0, |place, (&score, bins)| {
        let score = usize::from(score);
        (1..=bins).contains(&score).then(|| place * bins + score - 1)
    })
}

/// The scores at a place.
pub(super) fn scores(place: usize, [_, f, m]: Bins) -> [u8; 3] {
    [place / (f * m), place / m % f, place % m].map(|score| score as u8 + 1)
}

/// The three scores as one word: their digits, or, where there are more than nine bins, the numbers with hyphens between them.
pub fn code(scores: [u8; 3], bins: Bins) -> String {
    let [r, f, m] = scores;
    if bins.iter().all(|&bins| bins <= 9) {
        format!("{r}{f}{m}")
    } else {
        format!("{r}-{f}-{m}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn codes_are_unambiguous() {
        assert_eq!(code([5, 4, 3], [5; 3]), "543");
        assert_eq!(code([10, 1, 11], [11; 3]), "10-1-11");
        assert_eq!(code([5, 3, 1], [5, 3, 10]), "5-3-1");
    }

    #[test]
    fn places_and_scores_are_inverse() {
        for bins in (0..729).map(|at| [at / 81, at / 9 % 9, at % 9].map(|less| less + 1)) {
            for at in 0..bins.iter().product() {
                assert_eq!(place(scores(at, bins), bins), Some(at));
            }
        }
        for wrong in [[0, 1, 1], [1, 0, 1], [1, 1, 0], [6, 1, 1], [1, 4, 1], [1, 1, 3]] {
            assert_eq!(place(wrong, [5, 3, 2]), None);
        }
    }

    #[test]
    fn bins_are_one_number_or_three() {
        assert_eq!(read_bins(None, [None; 3]), Ok([5; 3]));
        assert_eq!(read_bins(Some(7), [None; 3]), Ok([7; 3]));
        assert_eq!(read_bins(None, [None, Some(3), Some(100)]), Ok([5, 3, 100]));
        assert_eq!(read_bins(Some(4), [Some(1), None, None]), Ok([1, 4, 4]));
        let message = |all, each| {
            let error = read_bins(all, each).unwrap_err();
            assert_eq!(error.kind(), Kind::InvalidParameter);
            error.message().to_owned()
        };
        assert_eq!(
            message(Some(0), [Some(3); 3]),
            "number of bins must be between 1 and 100, not 0"
        );
        assert_eq!(
            message(None, [None, None, Some(101)]),
            "m_bins must be between 1 and 100, not 101"
        );
        assert_eq!(
            (told([5; 3]), told([5, 3, 3])),
            ("5".to_owned(), "5, 3 and 3".to_owned())
        );
    }

    #[test]
    fn money_is_the_total_or_the_mean() {
        for (word, monetary) in [("total", Monetary::Total), ("Mean", Monetary::Mean)] {
            assert_eq!(Monetary::parse(word), Ok(monetary));
            assert!(monetary.name().eq_ignore_ascii_case(word));
        }
        assert_eq!(Monetary::Mean.of(-9.0, 4.0), -2.25);
        assert_eq!(Monetary::Total.of(-9.0, 4.0), -9.0);
        let error = Monetary::parse("median").unwrap_err();
        assert_eq!(error.message(), "unknown value for option \"monetary\"");
    }
}
