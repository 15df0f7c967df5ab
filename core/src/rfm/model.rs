//! Cut points: the scale of one day's scores, kept for the customers of the next.

use super::segment::{Patterns, Segments};
use super::{MAX_BINS, Table, check_bins, code, segment};
use crate::checkpoint::Checkpoint;
use crate::codec::{invalid_text, put_varint, seal, unseal};
use crate::error::{Error, Kind, Result, sentence};
use crate::rank::{at_ranks, unsortable};
use serde::{Deserialize, Serialize};

/// The name of the type, for messages.
pub const NAME: &str = "rfm_model";

const VERSION: u8 = 1;

/// Cut points between bins, and the names of segments.
///
/// A customer's score is 1 plus the number of cut points that its value is *better* than: fewer days, more orders, more
/// revenue. There is one cut point less than there are bins.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    scale: Scale,
    /// The map from scores to names; nothing for the usual one.
    segments: Option<Segments>,
}

/// The text form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scale {
    /// The version of the text form.
    #[serde(rename = "rfm_model")]
    version: u8,
    /// How many scores there are.
    bins: usize,
    /// How many customers the cut points were taken from.
    customers: u64,
    /// Cut points, not ascending.
    days_since_last: Vec<f64>,
    /// Cut points, not descending.
    orders: Vec<u64>,
    /// Cut points, not descending.
    revenue: Vec<f64>,
    /// Patterns by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    segments: Option<Patterns>,
}

/// The cut points of values that ascend from worst to best: the last value of each bin but the best one.
pub(super) fn cut_points(
    values: impl Iterator<Item = u64> + Clone,
    bins: usize,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Vec<u64>> {
    let n = values.clone().count();
    if n == 0 {
        return Ok(vec![0; bins - 1]);
    }
    // A value is above bin b if at least b / bins of all values are below it: if it is above the one at this rank.
    let ranks: Vec<usize> = (1..bins).map(|bin| (bin * n).div_ceil(bins) - 1).collect();
    at_ranks(values, &ranks, checkpoint)
}

/// The bin of a value, from 1.
#[inline]
pub(super) fn bin(cuts: &[u64], value: u64) -> u8 {
    cuts.iter().map(|&cut| u8::from(value > cut)).sum::<u8>() + 1
}

impl Model {
    /// The cut points of a table.
    pub fn fit(
        table: &Table,
        bins: usize,
        segments: Option<Segments>,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Model> {
        let customers = table.scored().count();
        if customers == 0 {
            return Err(Error::new(Kind::NotEnough, "no customers to fit an RFM model to")
                .detail("The log holds no order up to the end of observation."));
        }
        let recency = cut_points(table.recency(), bins, checkpoint)?
            .into_iter()
            .map(unsortable);
        let monetary = cut_points(table.monetary(), bins, checkpoint)?
            .into_iter()
            .map(unsortable);
        let scale = Scale {
            version: VERSION,
            bins,
            customers: customers as u64,
            days_since_last: recency.map(|days| 0.0 - days).collect(),
            orders: cut_points(table.frequency(), bins, checkpoint)?,
            revenue: monetary.collect(),
            segments: segments.as_ref().map(|segments| segments.patterns().clone()),
        };
        Ok(Model { scale, segments })
    }

    /// The scores of a customer: recency, frequency, monetary.
    pub fn score(&self, days_since_last: f64, orders: i64, revenue: f64) -> Result<[u8; 3]> {
        if days_since_last.is_nan() || revenue.is_nan() {
            return Err(Error::new(Kind::OutOfRange, "NaN cannot be scored"));
        }
        if orders < 1 {
            return Err(Error::invalid("number of orders must be at least 1")
                .detail(format!("It is {orders}."))
                .hint("A customer without orders has no last order and gets no scores."));
        }
        let better = |n: usize| n as u8 + 1;
        Ok([
            better(
                self.scale
                    .days_since_last
                    .iter()
                    .filter(|&&cut| days_since_last < cut)
                    .count(),
            ),
            better(self.scale.orders.iter().filter(|&&cut| orders as u64 > cut).count()),
            better(self.scale.revenue.iter().filter(|&&cut| revenue > cut).count()),
        ])
    }

    /// The scores as one word.
    pub fn code(&self, scores: [u8; 3]) -> String {
        code(scores, self.scale.bins)
    }

    /// The name of the segment of scores; nothing if there are no names for this number of bins.
    pub fn segment(&self, scores: [u8; 3]) -> Option<&str> {
        segment(self.segments.as_ref(), self.scale.bins, scores)
    }

    /// Reads the text form, which is JSON.
    pub fn parse(text: &str) -> Result<Model> {
        let wrong = |message: &str| invalid_text(NAME, message);
        let scale: Scale = serde_json::from_str(text).map_err(|error| wrong(&error.to_string()))?;
        Model::of(scale, wrong)
    }

    /// The text form.
    pub fn text(&self) -> String {
        serde_json::to_string(&self.scale).expect("numbers and names can be written")
    }

    /// The stored form: bins, customers, cut points, segments as text.
    pub fn encode(&self) -> Vec<u8> {
        let scale = &self.scale;
        seal(VERSION, |out| {
            put_varint(out, scale.bins as u64);
            put_varint(out, scale.customers);
            for cut in scale.days_since_last.iter().chain(&scale.revenue) {
                out.extend_from_slice(&cut.to_le_bytes());
            }
            for &cut in &scale.orders {
                put_varint(out, cut);
            }
            let segments = scale.segments.as_ref();
            let segments = segments
                .map_or(Ok(String::new()), serde_json::to_string)
                .expect("names can be written");
            put_varint(out, segments.len() as u64);
            out.extend_from_slice(segments.as_bytes());
        })
    }

    /// Reads the stored form.
    pub fn decode(bytes: &[u8]) -> Result<Model> {
        let scale = unseal(NAME, VERSION, bytes, |reader| {
            let bins = i32::try_from(reader.varint()?).unwrap_or(0);
            let bins = check_bins(bins).map_err(|error| reader.error(sentence(error.message())))?;
            let customers = reader.varint()?;
            let mut cuts = || (1..bins).map(|_| reader.float()).collect::<Result<Vec<_>>>();
            let (days_since_last, revenue) = (cuts()?, cuts()?);
            let orders = (1..bins).map(|_| reader.varint()).collect::<Result<Vec<_>>>()?;
            let len = reader.count(8)?;
            let segments = match reader.bytes(len)? {
                [] => None,
                text => Some(serde_json::from_slice(text).map_err(|error| reader.error(sentence(&error.to_string())))?),
            };
            Ok(Scale {
                version: VERSION,
                bins,
                customers,
                days_since_last,
                orders,
                revenue,
                segments,
            })
        })?;
        Model::of(scale, |message| Error::corrupted(NAME, sentence(message)))
    }

    /// Checks what reading alone does not.
    fn of(scale: Scale, wrong: impl Fn(&str) -> Error) -> Result<Model> {
        if scale.version != VERSION {
            return Err(wrong(&format!("the version in \"rfm_model\" must be {VERSION}")));
        }
        if scale.bins == 0 || scale.bins > MAX_BINS {
            return Err(wrong(&format!("\"bins\" must be between 1 and {MAX_BINS}")));
        }
        let days = &scale.days_since_last;
        for (name, cuts, in_order) in [
            ("days_since_last", days.len(), days.is_sorted_by(|a, b| a >= b)),
            ("orders", scale.orders.len(), scale.orders.is_sorted()),
            ("revenue", scale.revenue.len(), scale.revenue.is_sorted()),
        ] {
            if cuts + 1 != scale.bins {
                return Err(wrong(&format!(
                    "\"{name}\" must hold one cut point less than there are bins"
                )));
            }
            if !in_order {
                return Err(wrong(&format!(
                    "the cut points of \"{name}\" must go from worst to best"
                )));
            }
        }
        if days.iter().chain(&scale.revenue).any(|cut| !cut.is_finite()) {
            return Err(wrong("cut points must be finite"));
        }
        let segments = scale
            .segments
            .clone()
            .map(|patterns| Segments::of(patterns, scale.bins));
        let segments = segments.transpose().map_err(|error| wrong(&error.to_string()))?;
        Ok(Model { scale, segments })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = concat!(
        r#"{"rfm_model":1,"bins":3,"customers":6,"days_since_last":[40.0,10.5],"orders":[1,2],"revenue":[9.99,100.0],"#,
        r#""segments":{"Best":["3**"],"Rest":["[12]**"]}}"#
    );

    #[test]
    fn both_forms_round_trip() {
        let model = Model::parse(TEXT).unwrap();
        assert_eq!(model.text(), TEXT);
        assert_eq!(Model::decode(&model.encode()), Ok(model));
    }

    #[test]
    fn scores_count_the_cut_points_passed() {
        let model = Model::parse(TEXT).unwrap();
        assert_eq!(model.score(5.0, 3, 100.01), Ok([3, 3, 3]));
        assert_eq!(model.score(10.5, 2, 100.0), Ok([2, 2, 2]));
        assert_eq!(model.score(40.0, 1, 9.99), Ok([1, 1, 1]));
        assert_eq!(model.score(1e9, 1, -5.0), Ok([1, 1, 1]));
        assert_eq!(model.segment([3, 1, 1]), Some("Best"));
        assert!(model.score(f64::NAN, 1, 1.0).is_err());
        assert!(model.score(1.0, 0, 1.0).is_err());
    }

    #[test]
    fn wrong_text_is_refused() {
        for (from, to) in [
            (r#""rfm_model":1"#, r#""rfm_model":2"#),
            (r#""bins":3"#, r#""bins":4"#),
            (r#""bins":3"#, r#""bins":0"#),
            ("[40.0,10.5]", "[10.5,40.0]"),
            ("[1,2]", "[2,1]"),
            ("[9.99,100.0]", "[9.99,1e999]"),
            (r#""customers":6,"#, ""),
            (r#""customers":6"#, r#""customers":6,"extra":1"#),
            ("3**", "2**"),
        ] {
            let text = TEXT.replace(from, to);
            assert_eq!(Model::parse(&text).unwrap_err().kind(), Kind::InvalidText, "{text}");
        }
    }

    #[test]
    fn wrong_bytes_are_refused() {
        let bytes = Model::parse(TEXT).unwrap().encode();
        for n in 0..bytes.len() {
            assert!(Model::decode(&bytes[..n]).is_err());
            let mut flipped = bytes.clone();
            flipped[n] ^= 0x10;
            assert!(Model::decode(&flipped).is_err());
        }
    }
}
