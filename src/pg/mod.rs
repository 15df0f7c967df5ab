//! PostgreSQL, made safe. The only place with `unsafe`; it knows no customer analytics.
//!
//! | module | what it makes safe |
//! |---|---|
//! | [`aggregate`] | states of aggregates behind `internal`, whose memory PostgreSQL sees |
//! | [`alloc`] | Rust's heap: counted, limited, and out of memory without taking the server down |
//! | [`any`] | arguments declared `"any"`: keys, times, amounts, arrays of numbers |
//! | [`array`] | arrays of numbers and texts, in and out |
//! | [`binary`] | the bytes that tell values of any type apart |
//! | [`call`] | what a function knows about its own call |
//! | [`collection`] | aggregates that collect rows into one stored value |
//! | [`decoded`] | stored values that are read once and used for many rows |
//! | [`encoding`] | text between UTF-8 and the server's encoding |
//! | [`error`] | errors as SQLSTATE, message, detail and hint |
//! | [`interrupt`] | cancelling, progress and memory for long work |
//! | [`model`] | models as SQL types |
//! | [`record`] | one row as a result |
//! | [`rows`] | sets of rows as results |
//! | [`settings`] | `clientele.*` |
//! | [`sql_types`] | what all these are called in SQL |
//! | [`text`] | text and JSON, in and out |
//! | `threads` | several tasks at a time |
//! | [`time`] | timestamps and time zones |
//! | [`value`] | stored value types: text and binary input and output |
//! | [`varlena`] | large values, built where they are to stay |
#![allow(unsafe_code)]

pub mod aggregate;
pub mod alloc;
pub mod any;
pub mod array;
mod binary;
pub mod call;
pub mod collection;
pub mod decoded;
pub mod encoding;
pub mod error;
pub mod interrupt;
pub mod model;
pub mod record;
pub mod rows;
pub mod settings;
mod sql_types;
pub mod text;
mod threads;
pub mod time;
pub mod value;
pub mod varlena;

use pgrx::prelude::*;

#[pg_guard]
#[allow(non_snake_case, reason = "PostgreSQL calls it by this name")]
extern "C-unwind" fn _PG_init() {
    error::answer(alloc::init);
    error::init();
    settings::init();
}
