//! Models of purchases, spend and retention as values: text, bytes, and what is neither.

use clientele_core::{Kind, purchases, retention, spend};

const PURCHASES: &str = concat!(
    r#"{"purchase_model":1,"model":"pareto/nbd","time_unit":"7 days","period":"day","parameters":{"r":0.5,"alpha":10.25,"#,
    r#""s":0.625,"beta":12.0},"status":"converged","customers":2357,"log_likelihood":-9594.5,"aic":19197.0,"#,
    r#""bic":19220.060579611745,"standard_errors":{"r":0.5,"alpha":1.0,"s":2.0,"beta":4.0},"#,
    r#""covariance":[[0.25,0.125,-0.5,0.0],[0.125,1.0,0.0,0.0],[-0.5,0.0,4.0,0.5],[0.0,0.0,0.5,16.0]],"#,
    r#""warnings":["only é"],"repeat_customers":946.5,"observed":38.875,"early_customers":655,"choice":"the best"}"#
);

const SPEND: &str = concat!(
    r#"{"spend_model":1,"parameters":{"p":6.25,"q":3.75,"v":15.5},"status":"boundary","customers":946,"#,
    r#""log_likelihood":-4055.5,"aic":8117.0,"bic":8131.556727707156,"standard_errors":{"p":1.0,"q":0.5},"#,
    r#""covariance":[[1.0,-0.25,0.0],[-0.25,0.25,0.0],[0.0,0.0,0.0]],"at_limit":["v"],"warnings":[],"left_out":1411,"#,
    r#""mean_value":35.25,"correlation":0.125,"rank_correlation":0.25,"independence_p_value":0.5}"#
);

const RETENTION: &str = concat!(
    r#"{"retention_model":1,"parameters":{"alpha":0.75,"beta":3.5},"status":"converged","customers":1000,"#,
    r#""log_likelihood":-1611.25,"aic":3226.5,"bic":3236.3155105579644,"standard_errors":{"alpha":0.125,"beta":0.5},"#,
    r#""covariance":[[0.015625,0.03125],[0.03125,0.25]],"warnings":["one","two"],"periods":300}"#
);

const PURCHASES_V1: &str = "010280c08e87cd110000000000948d4000000000007043400000000000788440000300000000000000e03f0000000000802440000000000000e43f000000000000284000000000006aa2400000000040bdc2c0000000000000d03f000000000000c03f000000000000f03f000000000000e0bf0000000000000000000000000000104000000000000000000000000000000000000000000000e03f000000000000304001076f6e6c7920c3a9036461790874686520626573746f9bc51f";

const SPEND_V1: &str = "0101030400000000000019400000000000000e400000000000002f400000000000908d400000000000afafc0000000000000f03f000000000000d0bf000000000000d03f0000000000000000000000000000000000000000000000000000000000000c96400000000000a04140000000000000c03f000000000000d03f000000000000e03fed83ebe3";

const RETENTION_V1: &str = "01000300000000000000e83f0000000000000c400000000000408f4000000000002d99c0000000000000903f000000000000a03f000000000000d03f02036f6e650374776fac02a2de2d59";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

#[test]
fn texts_round_trip() {
    assert_eq!(purchases::Model::parse(PURCHASES).unwrap().text(), PURCHASES);
    assert_eq!(spend::Model::parse(SPEND).unwrap().text(), SPEND);
    assert_eq!(retention::Model::parse(RETENTION).unwrap().text(), RETENTION);
}

#[test]
fn version_1_is_read_and_written() {
    let model = purchases::Model::parse(PURCHASES).unwrap();
    assert_eq!(hex(&model.encode()), PURCHASES_V1);
    assert_eq!(purchases::Model::decode(&bytes(PURCHASES_V1)), Ok(model));
    let model = spend::Model::parse(SPEND).unwrap();
    assert_eq!(hex(&model.encode()), SPEND_V1);
    assert_eq!(spend::Model::decode(&bytes(SPEND_V1)), Ok(model));
    let model = retention::Model::parse(RETENTION).unwrap();
    assert_eq!(hex(&model.encode()), RETENTION_V1);
    assert_eq!(retention::Model::decode(&bytes(RETENTION_V1)), Ok(model));
}

#[test]
fn parameters_are_enough() {
    let text = r#"{"purchase_model":1,"model":"bg/nbd","time_unit":"1 day","parameters":{"b":2.5,"a":0.75,"alpha":4.5,"r":0.25}}"#;
    let model = purchases::Model::parse(text).unwrap();
    assert_eq!(model.estimate.values, [0.25, 4.5, 0.75, 2.5]);
    assert_eq!((model.time_unit, model.period), (86_400_000_000, None));
    assert_eq!(model.estimate.log_likelihood, None);
    assert_eq!(purchases::Model::parse(&model.text()).as_ref(), Ok(&model));
    assert_eq!(purchases::Model::decode(&model.encode()), Ok(model));
    let model = spend::Model::parse(r#"{"spend_model":1,"parameters":{"p":6.25,"q":3.75,"v":15.5}}"#).unwrap();
    assert_eq!((model.estimate.values, model.mean_value), ([6.25, 3.75, 15.5], None));
    assert_eq!(spend::Model::parse(&model.text()).as_ref(), Ok(&model));
    assert_eq!(spend::Model::decode(&model.encode()), Ok(model));
    let text = r#"{"retention_model":1,"parameters":{"alpha":0.5,"beta":1e29}}"#;
    let model = retention::Model::parse(text).unwrap();
    assert_eq!((model.estimate.values, model.periods), ([0.5, 1e29], 0));
    assert_eq!(retention::Model::parse(&model.text()).as_ref(), Ok(&model));
    assert_eq!(retention::Model::decode(&model.encode()), Ok(model));
}

#[test]
fn wrong_text_is_refused() {
    for (from, to) in [
        (r#""purchase_model":1"#, r#""purchase_model":2"#),
        (r#""purchase_model":1"#, r#""purchase_model":-1"#),
        (r#""purchase_model":1,"#, ""),
        ("pareto/nbd", "nbd"),
        ("7 days", "0 days"),
        ("7 days", "a while"),
        (r#""time_unit":"7 days","#, ""),
        (r#""period":"day""#, r#""period":"fortnight""#),
        (r#","beta":12.0"#, ""),
        (r#""beta":12.0"#, r#""b":12.0"#),
        (r#""beta":12.0"#, r#""beta":12.0,"b":1.0"#),
        (r#""beta":12.0"#, r#""beta":0.0"#),
        (r#""beta":12.0"#, r#""beta":-12.0"#),
        (r#""beta":12.0"#, r#""beta":NaN"#),
        (r#""beta":12.0"#, r#""beta":null"#),
        (r#""beta":12.0"#, r#""beta":1e999"#),
        (r#""beta":12.0"#, r#""beta":"12""#),
        ("converged", "good"),
        (r#""customers":2357"#, r#""customers":-1"#),
        (r#""customers":2357"#, r#""customers":2357,"extra":1"#),
        ("-9594.5", "NaN"),
        (",[0.0,0.0,0.5,16.0]", ""),
        (",0.5,16.0]", ",0.5]"),
        ("0.5,16.0]]", "0.5,16.0,0.0]]"),
        (r#""warnings""#, r#""at_limit":["beta"],"warnings""#),
        (r#""warnings""#, r#""at_limit":["b"],"warnings""#),
        ("0.5,16.0]]", "0.5,-16.0]]"),
        ("0.5,16.0]]", "0.25,16.0]]"),
        ("[\"only é\"]", "7"),
        ("946.5", "-946.5"),
        ("38.875", "-38.875"),
        ("38.875", "1e999"),
        ("655", "-655"),
        (r#","choice""#, r#""choice""#),
        ("\"the best\"}", "\"the best\""),
        ("\"the best\"}", "\"the best\"}}"),
    ] {
        let text = PURCHASES.replacen(from, to, 1);
        assert_ne!(text, PURCHASES, "{from}");
        let error = purchases::Model::parse(&text).unwrap_err();
        assert_eq!(error.kind(), Kind::InvalidText, "{text}");
    }
    for (from, to) in [
        (r#""spend_model":1"#, r#""spend_model":2"#),
        (r#""spend_model":1"#, r#""purchase_model":1"#),
        (r#""v":15.5"#, r#""v":0"#),
        (r#""v":15.5"#, r#""beta":15.5"#),
        (r#","v":15.5"#, ""),
        (r#""left_out":1411"#, r#""left_out":-1"#),
        (r#""mean_value":35.25"#, r#""mean_value":0"#),
        (r#""mean_value":35.25"#, r#""mean_value":35.25,"median_value":1"#),
        (",[0.0,0.0,0.0]", ""),
        ("-0.25,0.0", "-0.5,0.0"),
        ("0.125", "NaN"),
    ] {
        let text = SPEND.replacen(from, to, 1);
        assert_ne!(text, SPEND, "{from}");
        let error = spend::Model::parse(&text).unwrap_err();
        assert_eq!(error.kind(), Kind::InvalidText, "{text}");
    }
    for (from, to) in [
        (r#""retention_model":1"#, r#""retention_model":2"#),
        (r#""alpha":0.75"#, r#""alpha":0"#),
        (r#""alpha":0.75"#, r#""gamma":0.75"#),
        (r#""beta":3.5"#, r#""beta":1e999"#),
        (r#","beta":3.5"#, ""),
        ("[0.03125,0.25]", "[0.0625,0.25]"),
        (r#""customers":1000"#, r#""customers":-1"#),
        (r#""periods":300"#, r#""periods":-1"#),
        (r#""periods":300"#, r#""periods":4294967296"#),
        (r#""periods":300"#, r#""periods":300,"alpha":0.75"#),
        ("converged", "done"),
    ] {
        let text = RETENTION.replacen(from, to, 1);
        assert_ne!(text, RETENTION, "{from}");
        let error = retention::Model::parse(&text).unwrap_err();
        assert_eq!(error.kind(), Kind::InvalidText, "{text}");
    }
    for text in [
        "",
        "null",
        "[]",
        "{}",
        "7",
        "{\"purchase_model\":1}",
        "{\"spend_model\":1}",
        "{\"retention_model\":1}",
    ] {
        assert_eq!(purchases::Model::parse(text).unwrap_err().kind(), Kind::InvalidText);
        assert_eq!(spend::Model::parse(text).unwrap_err().kind(), Kind::InvalidText);
        assert_eq!(retention::Model::parse(text).unwrap_err().kind(), Kind::InvalidText);
    }
}

/// Bytes with the checksum they should have.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len() - 4);
    let mut crc = !0u32;
    for byte in &bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
        }
    }
    bytes.extend((!crc).to_le_bytes());
    bytes
}

/// That what is wrong is refused, and what is wrong with a right checksum does no harm.
fn check_wrong<T: PartialEq + std::fmt::Debug>(
    good: &[u8],
    decode: impl Fn(&[u8]) -> clientele_core::Result<T>,
    encode: impl Fn(&T) -> Vec<u8>,
) {
    assert_eq!(sealed(good.to_vec()), good);
    for n in 0..good.len() {
        assert_eq!(decode(&good[..n]).unwrap_err().kind(), Kind::Corrupted);
        for bit in 0..8 {
            let mut bytes = good.to_vec();
            bytes[n] ^= 1 << bit;
            assert_eq!(decode(&bytes).unwrap_err().kind(), Kind::Corrupted);
            if let Ok(model) = decode(&sealed(bytes)) {
                assert_eq!(decode(&encode(&model)), Ok(model));
            }
        }
    }
    let longer = [&good[..good.len() - 4], &[0; 5]].concat();
    assert_eq!(decode(&sealed(longer)).unwrap_err().kind(), Kind::Corrupted);
}

#[test]
fn wrong_bytes_are_refused() {
    let purchases = purchases::Model::parse(PURCHASES).unwrap().encode();
    check_wrong(&purchases, purchases::Model::decode, purchases::Model::encode);
    let spend = spend::Model::parse(SPEND).unwrap().encode();
    check_wrong(&spend, spend::Model::decode, spend::Model::encode);
    let retention = retention::Model::parse(RETENTION).unwrap().encode();
    check_wrong(&retention, retention::Model::decode, retention::Model::encode);
    // Neither is the other.
    assert_eq!(purchases::Model::decode(&spend).unwrap_err().kind(), Kind::Corrupted);
    assert_eq!(spend::Model::decode(&purchases).unwrap_err().kind(), Kind::Corrupted);
}
