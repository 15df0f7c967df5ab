//! The typical gap between purchases, of all customers and of each.

use super::spread::Spread;
use super::{days, ln_days};
use crate::checkpoint::Checkpoint;
use crate::customers::each_purchase_times;
use crate::error::Result;
use crate::observation::Observation;
use crate::order_log::OrderLog;
use std::collections::BTreeMap;

/// What the gaps between the purchases of all customers amount to.
#[derive(Clone, Debug)]
pub struct Rhythm {
    /// Customers with a purchase.
    pub customers: u64,
    /// Customers with two or more.
    pub customers_with_gaps: u64,
    /// Their gaps.
    pub gaps: u64,
    /// How long gaps are; nothing where there are none.
    pub typical: Option<Typical>,
    /// How regular purchases are, as the shape of gamma distributed gaps: 1 where they come at random, more where they come on a rhythm. Nothing
    /// with fewer than two customers to tell by, or where all their gaps are in the same proportion.
    pub regularity: Option<f64>,
    /// Customers who tell: those with two gaps or more.
    pub regularity_customers: u64,
    /// Days from the first purchase to the end of observation; nothing without purchases.
    pub history_days: Option<f64>,
}

/// How long the gaps of customers are, by the logarithms of their days.
#[derive(Clone, Copy, Debug)]
pub struct Typical {
    /// The mean of the customers' means, each as far as it can be trusted: mu.
    pub mean: f64,
    /// The mean of the customers' first gaps.
    pub first: f64,
    /// The variance of the gaps of one customer: sigma squared; nothing where nobody has two.
    pub within: Option<f64>,
    /// The variance of the customers' means, at least 0: tau squared; nothing where it cannot be known.
    pub between: Option<f64>,
    /// How many gaps of one's own weigh as much as what is known of all customers: sigma squared by tau squared. Nothing where customers do not
    /// differ as far as anybody can tell.
    pub kappa: Option<f64>,
}

impl Typical {
    /// The logarithm of the typical gap of a customer with `n` gaps whose logarithms have this sum. Customers without a gap wait as long as all
    /// did for their second purchase, which is longer than others wait.
    #[inline]
    pub(super) fn ln_gap(&self, sum: f64, n: f64) -> f64 {
        match self.kappa {
            Some(_) if n == 0.0 => self.first,
            Some(kappa) => (sum + kappa * self.mean) / (n + kappa),
            None => self.mean,
        }
    }

    /// The typical gap of all customers, in days.
    pub fn days(&self) -> f64 {
        self.mean.exp()
    }

    /// The typical gap from the first purchase to the second, in days.
    pub fn first_days(&self) -> f64 {
        self.first.exp()
    }
}

/// The gaps of one customer while the purchases pass by.
#[derive(Default)]
struct Waits {
    /// When the first and the last purchase was.
    first: Option<i64>,
    last: i64,
    /// The logarithms of the gaps.
    logarithms: Spread,
    /// That of the first one.
    first_logarithm: f64,
    /// The last gap and the one before, in days.
    recent: [f64; 2],
}

impl Waits {
    fn add(&mut self, start: i64) {
        if self.first.is_none() {
            self.first = Some(start);
        } else {
            let gap = days(self.last, start);
            let logarithm = ln_days(gap);
            if self.logarithms.weight == 0.0 {
                self.first_logarithm = logarithm;
            }
            self.logarithms.add(logarithm);
            self.recent = [gap, self.recent[0]];
        }
        self.last = start;
    }
}

/// Finds how long customers wait between purchases. One pass over the log; memory: a few numbers for each number of gaps that customers have.
pub fn rhythm(log: &OrderLog<'_>, observation: &Observation, checkpoint: &mut dyn Checkpoint) -> Result<Rhythm> {
    let mut all = Gathered::default();
    each_purchase_times(log, observation, checkpoint, Waits::add, |_, waits, _| {
        all.add(waits);
        Ok(())
    })?;
    Ok(all.finish(observation))
}

/// The gaps of all customers.
#[derive(Default)]
struct Gathered {
    customers: u64,
    gaps: u64,
    /// When the first purchase of all was.
    earliest: Option<i64>,
    /// The means of the logarithms of customers, by the number of their gaps: how far a mean is trusted depends on nothing else.
    means: BTreeMap<u64, Spread>,
    /// The squares of the distances of gaps from the mean of their customer.
    within: f64,
    /// Logarithms of first gaps.
    firsts: Spread,
    /// What part the last gap is of the last two (R. D. Wheat and D. G. Morrison, "Estimating purchase regularity with two interpurchase times",
    /// Journal of Marketing Research 27, 1990).
    parts: Spread,
}

impl Gathered {
    fn add(&mut self, waits: &Waits) {
        let Some(first) = waits.first else {
            return;
        };
        self.customers += 1;
        self.earliest = Some(self.earliest.map_or(first, |earliest| earliest.min(first)));
        let n = waits.logarithms.weight as u64;
        if n == 0 {
            return;
        }
        self.gaps += n;
        self.means.entry(n).or_default().add(waits.logarithms.mean);
        self.within += waits.logarithms.squares;
        self.firsts.add(waits.first_logarithm);
        if n > 1 {
            let [last, before] = waits.recent;
            self.parts.add(last / (last + before));
        }
    }

    fn finish(self, observation: &Observation) -> Rhythm {
        let regularity = self.parts.variance().filter(|&variance| variance > 0.0);
        let end = observation.period_start(observation.as_of);
        Rhythm {
            customers: self.customers,
            customers_with_gaps: self.firsts.weight as u64,
            gaps: self.gaps,
            typical: self.typical(),
            regularity: regularity.map(|variance| (1.0 - 4.0 * variance) / (8.0 * variance)),
            regularity_customers: self.parts.weight as u64,
            history_days: self.earliest.map(|earliest| days(earliest, end)),
        }
    }

    /// Bühlmann and Straub's estimates, with as many customers as have gaps, each with a weight of so many gaps.
    fn typical(&self) -> Option<Typical> {
        let (customers, gaps) = (self.firsts.weight, self.gaps as f64);
        if gaps == 0.0 {
            return None;
        }
        // Squares of the distances of means from the mean of all gaps: those of equally many gaps from each other, and those of these.
        let mut mean = Spread::default();
        let (mut apart, mut squared) = (0.0, 0.0);
        for (&n, means) in &self.means {
            let n = n as f64;
            mean.add_weighted(means.mean, n * means.weight);
            apart += n * means.squares;
            squared += n * n * means.weight;
        }
        let within = (gaps > customers).then(|| self.within / (gaps - customers));
        let between = within.filter(|_| customers > 1.0).map(|within| {
            let between = (mean.squares + apart - (customers - 1.0) * within) / (gaps - squared / gaps);
            between.max(0.0)
        });
        let kappa = within.zip(between).filter(|&(_, between)| between > 0.0);
        let kappa = kappa.map(|(within, between)| within / between);
        // Without it all gaps weigh the same.
        let trusted = kappa.map(|kappa| {
            let mut trusted = Spread::default();
            for (&n, means) in &self.means {
                let n = n as f64;
                trusted.add_weighted(means.mean, means.weight * n / (n + kappa));
            }
            trusted
        });
        Some(Typical {
            mean: trusted.unwrap_or(mean).mean,
            first: self.firsts.mean,
            within,
            between,
            kappa,
        })
    }
}
