//! `clientele`: customer analytics inside PostgreSQL.
//!
//! This crate is the SQL surface: signatures, conversions, error mapping. One file is one feature, named as in `core/`,
//! `docs/` and `tests/`. The mathematics is in `clientele_core`; everything that is unsafe is in [`pg`]. SQL itself is written by
//! hand in `sql/`, in parts, and a test compares it with the signatures here.
#![deny(unsafe_code, ffi_unwind_calls)]

#[cfg(not(panic = "unwind"))]
compile_error!("a panic has to end one statement and not the server: build with panic = \"unwind\"");

mod basket_log;
mod churn;
mod clv;
mod cohorts;
mod customers;
mod estimate;
mod feature_set;
mod item_log;
mod itemsets;
mod kmeans;
mod observation;
mod options;
mod order_log;
mod pg;
mod planner;
mod purchases;
mod recommend;
mod retention;
mod rfm;
mod rhythm;
mod rules;
mod seasonality;
mod segment_agreement;
mod spend;
mod survival;
mod validation;
mod won_lost;

pgrx::pg_module_magic!(name, version);

// The SQL, as build.rs puts it together.
include!(concat!(env!("OUT_DIR"), "/clientele.rs"));
