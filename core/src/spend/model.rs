//! A fitted model as a value: JSON to read and edit, bytes to store.

use super::{PARAMETERS, SCALES};
use crate::codec::{invalid_text, put_float, seal, unseal};
use crate::error::{Error, Result, sentence};
use crate::estimate::{Estimate, LONGEST_TEXT, Parameter, Text, count, unknown_name};
use crate::json;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The name of the type, for messages.
pub const NAME: &str = "spend_model";

const VERSION: u8 = 1;

/// The Gamma-Gamma model with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The parameters; money is in the units of the amounts.
    pub estimate: Estimate<3>,
    /// Customers it was not fitted to, because they have not bought again or spent nothing.
    pub left_out: f64,
    /// The mean of the values it was fitted to.
    pub mean_value: Option<f64>,
    /// Pearson's correlation of frequency and value.
    pub correlation: Option<f64>,
    /// Spearman's.
    pub rank_correlation: Option<f64>,
    /// How likely a rank correlation as strong as this is if frequency and value are independent.
    pub independence_p_value: Option<f64>,
}

/// The text form.
#[derive(Serialize, Deserialize)]
struct Json {
    /// The version of the text form.
    #[serde(rename = "spend_model")]
    version: u8,
    #[serde(flatten)]
    estimate: Text,
    #[serde(default, serialize_with = "count")]
    left_out: f64,
    #[serde(default)]
    mean_value: Option<f64>,
    #[serde(default)]
    correlation: Option<f64>,
    #[serde(default)]
    rank_correlation: Option<f64>,
    #[serde(default)]
    independence_p_value: Option<f64>,
    #[serde(flatten, skip_serializing)]
    rest: BTreeMap<String, serde_json::Value>,
}

impl Model {
    /// The expected value of an order of a customer who spent `monetary_value` on average in `frequency` repeat purchases: equation (5)
    /// of Fader & Hardie. Without repeat purchases, or where they were worth nothing, it is that of all customers. Nothing where there can be
    /// no such customer, or no mean.
    pub fn expected_spend(&self, frequency: f64, monetary_value: f64) -> Option<f64> {
        Some(self.expected_spend_with_slopes(frequency, monetary_value)?.0)
    }

    /// The same, with the derivatives of its logarithm with respect to the logarithms of the parameters.
    pub fn expected_spend_with_slopes(&self, frequency: f64, monetary_value: f64) -> Option<(f64, [f64; 3])> {
        let whole = frequency >= 0.0 && frequency.is_finite() && frequency.fract() == 0.0;
        if !(whole && monetary_value.is_finite()) {
            return None;
        }
        let [p, q, v] = self.estimate.values;
        let known = frequency > 0.0 && monetary_value > 0.0;
        let x = if known { frequency } else { 0.0 };
        // In this order, a q next to 1 and a small p count.
        let degrees = p * x + (q - 1.0);
        if degrees > 0.0 {
            // Of all customers, and of this one: apart, so that great amounts stay within numbers.
            let (all, own) = (v * (p / degrees), monetary_value * (p * x / degrees));
            let own = if known { own } else { 0.0 };
            let slopes = [1.0 - p * x / degrees, -q / degrees, all / (all + own)];
            return Some((all + own, slopes)).filter(|spend| spend.0.is_finite());
        }
        // There is no mean: that of the data stands in, if it is known.
        Some((self.mean_value?, [0.0; 3]))
    }

    /// The parameters one by one.
    pub fn parameters(&self) -> Vec<Parameter> {
        self.estimate.parameters(&PARAMETERS)
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
        let model = Model {
            estimate: Estimate::of_text(json.estimate, &PARAMETERS, &SCALES, wrong)?,
            left_out: json.left_out,
            mean_value: json.mean_value,
            correlation: json.correlation,
            rank_correlation: json.rank_correlation,
            independence_p_value: json.independence_p_value,
        };
        model.checked(wrong)
    }

    /// The text form.
    pub fn text(&self) -> String {
        let json = Json {
            version: VERSION,
            estimate: self.estimate.text(&PARAMETERS),
            left_out: self.left_out,
            mean_value: self.mean_value,
            correlation: self.correlation,
            rank_correlation: self.rank_correlation,
            independence_p_value: self.independence_p_value,
            rest: BTreeMap::new(),
        };
        serde_json::to_string(&json).expect("numbers and names can be written")
    }

    /// The numbers beside the estimate; what is not known is NaN when stored.
    fn extras(&self) -> [Option<f64>; 5] {
        let Model {
            left_out,
            mean_value,
            correlation,
            rank_correlation,
            independence_p_value,
            ..
        } = *self;
        [
            Some(left_out),
            mean_value,
            correlation,
            rank_correlation,
            independence_p_value,
        ]
    }

    /// The stored form: parameters and what is known of them, then the other numbers.
    pub fn encode(&self) -> Vec<u8> {
        seal(VERSION, |out| {
            self.estimate.encode(out);
            self.extras()
                .iter()
                .for_each(|extra| put_float(out, extra.unwrap_or(f64::NAN)));
        })
    }

    /// Reads the stored form.
    pub fn decode(bytes: &[u8]) -> Result<Model> {
        let model = unseal(NAME, VERSION, bytes, |reader| {
            let estimate = Estimate::decode(reader, &SCALES)?;
            let mut extra = || Ok(Some(reader.float()?).filter(|extra| !extra.is_nan()));
            Ok(Model {
                estimate,
                left_out: extra()?.unwrap_or(f64::NAN),
                mean_value: extra()?,
                correlation: extra()?,
                rank_correlation: extra()?,
                independence_p_value: extra()?,
            })
        })?;
        model.checked(|message| Error::corrupted(NAME, sentence(message)))
    }

    /// Whether it reads both its forms as itself.
    pub(super) fn is_readable(&self) -> bool {
        Model::decode(&self.encode()).as_ref() == Ok(self) && Model::parse(&self.text()).as_ref() == Ok(self)
    }

    /// Checks what reading alone does not.
    pub(super) fn checked(self, wrong: impl Fn(&str) -> Error) -> Result<Model> {
        if !self.extras().iter().flatten().all(|extra| extra.is_finite()) || self.left_out < 0.0 {
            return Err(wrong("numbers must be finite, and counts not negative"));
        }
        if self.mean_value.is_some_and(|mean| mean <= 0.0) {
            return Err(wrong("\"mean_value\" must be greater than 0"));
        }
        Ok(self)
    }
}
