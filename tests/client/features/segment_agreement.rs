use super::Feature;

pub const FEATURE: Feature = Feature {
    word: "segment_agreement",
    long: &[(
        "comparing segments",
        "SELECT (clientele.segment_agreement(i % 1000, i % 997)).* FROM generate_series(1, 20000000) i",
    )],
    growing: &[(
        "agreement of segments",
        "SELECT (clientele.segment_agreement(i % 1000, i % 997)).* FROM generate_series(1, 1000000) i",
    )],
    stored: "
        CREATE TABLE agreements AS SELECT clientele.segment_agreement(segment, r) AS agreement FROM scores",
    ..Feature::NONE
};
