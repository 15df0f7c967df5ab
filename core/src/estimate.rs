//! Parameters estimated by maximum likelihood, with all that tells how far to trust them: the part that fitted models have in common.

use crate::codec::{Reader, put_float, put_text, put_varint};
use crate::error::{Error, Kind, Result, sentence};
use crate::maximum::{End, Matrix, Optimum, covariance};
use crate::special::normal_quantile;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde::{Deserialize, Serialize as DeriveSerialize};
use std::collections::BTreeMap;

/// How parameters came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, DeriveSerialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// They are where the likelihood is greatest.
    Converged,
    /// They are the best within limits, and at least one of them is at its limit.
    Boundary,
    /// The search ended before it found the best ones.
    Unfinished,
    /// They were given, not fitted.
    #[default]
    Given,
}

impl Status {
    /// All of them, in the order of their stored numbers.
    const ALL: [Status; 4] = [Status::Converged, Status::Boundary, Status::Unfinished, Status::Given];

    /// The status that is stored as this number.
    pub(crate) fn of_byte(byte: u8) -> Option<Status> {
        Status::ALL.get(usize::from(byte)).copied()
    }

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Status::Converged => "converged",
            Status::Boundary => "boundary",
            Status::Unfinished => "unfinished",
            Status::Given => "given",
        }
    }
}

impl From<End> for Status {
    fn from(end: End) -> Status {
        match end {
            End::Converged => Status::Converged,
            End::Boundary => Status::Boundary,
            End::Unfinished => Status::Unfinished,
        }
    }
}

/// Between these are parameters that have no unit.
const SMALLEST: f64 = 1e-30;
const GREATEST: f64 = 1e30;

/// Between these are parameters that are times or amounts of money: what units they are in is for the data to say.
const SMALLEST_SCALE: f64 = 1e-120;
const GREATEST_SCALE: f64 = 1e120;

/// Between these are the means of times and amounts that models are fitted to: the search goes no further from them than to the limits above.
const UNITS: std::ops::RangeInclusive<f64> = 1e-100..=1e100;

/// The most warnings of a model, and the longest text in bytes: what comes from outside may hold no more.
const MOST_WARNINGS: usize = 32;
pub(crate) const LONGEST: usize = 500;

/// The longest text form of a model, in bytes: more than that of any that holds no more than this.
pub(crate) const LONGEST_TEXT: usize = 1 << 17;

/// What a fit comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Fitted<M> {
    /// A model.
    Model(M),
    /// None, because there is nothing to fit one to: what to tell about that.
    Nothing(Error),
}

impl<M> Fitted<M> {
    /// The model, if there is one.
    pub fn model(self) -> Option<M> {
        match self {
            Fitted::Model(model) => Some(model),
            Fitted::Nothing(_) => None,
        }
    }

    /// What `then` makes of the model.
    pub fn and_then<N>(self, then: impl FnOnce(M) -> Result<N>) -> Result<Fitted<N>> {
        match self {
            Fitted::Model(model) => then(model).map(Fitted::Model),
            Fitted::Nothing(about) => Ok(Fitted::Nothing(about)),
        }
    }
}

/// Checks the mean of the times or amounts that a model is fitted to. `what` names them.
pub(crate) fn checked_unit(unit: f64, what: &str) -> Result<f64> {
    if UNITS.contains(&unit) {
        return Ok(unit);
    }
    let error = Error::new(
        Kind::OutOfRange,
        format!("{what} are too small or too large to fit a model to"),
    );
    Err(error.detail("Their mean must be between 1e-100 and 1e100."))
}

/// Logarithms this near to a limit are at it.
const NEAR: f64 = 2.0;

/// Estimated parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate<const N: usize> {
    /// Their values, all positive.
    pub values: [f64; N],
    /// Their covariance, the inverse of the observed information; nothing where the data do not tell them apart.
    pub covariance: Option<Matrix<N>>,
    /// The logarithm of the likelihood.
    pub log_likelihood: Option<f64>,
    /// How many customers they were fitted to.
    pub customers: f64,
    /// How many parameters AIC and BIC count: these, and what else the model chose by the likelihood.
    pub count: usize,
    /// How they came about.
    pub status: Status,
    /// What users should know before they trust them.
    pub warnings: Vec<String>,
}

/// One parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub estimate: f64,
    /// Its standard error, if that is known.
    pub standard_error: Option<f64>,
    /// The limits between which it lies with 95 % confidence.
    pub interval: Option<(f64, f64)>,
}

/// What a search was for.
pub(crate) struct Search<'a, const N: usize> {
    /// The names of the parameters.
    pub names: &'a [&'static str; N],
    /// The units of the parameters in the search.
    pub units: [f64; N],
    /// Between what values they were sought, in these units; 0 and infinity where the end of the search alone tells what is at a limit.
    pub limits: (f64, f64),
    /// The logarithm of the likelihood of the data as they are, less that of the data as they were searched with.
    pub ln_units: f64,
    /// How many customers there are.
    pub customers: f64,
}

impl<const N: usize> Estimate<N> {
    /// The estimate that the best logarithms of parameters make. Near a limit, where the likelihood is flat for want of an answer in the
    /// data, there is nothing to say about errors.
    pub(crate) fn of(optimum: &Optimum<N>, search: &Search<'_, N>) -> Estimate<N> {
        let mut warnings = Vec::new();
        let mut status = Status::from(optimum.end);
        for (name, &at) in search.names.iter().zip(&optimum.point) {
            let end = if at < search.limits.0.ln() + NEAR {
                "small"
            } else if at > search.limits.1.ln() - NEAR {
                "great"
            } else {
                continue;
            };
            status = Status::Boundary;
            warnings.push(format!(
                "{name} is as {end} as is tried: the data want an extreme, not a value"
            ));
        }
        let values: [f64; N] = std::array::from_fn(|i| optimum.point[i].exp() * search.units[i]);
        let within = |covariance: &Matrix<N>| {
            let scaled = |(i, j): (usize, usize)| (covariance[i][j] * (values[i] * values[j])).is_finite();
            (0..N * N).all(|at| scaled((at / N, at % N)))
        };
        let mut covariance =
            covariance(&optimum.curve.hessian).filter(|covariance| status == Status::Converged && within(covariance));
        if let Some(covariance) = &mut covariance {
            // A standard error of a logarithm above 1 is one as great as the parameter.
            let vague = (0..N).filter(|&i| covariance[i][i] > 1.0).map(|i| search.names[i]);
            let vague: Vec<&str> = vague.collect();
            if !vague.is_empty() {
                warnings.push(format!("the data say little about {}", vague.join(" and ")));
            }
            for i in 0..N {
                for j in 0..N {
                    covariance[i][j] *= values[i] * values[j];
                }
            }
        } else {
            warnings.push("the data do not tell the parameters apart: there are no standard errors".to_owned());
        }
        if status == Status::Unfinished {
            warnings.push("the search ended before it found the most likely parameters".to_owned());
        }
        Estimate {
            values,
            covariance,
            log_likelihood: Some(optimum.curve.value + search.ln_units),
            customers: search.customers,
            count: N,
            status,
            warnings,
        }
    }

    /// Akaike's information criterion: twice the number of parameters less twice the log-likelihood.
    pub fn aic(&self) -> Option<f64> {
        Some(2.0 * self.count as f64 - 2.0 * self.log_likelihood?)
    }

    /// The Bayesian information criterion: the number of parameters times the logarithm of the number of customers, less twice the
    /// log-likelihood.
    pub fn bic(&self) -> Option<f64> {
        Some(self.count as f64 * self.customers.ln() - 2.0 * self.log_likelihood?)
    }

    /// The parameters one by one. Intervals are symmetric in the logarithm, which keeps them positive.
    pub fn parameters(&self, names: &[&'static str; N]) -> Vec<Parameter> {
        let width = normal_quantile(0.975);
        let one = |i: usize| {
            let estimate = self.values[i];
            let standard_error = self.covariance.map(|covariance| covariance[i][i].sqrt());
            let interval = standard_error.map(|error| {
                let factor = (width * error / estimate).exp();
                (estimate / factor, estimate * factor)
            });
            Parameter {
                name: names[i],
                estimate,
                standard_error,
                interval,
            }
        };
        (0..N).map(one).collect()
    }

    /// The variance of the logarithm of a quantity with these derivatives of its logarithm with respect to the logarithms of the
    /// parameters (delta method); nothing where the covariance is not known.
    pub fn relative_variance(&self, slopes: &[f64; N]) -> Option<f64> {
        let covariance = self.covariance.as_ref()?;
        let mut sum = 0.0;
        for i in 0..N {
            for j in 0..N {
                sum += slopes[i] / self.values[i] * covariance[i][j] * slopes[j] / self.values[j];
            }
        }
        Some(sum.max(0.0))
    }

    /// The text form, which models flatten into theirs.
    pub(crate) fn text(&self, names: &[&'static str; N]) -> Text {
        let errors = self.covariance.map(|covariance| {
            let error = |i: usize| (names[i].to_owned(), covariance[i][i].sqrt());
            Named((0..N).map(error).collect())
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
        let estimate = Estimate {
            values,
            covariance,
            log_likelihood: text.log_likelihood,
            customers: text.customers,
            count: N,
            status: text.status,
            warnings: text.warnings,
        };
        match estimate.fault(scales) {
            Some(fault) => Err(wrong(fault)),
            None => Ok(estimate),
        }
    }

    /// Itself, if the reader takes it: a fit to numbers beyond all measure is none.
    pub(crate) fn checked(self, scales: &[bool; N]) -> Result<Self> {
        match self.fault(scales) {
            None => Ok(self),
            Some(fault) => Err(
                Error::new(Kind::OutOfRange, "numbers are too small or too large to fit a model to")
                    .detail(sentence(fault)),
            ),
        }
    }

    /// What is wrong with it, if anything. `scales` says which parameters are times or amounts.
    fn fault(&self, scales: &[bool; N]) -> Option<&'static str> {
        if self.warnings.len() > MOST_WARNINGS || self.warnings.iter().any(|warning| warning.len() > LONGEST) {
            return Some("\"warnings\" must be at most 32, of at most 500 bytes each");
        }
        for (value, &scale) in self.values.iter().zip(scales) {
            if scale && !(SMALLEST_SCALE..=GREATEST_SCALE).contains(value) {
                return Some("parameters that are times or amounts must be between 1e-120 and 1e120");
            }
            if !scale && !(SMALLEST..=GREATEST).contains(value) {
                return Some("parameters must be between 1e-30 and 1e30");
            }
        }
        if !(self.customers.is_finite() && self.customers >= 0.0) {
            return Some("\"customers\" must be finite and not negative");
        }
        if self.log_likelihood.is_some_and(|value| !value.is_finite()) {
            return Some("\"log_likelihood\" must be finite");
        }
        if let Some(covariance) = &self.covariance {
            for i in 0..N {
                let sound = |j: usize| covariance[i][j].is_finite() && covariance[i][j] == covariance[j][i];
                if !(0..N).all(sound) || covariance[i][i] < 0.0 {
                    return Some("\"covariance\" must be finite and symmetric, with variances that are not negative");
                }
            }
        }
        None
    }

    /// Appends the stored form.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.status as u8);
        let flags = u8::from(self.covariance.is_some()) | u8::from(self.log_likelihood.is_some()) << 1;
        out.push(flags);
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
            log_likelihood,
            customers,
            count: N,
            status,
            warnings,
        };
        match estimate.fault(scales) {
            Some(fault) => Err(reader.error(sentence(fault))),
            None => Ok(estimate),
        }
    }
}

/// Reads a text of a model.
pub(crate) fn text_of<'a>(reader: &mut Reader<'a>) -> Result<&'a str> {
    let text = reader.text()?;
    if text.len() > LONGEST {
        return Err(reader.error(format!("A text of it is {} bytes long.", text.len())));
    }
    Ok(text)
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
