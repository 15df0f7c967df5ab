//! The usual names of scores: eleven segments, which cover all scores of five bins.
//!
//! Fewer bins are looked up among those of five: a score of three or four bins stands for the one of five that holds the middle of its bin.
//! Of three bins these are 1, 3 and 5, of four 1, 2, 4 and 5, so that the best is the best, the worst is the worst, and no score is left
//! without a name or has two.

use super::wanted::{Bins, place, scores};

/// The number of bins that the usual map is written for.
const BINS: usize = 5;
/// The fewest bins that it names as well.
const FEWEST: usize = 3;

/// The usual eleven segments with the scores of five bins (recency, frequency, monetary) that belong to each.
const USUAL: [(&str, &[u16]); 11] = [
    ("Champions", &[555, 554, 544, 545, 454, 455, 445]),
    ("Loyal", &[543, 444, 435, 355, 354, 345, 344, 335]),
    (
        "Potential Loyalist",
        &[
            553, 551, 552, 541, 542, 533, 532, 531, 452, 451, 442, 441, 431, 453, 433, 432, 423, 353, 352, 351, 342,
            341, 333, 323,
        ],
    ),
    ("New Customers", &[512, 511, 422, 421, 412, 411, 311]),
    (
        "Promising",
        &[
            525, 524, 523, 522, 521, 515, 514, 513, 425, 424, 413, 414, 415, 315, 314, 313,
        ],
    ),
    ("Need Attention", &[535, 534, 443, 434, 343, 334, 325, 324]),
    ("About To Sleep", &[331, 321, 312, 221, 213, 231, 241, 251]),
    (
        "At Risk",
        &[
            255, 254, 245, 244, 253, 252, 243, 242, 235, 234, 225, 224, 153, 152, 145, 143, 142, 135, 134, 133, 125,
            124,
        ],
    ),
    ("Cannot Lose Them", &[155, 154, 144, 214, 215, 115, 114, 113]),
    ("Hibernating", &[332, 322, 233, 232, 223, 222, 132, 123, 122, 212, 211]),
    ("Lost", &[111, 112, 121, 131, 141, 151]),
];

/// For each place of a score, the place of its name in [`USUAL`]. That every score has one name and no score has two is
/// seen to when this is compiled.
const PLACES: [u8; 125] = {
    let mut places = [u8::MAX; 125];
    let mut segment = 0;
    while segment < USUAL.len() {
        let codes = USUAL[segment].1;
        let mut at = 0;
        while at < codes.len() {
            let (r, f, m) = (codes[at] / 100, codes[at] / 10 % 10, codes[at] % 10);
            let place = ((r - 1) * 25 + (f - 1) * 5 + (m - 1)) as usize;
            assert!(places[place] == u8::MAX, "a score has two names");
            places[place] = segment as u8;
            at += 1;
        }
        segment += 1;
    }
    let mut place = 0;
    while place < places.len() {
        assert!(places[place] != u8::MAX, "a score has no name");
        place += 1;
    }
    places
};

/// The score of five bins that a score of fewer stands for: the one in which the middle of its bin lies.
const fn of_five(score: u8, bins: usize) -> usize {
    (2 * score as usize - 1) * BINS / (2 * bins) + 1
}

/// Whether there are usual names for these bins.
pub fn are_named(bins: Bins) -> bool {
    bins.iter().all(|bins| (FEWEST..=BINS).contains(bins))
}

/// The usual name for scores of three to five bins; nothing for others.
pub fn name(bins: Bins, scores: [u8; 3]) -> Option<&'static str> {
    if !are_named(bins) {
        return None;
    }
    place(scores, bins)?;
    let [r, f, m] = [0, 1, 2].map(|at| of_five(scores[at], bins[at]) - 1);
    Some(USUAL[usize::from(PLACES[(r * BINS + f) * BINS + m])].0)
}

/// The usual map for these bins, by name, each with its scores from the best down; nothing where there is none.
pub fn all(bins: Bins) -> impl Iterator<Item = (&'static str, [u8; 3])> {
    let names = USUAL.iter().filter(move |_| are_named(bins));
    names.flat_map(move |&(own, _)| {
        let all = (0..bins.iter().product()).rev().map(move |place| scores(place, bins));
        all.filter(move |&scores| name(bins, scores) == Some(own))
            .map(move |scores| (own, scores))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn the_usual_map_is_the_usual_one() {
        assert_eq!(all([5; 3]).count(), 125);
        for (segment, codes) in USUAL {
            for code in codes {
                let scores = [code / 100, code / 10 % 10, code % 10].map(|digit| digit as u8);
                assert_eq!(name([5; 3], scores), Some(segment));
            }
        }
        assert_eq!(name([5; 3], [5, 5, 5]), Some("Champions"));
        assert_eq!(name([5; 3], [1, 1, 1]), Some("Lost"));
        assert_eq!(name([5; 3], [3, 2, 3]), Some("Potential Loyalist"));
        assert_eq!(name([5; 3], [6, 1, 1]), None);
        assert_eq!(name([5; 3], [0, 1, 1]), None);
    }

    #[test]
    fn fewer_bins_stand_for_those_of_five() {
        let of_five = |bins: usize| (1..=bins as u8).map(|score| of_five(score, bins)).collect::<Vec<_>>();
        assert_eq!(of_five(3), [1, 3, 5]);
        assert_eq!(of_five(4), [1, 2, 4, 5]);
        assert_eq!(of_five(5), [1, 2, 3, 4, 5]);
        for bins in [3, 4, 5u8] {
            let named = |scores| name([usize::from(bins); 3], scores);
            assert_eq!(named([bins; 3]), Some("Champions"));
            assert_eq!(named([bins, 1, 1]), Some("New Customers"));
            assert_eq!(named([1, bins, bins]), Some("Cannot Lose Them"));
            assert_eq!(named([1; 3]), Some("Lost"));
        }
        assert_eq!(name([5, 3, 3], [5, 3, 3]), Some("Champions"));
        assert_eq!(name([5, 3, 3], [3, 4, 3]), None);
    }

    #[test]
    fn every_score_of_three_to_five_bins_has_one_name() {
        for bins in (0..27).map(|at| [at / 9, at / 3 % 3, at % 3].map(|more| FEWEST + more)) {
            let mut owners = BTreeMap::new();
            for (name, scores) in all(bins) {
                assert_eq!(
                    owners.insert(scores, name),
                    None,
                    "{scores:?} of {bins:?} has two names"
                );
                assert!(USUAL.iter().any(|usual| usual.0 == name));
            }
            assert_eq!(owners.len(), bins.iter().product::<usize>(), "{bins:?}");
        }
        for bins in [[2; 3], [6; 3], [5, 5, 2], [10; 3]] {
            assert_eq!(all(bins).count(), 0);
            assert_eq!(name(bins, [1; 3]), None);
        }
    }
}
