//! Parameters estimated by maximum likelihood, with all that tells how far to trust them: the part that fitted models have in common.

mod forms;
mod homogeneity;
mod proportion;

use crate::codec::Reader;
use crate::error::{Error, Kind, Result, sentence};
use crate::maximum::{End, Matrix, Optimum, covariance_within};
use crate::special::normal_quantile;
use serde::{Deserialize, Serialize};

pub(crate) use forms::{Text, count, unknown_name};
pub use homogeneity::Homogeneity;
pub use proportion::{Confidence, check_confidence};

/// How parameters came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

/// The greatest variance of logarithms of parameters in any direction: where the data say nothing, they may be anywhere within the limits
/// of a search, which are some six powers of ten either way.
const ANYWHERE: f64 = 200.0;

/// From this variance of its logarithm on, nothing is known of a parameter: it may be a hundred times as great, or as small.
const UNKNOWN: f64 = 25.0;

/// Estimated parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate<const N: usize> {
    /// Their values, all positive.
    pub values: [f64; N],
    /// Their covariance, the inverse of the observed information of those that are not at a limit; 0 for those that are. Nothing where it is not
    /// known.
    pub covariance: Option<Matrix<N>>,
    /// Which of them are at a limit of the search, and held there.
    pub at_limit: [bool; N],
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
    /// Whether it is at a limit of the search, and held there.
    pub at_limit: bool,
}

/// What a search was for.
pub(crate) struct Search<'a, const N: usize> {
    /// The names of the parameters.
    pub names: &'a [&'static str; N],
    /// The units of the parameters in the search.
    pub units: [f64; N],
    /// Between what values they were sought, in these units.
    pub limits: (f64, f64),
    /// How near to a limit a logarithm is at it.
    pub near: f64,
    /// The logarithm of the likelihood of the data as they are, less that of the data as they were searched with.
    pub ln_units: f64,
    /// How many customers there are.
    pub customers: f64,
}

impl<const N: usize> Estimate<N> {
    /// The estimate that the best logarithms of parameters make. Those at a limit, where the likelihood is flat for want of an answer in the
    /// data, are held there: the others have the covariance that they have if these are known.
    pub(crate) fn of(optimum: &Optimum<N>, search: &Search<'_, N>) -> Estimate<N> {
        let mut warnings = Vec::new();
        let mut status = Status::from(optimum.end);
        let mut at_limit = [false; N];
        for (i, (name, &at)) in search.names.iter().zip(&optimum.point).enumerate() {
            let end = if at <= search.limits.0.ln() + search.near {
                "small"
            } else if at >= search.limits.1.ln() - search.near {
                "great"
            } else {
                continue;
            };
            at_limit[i] = true;
            status = Status::Boundary;
            warnings.push(format!(
                "{name} is as {end} as is tried, and held there: the data want an extreme, not a value"
            ));
        }
        let values: [f64; N] = std::array::from_fn(|i| optimum.point[i].exp() * search.units[i]);
        let known = status != Status::Unfinished && at_limit.contains(&false);
        let known = known.then(|| covariance_within(&optimum.curve.hessian, &at_limit, 1.0 / ANYWHERE));
        let mut covariance = known.flatten();
        if let Some(covariance) = &mut covariance {
            // A standard error of a logarithm above 1 is one as great as the parameter.
            let vague = (0..N).filter(|&i| covariance[i][i] > 1.0).map(|i| search.names[i]);
            let vague: Vec<&str> = vague.collect();
            if !vague.is_empty() {
                let (of, are) = (vague.join(" and "), if vague.len() == 1 { "is" } else { "are" });
                warnings.push(format!(
                    "{of} {are} hardly known: other values fit these customers nearly as well"
                ));
            }
            for i in 0..N {
                for j in 0..N {
                    covariance[i][j] *= values[i] * values[j];
                }
            }
        }
        let covariance = covariance.filter(|covariance| covariance.as_flattened().iter().all(|x| x.is_finite()));
        if covariance.is_none() {
            warnings.push("the data do not tell the parameters apart: there are no standard errors".to_owned());
        }
        if status == Status::Unfinished {
            warnings.push("the search ended before it found the most likely parameters".to_owned());
        }
        Estimate {
            values,
            covariance,
            at_limit,
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
            let standard_error = self.standard_error(i);
            let interval = standard_error.map(|error| {
                let factor = (width * error / estimate).exp();
                (estimate / factor, estimate * factor)
            });
            Parameter {
                name: names[i],
                estimate,
                standard_error,
                interval,
                at_limit: self.at_limit[i],
            }
        };
        (0..N).map(one).collect()
    }

    /// The standard error of a parameter; nothing where it is at a limit, or the data say nothing of it.
    fn standard_error(&self, i: usize) -> Option<f64> {
        let variance = self.covariance.filter(|_| !self.at_limit[i])?[i][i];
        let known = variance / self.values[i] / self.values[i] < UNKNOWN;
        known.then(|| variance.sqrt())
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
                if self.at_limit[i] && covariance[i].iter().any(|&x| x != 0.0) {
                    return Some("\"covariance\" must be 0 for parameters that are at a limit");
                }
            }
        }
        None
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
