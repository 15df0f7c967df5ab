//! What a rule is worth, as functions of four counts.

use super::fisher::ln_p_value;
use crate::choice::choose;
use crate::error::Result;

/// In how many baskets the items of a rule are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All items of both sides.
    pub n_ab: u64,
    /// All items of the antecedent.
    pub n_a: u64,
    /// All items of the consequent.
    pub n_b: u64,
    /// All baskets.
    pub n: u64,
}

/// A measure of rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Measure {
    /// [`Counts::support`].
    Support,
    /// [`Counts::confidence`].
    Confidence,
    /// [`Counts::lift`].
    Lift,
    /// [`Counts::lift_low`].
    #[default]
    LiftLow,
    /// [`Counts::leverage`].
    Leverage,
    /// [`Counts::conviction`].
    Conviction,
    /// [`Counts::zhang`].
    Zhang,
    /// [`Counts::jaccard`].
    Jaccard,
    /// [`Counts::cosine`].
    Cosine,
    /// [`Counts::kulczynski`].
    Kulczynski,
    /// [`Counts::odds_ratio`].
    OddsRatio,
    /// [`Counts::p_value`]: the smaller, the better.
    PValue,
}

impl Measure {
    /// All of them.
    pub const ALL: [Measure; 12] = [
        Measure::Support,
        Measure::Confidence,
        Measure::Lift,
        Measure::LiftLow,
        Measure::Leverage,
        Measure::Conviction,
        Measure::Zhang,
        Measure::Jaccard,
        Measure::Cosine,
        Measure::Kulczynski,
        Measure::OddsRatio,
        Measure::PValue,
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Measure::Support => "support",
            Measure::Confidence => "confidence",
            Measure::Lift => "lift",
            Measure::LiftLow => "lift_low",
            Measure::Leverage => "leverage",
            Measure::Conviction => "conviction",
            Measure::Zhang => "zhang",
            Measure::Jaccard => "jaccard",
            Measure::Cosine => "cosine",
            Measure::Kulczynski => "kulczynski",
            Measure::OddsRatio => "odds_ratio",
            Measure::PValue => "p_value",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Result<Measure> {
        choose("by", word, &Measure::ALL.map(|measure| (measure.name(), measure)))
    }

    /// The measure of a rule; nothing where it is not defined.
    pub fn of(self, counts: &Counts) -> Option<f64> {
        match self {
            Measure::Support => counts.support(),
            Measure::Confidence => counts.confidence(),
            Measure::Lift => counts.lift(),
            Measure::LiftLow => counts.lift_low(),
            Measure::Leverage => counts.leverage(),
            Measure::Conviction => counts.conviction(),
            Measure::Zhang => counts.zhang(),
            Measure::Jaccard => counts.jaccard(),
            Measure::Cosine => counts.cosine(),
            Measure::Kulczynski => counts.kulczynski(),
            Measure::OddsRatio => counts.odds_ratio(),
            Measure::PValue => Some(counts.p_value()),
        }
    }

    /// What rules are ordered by: the greater, the better. Tells p-values apart that are too small for a number. What is not defined comes last.
    pub fn rank(self, counts: &Counts) -> f64 {
        match self {
            // No negative zero: it would come behind zero.
            Measure::PValue => 0.0 - counts.ln_p_value(),
            _ => self.of(counts).unwrap_or(f64::NEG_INFINITY) + 0.0,
        }
    }

    /// What the rank of no rule exceeds whose items are together in at most `most` of `n` baskets, where there is such a limit.
    pub(super) fn limit(self, most: u64, n: u64) -> Option<f64> {
        // At best, both sides are in the same baskets, up to half of all.
        let most = if self == Measure::Support {
            most
        } else {
            most.min(n / 2)
        };
        let best = Counts {
            n_ab: most,
            n_a: most,
            n_b: most,
            n,
        };
        match self {
            Measure::Support | Measure::Leverage | Measure::PValue => Some(self.rank(&best) * (1.0 + 1e-12)),
            _ => None,
        }
    }
}

/// a / b; nothing for 0 / 0, infinity where only b is 0.
fn ratio(a: u128, b: u128) -> Option<f64> {
    (a != 0 || b != 0).then(|| a as f64 / b as f64)
}

impl Counts {
    fn wide(&self) -> [u128; 4] {
        [self.n_ab, self.n_a, self.n_b, self.n].map(u128::from)
    }

    /// The share of baskets with all items of the rule: n_ab / n.
    pub fn support(&self) -> Option<f64> {
        ratio(self.n_ab.into(), self.n.into())
    }

    /// The share of the antecedent's baskets that hold the consequent: n_ab / n_a.
    pub fn confidence(&self) -> Option<f64> {
        ratio(self.n_ab.into(), self.n_a.into())
    }

    /// How many times as often both are together as if they had nothing to do with each other: n_ab n / (n_a n_b) (Brin et al. 1997).
    pub fn lift(&self) -> Option<f64> {
        let [ab, a, b, n] = self.wide();
        ratio(ab * n, a * b)
    }

    /// The lift that the evidence speaks for: the lower limit of a 95 % interval for the lift, which shrinks towards 1 before it is taken, the
    /// more so the fewer baskets there are (Norén, Hopstadius & Bate 2013, "Shrinkage observed-to-expected ratios for robust and transparent
    /// large-scale pattern discovery"). Of what chance would give, half a basket more is expected and half a basket more observed; the
    /// limit is theirs in closed form, two to the power of IC025. Nothing without baskets.
    pub fn lift_low(&self) -> Option<f64> {
        let [ab, a, b, n] = self.wide();
        let observed = ab as f64 + 0.5;
        let expected = (a * b) as f64 / n as f64 + 0.5;
        let width = 3.3 / observed.sqrt() + 2.0 / (observed * observed.sqrt());
        (n != 0).then(|| observed / expected * (-width).exp2())
    }

    /// The share of baskets in which both are together beyond what chance would give: n_ab / n − (n_a / n) (n_b / n) (Piatetsky-Shapiro 1991).
    pub fn leverage(&self) -> Option<f64> {
        let n = self.n as f64;
        (self.n != 0).then(|| self.excess() / (n * n))
    }

    /// n_ab n − n_a n_b.
    fn excess(&self) -> f64 {
        let [ab, a, b, n] = self.wide().map(|count| count as i128);
        (ab * n - a * b) as f64
    }

    /// How many times as often the rule would fail by chance as it does: (1 − n_b / n) / (1 − confidence) (Brin et al. 1997). Infinity for a
    /// rule that never fails, nothing if it cannot fail because the consequent is in all baskets.
    pub fn conviction(&self) -> Option<f64> {
        let [ab, a, b, n] = self.wide();
        ratio(a * (n - b), n * (a - ab))
    }

    /// From −1, never together, over 0, by chance, to 1, always together (Yan, Zhang & Zhang 2009). Nothing where that is all the same.
    pub fn zhang(&self) -> Option<f64> {
        let [ab, a, b, n] = self.wide();
        let most = (ab * (n - a)).max(a * (b - ab));
        (most != 0).then(|| self.excess() / most as f64)
    }

    /// The share of baskets with both of those with either: n_ab / (n_a + n_b − n_ab).
    pub fn jaccard(&self) -> Option<f64> {
        let [ab, a, b, _] = self.wide();
        ratio(ab, a + b - ab)
    }

    /// n_ab / √(n_a n_b).
    pub fn cosine(&self) -> Option<f64> {
        let [ab, a, b, _] = self.wide();
        (a * b != 0).then(|| ab as f64 / ((a * b) as f64).sqrt())
    }

    /// The mean of the confidences of the rule and its reverse: (n_ab / n_a + n_ab / n_b) / 2.
    pub fn kulczynski(&self) -> Option<f64> {
        let [ab, a, b, _] = self.wide();
        ratio(ab * (a + b), 2 * a * b)
    }

    /// The odds of the consequent with the antecedent, over those without it. Infinity where it is only ever without the antecedent that the
    /// consequent is missing, or never.
    pub fn odds_ratio(&self) -> Option<f64> {
        let [ab, a, b, n] = self.wide();
        ratio(ab * (n + ab - a - b), (a - ab) * (b - ab))
    }

    /// How unequal both sides are: |n_a − n_b| / (n_a + n_b − n_ab) (Wu, Chen & Han 2010). With [`kulczynski`](Self::kulczynski) it tells rules
    /// that hold in one direction from those that hold in both.
    pub fn imbalance(&self) -> Option<f64> {
        let [ab, a, b, _] = self.wide();
        ratio(a.abs_diff(b), a + b - ab)
    }

    /// How likely both would be together in at least as many baskets if they had nothing to do with each other: Fisher's exact test on one side.
    /// 0 where it is less than 1e-323.
    pub fn p_value(&self) -> f64 {
        self.ln_p_value().exp()
    }

    /// The natural logarithm of [`p_value`](Self::p_value), to a relative error of the latter of 1e-9.
    pub fn ln_p_value(&self) -> f64 {
        ln_p_value(self.n_ab, self.n_a, self.n_b, self.n)
    }
}
