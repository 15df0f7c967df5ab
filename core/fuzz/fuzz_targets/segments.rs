//! Text as a map of segments, for a number of bins that the first byte chooses.
#![no_main]

use clientele_core::rfm::Segments;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut letters = text.chars();
    let Some(first) = letters.next() else {
        return;
    };
    let bins = first as usize % 10 + 1;
    let Ok(segments) = Segments::parse(letters.as_str(), bins) else {
        return;
    };
    let scores = || 1..=bins as u8;
    for scores in scores().flat_map(|r| scores().flat_map(move |f| scores().map(move |m| [r, f, m]))) {
        assert!(segments.name(scores).is_some(), "every score has a name");
    }
    assert_eq!(segments.name([bins as u8 + 1, 1, 1]), None);
    assert_eq!(Segments::of(segments.patterns().clone(), bins), Ok(segments));
});
