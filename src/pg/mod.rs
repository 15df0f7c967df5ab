//! PostgreSQL, made safe. The only place with `unsafe`; it knows no customer analytics.
//!
//! | module | what it makes safe |
//! |---|---|
//! | `activity` | progress in `pg_stat_activity` |
//! | [`aggregate`] | states of aggregates behind `internal`, whose memory PostgreSQL sees |
//! | [`alloc`] | Rust's heap: counted, limited, and out of memory without taking the server down |
//! | [`any`] | arguments declared `"any"`: keys, times, amounts, arrays of numbers |
//! | [`array`] | arrays of numbers and texts, in and out |
//! | [`binary`] | the bytes that tell values of any type apart |
//! | [`call`] | what a function knows about its own call |
//! | `call_site`, `remembered` | what a place of a query remembers from one call of a function to the next |
//! | [`collected`] | collected values as SQL types |
//! | [`collection`] | aggregates that collect rows into one stored value |
//! | `declaration` | what the SQL declares of a function |
//! | [`decoded`] | stored values that are read once and used for many rows |
//! | `elog` | the server's functions for reports, as they are |
//! | [`encoding`] | text between UTF-8 and the server's encoding |
//! | `equality` | which types' values can be told apart by bytes |
//! | [`error`] | errors as SQLSTATE, message, detail and hint |
//! | [`interrupt`] | cancelling, progress and memory for long work |
//! | [`keys`] | arrays of keys: of texts, integers or UUIDs |
//! | [`mergeable`] | aggregates whose states are merged |
//! | [`model`] | models as SQL types |
//! | [`options`] | the options of a call, by their names |
//! | [`planner`] | what the planner may expect of a function |
//! | [`record`] | one row as a result |
//! | [`rows`] | sets of rows as results |
//! | [`settings`] | `clientele.*` |
//! | [`sql_types`] | what all these are called in SQL |
//! | [`text`] | text and JSON, in and out |
//! | `threads` | several tasks at a time |
//! | [`time`] | timestamps and time zones |
//! | [`value`] | stored value types: text and binary input and output |
//! | [`varlena`] | large values, built where they are to stay |
//! | [`warning`] | warnings, each told once for each place of a query |
#![allow(unsafe_code)]

mod activity;
pub mod aggregate;
pub mod alloc;
pub mod any;
pub mod array;
mod binary;
pub mod call;
mod call_site;
pub mod collected;
pub mod collection;
mod declaration;
pub mod decoded;
mod elog;
pub mod encoding;
mod equality;
pub mod error;
pub mod interrupt;
pub mod keys;
pub mod mergeable;
pub mod model;
pub mod options;
pub mod planner;
pub mod record;
mod remembered;
pub mod rows;
pub mod settings;
mod sql_types;
pub mod text;
mod threads;
pub mod time;
pub mod value;
pub mod varlena;
pub mod warning;

use pgrx::prelude::*;

#[pg_guard]
#[allow(non_snake_case, reason = "PostgreSQL calls it by this name")]
extern "C-unwind" fn _PG_init() {
    error::or_raise(alloc::init);
    error::init();
    settings::init();
}

/// Which major version of PostgreSQL the library was built for, to be found in its file: tests/install refuses another one.
// SAFETY: no other symbol has this name.
#[unsafe(no_mangle)]
static CLIENTELE_BUILT_FOR: [u8; 28] = {
    let mut text = *b"clientele for PostgreSQL __\0";
    let major = pg_sys::PG_MAJORVERSION_NUM as u8;
    text[25] = b'0' + major / 10;
    text[26] = b'0' + major % 10;
    text
};
