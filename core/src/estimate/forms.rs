//! An estimate as a value: JSON to read and edit, bytes to store.

use super::{Estimate, MOST_WARNINGS, Status, text_of};
use crate::codec::{Reader, put_float, put_text, put_varint};
use crate::error::{Result, sentence};
use crate::maximum::Matrix;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde::{Deserialize, Serialize as DeriveSerialize};
use std::collections::BTreeMap;

impl<const N: usize> Estimate<N> {
    /// The text form, which models flatten into theirs.
    pub(crate) fn text(&self, names: &[&'static str; N]) -> Text {
        let errors = self.covariance.map(|_| {
            let error = |i: usize| Some((names[i].to_owned(), self.standard_error(i)?));
            Named((0..N).filter_map(error).collect())
        });
        Text {
            parameters: Named(
                names
                    .iter()
                    .zip(self.values)
                    .map(|(name, value)| ((*name).to_owned(), value))
                    .collect(),
            ),
            status: self.status,
            customers: self.customers,
            log_likelihood: self.log_likelihood,
            aic: self.aic().filter(|aic| aic.is_finite()),
            bic: self.bic().filter(|bic| bic.is_finite()),
            standard_errors: errors,
            covariance: self
                .covariance
                .map(|rows| rows.iter().map(|row| row.to_vec()).collect()),
            at_limit: (0..N)
                .filter(|&i| self.at_limit[i])
                .map(|i| names[i].to_owned())
                .collect(),
            warnings: self.warnings.clone(),
        }
    }

    /// Reads the text form; `wrong` makes an error of what is wrong with it.
    pub(crate) fn of_text<E>(
        text: Text,
        names: &[&'static str; N],
        scales: &[bool; N],
        wrong: impl Fn(&str) -> E,
    ) -> std::result::Result<Self, E> {
        let mut values = [f64::NAN; N];
        for (name, value) in &text.parameters.0 {
            match names.iter().position(|known| known == name) {
                Some(at) => values[at] = *value,
                None => return Err(wrong(&format!("there is no parameter \"{name}\" in this model"))),
            }
        }
        if let Some(missing) = (0..N).find(|&i| values[i].is_nan()) {
            return Err(wrong(&format!("the parameter \"{}\" is missing", names[missing])));
        }
        let covariance = match text.covariance {
            None => None,
            Some(rows) => {
                Some(square(&rows).ok_or_else(|| wrong(&format!("\"covariance\" must be {N} rows of {N} numbers")))?)
            }
        };
        let mut at_limit = [false; N];
        for name in &text.at_limit {
            match names.iter().position(|known| known == name) {
                Some(at) => at_limit[at] = true,
                None => return Err(wrong(&format!("there is no parameter \"{name}\" in this model"))),
            }
        }
        let estimate = Estimate {
            values,
            covariance,
            at_limit,
            log_likelihood: text.log_likelihood,
            count: N,
            customers: text.customers,
            status: text.status,
            warnings: text.warnings,
        };
        match estimate.fault(scales) {
            Some(fault) => Err(wrong(fault)),
            None => Ok(estimate),
        }
    }

    /// Appends the stored form.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.status as u8);
        let flags = u8::from(self.covariance.is_some()) | u8::from(self.log_likelihood.is_some()) << 1;
        out.push(flags);
        out.push((0..N).fold(0, |mask, i| mask | u8::from(self.at_limit[i]) << i));
        self.values.iter().for_each(|&value| put_float(out, value));
        put_float(out, self.customers);
        if let Some(log_likelihood) = self.log_likelihood {
            put_float(out, log_likelihood);
        }
        if let Some(covariance) = &self.covariance {
            for (i, row) in covariance.iter().enumerate() {
                row[..=i].iter().for_each(|&value| put_float(out, value));
            }
        }
        put_varint(out, self.warnings.len() as u64);
        self.warnings.iter().for_each(|warning| put_text(out, warning));
    }

    /// Reads the stored form.
    pub(crate) fn decode(reader: &mut Reader<'_>, scales: &[bool; N]) -> Result<Self> {
        let status = Status::of_byte(reader.byte()?).ok_or_else(|| reader.error("Its status is unknown."))?;
        let flags = reader.byte()?;
        if flags > 3 {
            return Err(reader.error("It has unknown parts."));
        }
        let mask = reader.byte()?;
        if u32::from(mask) >> N != 0 {
            return Err(reader.error("Parameters are at their limits that it does not have."));
        }
        let mut values = [0.0; N];
        for value in &mut values {
            *value = reader.float()?;
        }
        let customers = reader.float()?;
        let log_likelihood = if flags & 2 == 0 { None } else { Some(reader.float()?) };
        let covariance = if flags & 1 == 0 {
            None
        } else {
            let mut matrix = [[0.0; N]; N];
            for i in 0..N {
                for j in 0..=i {
                    matrix[i][j] = reader.float()?;
                    matrix[j][i] = matrix[i][j];
                }
            }
            Some(matrix)
        };
        let count = reader.count(8)?;
        if count > MOST_WARNINGS {
            return Err(reader.error(format!("It has {count} warnings.")));
        }
        let warnings = (0..count)
            .map(|_| text_of(reader).map(str::to_owned))
            .collect::<Result<_>>()?;
        let estimate = Estimate {
            values,
            covariance,
            at_limit: std::array::from_fn(|i| mask >> i & 1 != 0),
            log_likelihood,
            count: N,
            customers,
            status,
            warnings,
        };
        match estimate.fault(scales) {
            Some(fault) => Err(reader.error(sentence(fault))),
            None => Ok(estimate),
        }
    }
}

fn square<const N: usize>(rows: &[Vec<f64>]) -> Option<Matrix<N>> {
    let rows: Vec<[f64; N]> = rows
        .iter()
        .map(|row| row.as_slice().try_into().ok())
        .collect::<Option<_>>()?;
    rows.try_into().ok()
}

/// The text form of an estimate.
#[derive(Clone, Debug, DeriveSerialize, Deserialize)]
pub(crate) struct Text {
    parameters: Named,
    #[serde(default)]
    status: Status,
    #[serde(default, serialize_with = "count")]
    customers: f64,
    #[serde(default)]
    log_likelihood: Option<f64>,
    /// These three follow from the rest: they are written for the reader, and not read.
    #[serde(default, skip_deserializing)]
    aic: Option<f64>,
    #[serde(default, skip_deserializing)]
    bic: Option<f64>,
    #[serde(default, skip_deserializing)]
    standard_errors: Option<Named>,
    #[serde(default)]
    covariance: Option<Vec<Vec<f64>>>,
    /// The names of the parameters that are at a limit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    at_limit: Vec<String>,
    #[serde(default)]
    warnings: Vec<String>,
}

/// Writes a number of customers; most are whole, and look so.
pub(crate) fn count<S: Serializer>(count: &f64, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    if count.fract() == 0.0 && *count < 1e15 {
        serializer.serialize_u64(*count as u64)
    } else {
        serializer.serialize_f64(*count)
    }
}

/// Numbers with names, written in their own order.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "BTreeMap<String, f64>")]
struct Named(Vec<(String, f64)>);

impl From<BTreeMap<String, f64>> for Named {
    fn from(numbers: BTreeMap<String, f64>) -> Named {
        Named(numbers.into_iter().collect())
    }
}

impl Serialize for Named {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// What a flattened text form leaves over: names that nothing reads. The names of what is written but not read are no mistake.
pub(crate) fn unknown_name(rest: &BTreeMap<String, serde_json::Value>) -> Option<&str> {
    const DERIVED: [&str; 3] = ["aic", "bic", "standard_errors"];
    rest.keys().map(String::as_str).find(|name| !DERIVED.contains(name))
}
