//! A `basket_model`: bytes as they are and with a right checksum, and text.
#![no_main]

use clientele_core::checkpoint::Unhindered;
use clientele_core::recommend::Model;
use clientele_core_fuzz::{check_basket_model, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let models = read(
        bytes,
        |bytes| Model::decode(bytes, &mut Unhindered),
        |text| Model::parse(text, &mut Unhindered),
    );
    models.iter().for_each(check_basket_model);
});
