//! Cut points: the scale of one day's scores, kept for the customers of the next.

use super::cuts::{Weights, cut_points, float_cuts};
use super::wanted::{Wanted, code};
use super::{CustomerTable, Standings, segment};
use crate::checkpoint::Checkpoint;
use crate::codec::{put_float, put_varint, seal, unseal};
use crate::error::{Error, Kind, Result, sentence, spelled};
use crate::rank::sortable;

/// The name of the type, for messages.
pub const NAME: &str = "rfm_model";

pub(super) const VERSION: u8 = 1;

/// Cut points between bins, and the names of segments.
///
/// A customer's score is 1 plus the number of cut points that its value *reaches*: as few days or fewer, as many orders or more,
/// as much revenue, in all or for each order, or more. There is one cut point less than there are bins.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub(super) wanted: Wanted,
    /// How many customers the cut points were taken from; nothing if somebody wrote them.
    pub(super) customers: Option<f64>,
    /// Cut points, not ascending: down from so many days there is the next score.
    pub(super) days_since_last: Vec<f64>,
    /// Cut points, not descending: from so many orders on there is the next score.
    pub(super) orders: Vec<u64>,
    /// Cut points, not descending.
    pub(super) revenue: Vec<f64>,
}

impl Model {
    /// The cut points of a table.
    ///
    /// # Errors
    /// Of kind [`Kind::NotEnough`] where there is no customer with an order; [`Kind::OutOfRange`] for numbers that are not finite, or
    /// have none above them.
    pub fn fit(table: &CustomerTable, wanted: Wanted, checkpoint: &mut dyn Checkpoint) -> Result<Model> {
        let customers = table.scored().count();
        if customers == 0 {
            let detail = format!(
                "Of {} customers up to the end of observation none has an order.",
                table.keys.len()
            );
            return Err(nothing_to_fit(detail));
        }
        for (what, values) in [("days_since_last", &table.days_since_last), ("revenue", &table.revenue)] {
            if let Some(at) = table.scored().find(|&at| !values[at].is_finite()) {
                return Err(Error::new(Kind::OutOfRange, format!("{what} must be finite"))
                    .detail(format!("It is {}.", spelled(values[at]))));
            }
        }
        let (recency, frequency, monetary) = (table.recency(), table.frequency(), table.monetary(wanted.monetary));
        Model::of_values(
            wanted,
            &Weights::alike(customers),
            recency,
            frequency,
            monetary,
            checkpoint,
        )
    }

    /// The cut points of customers that came row by row: those of a log with the same customers are the same. Nothing where there was
    /// no row.
    ///
    /// # Errors
    /// As for [`fit`](Model::fit).
    pub fn of_standings(standings: &Standings, checkpoint: &mut dyn Checkpoint) -> Result<Option<Model>> {
        let Some(wanted) = standings.wanted() else {
            return Ok(None);
        };
        let rows = standings.rows();
        if rows.is_empty() {
            let detail = format!("Of {} customers none has an order.", standings.without_order());
            return Err(nothing_to_fit(detail));
        }
        let weights = Weights::of(rows.iter().map(|row| row.weight), checkpoint)?;
        let monetary = wanted.monetary;
        Model::of_values(
            wanted.clone(),
            &weights,
            rows.iter().map(|row| sortable(-row.days_since_last)),
            rows.iter().map(|row| row.orders),
            rows.iter()
                .map(|row| sortable(monetary.of(row.revenue, row.orders as f64))),
            checkpoint,
        )
        .map(Some)
    }

    /// The cut points of values that ascend from worst to best, as integers that sort as they do.
    fn of_values(
        wanted: Wanted,
        weights: &Weights,
        recency: impl Iterator<Item = u64> + Clone,
        frequency: impl Iterator<Item = u64> + Clone,
        monetary: impl Iterator<Item = u64> + Clone,
        checkpoint: &mut dyn Checkpoint,
    ) -> Result<Model> {
        let [r, f, m] = wanted.bins;
        let days = float_cuts(cut_points(recency, weights, r, checkpoint)?, "days_since_last")?;
        let orders = cut_points(frequency, weights, f, checkpoint)?;
        let model = Model {
            wanted,
            customers: Some(weights.customers),
            days_since_last: days.into_iter().map(|days| 0.0 - days).collect(),
            orders: orders
                .into_iter()
                .map(|(last, next)| next.unwrap_or(last + 1))
                .collect(),
            revenue: float_cuts(cut_points(monetary, weights, m, checkpoint)?, "revenue")?,
        };
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
        let monetary = self.wanted.monetary.of(revenue, orders);
        let orders = orders as u64;
        let reached = |n: usize| n as u8 + 1;
        Some([
            reached(
                self.days_since_last
                    .iter()
                    .filter(|&&cut| days_since_last <= cut)
                    .count(),
            ),
            reached(self.orders.iter().filter(|&&cut| orders >= cut).count()),
            reached(self.revenue.iter().filter(|&&cut| monetary >= cut).count()),
        ])
    }

    /// The scores as one word.
    pub fn code(&self, scores: [u8; 3]) -> String {
        code(scores, self.wanted.bins)
    }

    /// The name of the segment of scores; nothing if there are no names for these bins.
    pub fn segment(&self, scores: [u8; 3]) -> Option<&str> {
        segment(self.wanted.segments.as_ref(), self.wanted.bins, scores)
    }

    /// The stored form: how scores are made, customers, cut points.
    pub fn encode(&self) -> Vec<u8> {
        seal(VERSION, |out| {
            self.wanted.put(out);
            // 0 stands for an unknown number.
            put_float(out, self.customers.unwrap_or(0.0));
            for &cut in self.days_since_last.iter().chain(&self.revenue) {
                put_float(out, cut);
            }
            for &cut in &self.orders {
                put_varint(out, cut);
            }
        })
    }

    /// Reads the stored form.
    pub fn decode(bytes: &[u8]) -> Result<Model> {
        let model = unseal(NAME, VERSION, bytes, |reader| {
            let wanted = Wanted::take(reader)?;
            let [r, f, m] = wanted.bins;
            let customers = Some(reader.float()?).filter(|customers| customers.to_bits() != 0);
            let mut floats = |bins: usize| (1..bins).map(|_| reader.float()).collect::<Result<Vec<_>>>();
            Ok(Model {
                wanted,
                customers,
                days_since_last: floats(r)?,
                revenue: floats(m)?,
                orders: (1..f).map(|_| reader.varint()).collect::<Result<_>>()?,
            })
        })?;
        model.checked(|message| Error::corrupted(NAME, sentence(message)))
    }

    /// Checks what reading alone does not.
    pub(super) fn checked(self, wrong: impl Fn(&str) -> Error) -> Result<Model> {
        if self
            .customers
            .is_some_and(|customers| !(customers > 0.0 && customers.is_finite()))
        {
            return Err(wrong("\"customers\" must be above 0, or left out"));
        }
        let [r, f, m] = self.wanted.bins;
        let days = &self.days_since_last;
        for (name, bins, cuts, in_order) in [
            ("days_since_last", r, days.len(), days.is_sorted_by(|a, b| a >= b)),
            ("orders", f, self.orders.len(), self.orders.is_sorted()),
            ("revenue", m, self.revenue.len(), self.revenue.is_sorted()),
        ] {
            if cuts + 1 != bins {
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
        if days.iter().chain(&self.revenue).any(|cut| !cut.is_finite()) {
            return Err(wrong("cut points must be finite"));
        }
        Ok(self)
    }
}

/// There is no customer with an order.
#[cold]
fn nothing_to_fit(detail: String) -> Error {
    Error::new(Kind::NotEnough, "there is nothing to fit an RFM model to").detail(detail)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::rfm) const TEXT: &str = concat!(
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
    fn the_number_of_customers_may_be_left_out() {
        let text = TEXT.replace(r#""customers":6,"#, "");
        let model = Model::parse(&text).unwrap();
        assert_eq!(model.text(), text);
        assert_eq!(Model::decode(&model.encode()), Ok(model));
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
                (0..3).for_each(|_| put_varint(out, bins));
                out.push(0);
                put_varint(out, segments.len() as u64);
                out.extend_from_slice(segments.as_bytes());
                put_float(out, 6.0);
            });
            assert!(refused(&bytes).contains(about), "{about}: {}", refused(&bytes));
        }
    }
}
