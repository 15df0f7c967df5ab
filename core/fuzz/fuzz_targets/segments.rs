//! Text as a map of segments, for numbers of bins that the first letter chooses.
#![no_main]

use clientele_core::rfm::Segments;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut letters = text.chars();
    let Some(first) = letters.next() else {
        return;
    };
    let bins = [1, 10, 100].map(|part| first as usize / part % 10 + 1);
    let Ok(segments) = Segments::parse(letters.as_str(), bins) else {
        return;
    };
    let scores = |at: usize| 1..=bins[at] as u8;
    for scores in scores(0).flat_map(|r| scores(1).flat_map(move |f| scores(2).map(move |m| [r, f, m]))) {
        assert!(segments.name(scores).is_some(), "every score has a name");
    }
    assert_eq!(segments.all().count(), bins.iter().product::<usize>());
    assert_eq!(segments.name([bins[0] as u8 + 1, 1, 1]), None);
    assert_eq!(Segments::of(segments.patterns().clone(), bins), Ok(segments));
});
