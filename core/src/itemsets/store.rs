//! Sets that are kept, and found again by their items.

/// Frequent sets with their counts.
pub struct Sets;
