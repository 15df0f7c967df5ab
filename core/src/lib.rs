//! The mathematics of `clientele`: pure functions over plain data.
//!
//! This crate knows no PostgreSQL, no clock, no files, no threads. The caller owns the loop: everything that can run
//! long takes a [`Checkpoint`](checkpoint::Checkpoint), through which it may be stopped and asks for memory.
//!
//! | module | what it holds |
//! |---|---|
//! | [`order_log`] | collecting orders into one compact, mergeable value, and reading it back |
//! | [`customers`] | what one customer's orders amount to: totals, frequency, recency, age, monetary value |
//! | [`rfm`] | scores, cut points and named segments over those totals |
//! | [`retention`] | contractual churn: survivor curves, the model fitted to them, lifetimes |
//! | [`amount`] | money that adds exactly: decimals as scaled integers |
//! | [`calendar`], [`zone`] | civil dates, purchase periods, time zones as tables of offsets |
//! | [`rank`] | order statistics without sorting |
//! | [`maximum`] | maximum likelihood: Newton's steps within limits, and covariances |
//! | [`special`] | special functions: gamma, normal, hypergeometric, integrals |
//! | [`codec`] | the versioned, length-checked byte formats all stored values share |
//! | [`checkpoint`], [`error`] | how long work stops, and everything a user may be told |
#![forbid(unsafe_code)]

pub mod amount;
pub mod calendar;
pub mod checkpoint;
pub mod codec;
pub mod customers;
pub mod error;
pub mod key;
pub mod maximum;
pub mod order_log;
pub mod rank;
pub mod retention;
pub mod rfm;
pub mod special;
pub mod zone;

pub use error::{Error, Kind, Result};
