use super::{Aggregates, Feature, strings};

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
    aggregates: Some(Aggregates {
        rows: "
        CREATE TABLE rows AS
        SELECT i % 9000 AS plan, i * 31 % 700 AS number, 'segmént ' || i::bigint * i % 900 AS name, md5((i % 600)::text)::uuid AS uuid
        FROM generate_series(1, 200000) i",
        calls: || {
            strings(&[
                "clientele.segment_agreement(number, name)",
                "clientele.segment_agreement(name, uuid)",
                "clientele.segment_agreement(uuid, number / 7)",
            ])
        },
        bytes: "textsend(({})::text)",
        orders: &["number", "md5(name || number)", "name DESC"],
        groups: Some("plan"),
        pieces: None,
    }),
    ..Feature::NONE
};
