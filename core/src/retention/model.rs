//! The model as a value, JSON to read and edit and bytes to store, and what follows from its two parameters.

use super::PARAMETERS;
use super::lifetime::discounted_sum;
use crate::codec::{invalid_text, put_varint, seal, unseal};
use crate::error::{Error, Result, spelled};
use crate::estimate::{Estimate, LONGEST_TEXT, Parameter, Text, unknown_name};
use crate::json;
use crate::special::ln_beta_ratio;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The name of the type, for messages.
pub const NAME: &str = "retention_model";

const VERSION: u8 = 1;

/// The shifted-beta-geometric model with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The parameters.
    pub estimate: Estimate<2>,
    /// The number of the last renewal that anybody came to; 0 if there was no fit.
    pub periods: u32,
}

/// The text form.
#[derive(Serialize, Deserialize)]
struct Json {
    /// The version of the text form.
    #[serde(rename = "retention_model")]
    version: u8,
    #[serde(flatten)]
    estimate: Text,
    #[serde(default)]
    periods: u32,
    #[serde(flatten, skip_serializing)]
    rest: BTreeMap<String, serde_json::Value>,
}

impl Model {
    /// The share of customers who are still there after so many renewals: S(t) = B(alpha, beta + t) / B(alpha, beta), which is
    /// equation (6) of Fader & Hardie (2007). Nothing where that many renewals there cannot be.
    pub fn survival(&self, periods: f64) -> Option<f64> {
        let [alpha, beta] = self.estimate.values;
        let share = ln_beta_ratio(alpha, beta, counted(periods)?).exp();
        Some(share.min(1.0)).filter(|share| share.is_finite())
    }

    /// The share of those who come to renewal number `period` that renew: equation (8) of Fader & Hardie (2007). Nothing where there is no
    /// such renewal; the first one is number 1.
    pub fn retention_rate(&self, period: f64) -> Option<f64> {
        let [alpha, beta] = self.estimate.values;
        let x = beta + counted(period - 1.0)?;
        Some(x / (alpha + x))
    }

    /// How many periods a customer who has renewed so often will be there for, the one under way included; later ones discounted
    /// (Fader & Hardie, "Customer-Base Valuation in a Contractual Setting", Marketing Science 29, 2010). Nothing where nobody can have renewed so
    /// often.
    pub fn expected_lifetime(&self, renewals: f64, discount_rate: f64, horizon: Option<f64>) -> Result<Option<f64>> {
        if !(discount_rate >= 0.0 && discount_rate.is_finite()) {
            return Err(
                Error::invalid("discount_rate must be a finite number that is not negative")
                    .detail(format!("It is {}.", spelled(discount_rate)))
                    .hint("It is the rate of one period: 0.01 is one percent from each renewal to the next."),
            );
        }
        if let Some(wrong) = horizon.filter(|&horizon| counted(horizon).is_none()) {
            return Err(Error::invalid("horizon must be a whole number that is not negative")
                .detail(format!("It is {}.", spelled(wrong))));
        }
        let [alpha, beta] = self.estimate.values;
        let lifetime = counted(renewals).map(|renewals| discounted_sum(alpha, beta + renewals, discount_rate, horizon));
        Ok(lifetime.filter(|lifetime| !lifetime.is_nan()))
    }

    /// The parameters one by one.
    pub fn parameters(&self) -> Vec<Parameter> {
        self.estimate.parameters(&PARAMETERS)
    }

    /// Whether it reads both its forms as itself.
    pub(super) fn is_readable(&self) -> bool {
        Model::decode(&self.encode()).as_ref() == Ok(self) && Model::parse(&self.text()).as_ref() == Ok(self)
    }

    /// Reads the text form, which is JSON.
    pub fn parse(text: &str) -> Result<Model> {
        let wrong = |message: &str| invalid_text(NAME, message);
        let json: Json = json::read(NAME, text, LONGEST_TEXT)?;
        if let Some(name) = unknown_name(&json.rest) {
            return Err(wrong(&format!("unknown field \"{name}\"")));
        }
        if json.version != VERSION {
            return Err(wrong(&format!("the version in \"{NAME}\" must be {VERSION}")));
        }
        Ok(Model {
            estimate: Estimate::of_text(json.estimate, &PARAMETERS, &[false; 2], wrong)?,
            periods: json.periods,
        })
    }

    /// The text form.
    pub fn text(&self) -> String {
        let json = Json {
            version: VERSION,
            estimate: self.estimate.text(&PARAMETERS),
            periods: self.periods,
            rest: BTreeMap::new(),
        };
        serde_json::to_string(&json).expect("numbers and names can be written")
    }

    /// The stored form: parameters and what is known of them, then the number of periods.
    pub fn encode(&self) -> Vec<u8> {
        seal(VERSION, |out| {
            self.estimate.encode(out);
            put_varint(out, u64::from(self.periods));
        })
    }

    /// Reads the stored form.
    pub fn decode(bytes: &[u8]) -> Result<Model> {
        unseal(NAME, VERSION, bytes, |reader| {
            Ok(Model {
                estimate: Estimate::decode(reader, &[false; 2])?,
                periods: u32::try_from(reader.varint()?).map_err(|_| reader.error("It has too many periods."))?,
            })
        })
    }
}

/// A number of renewals, if it is one.
fn counted(renewals: f64) -> Option<f64> {
    (renewals >= 0.0 && renewals.is_finite() && renewals.fract() == 0.0).then_some(renewals)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn arguments_are_checked() {
        let model = Model::parse(r#"{"retention_model":1,"parameters":{"alpha":0.75,"beta":3.5}}"#).unwrap();
        for error in [
            model.expected_lifetime(0.0, -0.1, None).unwrap_err(),
            model.expected_lifetime(0.0, f64::NAN, None).unwrap_err(),
            model.expected_lifetime(0.0, f64::INFINITY, None).unwrap_err(),
            model.expected_lifetime(0.0, 0.0, Some(-1.0)).unwrap_err(),
            model.expected_lifetime(0.0, 0.0, Some(1.5)).unwrap_err(),
        ] {
            assert_eq!(error.kind(), Kind::InvalidParameter);
            assert!(error.detail_text().is_some());
        }
        // What a table may hold is no error.
        for nobody in [-1.0, 0.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(model.survival(nobody), None);
            assert_eq!(model.retention_rate(nobody), None);
            assert_eq!(model.expected_lifetime(nobody, 0.1, None), Ok(None));
        }
        assert_eq!(model.retention_rate(0.0), None);
    }
}
