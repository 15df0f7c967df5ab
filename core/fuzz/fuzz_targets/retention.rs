//! A `retention_model` and what is collected for one: bytes as they are and with a right checksum; a model's text.
#![no_main]

use clientele_core::checkpoint::Unhindered;
use clientele_core::mergeable::Mergeable;
use clientele_core::retention::{Model, Tenures};
use clientele_core_fuzz::{check_tenures, check_retention_model};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut sealed = bytes.to_vec();
    sealed.extend_from_slice(&crc32fast::hash(bytes).to_le_bytes());
    let text = str::from_utf8(bytes).map(Model::parse);
    let models = [Model::decode(bytes), Model::decode(&sealed)]
        .into_iter()
        .chain(text.ok());
    models.flatten().for_each(|model| check_retention_model(&model));
    for bytes in [bytes, &sealed] {
        let tenures = Tenures::read(bytes, 0, &mut Unhindered);
        tenures
            .into_iter()
            .for_each(|tenures| check_tenures(tenures, bytes));
    }
});
