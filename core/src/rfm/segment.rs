//! Names for scores.

use super::code;
use crate::error::{Error, Result};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// The number of bins that the usual map is for.
pub const DEFAULT_BINS: usize = 5;

/// The usual eleven segments with the scores (recency, frequency, monetary) that belong to each.
const DEFAULT: [(&str, &[u16]); 11] = [
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

/// For each place of a score, the place of its name in [`DEFAULT`]. That every score has one name and no score has two is
/// seen to when this is compiled.
const DEFAULT_PLACES: [u8; 125] = {
    let mut places = [u8::MAX; 125];
    let mut segment = 0;
    while segment < DEFAULT.len() {
        let codes = DEFAULT[segment].1;
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

/// The usual name for scores of five bins.
pub fn default_segment(scores: [u8; 3]) -> Option<&'static str> {
    let place = place(scores, DEFAULT_BINS)?;
    Some(DEFAULT[usize::from(DEFAULT_PLACES[place])].0)
}

/// The usual map, by name: each segment with its scores.
pub fn default_segments() -> impl Iterator<Item = (&'static str, [u8; 3])> {
    let scores = |code: u16| [code / 100, code / 10 % 10, code % 10].map(|digit| digit as u8);
    DEFAULT
        .iter()
        .flat_map(move |&(name, codes)| codes.iter().map(move |&code| (name, scores(code))))
}

/// The written form of a map: patterns by name.
pub type Patterns = BTreeMap<String, Vec<String>>;

/// A map of one's own: every score belongs to exactly one segment.
///
/// It is written as a JSON object of names, each with an array of patterns: `{"Best": ["[45][45]*"], "Others": [...]}`. A
/// pattern has three places, for recency, frequency and monetary; each is a score, a choice such as `[12]` or `[1-3]`, or
/// `*` for any.
#[derive(Clone, Debug, PartialEq)]
pub struct Segments {
    bins: usize,
    patterns: Patterns,
    names: Vec<String>,
    /// For each place of a score, the place of its name.
    places: Vec<u16>,
}

impl Segments {
    /// Reads a map for scores of up to nine bins.
    pub fn parse(text: &str, bins: usize) -> Result<Segments> {
        let patterns: Patterns = serde_json::from_str(text).map_err(|error| {
            Error::invalid("segments must be an object of names with arrays of patterns")
                .detail(format!("Reading them fails: {error}."))
                .hint("Write, for example, {\"Best\": [\"[45][45]*\"], \"Others\": [\"[1-3]**\", \"[45][1-3]*\"]}.")
        })?;
        Segments::of(patterns, bins)
    }

    /// Makes a map of its written form.
    pub fn of(patterns: Patterns, bins: usize) -> Result<Segments> {
        if bins > 9 {
            return Err(Error::invalid("segments can name the scores of at most 9 bins")
                .detail(format!("There are {bins} bins.")));
        }
        let names: Vec<String> = patterns.keys().cloned().collect();
        let mut owners: Vec<Vec<u16>> = vec![Vec::new(); bins * bins * bins];
        for (name, patterns) in (0..).zip(patterns.values()) {
            for pattern in patterns {
                let Some([r, f, m]) = choices(pattern, bins) else {
                    return Err(Error::invalid(format!("invalid segment pattern \"{pattern}\""))
                        .detail(format!("It belongs to the segment \"{}\".", names[usize::from(name)]))
                        .hint(format!(
                            "A pattern has three places; each is a score from 1 to {bins}, a choice such as [12] or [1-3], or *."
                        )));
                };
                for (place, owner) in owners.iter_mut().enumerate() {
                    let [own_r, own_f, own_m] = scores(place, bins);
                    let fits = r.contains(&own_r) && f.contains(&own_f) && m.contains(&own_m);
                    if fits && !owner.contains(&name) {
                        owner.push(name);
                    }
                }
            }
        }
        let list = |wrong: &dyn Fn(&Vec<u16>) -> bool| {
            let codes = owners.iter().enumerate().filter(|(_, owner)| wrong(owner));
            codes
                .map(|(place, _)| code(scores(place, bins), bins))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let (gaps, overlaps) = (list(&|owner| owner.is_empty()), list(&|owner| owner.len() > 1));
        let complaint = match (gaps.is_empty(), overlaps.is_empty()) {
            (true, true) => None,
            (false, true) => Some(format!("No segment has {gaps}.")),
            (true, false) => Some(format!("More than one segment has {overlaps}.")),
            (false, false) => Some(format!("No segment has {gaps}; more than one segment has {overlaps}.")),
        };
        match complaint {
            Some(complaint) => Err(Error::invalid("segments must name each score exactly once").detail(complaint)),
            None => Ok(Segments {
                bins,
                patterns,
                names,
                places: owners.into_iter().flatten().collect(),
            }),
        }
    }

    /// The number of bins whose scores are named.
    pub fn bins(&self) -> usize {
        self.bins
    }

    /// The written form.
    pub fn patterns(&self) -> &Patterns {
        &self.patterns
    }

    /// The name for scores.
    pub fn name(&self, scores: [u8; 3]) -> Option<&str> {
        let place = place(scores, self.bins)?;
        Some(&self.names[usize::from(self.places[place])])
    }
}

/// The place of scores among all scores; nothing if one is out of range.
fn place(scores: [u8; 3], bins: usize) -> Option<usize> {
    scores.iter().try_fold(0, |place, &score| {
        let score = usize::from(score);
        (1..=bins).contains(&score).then(|| place * bins + score - 1)
    })
}

/// The scores at a place.
fn scores(place: usize, bins: usize) -> [u8; 3] {
    [place / (bins * bins), place / bins % bins, place % bins].map(|score| score as u8 + 1)
}

/// The scores that each place of a pattern allows.
fn choices(pattern: &str, bins: usize) -> Option<[Vec<u8>; 3]> {
    let mut letters = pattern.chars().peekable();
    let mut next = || -> Option<Vec<u8>> {
        match letters.next()? {
            '*' => Some((1..=bins as u8).collect()),
            '[' => {
                let mut chosen = Vec::new();
                loop {
                    let letter = letters.next()?;
                    if letter == ']' {
                        break (!chosen.is_empty()).then_some(chosen);
                    }
                    let first = score(letter, bins)?;
                    let last = match letters.next_if_eq(&'-') {
                        Some(_) => score(letters.next()?, bins)?,
                        None => first,
                    };
                    let range: RangeInclusive<u8> = first..=last;
                    if range.is_empty() {
                        return None;
                    }
                    chosen.extend(range);
                }
            }
            letter => Some(vec![score(letter, bins)?]),
        }
    };
    let choices = [next()?, next()?, next()?];
    letters.next().is_none().then_some(choices)
}

fn score(letter: char, bins: usize) -> Option<u8> {
    let score = letter.to_digit(10)? as u8;
    (1..=bins).contains(&usize::from(score)).then_some(score)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail(text: &str, bins: usize) -> String {
        Segments::parse(text, bins).unwrap_err().to_string()
    }

    #[test]
    fn the_usual_map_is_the_usual_one() {
        assert_eq!(default_segments().count(), 125);
        assert_eq!(default_segment([5, 5, 5]), Some("Champions"));
        assert_eq!(default_segment([1, 1, 1]), Some("Lost"));
        assert_eq!(default_segment([3, 2, 3]), Some("Potential Loyalist"));
        assert_eq!(default_segment([6, 1, 1]), None);
        assert_eq!(default_segment([0, 1, 1]), None);
        for (name, scores) in default_segments() {
            assert_eq!(default_segment(scores), Some(name));
        }
    }

    #[test]
    fn places_and_scores_are_inverse() {
        for bins in 1..=9 {
            for at in 0..bins * bins * bins {
                assert_eq!(place(scores(at, bins), bins), Some(at));
            }
        }
    }

    #[test]
    fn patterns_choose_scores() {
        assert_eq!(choices("[45]*1", 5), Some([vec![4, 5], vec![1, 2, 3, 4, 5], vec![1]]));
        assert_eq!(choices("[1-35]2[2]", 5), Some([vec![1, 2, 3, 5], vec![2], vec![2]]));
        for wrong in [
            "", "55", "5555", "6**", "0**", "[]**", "[5-4]**", "[4**", "4-5**", "a**", "[4-]**",
        ] {
            assert_eq!(choices(wrong, 5), None, "{wrong}");
        }
    }

    #[test]
    fn a_map_is_total_and_has_no_overlaps() {
        let map = Segments::parse(r#"{"Best": ["3**"], "Rest": ["[12]**"]}"#, 3).unwrap();
        assert_eq!(map.name([3, 1, 2]), Some("Best"));
        assert_eq!(map.name([1, 3, 3]), Some("Rest"));
        assert_eq!(map.name([4, 1, 1]), None);
        assert_eq!(Segments::of(map.patterns().clone(), 3), Ok(map));
        assert!(detail(r#"{"Best": ["2**"]}"#, 2).contains("No segment has 111, 112, 121, 122."));
        assert!(detail(r#"{"A": ["***"], "B": ["221"]}"#, 2).contains("More than one segment has 221."));
        assert!(
            detail(r#"{"A": ["1**"], "B": ["11*"]}"#, 2)
                .contains("No segment has 211, 212, 221, 222; more than one segment has 111, 112.")
        );
        // the same name twice is no overlap
        assert!(Segments::parse(r#"{"A": ["***", "11*"]}"#, 2).is_ok());
        assert!(detail(r#"{"A": ["7**"]}"#, 5).contains("invalid segment pattern"));
        assert!(detail("[]", 5).contains("must be an object"));
        assert!(detail(r#"{"A": ["***"]}"#, 10).contains("at most 9 bins"));
    }
}
