//! Everything a user may be told about data: one error type, sorted into kinds.
//!
//! Messages follow PostgreSQL's style: the primary one is short, lower case, without a full stop; detail and hint are
//! sentences. The surface maps each [`Kind`] to one SQLSTATE.

use std::borrow::Cow;
use std::fmt;

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// What sort of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An argument is outside its range, or is a word that is not known.
    InvalidParameter,
    /// Text does not spell a value.
    InvalidText,
    /// Bytes that were received do not make a value.
    InvalidBinary,
    /// A number that cannot be taken: NaN, infinity, too large.
    OutOfRange,
    /// A time that cannot be taken: infinity, or beyond the calendar.
    TimeOutOfRange,
    /// Values of types that do not go together.
    WrongType,
    /// More than a value or an index can hold.
    TooLarge,
    /// The caller's memory limit would be passed.
    MemoryLimit,
    /// The operating system has no memory left to give.
    OutOfMemory,
    /// The caller asked to stop.
    Stopped,
    /// Stored bytes do not make sense.
    Corrupted,
    /// There is too little data to fit anything to.
    NotEnough,
}

/// An error with the facts and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Report>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Report {
    kind: Kind,
    message: Cow<'static, str>,
    detail: Option<String>,
    hint: Option<String>,
}

impl Error {
    /// A new error; `message` is short, lower case and without a full stop.
    #[cold]
    pub fn new(kind: Kind, message: impl Into<Cow<'static, str>>) -> Self {
        Error(Box::new(Report {
            kind,
            message: message.into(),
            detail: None,
            hint: None,
        }))
    }

    /// An argument that cannot be used.
    #[cold]
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Error::new(Kind::InvalidParameter, message)
    }

    /// Bytes that do not make sense. `what` is the type they should have been.
    #[cold]
    pub fn corrupted(what: &'static str, detail: impl Into<String>) -> Self {
        Error::new(Kind::Corrupted, format!("corrupted {what}")).detail(detail)
    }

    /// Adds a sentence of facts, the offending value among them.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Adds a sentence of advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// What sort of error this is.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The primary message.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The facts, if any.
    pub fn detail_text(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// The advice, if any.
    pub fn hint_text(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        for part in [&self.0.detail, &self.0.hint].into_iter().flatten() {
            write!(f, " ({part})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// A number as PostgreSQL spells it.
pub fn spelled(x: f64) -> String {
    if x.is_infinite() {
        if x > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else if x != 0.0 && !(1e-4..1e15).contains(&x.abs()) {
        let text = format!("{x:e}");
        match text.split_once('e') {
            Some((digits, power)) if !power.starts_with('-') => format!("{digits}e+{power}"),
            _ => text,
        }
    } else {
        x.to_string()
    }
}

/// A message as a sentence: with a capital letter and a full stop.
pub fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => String::new(),
    }
}
