//! Means and sums of squares, one number after the other.

/// The mean of numbers with weights, and how far they are from it: no digits are lost where they are near each other, and of equal numbers the
/// mean is that number and the sum of squares 0 (B. P. Welford, Technometrics 4, 1962; D. H. D. West, Communications of the ACM 22, 1979).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spread {
    /// The sum of the weights.
    pub(super) weight: f64,
    /// The mean.
    pub(super) mean: f64,
    /// The sum of the weighted squares of the distances from the mean.
    pub(super) squares: f64,
}

impl Spread {
    /// Adds a number.
    #[inline]
    pub(super) fn add(&mut self, x: f64) {
        self.add_weighted(x, 1.0);
    }

    /// Adds a number that has a weight above 0.
    #[inline]
    pub(super) fn add_weighted(&mut self, x: f64, weight: f64) {
        self.weight += weight;
        let distance = x - self.mean;
        self.mean += distance * weight / self.weight;
        self.squares += weight * distance * (x - self.mean);
    }

    /// The variance of a sample; nothing of fewer than two numbers, each of weight 1.
    pub(super) fn variance(&self) -> Option<f64> {
        (self.weight > 1.0).then(|| self.squares / (self.weight - 1.0))
    }
}
