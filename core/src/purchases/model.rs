//! A fitted model as a value: JSON to read and edit, bytes to store.

use super::Family;
use super::chances::check_horizon;
use super::outlook::{Customer, Outlook};
use crate::calendar::{Period, format_length, parse_length};
use crate::codec::{invalid_text, invalid_word, put_float, put_text, put_varint, seal, unseal};
use crate::error::{Error, Result, sentence};
use crate::estimate::{Estimate, LONGEST, LONGEST_TEXT, Parameter, Text, count, text_of, unknown_name};
use crate::json;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The name of the type, for messages.
pub const NAME: &str = "purchase_model";

const VERSION: u8 = 1;

/// A model of purchases with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Which model.
    pub family: Family,
    /// Its parameters; times are in time units.
    pub estimate: Estimate<4>,
    /// The unit of time, in microseconds.
    pub time_unit: i64,
    /// The grain at which orders were one purchase, if they came from a log.
    pub period: Option<Period>,
    /// How many of the customers had bought again.
    pub repeat_customers: f64,
    /// The age of the oldest customer, in time units, if that is known.
    pub observed: Option<f64>,
    /// How many of the customers were there in the first tenth of that time.
    pub early_customers: f64,
    /// Why it is this model and no other, if it was chosen.
    pub choice: Option<String>,
}

/// The text form.
#[derive(Serialize, Deserialize)]
struct Json {
    /// The version of the text form.
    #[serde(rename = "purchase_model")]
    version: u8,
    model: String,
    time_unit: String,
    #[serde(default)]
    period: Option<String>,
    #[serde(flatten)]
    estimate: Text,
    #[serde(default, serialize_with = "count")]
    repeat_customers: f64,
    #[serde(default)]
    observed: Option<f64>,
    #[serde(default, serialize_with = "count")]
    early_customers: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    choice: Option<String>,
    #[serde(flatten, skip_serializing)]
    rest: BTreeMap<String, serde_json::Value>,
}

impl Model {
    /// What the model says about a customer.
    pub fn outlook(&self, customer: &Customer) -> Outlook {
        Outlook::of(self.family, &self.estimate.values, customer)
    }

    /// A length of time in the model's units, from microseconds.
    pub fn units(&self, length: i64) -> f64 {
        length as f64 / self.time_unit as f64
    }

    /// The same of a horizon.
    ///
    /// # Errors
    /// For BG/BB: one with more chances than [`MOST_CHANCES`](super::MOST_CHANCES).
    pub fn horizon(&self, length: i64) -> Result<f64> {
        check_horizon(self.family, self.units(length))
    }

    /// The same of one within which customers who come no more are sought.
    ///
    /// # Errors
    /// As above; for BG/BB, one without a chance, within which nobody can come.
    pub fn horizon_of_churn(&self, length: i64) -> Result<f64> {
        let horizon = self.horizon(length)?;
        if self.family != Family::Bb || horizon >= 1.0 {
            return Ok(horizon);
        }
        Err(Error::invalid("horizon holds no chance of the model")
            .detail(format!(
                "Chances of the model are {} apart.",
                format_length(self.time_unit)
            ))
            .hint(format!(
                "Pass horizon => '{}', or longer.",
                format_length(self.time_unit)
            )))
    }

    /// The parameters one by one.
    pub fn parameters(&self) -> Vec<Parameter> {
        self.estimate.parameters(&self.family.parameter_names())
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
        let named = |error: Error| invalid_word(NAME, &error);
        let family = Family::named(&json.model).map_err(named)?;
        let time_unit = parse_length(&json.time_unit).ok_or_else(|| {
            wrong(&format!(
                "\"time_unit\" is no fixed length of time: it is \"{}\"",
                json.time_unit
            ))
            .hint("Write weeks, days, hours, minutes or seconds, such as \"7 days\".")
        })?;
        let model = Model {
            family,
            estimate: Estimate::of_text(json.estimate, &family.parameter_names(), &family.scales(), wrong)?,
            time_unit,
            period: json.period.as_deref().map(Period::parse).transpose().map_err(named)?,
            repeat_customers: json.repeat_customers,
            observed: json.observed,
            early_customers: json.early_customers,
            choice: json.choice.filter(|choice| !choice.is_empty()),
        };
        model.checked(wrong)
    }

    /// The text form.
    pub fn text(&self) -> String {
        let json = Json {
            version: VERSION,
            model: self.family.name().to_owned(),
            time_unit: format_length(self.time_unit),
            period: self.period.map(|period| period.name().to_owned()),
            estimate: self.estimate.text(&self.family.parameter_names()),
            repeat_customers: self.repeat_customers,
            observed: self.observed,
            early_customers: self.early_customers,
            choice: self.choice.clone(),
            rest: BTreeMap::new(),
        };
        serde_json::to_string(&json).expect("numbers and names can be written")
    }

    /// The stored form: model, unit of time, repeat customers, time observed, early customers, parameters and what is known of them, period, choice.
    pub fn encode(&self) -> Vec<u8> {
        seal(VERSION, |out| {
            out.push(self.family.number());
            put_varint(out, self.time_unit as u64);
            put_float(out, self.repeat_customers);
            // A time that is not known is NaN.
            put_float(out, self.observed.unwrap_or(f64::NAN));
            put_float(out, self.early_customers);
            self.estimate.encode(out);
            // A text that is not there is an empty one.
            put_text(out, self.period.map(Period::name).unwrap_or_default());
            put_text(out, self.choice.as_deref().unwrap_or_default());
        })
    }

    /// Reads the stored form.
    pub fn decode(bytes: &[u8]) -> Result<Model> {
        let model = unseal(NAME, VERSION, bytes, |reader| {
            let family = Family::of_number(reader.byte()?).ok_or_else(|| reader.error("Its model is unknown."))?;
            let time_unit = i64::try_from(reader.varint()?).unwrap_or(0);
            let repeat_customers = reader.float()?;
            let observed = Some(reader.float()?).filter(|observed| !observed.is_nan());
            let early_customers = reader.float()?;
            let estimate = Estimate::decode(reader, &family.scales())?;
            let mut text = || Ok(Some(text_of(reader)?).filter(|text| !text.is_empty()));
            Ok(Model {
                family,
                estimate,
                time_unit,
                period: text()?.map(Period::parse).transpose()?,
                repeat_customers,
                observed,
                early_customers,
                choice: text()?.map(str::to_owned),
            })
        })?;
        model.checked(|message| Error::corrupted(NAME, sentence(message)))
    }

    /// Whether it reads both its forms as itself.
    pub(super) fn is_readable(&self) -> bool {
        Model::decode(&self.encode()).as_ref() == Ok(self) && Model::parse(&self.text()).as_ref() == Ok(self)
    }

    /// Checks what reading alone does not, and counts parameters.
    fn checked(mut self, wrong: impl Fn(&str) -> Error) -> Result<Model> {
        if self.time_unit <= 0 {
            return Err(wrong("the unit of time must be longer than nothing"));
        }
        if !(self.repeat_customers.is_finite() && self.repeat_customers >= 0.0) {
            return Err(wrong("\"repeat_customers\" must be finite and not negative"));
        }
        if self
            .observed
            .is_some_and(|observed| !(observed.is_finite() && observed >= 0.0))
        {
            return Err(wrong("\"observed\" must be finite and not negative"));
        }
        if !(self.early_customers.is_finite() && self.early_customers >= 0.0) {
            return Err(wrong("\"early_customers\" must be finite and not negative"));
        }
        if self.choice.as_ref().is_some_and(|choice| choice.len() > LONGEST) {
            return Err(wrong("\"choice\" must be at most 500 bytes long"));
        }
        self.estimate.count = self.family.parameters_count();
        Ok(self)
    }
}
