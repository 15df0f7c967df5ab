//! Text as the words of all options, and as lengths of time; numbers as shares and limits: what is taken says itself what it is.
#![no_main]

use clientele_core::Kind;
use clientele_core::Result;
use clientele_core::calendar::{Period, format_length, parse_length};
use clientele_core::churn::Bands;
use clientele_core::clv::Terms;
use clientele_core::estimate::check_confidence;
use clientele_core::itemsets::Target;
use clientele_core::kmeans::Method;
use clientele_core::purchases::parse_family;
use clientele_core::rfm::{Monetary, Ties};
use clientele_core::rules::Measure;
use clientele_core::support::{max_count_of, min_count_of, share};
use libfuzzer_sys::fuzz_target;
use std::fmt::Debug;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = str::from_utf8(bytes) {
        word(text, Period::parse, |period| period.name());
        word(text, Monetary::parse, |monetary| monetary.name());
        let _ = Ties::parse(text);
        word(text, Target::parse, |target| target.name());
        word(text, Method::parse, |method| method.name());
        word(text, Measure::parse, |measure| measure.name());
        word(text, parse_family, |family| family.name());
        if let Some(length) = parse_length(text) {
            assert!(length > 0, "{text}");
            assert_eq!(parse_length(&format_length(length)), Some(length), "{text}");
        }
    }
    let Some((numbers, _)) = bytes.split_first_chunk::<24>() else {
        return;
    };
    let number = |at: usize| f64::from_le_bytes(numbers[8 * at..8 * at + 8].try_into().expect("eight bytes"));
    limits(number(0), number(1));
    terms(number(0), number(1), number(2));
    support(number(0), (number(1).abs() as u64 % (1 << 33)) as usize);
});

/// A word that is known is the name of what it stands for, in any case of its letters.
fn word<T: Copy + PartialEq + Debug>(text: &str, parse: fn(&str) -> Result<T>, name: fn(T) -> &'static str) {
    match parse(text) {
        Ok(value) => assert_eq!(parse(name(value)).as_ref(), Ok(&value), "{text}"),
        Err(error) => assert_eq!(error.kind(), Kind::InvalidParameter, "{error}"),
    }
}

fn limits(medium_from: f64, high_from: f64) {
    let Ok(bands) = Bands::new(medium_from, high_from) else {
        return;
    };
    let risks = [0.0, medium_from, high_from, 1.0].map(|p| bands.risk(p) as usize);
    assert!(risks.is_sorted(), "{bands:?}: {risks:?}");
}

fn terms(discount_rate: f64, margin: f64, confidence: f64) {
    let terms = Terms {
        discount_rate,
        margin,
        confidence,
        ..Terms::default()
    };
    let sound = discount_rate.is_finite() && discount_rate >= 0.0 && margin.is_finite() && margin >= 0.0;
    let sound = sound && check_confidence(confidence).is_ok();
    assert_eq!(terms.check().is_ok(), sound, "{terms:?}");
}

/// The least number is a share that is large enough, and the one below it is none; the other way round for the greatest.
fn support(support: f64, total: usize) {
    // As many baskets as a log can hold.
    let total = total.clamp(1, u32::MAX as usize);
    let of = |count: u32| f64::from(count) / total as f64;
    match (
        share(support, "min_support"),
        min_count_of(support, total),
        max_count_of(support, total),
    ) {
        (Ok(support), Ok(least), Ok(most)) => {
            assert!(
                of(least) >= support && (least == 1 || of(least - 1) < support),
                "{support} of {total}"
            );
            assert!(
                of(most) <= support && (most as usize == total || of(most + 1) > support),
                "{support} of {total}"
            );
        }
        (Err(_), Err(_), Err(_)) => {}
        other => panic!("{support} of {total}: {other:?}"),
    }
}
