//! The laws of everything that is collected: the same rows are the same bytes whatever their way, and nothing is lost, invented or believed
//! too easily.
//!
//! A collected value joins by an [`impl Lawful`](Lawful) in a file of its name, and a line in [`main`].

mod basket_log;
#[path = "../cases/mod.rs"]
mod cases;
mod feature_set;
mod item_log;
mod law;
mod order_log;
#[path = "../tolerance/mod.rs"]
mod tolerance;

use cases::cases;
use clientele_core::Result;
use clientele_core::checkpoint::{Checkpoint, Unhindered};
use clientele_core::collect::Collected;
use libtest_mimic::{Arguments, Trial};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::fmt::Debug;

/// A limit of memory that is never reached.
const LARGE: usize = 1 << 40;

/// Something that a reader makes of the bytes of a value, for what it takes and not for what it gives.
type Reader = fn(&[u8], &mut dyn Checkpoint) -> Result<()>;

/// A collected value with rows to try it with, and what they come to.
trait Lawful: Collected + 'static {
    /// What reads a value, besides what all have in common.
    const READERS: &'static [(&'static str, Reader)];

    /// What rows of one value share: kinds of keys and of times.
    type Kinds: Copy + Debug + PartialEq;
    /// A row, also one that is ignored and counted because something in it is NULL.
    type Row: Clone + Debug;

    /// All kinds that there are.
    fn kinds() -> Vec<Self::Kinds>;
    /// Rows that collide, and some that lie at the ends of what there is.
    fn rows() -> BoxedStrategy<Vec<Self::Row>>;
    /// Rows around each boundary: of blocks, slabs and buffers, and many under one key.
    fn boundaries() -> Vec<(Self::Kinds, Vec<Self::Row>)>;
    /// So many rows of which none is ignored and none is like another.
    fn many(rows: usize) -> Vec<Self::Row>;
    /// Collects a row, or counts it.
    fn take(&mut self, kinds: Self::Kinds, row: &Self::Row) -> Result<()>;

    /// That what all readers find in `bytes` is what these rows come to, worked out the plain way.
    fn check_readers(kinds: Self::Kinds, rows: &[Self::Row], bytes: &[u8]);
    /// What a value gives back, collected anew.
    fn collected_again(bytes: &[u8]) -> Self;
    /// What is the same in a value and in what it gives back: all but the numbers of rows.
    fn contents(bytes: &[u8]) -> String;
}

/// The value of rows.
fn collect<C: Lawful>(kinds: C::Kinds, rows: &[C::Row], limit: usize) -> C {
    let mut value = C::new(limit);
    for row in rows {
        value.take(kinds, row).expect("a sound row");
    }
    value
}

/// The bytes of a value.
fn bytes<C: Lawful>(mut value: C) -> Vec<u8> {
    let mut bytes = Vec::new();
    value
        .write(&mut bytes, &mut Unhindered)
        .expect("what is collected can be written");
    bytes
}

/// Gives bytes the checksum they should have, as `collect` documents it.
fn seal(bytes: &mut [u8]) {
    if bytes.len() >= 6 {
        let mut crc = crc32fast::Hasher::new();
        crc.update(&bytes[..2]);
        crc.update(&bytes[6..]);
        bytes[2..6].copy_from_slice(&crc.finalize().to_le_bytes());
    }
}

/// Rows with the bytes that they come to.
struct Case<C: Lawful> {
    kinds: C::Kinds,
    rows: Vec<C::Row>,
    /// Where what else is by chance comes from.
    seed: u64,
    whole: Vec<u8>,
}

impl<C: Lawful> Case<C> {
    fn new(kinds: C::Kinds, rows: Vec<C::Row>, seed: u64) -> Case<C> {
        let whole = bytes(collect::<C>(kinds, &rows, LARGE));
        Case {
            kinds,
            rows,
            seed,
            whole,
        }
    }
}

/// A fixed stream of numbers.
fn numbers(mut seed: u64) -> impl FnMut() -> u64 {
    move || {
        seed = seed
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        seed >> 20
    }
}

/// A law: it panics where it does not hold.
type Law<C> = fn(&Case<C>);

fn trials<C: Lawful>() -> Vec<Trial> {
    let laws: [(&str, Law<C>); 9] = [
        ("what_goes_in_comes_out", law::what_goes_in_comes_out),
        (
            "the_order_of_rows_does_not_matter",
            law::the_order_of_rows_does_not_matter,
        ),
        ("pieces_merge_to_the_whole", law::pieces_merge_to_the_whole),
        ("nothing_is_the_identity", law::nothing_is_the_identity),
        ("writing_changes_nothing", law::writing_changes_nothing),
        ("what_is_given_back_is_the_same", law::what_is_given_back_is_the_same),
        ("text_loses_nothing", law::text_loses_nothing),
        ("wrong_bytes_are_refused", law::wrong_bytes_are_refused),
        (
            "wrong_bytes_with_a_right_checksum_do_no_harm",
            law::wrong_bytes_with_a_right_checksum_do_no_harm,
        ),
    ];
    let mut trials: Vec<Trial> = laws
        .iter()
        .map(|&(name, law)| {
            Trial::test(format!("{}::{name}", C::NAME), move || {
                let case = (prop::sample::select(C::kinds()), C::rows(), any::<u64>());
                let tried = TestRunner::new(cases(300)).run(&case, |(kinds, rows, seed)| {
                    law(&Case::new(kinds, rows, seed));
                    Ok(())
                });
                tried.map_err(|failure| failure.to_string().into())
            })
        })
        .collect();
    trials.push(Trial::test(
        format!("{}::all_holds_at_boundaries", C::NAME),
        move || {
            for (seed, (kinds, rows)) in C::boundaries().into_iter().enumerate() {
                let case = Case::new(kinds, rows, seed as u64);
                laws.iter().for_each(|(_, law)| law(&case));
            }
            Ok(())
        },
    ));
    for (name, law) in [
        ("kinds_do_not_mix", law::kinds_do_not_mix::<C> as fn()),
        (
            "all_can_be_stopped_and_is_bounded",
            law::all_can_be_stopped_and_is_bounded::<C>,
        ),
    ] {
        trials.push(Trial::test(format!("{}::{name}", C::NAME), move || {
            law();
            Ok(())
        }));
    }
    trials
}

fn main() {
    let trials = [
        trials::<clientele_core::order_log::Collector>(),
        trials::<clientele_core::basket_log::Collector>(),
        trials::<clientele_core::feature_set::Collector>(),
        trials::<clientele_core::item_log::Collector>(),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials.into_iter().flatten().collect()).exit();
}
