//! Maps of one's own: names for scores.

use super::wanted::{Bins, code, place, scores, told};
use crate::error::{Error, Result};
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The most bins whose scores a map of one's own can name.
pub const MOST_NAMED_BINS: usize = 9;
/// The most segments and patterns of a map: more than there are scores cannot be needed.
const MOST_PATTERNS: usize = MOST_NAMED_BINS.pow(3);
/// The most bytes of all names and patterns of a map.
const MOST_BYTES: usize = 1 << 20;

/// The written form of a map: patterns by name. Reading it stops where there is more than a map can need.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Patterns(BTreeMap<String, Vec<String>>);

impl<'de> Deserialize<'de> for Patterns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Patterns, D::Error> {
        deserializer.deserialize_map(ReadPatterns)
    }
}

struct ReadPatterns;

impl<'de> Visitor<'de> for ReadPatterns {
    type Value = Patterns;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of names with arrays of patterns")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Patterns, A::Error> {
        let mut room = Room {
            patterns: MOST_PATTERNS,
            bytes: MOST_BYTES,
        };
        let mut patterns = BTreeMap::new();
        while let Some(name) = map.next_key::<String>()? {
            if patterns.len() == MOST_PATTERNS {
                return Err(A::Error::custom(TOO_MANY));
            }
            room.text(&name).map_err(A::Error::custom)?;
            if name.contains('\0') {
                return Err(A::Error::custom("the name of a segment must not hold \\u0000"));
            }
            let of_name = map.next_value_seed(ReadList(&mut room))?;
            if patterns.insert(name.clone(), of_name).is_some() {
                return Err(A::Error::custom(format!(
                    "the segment \"{}\" comes twice",
                    shown(&name)
                )));
            }
        }
        Ok(Patterns(patterns))
    }
}

const TOO_MANY: &str = "there are more segments or patterns than scores";

/// What may still come.
struct Room {
    patterns: usize,
    bytes: usize,
}

impl Room {
    fn text(&mut self, text: &str) -> std::result::Result<(), &'static str> {
        let left = self.bytes.checked_sub(text.len());
        self.bytes = left.ok_or("names and patterns take more than 1 MB")?;
        Ok(())
    }
}

/// Reads the patterns of one name.
struct ReadList<'a>(&'a mut Room);

impl<'de> serde::de::DeserializeSeed<'de> for ReadList<'_> {
    type Value = Vec<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<Vec<String>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ReadList<'_> {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of patterns")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Vec<String>, A::Error> {
        let mut patterns = Vec::new();
        while let Some(pattern) = list.next_element::<String>()? {
            self.0.patterns = (self.0.patterns.checked_sub(1)).ok_or_else(|| A::Error::custom(TOO_MANY))?;
            self.0.text(&pattern).map_err(A::Error::custom)?;
            patterns.push(pattern);
        }
        Ok(patterns)
    }
}

/// The beginning of a text that somebody made up, for messages.
fn shown(text: &str) -> String {
    const MOST: usize = 200;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A map of one's own: every score belongs to exactly one segment.
///
/// It is written as a JSON object of names, each with an array of patterns: `{"Best": ["[45][45]*"], "Others": [...]}`. A
/// pattern has three places, for recency, frequency and monetary; each is a score, a choice such as `[12]` or `[1-3]`, or
/// `*` for any.
#[derive(Clone, Debug, PartialEq)]
pub struct Segments {
    bins: Bins,
    patterns: Patterns,
    names: Vec<String>,
    /// For each place of a score, the place of its name.
    places: Vec<u16>,
}

impl Segments {
    /// Reads a map for scores of up to nine bins.
    pub fn parse(text: &str, bins: Bins) -> Result<Segments> {
        check_named(bins)?;
        let patterns: Patterns = serde_json::from_str(text).map_err(|error| {
            let reason = error.to_string();
            if reason.starts_with(TOO_MANY) {
                let all: usize = bins.iter().product();
                let detail = format!("There are {all} scores of {} bins.", told(bins));
                return Error::invalid(TOO_MANY).detail(detail);
            }
            Error::invalid("segments must be an object of names with arrays of patterns")
                .detail(format!("Reading them fails: {}.", shown(&reason)))
                .hint("Write, for example, {\"Best\": [\"[45][45]*\"], \"Others\": [\"[1-3]**\", \"[45][1-3]*\"]}.")
        })?;
        Segments::of(patterns, bins)
    }

    /// Makes a map of its written form.
    pub fn of(patterns: Patterns, bins: Bins) -> Result<Segments> {
        check_named(bins)?;
        let scores_of_bins: usize = bins.iter().product();
        let (names, all) = (patterns.0.len(), patterns.0.values().map(Vec::len).sum::<usize>());
        if names.max(all) > scores_of_bins {
            return Err(Error::invalid(TOO_MANY).detail(format!(
                "There are {names} segments with {all} patterns, and {scores_of_bins} scores of {} bins.",
                told(bins)
            )));
        }
        let mut map = Segments {
            bins,
            names: patterns.0.keys().cloned().collect(),
            patterns,
            places: vec![NOBODY; scores_of_bins],
        };
        let mut overlaps = vec![false; scores_of_bins];
        for (name, (text, patterns)) in (0..).zip(&map.patterns.0) {
            for pattern in patterns {
                let Some(allowed) = choices(pattern, bins) else {
                    return Err(invalid_pattern(pattern, text, bins));
                };
                for (place, owner) in map.places.iter_mut().enumerate() {
                    let own = scores(place, bins);
                    if (0..3).all(|at| allowed[at] >> own[at] & 1 == 1) {
                        overlaps[place] |= *owner != NOBODY && *owner != name;
                        *owner = name;
                    }
                }
            }
        }
        let list = |wrong: &dyn Fn(usize) -> bool| {
            let places = (0..scores_of_bins).filter(|&place| wrong(place));
            let codes: Vec<String> = places.map(|place| code(scores(place, bins), bins)).collect();
            codes.join(", ")
        };
        let (gaps, overlaps) = (
            list(&|place| map.places[place] == NOBODY),
            list(&|place| overlaps[place]),
        );
        let complaint = match (gaps.is_empty(), overlaps.is_empty()) {
            (true, true) => return Ok(map),
            (false, true) => format!("No segment has {gaps}."),
            (true, false) => format!("More than one segment has {overlaps}."),
            (false, false) => format!("No segment has {gaps}; more than one segment has {overlaps}."),
        };
        Err(Error::invalid("segments must name each score exactly once").detail(complaint))
    }

    /// The map, by name, each with its scores from the best down.
    pub fn all(&self) -> impl Iterator<Item = (&str, [u8; 3])> {
        let named = move |name: usize| {
            let places = (0..self.places.len())
                .rev()
                .filter(move |&place| usize::from(self.places[place]) == name);
            places.map(move |place| (&*self.names[name], scores(place, self.bins)))
        };
        (0..self.names.len()).flat_map(named)
    }

    /// The written form, as JSON.
    pub fn text(&self) -> String {
        serde_json::to_string(&self.patterns).expect("names can be written")
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

/// The owner of a score that no segment has. There are fewer names.
const NOBODY: u16 = u16::MAX;

fn check_named(bins: Bins) -> Result<()> {
    if bins.iter().all(|&bins| bins <= MOST_NAMED_BINS) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "segments can name the scores of at most {MOST_NAMED_BINS} bins"
    ))
    .detail(format!("There are {} bins.", told(bins))))
}

#[cold]
fn invalid_pattern(pattern: &str, name: &str, bins: Bins) -> Error {
    Error::invalid("invalid segment pattern")
        .detail(format!("The segment \"{}\" has \"{}\".", shown(name), shown(pattern)))
        .hint(format!(
            "A pattern has three places; each is a score from 1 to {}, a choice such as [12] or [1-3], or *.",
            told(bins)
        ))
}

/// The scores that each place of a pattern allows: a bit for each score.
fn choices(pattern: &str, bins: Bins) -> Option<[u16; 3]> {
    let mut letters = pattern.chars().peekable();
    let from_to = |first: u8, last: u8| (first..=last).fold(0, |bits, score| bits | 1 << score);
    let mut next = |bins: usize| -> Option<u16> {
        match letters.next()? {
            '*' => Some(from_to(1, bins as u8)),
            '[' => {
                let mut chosen = 0;
                loop {
                    let letter = letters.next()?;
                    if letter == ']' {
                        break (chosen != 0).then_some(chosen);
                    }
                    let first = score(letter, bins)?;
                    let last = match letters.next_if_eq(&'-') {
                        Some(_) => score(letters.next()?, bins)?,
                        None => first,
                    };
                    if first > last {
                        return None;
                    }
                    chosen |= from_to(first, last);
                }
            }
            letter => score(letter, bins).map(|score| 1 << score),
        }
    };
    let choices = [next(bins[0])?, next(bins[1])?, next(bins[2])?];
    letters.next().is_none().then_some(choices)
}

fn score(letter: char, bins: usize) -> Option<u8> {
    let score = letter.to_digit(10)? as u8;
    (1..=bins).contains(&usize::from(score)).then_some(score)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn detail(text: &str, bins: usize) -> String {
        let error = Segments::parse(text, [bins; 3]).unwrap_err();
        assert_eq!(error.kind(), Kind::InvalidParameter, "{error}");
        error.to_string()
    }

    #[test]
    fn patterns_choose_scores() {
        assert_eq!(choices("[45]*1", [5; 3]), Some([0b11_0000, 0b11_1110, 0b10]));
        assert_eq!(choices("[1-35]2[2]", [5; 3]), Some([0b10_1110, 0b100, 0b100]));
        assert_eq!(choices("[1-31-3]9*", [9; 3]), Some([0b1110, 1 << 9, 0b11_1111_1110]));
        for wrong in [
            "", "55", "5555", "6**", "0**", "[]**", "[5-4]**", "[4**", "4-5**", "a**", "[4-]**",
        ] {
            assert_eq!(choices(wrong, [5; 3]), None, "{wrong}");
        }
    }

    #[test]
    fn a_map_is_total_and_has_no_overlaps() {
        let map = Segments::parse(r#"{"Best": ["3**"], "Rest": ["[12]**"]}"#, [3; 3]).unwrap();
        assert_eq!(map.name([3, 1, 2]), Some("Best"));
        assert_eq!(map.name([1, 3, 3]), Some("Rest"));
        assert_eq!(map.name([4, 1, 1]), None);
        assert_eq!(Segments::of(map.patterns().clone(), [3; 3]), Ok(map));
        assert!(detail(r#"{"Best": ["2**"]}"#, 2).contains("No segment has 111, 112, 121, 122."));
        assert!(detail(r#"{"A": ["***"], "B": ["221"]}"#, 2).contains("More than one segment has 221."));
        assert!(
            detail(r#"{"A": ["1**"], "B": ["11*"]}"#, 2)
                .contains("No segment has 211, 212, 221, 222; more than one segment has 111, 112.")
        );
        // the same name twice is no overlap
        assert!(Segments::parse(r#"{"A": ["***", "11*"]}"#, [2; 3]).is_ok());
        assert!(detail(r#"{"A": ["7**"]}"#, 5).contains("The segment \"A\" has \"7**\"."));
        assert!(detail("[]", 5).contains("must be an object"));
        assert!(detail(r#"{"A": ["***"]}"#, 10).contains("at most 9 bins"));
    }

    #[test]
    fn a_map_has_no_more_than_it_can_need() {
        let many = |names: usize| {
            let name = |at: usize| format!(r#""{at}": ["{}"]"#, code(scores(at % 729, [9; 3]), [9; 3]));
            format!("{{{}}}", (0..names).map(name).collect::<Vec<_>>().join(", "))
        };
        // As many names as scores, each with its own.
        let all = Segments::parse(&many(729), [9; 3]).unwrap();
        assert_eq!(all.name([9, 9, 9]), Some("728"));
        // As many names as a number of 16 bits can count, and one more, were told apart wrongly, after minutes.
        for names in [730, 65_536, 65_537, 200_000] {
            assert!(detail(&many(names), 9).contains(TOO_MANY), "{names}");
        }
        assert!(detail(&many(9), 2).contains("9 segments with 9 patterns, and 8 scores of 2 bins"));
        let patterns = format!(r#"{{"A": [{}]}}"#, vec![r#""***""#; 730].join(","));
        assert!(detail(&patterns, 9).contains(TOO_MANY));
        let long = format!(r#"{{"A": ["[{}]**"]}}"#, "1-9".repeat(1 << 19));
        assert!(detail(&long, 9).contains("more than 1 MB"));
        assert!(Segments::parse(&format!(r#"{{"A": ["[{}]**"]}}"#, "1-9".repeat(1_000)), [9; 3]).is_ok());
        assert!(detail(&format!(r#"{{"{}": ["0**"]}}"#, "é".repeat(1_000)), 9).len() < 1_000);
    }

    #[test]
    fn what_is_no_map_is_refused_however_deep_or_large() {
        for text in [
            r#"{"A\u0000B": ["***"]}"#.to_owned(),
            r#"{"A": ["***"], "A": ["***"]}"#.to_owned(),
            r#"{"A": [1e999999]}"#.to_owned(),
            r#"{"A": 123456789012345678901234567890}"#.to_owned(),
            format!(r#"{{"A": {}}}"#, "9".repeat(100_000)),
            format!(r#"{{"A": ["***", 0.{}]}}"#, "9".repeat(100_000)),
            format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)),
            format!(r#"{{"A": {}{}}}"#, "[".repeat(100_000), "]".repeat(100_000)),
            "null".to_owned(),
        ] {
            let error = Segments::parse(&text, [5; 3]).unwrap_err();
            assert_eq!(error.kind(), Kind::InvalidParameter, "{error}");
            assert!(error.detail_text().unwrap().len() < 500, "{error}");
        }
    }
}
