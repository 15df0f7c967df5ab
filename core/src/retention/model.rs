//! The model: two parameters, how sure they are, and what follows from them.

use super::lifetime::discounted_sum;
use crate::codec::{Reader, invalid_text, put_varint, seal, unseal};
use crate::error::{Error, Result, sentence};
use crate::maximum::Matrix;
use crate::special::{ln_beta_ratio, normal_quantile};
use serde::{Deserialize, Serialize};

/// The name of the type, for messages.
pub const NAME: &str = "retention_model";

const VERSION: u8 = 1;

/// Parameters of the shifted-beta-geometric model, and what is known of the fit they come from. The text form is JSON of these
/// fields; all but the first three may be left out of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The version of the text form.
    #[serde(rename = "retention_model")]
    version: u8,
    alpha: f64,
    beta: f64,
    #[serde(default)]
    standard_errors: Option<StandardErrors>,
    /// Of alpha and beta.
    #[serde(default)]
    covariance: Option<Matrix<2>>,
    #[serde(default)]
    log_likelihood: Option<f64>,
    #[serde(default)]
    aic: Option<f64>,
    #[serde(default)]
    bic: Option<f64>,
    /// How many customers it was fitted to.
    #[serde(default)]
    customers: Option<u64>,
    /// How many renewals were seen.
    #[serde(default)]
    periods: Option<u32>,
    #[serde(default)]
    status: Option<Status>,
    #[serde(default)]
    warnings: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StandardErrors {
    alpha: f64,
    beta: f64,
}

/// How a fit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    /// At the parameters under which the data are most likely.
    Converged,
    /// At a limit of the parameters: the data would have them beyond, or do not tell them apart.
    Boundary,
    /// Before it got there.
    Unfinished,
}

const STATUSES: [Status; 3] = [Status::Converged, Status::Boundary, Status::Unfinished];

/// A parameter, and the limits that hold it with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Its estimate.
    pub estimate: f64,
    /// How sure it is: the standard error and the limits; nothing if the fit does not tell.
    pub confidence: Option<[f64; 3]>,
}

impl Model {
    /// What a fit has found.
    pub(super) fn fitted(
        [alpha, beta]: [f64; 2],
        covariance: Option<Matrix<2>>,
        log_likelihood: f64,
        customers: u64,
        periods: u32,
        status: Status,
        warnings: Vec<String>,
    ) -> Result<Model> {
        let model = Model {
            version: VERSION,
            alpha,
            beta,
            standard_errors: covariance.map(|matrix| StandardErrors {
                alpha: matrix[0][0].sqrt(),
                beta: matrix[1][1].sqrt(),
            }),
            covariance,
            log_likelihood: Some(log_likelihood),
            aic: Some(4.0 - 2.0 * log_likelihood),
            bic: Some(2.0 * (customers as f64).ln() - 2.0 * log_likelihood),
            customers: Some(customers),
            periods: Some(periods),
            status: Some(status),
            warnings,
        };
        model.checked(|message| Error::corrupted(NAME, sentence(message)))
    }

    /// Both parameters.
    pub fn alpha_and_beta(&self) -> (f64, f64) {
        (self.alpha, self.beta)
    }

    /// The log-likelihood at the parameters, if it is known.
    pub fn log_likelihood(&self) -> Option<f64> {
        self.log_likelihood
    }

    /// Whether a fit ended at parameters under which the data are most likely, and which they tell apart.
    pub fn has_converged(&self) -> bool {
        self.status == Some(Status::Converged)
    }

    /// What a user should know of the fit.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The parameters with their limits, which are those of their logarithms: a parameter is never below 0.
    pub fn parameters(&self) -> [Parameter; 2] {
        let errors = self.standard_errors;
        let parameter = |name, estimate: f64, error: Option<f64>| Parameter {
            name,
            estimate,
            confidence: error.map(|error| {
                let width = normal_quantile(0.975) * error / estimate;
                [error, estimate * (-width).exp(), estimate * width.exp()]
            }),
        };
        [
            parameter("alpha", self.alpha, errors.map(|errors| errors.alpha)),
            parameter("beta", self.beta, errors.map(|errors| errors.beta)),
        ]
    }

    /// The share of customers who are still there after so many renewals: S(t) = B(alpha, beta + t) / B(alpha, beta), which is
    /// equation (6) of Fader & Hardie (2007).
    pub fn survival(&self, periods: i32) -> Result<f64> {
        let periods = not_negative("periods", periods)?;
        Ok(ln_beta_ratio(self.alpha, self.beta, f64::from(periods)).exp())
    }

    /// The share of those who come to renewal number `period` that renew: equation (8) of Fader & Hardie (2007).
    pub fn retention_rate(&self, period: i32) -> Result<f64> {
        if period < 1 {
            return Err(Error::invalid("period must be at least 1")
                .detail(format!("It is {period}."))
                .hint("Period 1 is the first renewal."));
        }
        let x = self.beta + f64::from(period - 1);
        Ok(x / (self.alpha + x))
    }

    /// How many periods a customer who has renewed so often will be there for, the one under way included; later ones discounted
    /// (Fader & Hardie, "Customer-Base Valuation in a Contractual Setting", Marketing Science 29, 2010).
    pub fn expected_lifetime(&self, renewals: i32, discount_rate: f64, horizon: Option<i32>) -> Result<f64> {
        let renewals = not_negative("renewals", renewals)?;
        let horizon = horizon.map(|horizon| not_negative("horizon", horizon)).transpose()?;
        if !(discount_rate >= 0.0 && discount_rate.is_finite()) {
            return Err(
                Error::invalid("discount_rate must be a finite number that is not negative")
                    .detail(format!("It is {}.", as_sql(discount_rate)))
                    .hint("It is the rate of one period: 0.01 is one percent from each renewal to the next."),
            );
        }
        Ok(discounted_sum(
            self.alpha,
            self.beta + f64::from(renewals),
            discount_rate,
            horizon,
        ))
    }

    /// Reads the text form.
    pub fn parse(text: &str) -> Result<Model> {
        let wrong = |message: &str| invalid_text(NAME, message);
        let model: Model = serde_json::from_str(text).map_err(|error| wrong(&error.to_string()))?;
        model.checked(wrong)
    }

    /// The text form.
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("numbers and texts can be written")
    }

    /// The stored form: the fields in their order, each that may be missing behind a byte that says whether it is there.
    pub fn encode(&self) -> Vec<u8> {
        seal(VERSION, |out| {
            put_floats(out, &[self.alpha, self.beta]);
            let errors = self.standard_errors.map(|errors| [errors.alpha, errors.beta]);
            put_optional(out, errors, |out, errors| put_floats(out, &errors));
            put_optional(out, self.covariance, |out, [[aa, ab], [_, bb]]| {
                put_floats(out, &[aa, ab, bb]);
            });
            for number in [self.log_likelihood, self.aic, self.bic] {
                put_optional(out, number, |out, number| put_floats(out, &[number]));
            }
            put_optional(out, self.customers, put_varint);
            put_optional(out, self.periods.map(u64::from), put_varint);
            put_optional(out, self.status, |out, status| out.push(status as u8));
            put_varint(out, self.warnings.len() as u64);
            for warning in &self.warnings {
                put_varint(out, warning.len() as u64);
                out.extend_from_slice(warning.as_bytes());
            }
        })
    }

    /// Reads the stored form.
    pub fn decode(bytes: &[u8]) -> Result<Model> {
        let model = unseal(NAME, VERSION, bytes, |reader| {
            let [alpha, beta] = floats(reader)?;
            let standard_errors = optional(reader, |reader| {
                floats(reader).map(|[alpha, beta]| StandardErrors { alpha, beta })
            })?;
            let covariance = optional(reader, |reader| floats(reader).map(|[aa, ab, bb]| [[aa, ab], [ab, bb]]))?;
            let log_likelihood = optional(reader, Reader::float)?;
            let aic = optional(reader, Reader::float)?;
            let bic = optional(reader, Reader::float)?;
            let customers = optional(reader, Reader::varint)?;
            let periods = optional(reader, |reader| {
                u32::try_from(reader.varint()?).map_err(|_| reader.error("There are too many periods."))
            })?;
            let status = optional(reader, |reader| {
                let status = reader.byte()?;
                let known = STATUSES.into_iter().find(|&known| known as u8 == status);
                known.ok_or_else(|| reader.error(format!("There is no status {status}.")))
            })?;
            let count = reader.count(8)?;
            let warnings = (0..count).map(|_| {
                let len = reader.count(8)?;
                let text = std::str::from_utf8(reader.bytes(len)?);
                text.map(str::to_owned)
                    .map_err(|_| reader.error("A warning is not UTF-8."))
            });
            let warnings = warnings.collect::<Result<_>>()?;
            Ok(Model {
                version: VERSION,
                alpha,
                beta,
                standard_errors,
                covariance,
                log_likelihood,
                aic,
                bic,
                customers,
                periods,
                status,
                warnings,
            })
        })?;
        model.checked(|message| Error::corrupted(NAME, sentence(message)))
    }

    /// Checks what reading alone does not.
    fn checked(self, wrong: impl Fn(&str) -> Error) -> Result<Model> {
        if self.version != VERSION {
            return Err(wrong(&format!("the version in \"retention_model\" must be {VERSION}")));
        }
        for (name, value) in [("alpha", self.alpha), ("beta", self.beta)] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(wrong(&format!("\"{name}\" must be a finite number above 0")));
            }
        }
        if let Some(errors) = self.standard_errors
            && [errors.alpha, errors.beta]
                .iter()
                .any(|error| !(*error >= 0.0 && error.is_finite()))
        {
            return Err(wrong("\"standard_errors\" must be finite and not negative"));
        }
        if let Some([[aa, ab], [ba, bb]]) = self.covariance {
            if ![aa, ab, ba, bb].iter().all(|x| x.is_finite()) {
                return Err(wrong("\"covariance\" must be finite"));
            }
            if ab != ba || aa < 0.0 || bb < 0.0 {
                return Err(wrong("\"covariance\" must be symmetric, without negative variances"));
            }
        }
        let numbers = [self.log_likelihood, self.aic, self.bic];
        if numbers.into_iter().flatten().any(|number| !number.is_finite()) {
            return Err(wrong("\"log_likelihood\", \"aic\" and \"bic\" must be finite"));
        }
        Ok(self)
    }
}

fn not_negative(name: &str, value: i32) -> Result<u32> {
    u32::try_from(value)
        .map_err(|_| Error::invalid(format!("{name} must not be negative")).detail(format!("It is {value}.")))
}

/// A number as SQL writes it.
fn as_sql(x: f64) -> String {
    if x.is_infinite() {
        let sign = if x < 0.0 { "-" } else { "" };
        return format!("{sign}Infinity");
    }
    x.to_string()
}

fn put_floats(out: &mut Vec<u8>, numbers: &[f64]) {
    for number in numbers {
        out.extend_from_slice(&number.to_le_bytes());
    }
}

fn put_optional<T>(out: &mut Vec<u8>, value: Option<T>, put: impl FnOnce(&mut Vec<u8>, T)) {
    out.push(u8::from(value.is_some()));
    if let Some(value) = value {
        put(out, value);
    }
}

fn floats<const N: usize>(reader: &mut Reader<'_>) -> Result<[f64; N]> {
    let mut numbers = [0.0; N];
    for number in &mut numbers {
        *number = reader.float()?;
    }
    Ok(numbers)
}

fn optional<'a, T>(reader: &mut Reader<'a>, read: impl FnOnce(&mut Reader<'a>) -> Result<T>) -> Result<Option<T>> {
    match reader.byte()? {
        0 => Ok(None),
        1 => read(reader).map(Some),
        other => Err(reader.error(format!("Whether a number is there is said by 0 and 1, not by {other}."))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    const TEXT: &str = concat!(
        r#"{"retention_model":1,"alpha":0.75,"beta":3.5,"standard_errors":{"alpha":0.125,"beta":0.5},"#,
        r#""covariance":[[0.015625,0.03125],[0.03125,0.25]],"log_likelihood":-1611.25,"aic":3226.5,"bic":3236.25,"#,
        r#""customers":1000,"periods":7,"status":"converged","warnings":["one","two"]}"#
    );

    #[test]
    fn both_forms_round_trip() {
        let model = Model::parse(TEXT).unwrap();
        assert_eq!(model.text(), TEXT);
        assert_eq!(Model::decode(&model.encode()), Ok(model));
        let short = Model::parse(r#"{"retention_model":1,"alpha":0.5,"beta":1e300}"#).unwrap();
        assert_eq!(Model::parse(&short.text()), Ok(short.clone()));
        assert_eq!(Model::decode(&short.encode()), Ok(short));
    }

    #[test]
    fn version_1_is_read_and_written() {
        let model = Model::parse(
            r#"{"retention_model":1,"alpha":0.5,"beta":2,"periods":300,"status":"boundary","warnings":["w"]}"#,
        );
        let bytes = [
            1, 0, 0, 0, 0, 0, 0, 0xe0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 1, 0xac, 0x02, 1, 1, 1, 1,
            b'w',
        ];
        let sealed = [&bytes[..], &crc32fast::hash(&bytes).to_le_bytes()].concat();
        assert_eq!(model.as_ref().unwrap().encode(), sealed);
        assert_eq!(Model::decode(&sealed), model);
    }

    #[test]
    fn wrong_text_is_refused() {
        for (from, to) in [
            (r#""retention_model":1"#, r#""retention_model":2"#),
            (r#""alpha":0.75"#, r#""alpha":0"#),
            (r#""alpha":0.75"#, r#""alpha":-1"#),
            (r#""beta":3.5"#, r#""beta":1e999"#),
            (r#""beta":3.5,"#, ""),
            (r#""alpha":0.125"#, r#""alpha":-0.125"#),
            ("[0.03125,0.25]", "[0.0625,0.25]"),
            ("[0.03125,0.25]", "[0.03125,-0.25]"),
            ("[0.03125,0.25]", "[0.03125]"),
            (r#""customers":1000"#, r#""customers":-1"#),
            (r#""customers":1000"#, r#""customers":1000,"extra":1"#),
            ("converged", "done"),
        ] {
            let text = TEXT.replacen(from, to, 1);
            assert_ne!(text, TEXT, "{from}");
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
        // With a right checksum, too.
        for (at, byte) in [(8, 0xff), (17, 2), (34, 2), (91, 3)] {
            let mut body = bytes[..bytes.len() - 4].to_vec();
            body[at] = byte;
            body.extend(crc32fast::hash(&body).to_le_bytes());
            assert_eq!(Model::decode(&body).unwrap_err().kind(), Kind::Corrupted, "byte {at}");
        }
    }

    #[test]
    fn limits_are_those_of_logarithms() {
        let [alpha, beta] = Model::parse(TEXT).unwrap().parameters();
        assert_eq!(
            (alpha.name, alpha.estimate, beta.name, beta.estimate),
            ("alpha", 0.75, "beta", 3.5)
        );
        let [error, low, high] = alpha.confidence.unwrap();
        assert_eq!(error, 0.125);
        assert!((low * high - 0.5625).abs() < 1e-15);
        assert!(((high / 0.75).ln() - 1.959_963_984_540_054 / 6.0).abs() < 1e-14);
        let short = Model::parse(r#"{"retention_model":1,"alpha":0.5,"beta":2}"#).unwrap();
        assert!(
            short
                .parameters()
                .iter()
                .all(|parameter| parameter.confidence.is_none())
        );
    }

    #[test]
    fn arguments_are_checked() {
        let model = Model::parse(TEXT).unwrap();
        for error in [
            model.survival(-1).unwrap_err(),
            model.retention_rate(0).unwrap_err(),
            model.expected_lifetime(-1, 0.0, None).unwrap_err(),
            model.expected_lifetime(0, -0.1, None).unwrap_err(),
            model.expected_lifetime(0, f64::NAN, None).unwrap_err(),
            model.expected_lifetime(0, f64::INFINITY, None).unwrap_err(),
            model.expected_lifetime(0, 0.0, Some(-1)).unwrap_err(),
        ] {
            assert_eq!(error.kind(), Kind::InvalidParameter);
            assert!(error.detail_text().is_some());
        }
    }
}
