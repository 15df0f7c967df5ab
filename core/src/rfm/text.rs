//! The text form of cut points, which may be written by hand.

use super::model::{Model, NAME, VERSION};
use super::segment::{Patterns, Segments};
use super::wanted::{Bins, MAX_BINS, Monetary, Wanted};
use crate::codec::invalid_text;
use crate::error::Result;
use crate::{estimate, json};
use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;

/// The most bytes of a text: more than the names and patterns of a map can take however they are written.
const MOST_TEXT: usize = 1 << 23;

/// The text form.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scale {
    /// The version of the text form.
    #[serde(rename = "rfm_model")]
    version: u8,
    /// How many scores there are: a number, or one for each of recency, frequency and monetary.
    #[serde(serialize_with = "write_bins", deserialize_with = "read_bins")]
    bins: Bins,
    #[serde(default, skip_serializing_if = "is_total")]
    monetary: Monetary,
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "write_customers")]
    customers: Option<f64>,
    #[serde(deserialize_with = "cuts")]
    days_since_last: Vec<f64>,
    #[serde(deserialize_with = "cuts")]
    orders: Vec<u64>,
    #[serde(deserialize_with = "cuts")]
    revenue: Vec<f64>,
    /// Patterns by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    segments: Option<Patterns>,
}

fn is_total(monetary: &Monetary) -> bool {
    *monetary == Monetary::Total
}

fn write_customers<S: Serializer>(customers: &Option<f64>, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    estimate::count(&customers.unwrap_or_default(), serializer)
}

/// One number if all three are the same.
fn write_bins<S: Serializer>(bins: &Bins, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    match bins {
        [r, f, m] if r == f && f == m => r.serialize(serializer),
        _ => bins.serialize(serializer),
    }
}

fn read_bins<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Bins, D::Error> {
    struct OneOrThree;
    impl<'de> Visitor<'de> for OneOrThree {
        type Value = Bins;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a number of bins, or an array of three")
        }

        fn visit_u64<E>(self, bins: u64) -> std::result::Result<Bins, E> {
            Ok([usize::try_from(bins).unwrap_or(0); 3])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Bins, A::Error> {
            let mut bins = [0; 3];
            for (at, bins) in bins.iter_mut().enumerate() {
                *bins = list
                    .next_element()?
                    .ok_or_else(|| A::Error::invalid_length(at, &OneOrThree))?;
            }
            match list.next_element::<usize>()? {
                None => Ok(bins),
                Some(_) => Err(A::Error::invalid_length(4, &OneOrThree)),
            }
        }
    }
    deserializer.deserialize_any(OneOrThree)
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

impl Model {
    /// Reads the text form, which is JSON.
    pub fn parse(text: &str) -> Result<Model> {
        let scale: Scale = json::read(NAME, text, MOST_TEXT)?;
        let wrong = |message: &str| invalid_text(NAME, message);
        if scale.version != VERSION {
            return Err(wrong(&format!("the version in \"rfm_model\" must be {VERSION}")));
        }
        if scale.bins.iter().any(|bins| !(1..=MAX_BINS).contains(bins)) {
            return Err(wrong(&format!("\"bins\" must be between 1 and {MAX_BINS}")));
        }
        let model = Model {
            wanted: Wanted {
                monetary: scale.monetary,
                ..Wanted::new(scale.bins)
            },
            customers: scale.customers,
            days_since_last: scale.days_since_last,
            orders: scale.orders,
            revenue: scale.revenue,
        };
        let mut model = model.checked(wrong)?;
        let segments = scale.segments.map(|patterns| Segments::of(patterns, scale.bins));
        model.wanted.segments = segments.transpose().map_err(|error| wrong(&error.to_string()))?;
        Ok(model)
    }

    /// The text form.
    pub fn text(&self) -> String {
        let scale = Scale {
            version: VERSION,
            bins: self.wanted.bins,
            monetary: self.wanted.monetary,
            customers: self.customers,
            days_since_last: self.days_since_last.clone(),
            orders: self.orders.clone(),
            revenue: self.revenue.clone(),
            segments: self.wanted.segments.as_ref().map(|map| map.patterns().clone()),
        };
        serde_json::to_string(&scale).expect("numbers and names can be written")
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::tests::TEXT;
    use super::*;
    use crate::error::Kind;

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
                "\"customers\" must be above 0, or left out",
            ),
            (r#""customers":6"#, r#""customers":-6"#, "\"customers\" must be above 0"),
            (
                r#""bins":3"#,
                r#""bins":[3,3]"#,
                "nvalid length 2, expected a number of bins",
            ),
            (
                r#""bins":3"#,
                r#""bins":[3,3,3,3]"#,
                "nvalid length 4, expected a number of bins",
            ),
            (
                r#""bins":3"#,
                r#""bins":[3,3,101]"#,
                "\"bins\" must be between 1 and 100",
            ),
            (
                r#""bins":3"#,
                r#""bins":[3,4,3]"#,
                "\"orders\" must hold one cut point less",
            ),
            (r#""bins":3"#, r#""bins":-3"#, "nvalid type: integer `-3`"),
            (
                r#""bins":3"#,
                r#""bins":3,"monetary":"median""#,
                "nknown variant `median`",
            ),
            (r#""customers":6"#, r#""customers":6,"extra":1"#, "nknown field `extra`"),
            ("3**", "2**", "egments must name each score exactly once"),
        ] {
            let text = TEXT.replace(from, to);
            let error = Model::parse(&text).unwrap_err();
            assert_eq!(error.kind(), Kind::InvalidText, "{text}");
            assert!(error.detail_text().unwrap().contains(about), "{text}: {error}");
        }
    }
}
