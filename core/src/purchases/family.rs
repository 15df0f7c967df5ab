//! Which model.

use crate::choice::unknown;
use crate::error::{Error, Result};

/// The models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// BG/NBD.
    Bg,
    /// MBG/NBD.
    Mbg,
    /// Pareto/NBD.
    Pareto,
    /// MBG/CNBD-k.
    Regular(Stages),
    /// BG/BB.
    Bb,
}

/// In how many stages a customer of [`Family::Regular`] comes to the next order: k, from 1 to [`Stages::MOST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stages(u8);

impl Stages {
    /// As many as are tried. With twelve, nine of ten gaps are between 0.5 and 1.5 times their mean.
    pub const MOST: u8 = 12;

    const NAMES: [&str; Stages::MOST as usize] = [
        "mbg/cnbd-1",
        "mbg/cnbd-2",
        "mbg/cnbd-3",
        "mbg/cnbd-4",
        "mbg/cnbd-5",
        "mbg/cnbd-6",
        "mbg/cnbd-7",
        "mbg/cnbd-8",
        "mbg/cnbd-9",
        "mbg/cnbd-10",
        "mbg/cnbd-11",
        "mbg/cnbd-12",
    ];

    /// So many, if there can be.
    pub const fn new(k: u8) -> Option<Stages> {
        match k {
            1..=Stages::MOST => Some(Stages(k)),
            _ => None,
        }
    }

    /// All that are tried, from one on.
    pub fn all() -> impl Iterator<Item = Stages> {
        (1..=Stages::MOST).map(Stages)
    }

    /// How many.
    pub fn count(self) -> u8 {
        self.0
    }
}

impl Family {
    /// Those in which orders come at random times.
    pub const POISSON: [Family; 3] = [Family::Bg, Family::Mbg, Family::Pareto];

    /// Those in which orders come at any time: all but BG/BB.
    pub fn all() -> impl Iterator<Item = Family> {
        Family::POISSON.into_iter().chain(Stages::all().map(Family::Regular))
    }

    /// The name of the model.
    pub fn name(self) -> &'static str {
        match self {
            Family::Bg => "bg/nbd",
            Family::Mbg => "mbg/nbd",
            Family::Pareto => "pareto/nbd",
            Family::Regular(stages) => Stages::NAMES[usize::from(stages.0) - 1],
            Family::Bb => "bg/bb",
        }
    }

    /// All of them.
    fn each() -> impl Iterator<Item = Family> {
        Family::all().chain([Family::Bb])
    }

    /// The model of that name, if there is one.
    pub fn find(name: &str) -> Option<Family> {
        Family::each().find(|family| family.name().eq_ignore_ascii_case(name))
    }

    /// The model of that name.
    pub(super) fn named(name: &str) -> Result<Family> {
        Family::find(name).ok_or_else(|| {
            no_model(name)
                .hint("Use \"bg/nbd\", \"mbg/nbd\", \"pareto/nbd\", \"bg/bb\" or \"mbg/cnbd-1\" to \"mbg/cnbd-12\".")
        })
    }

    /// The number that stands for the model in stored values.
    pub(super) fn number(self) -> u8 {
        match self {
            Family::Bg => 0,
            Family::Mbg => 1,
            Family::Pareto => 2,
            Family::Bb => 3,
            Family::Regular(stages) => REGULAR + stages.0,
        }
    }

    /// The model that this number stands for.
    pub(super) fn of_number(number: u8) -> Option<Family> {
        Family::each().find(|family| family.number() == number)
    }

    /// The names of the parameters. The second and, for Pareto/NBD, the fourth are in units of time; for BG/BB, none is.
    pub fn parameter_names(self) -> [&'static str; 4] {
        match self {
            Family::Bg | Family::Mbg | Family::Regular(_) => ["r", "alpha", "a", "b"],
            Family::Pareto => ["r", "alpha", "s", "beta"],
            Family::Bb => ["alpha", "beta", "gamma", "delta"],
        }
    }

    /// How many parameters the model has, for AIC and BIC: more than one stage is a parameter as well.
    pub fn parameters_count(self) -> usize {
        match self {
            Family::Regular(Stages(2..)) => 5,
            _ => 4,
        }
    }

    /// Which of the parameters are times.
    pub(super) fn scales(self) -> [bool; 4] {
        [false, self != Family::Bb, false, self == Family::Pareto]
    }

    /// The same model by the name of the one that is computed fastest: with one stage, orders come at random.
    pub(super) fn simplest(self) -> Family {
        match self {
            Family::Regular(Stages(1)) => Family::Mbg,
            _ => self,
        }
    }

    /// How many stages an order takes.
    pub(super) fn stages(self) -> f64 {
        match self {
            Family::Regular(Stages(k)) => f64::from(k),
            _ => 1.0,
        }
    }

    /// How many orders can be the last one besides the repeat orders: the first one, or none.
    pub(super) fn first(self) -> f64 {
        match self {
            Family::Mbg | Family::Regular(_) => 1.0,
            Family::Bg | Family::Pareto | Family::Bb => 0.0,
        }
    }
}

/// Numbers above this one are those of [`Family::Regular`], and it is that of all of them.
const REGULAR: u8 = 16;

/// What is to be fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sought {
    /// This model.
    One(Family),
    /// MBG/CNBD-k with the most likely k.
    Regular,
    /// The best of all models but BG/BB, which is for other data.
    Best,
}

impl Sought {
    /// The name that asks for it.
    pub fn name(self) -> &'static str {
        match self {
            Sought::One(family) => family.name(),
            Sought::Regular => "mbg/cnbd-k",
            Sought::Best => "auto",
        }
    }

    /// The number that stands for it in states.
    pub(super) fn number(self) -> u8 {
        match self {
            Sought::One(family) => family.number(),
            Sought::Regular => REGULAR,
            Sought::Best => u8::MAX,
        }
    }

    /// What this number stands for.
    pub(super) fn of_number(number: u8) -> Option<Sought> {
        match number {
            REGULAR => Some(Sought::Regular),
            u8::MAX => Some(Sought::Best),
            _ => Family::of_number(number).map(Sought::One),
        }
    }
}

/// Reads the name of a model, `mbg/cnbd-k` for the most likely k, or `auto` for the best of all.
pub fn parse_family(name: &str) -> Result<Sought> {
    let words = [Sought::Regular, Sought::Best];
    let word = words
        .into_iter()
        .find(|sought| sought.name().eq_ignore_ascii_case(name));
    word.or_else(|| Family::find(name).map(Sought::One)).ok_or_else(|| {
        no_model(name).hint(
            "Use \"bg/nbd\", \"mbg/nbd\", \"pareto/nbd\", \"mbg/cnbd-k\", \"bg/bb\", \"auto\", or \"mbg/cnbd-1\" to \"mbg/cnbd-12\".",
        )
    })
}

/// What is said about a name that is not that of a model.
fn no_model(name: &str) -> Error {
    unknown("model", name, std::iter::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_read_as_they_are_written() {
        for family in Family::each() {
            assert_eq!(Family::find(family.name()), Some(family));
            assert_eq!(Family::of_number(family.number()), Some(family));
        }
        let all = Family::each().map(Sought::One).chain([Sought::Regular, Sought::Best]);
        let all: Vec<Sought> = all.collect();
        assert_eq!(all.len(), 18);
        for sought in all {
            assert_eq!(parse_family(&sought.name().to_uppercase()), Ok(sought));
            assert_eq!(Sought::of_number(sought.number()), Some(sought));
        }
        for name in ["mbg/cnbd-0", "mbg/cnbd-13", "mbg/cnbd-", "mbg/cnbd", "mbg/cnbd-01", ""] {
            assert!(parse_family(name).is_err(), "{name}");
        }
        assert_eq!((Stages::new(0), Stages::new(13)), (None, None));
    }
}
