//! Cut points: the scale of one day's scores, kept for the customers of the next.

use super::segment::{Patterns, Segments};
use super::{AT_ONCE, CustomerTable, MAX_BINS, check_bins, code, segment};
use crate::checkpoint::Checkpoint;
use crate::codec::{invalid_text, put_varint, seal, unseal};
use crate::error::{Error, Kind, Result, sentence, spelled};
use crate::json;
use crate::rank::{at_ranks, unsortable};
use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::marker::PhantomData;

/// The name of the type, for messages.
pub const NAME: &str = "rfm_model";

const VERSION: u8 = 1;
/// The most bytes of a text: more than the names and patterns of a map can take however they are written.
const MOST_TEXT: usize = 1 << 23;

/// Cut points between bins, and the names of segments.
///
/// A customer's score is 1 plus the number of cut points that its value *reaches*: as few days or fewer, as many orders or more,
/// as much revenue or more. There is one cut point less than there are bins.
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
    /// How many customers the cut points were taken from; nothing if somebody wrote them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    customers: Option<u64>,
    /// Cut points, not ascending: down from so many days there is the next score.
    #[serde(deserialize_with = "cuts")]
    days_since_last: Vec<f64>,
    /// Cut points, not descending: from so many orders on there is the next score.
    #[serde(deserialize_with = "cuts")]
    orders: Vec<u64>,
    /// Cut points, not descending.
    #[serde(deserialize_with = "cuts")]
    revenue: Vec<f64>,
    /// Patterns by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    segments: Option<Patterns>,
}

/// Reads cut points, but not more than there can be.
fn cuts<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> std::result::Result<Vec<T>, D::Error> {
    struct Cuts<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Cuts<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array of cut points")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Vec<T>, A::Error> {
            let mut cuts = Vec::new();
            while let Some(cut) = list.next_element()? {
                if cuts.len() + 1 == MAX_BINS {
                    return Err(A::Error::custom(format!(
                        "there are at most {} cut points",
                        MAX_BINS - 1
                    )));
                }
                cuts.push(cut);
            }
            Ok(cuts)
        }
    }
    deserializer.deserialize_seq(Cuts(PhantomData))
}

/// The last value of each bin but the best one, of values that ascend from worst to best.
pub(super) fn last_values(
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
pub(super) fn bin(last_values: &[u64], value: u64) -> u8 {
    last_values.iter().map(|&last| u8::from(value > last)).sum::<u8>() + 1
}

/// The cut points of these values: the least value that is above each bin but the best one. Nothing where no value is.
fn cut_points(
    values: impl Iterator<Item = u64> + Clone,
    bins: usize,
    checkpoint: &mut dyn Checkpoint,
) -> Result<Vec<(u64, Option<u64>)>> {
    let last = last_values(values.clone(), bins, checkpoint)?;
    let mut next: Vec<Option<u64>> = vec![None; last.len()];
    for (at, value) in values.enumerate() {
        if at % AT_ONCE == 0 {
            checkpoint.pass("finding cut points", 0, 0)?;
        }
        // The last bin that the value is above; it is also above those before, which have nearer ones or the same.
        if let Some(at) = last.partition_point(|&last| last < value).checked_sub(1) {
            next[at] = Some(next[at].map_or(value, |known| known.min(value)));
        }
    }
    for at in (1..last.len()).rev() {
        if last[at - 1] == last[at] {
            next[at - 1] = next[at];
        }
    }
    Ok(last.into_iter().zip(next).collect())
}

/// Cut points of numbers: where no value is above a bin, the next number there is.
fn float_cuts(cuts: Vec<(u64, Option<u64>)>, what: &str) -> Result<Vec<f64>> {
    let cut = |(last, next): (u64, Option<u64>)| {
        let cut = next.map_or_else(|| unsortable(last).next_up(), unsortable);
        cut.is_finite().then_some(cut).ok_or_else(|| {
            Error::new(Kind::OutOfRange, format!("{what} is too large for a cut point"))
                .detail(format!("It goes up to {}.", spelled(unsortable(last))))
        })
    };
    cuts.into_iter().map(cut).collect()
}

impl Model {
    /// The cut points of a table.
    ///
    /// # Errors
    /// Of kind [`Kind::NotEnough`] where there is no customer with an order; [`Kind::OutOfRange`] for numbers that are not finite, or
    /// have none above them.
    pub fn fit(
        table: &CustomerTable,
        bins: usize,
        segments: Option<Segments>,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Model> {
        let customers = table.scored().count();
        if customers == 0 {
            return Err(
                Error::new(Kind::NotEnough, "there is nothing to fit an RFM model to").detail(format!(
                    "Of {} customers up to the end of observation none has an order.",
                    table.keys.len()
                )),
            );
        }
        for (what, values) in [("days_since_last", &table.days_since_last), ("revenue", &table.revenue)] {
            if let Some(at) = table.scored().find(|&at| !values[at].is_finite()) {
                return Err(Error::new(Kind::OutOfRange, format!("{what} must be finite"))
                    .detail(format!("It is {}.", spelled(values[at]))));
            }
        }
        let days = float_cuts(cut_points(table.recency(), bins, checkpoint)?, "days_since_last")?;
        let orders = cut_points(table.frequency(), bins, checkpoint)?;
        let scale = Scale {
            version: VERSION,
            bins,
            customers: Some(customers as u64),
            days_since_last: days.into_iter().map(|days| 0.0 - days).collect(),
            orders: orders
                .into_iter()
                .map(|(last, next)| next.unwrap_or(last + 1))
                .collect(),
            revenue: float_cuts(cut_points(table.monetary(), bins, checkpoint)?, "revenue")?,
            segments: segments.as_ref().map(|segments| segments.patterns().clone()),
        };
        let model = Model { scale, segments };
        debug_assert_eq!(Model::decode(&model.encode()).as_ref(), Ok(&model));
        debug_assert_eq!(Model::parse(&model.text()).as_ref(), Ok(&model));
        Ok(model)
    }

    /// The scores of a customer: recency, frequency, monetary. Nothing for numbers that no customer who ordered has: less than one
    /// order, or a part of one; days until the last order; what is no finite number.
    pub fn score(&self, days_since_last: f64, orders: f64, revenue: f64) -> Option<[u8; 3]> {
        let finite = [days_since_last, orders, revenue]
            .iter()
            .all(|number| number.is_finite());
        if !finite || days_since_last < 0.0 || orders < 1.0 || orders.fract() != 0.0 {
            return None;
        }
        let orders = orders as u64;
        let reached = |n: usize| n as u8 + 1;
        let Scale {
            days_since_last: days,
            orders: counts,
            revenue: amounts,
            ..
        } = &self.scale;
        Some([
            reached(days.iter().filter(|&&cut| days_since_last <= cut).count()),
            reached(counts.iter().filter(|&&cut| orders >= cut).count()),
            reached(amounts.iter().filter(|&&cut| revenue >= cut).count()),
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
        let scale: Scale = json::read(NAME, text, MOST_TEXT)?;
        Model::of(scale, |message| invalid_text(NAME, message))
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
            // 0 stands for an unknown number.
            put_varint(out, scale.customers.unwrap_or(0));
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
            let customers = Some(reader.varint()?).filter(|&customers| customers > 0);
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
        if scale.customers == Some(0) {
            return Err(wrong("\"customers\" must be at least 1, or left out"));
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
    use crate::checkpoint::Unhindered;

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
    fn cut_points_are_reached_where_they_are() {
        let model = Model::parse(TEXT).unwrap();
        assert_eq!(model.score(10.5, 2.0, 100.0), Some([3, 3, 3]));
        assert_eq!(model.score(10.6, 1.0, 99.99), Some([2, 2, 2]));
        assert_eq!(model.score(40.0, 1.0, 9.99), Some([2, 2, 2]));
        assert_eq!(model.score(40.1, 1.0, 9.98), Some([1, 2, 1]));
        assert_eq!(model.score(-0.0, 1e300, -5.0), Some([3, 3, 1]));
        assert_eq!(model.segment([3, 1, 1]), Some("Best"));
    }

    #[test]
    fn what_no_customer_has_is_not_scored() {
        let model = Model::parse(TEXT).unwrap();
        for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(model.score(wrong, 1.0, 1.0), None);
            assert_eq!(model.score(1.0, wrong, 1.0), None);
            assert_eq!(model.score(1.0, 1.0, wrong), None);
        }
        assert_eq!(model.score(-0.5, 1.0, 1.0), None);
        for orders in [0.0, -0.0, -1.0, 0.5, 1.5, -1e300] {
            assert_eq!(model.score(1.0, orders, 1.0), None);
        }
    }

    #[test]
    fn cut_points_are_the_least_values_above_a_bin() {
        let cuts = |values: &[u64], bins| cut_points(values.iter().copied(), bins, &mut Unhindered).unwrap();
        assert_eq!(cuts(&[9, 1, 3, 1], 2), [(1, Some(3))]);
        assert_eq!(cuts(&[1, 1, 1, 5], 4), [(1, Some(5)), (1, Some(5)), (1, Some(5))]);
        assert_eq!(cuts(&[5, 5], 3), [(5, None), (5, None)]);
        assert_eq!(cuts(&[1, 2, 3, 4], 4), [(1, Some(2)), (2, Some(3)), (3, Some(4))]);
    }

    #[test]
    fn the_number_of_customers_may_be_left_out() {
        let text = TEXT.replace(r#""customers":6,"#, "");
        let model = Model::parse(&text).unwrap();
        assert_eq!(model.text(), text);
        assert_eq!(Model::decode(&model.encode()), Ok(model));
    }

    #[test]
    fn a_text_that_is_too_much_is_refused_before_it_is_read() {
        for (from, to) in [
            ("[1,2]", format!("[{}1]", "1,".repeat(1_000_000))),
            ("40.0,10.5", "5,".repeat(99) + "5"),
            ("\"Rest\"", "\"Re\\u0000st\"".to_owned()),
            ("\"3**\"", vec!["\"3**\""; 1_000].join(",")),
            ("\"3**\"", format!("\"3{}\"", "*".repeat(1 << 21))),
            ("6,", format!("6,{}", " ".repeat(MOST_TEXT))),
            ("6,", format!("6,\"x\":{}{},", "[".repeat(100_000), "]".repeat(100_000))),
        ] {
            let error = Model::parse(&TEXT.replace(from, &to)).unwrap_err();
            assert_eq!(error.kind(), Kind::InvalidText, "{from}");
            assert!(error.to_string().len() < 1_000, "{from}");
        }
    }

    #[test]
    fn wrong_text_is_refused() {
        for (from, to, about) in [
            (
                r#""rfm_model":1"#,
                r#""rfm_model":2"#,
                "version in \"rfm_model\" must be 1",
            ),
            (
                r#""bins":3"#,
                r#""bins":4"#,
                "\"days_since_last\" must hold one cut point less",
            ),
            (r#""bins":3"#, r#""bins":0"#, "\"bins\" must be between 1 and 100"),
            (
                r#""bins":3"#,
                r#""bins":4294967299"#,
                "\"bins\" must be between 1 and 100",
            ),
            (
                "[40.0,10.5]",
                "[10.5,40.0]",
                "\"days_since_last\" must go from worst to best",
            ),
            ("[1,2]", "[2,1]", "\"orders\" must go from worst to best"),
            ("[1,2]", "[1]", "\"orders\" must hold one cut point less"),
            ("[9.99,100.0]", "[100,9.99]", "\"revenue\" must go from worst to best"),
            ("[9.99,100.0]", "[9.99,1e999]", "out of range"),
            (
                r#""customers":6"#,
                r#""customers":0"#,
                "\"customers\" must be at least 1, or left out",
            ),
            (r#""customers":6"#, r#""customers":-6"#, "nvalid value: integer `-6`"),
            (r#""customers":6"#, r#""customers":6,"extra":1"#, "nknown field `extra`"),
            ("3**", "2**", "egments must name each score exactly once"),
        ] {
            let text = TEXT.replace(from, to);
            let error = Model::parse(&text).unwrap_err();
            assert_eq!(error.kind(), Kind::InvalidText, "{text}");
            assert!(error.detail_text().unwrap().contains(about), "{text}: {error}");
        }
    }

    #[test]
    fn wrong_bytes_are_refused() {
        let bytes = Model::parse(TEXT).unwrap().encode();
        let refused = |bytes: &[u8]| {
            let error = Model::decode(bytes).unwrap_err();
            assert_eq!(
                (error.kind(), error.message()),
                (Kind::Corrupted, "corrupted rfm_model"),
                "{error}"
            );
            error.detail_text().unwrap().to_owned()
        };
        for n in 0..bytes.len() {
            refused(&bytes[..n]);
            let mut flipped = bytes.clone();
            flipped[n] ^= 0x10;
            refused(&flipped);
        }
        // A right checksum, and more than there can be.
        for (bins, segments, about) in [
            (101, String::new(), "Number of bins must be between 1 and 100"),
            (1, r#"{"A\u0000":["***"]}"#.to_owned(), "must not hold \\u0000"),
            (
                1,
                format!("{{{}\"A\":[]}}", "\"A\":[],".repeat(100_000)),
                "The segment \"A\" comes twice",
            ),
            (
                1,
                format!(r#"{{"A":[{}]}}"#, "[".repeat(100_000)),
                "Invalid type: sequence",
            ),
        ] {
            let bytes = seal(VERSION, |out| {
                put_varint(out, bins);
                put_varint(out, 6);
                put_varint(out, segments.len() as u64);
                out.extend_from_slice(segments.as_bytes());
            });
            assert!(refused(&bytes).contains(about), "{about}: {}", refused(&bytes));
        }
    }
}
