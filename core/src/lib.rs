//! The mathematics of `clientele`: pure functions over plain data.
//!
//! This crate knows no PostgreSQL, no clock, no files, no threads. The caller owns the loop: everything that can run
//! long takes a [`Checkpoint`](checkpoint::Checkpoint), through which it may be stopped and asks for memory.
//!
//! | module | what it holds |
//! |---|---|
//! | [`collect`] | what collected values have in common: header, kinds, keys, text forms |
//! | [`order_log`] | collecting orders into one compact, mergeable value, and reading it back |
//! | [`basket_log`] | collecting items by basket into one compact, mergeable value |
//! | [`item_log`] | collecting what each customer bought and when into one compact, mergeable value |
//! | [`itemsets`] | sets of items that are together in many baskets |
//! | [`rules`] | what is in baskets together with what, and how surely |
//! | [`recommend`] | what to offer to a basket, and why |
//! | [`customers`] | what one customer's orders amount to: totals, frequency, recency, age, monetary value |
//! | [`rfm`] | scores, cut points and named segments over those totals |
//! | [`purchases`] | BG/NBD, MBG/NBD, Pareto/NBD, MBG/CNBD-k and BG/BB: who is still there, and how many orders will come |
//! | [`spend`] | Gamma-Gamma: what an order of a customer is worth |
//! | [`clv`] | what the orders of a customer within a horizon bring |
//! | [`churn`] | how likely it is that none comes, in bands |
//! | [`cohorts`] | the customers of one first period, and who of them is still active at which age |
//! | [`won_lost`] | period by period: who was won, kept, won back and lost, and what money went with them |
//! | [`rhythm`] | how long customers wait between purchases, and in which stage of life each of them is |
//! | [`survival`] | how long customers stay, how soon they come again, and whether groups differ in it |
//! | [`validation`] | whether models would have been right |
//! | [`seasonality`] | what orders amount to period by period, what of it is due to the season, and what comes next |
//! | [`retention`] | contractual churn: survivor curves, the model fitted to them, lifetimes |
//! | [`feature_set`] | collecting the features of customers into one columnar, mergeable value, and reading them back |
//! | [`kmeans`] | segments that the data suggest: k-means, its quality, and models whose labels stay |
//! | [`segment_agreement`] | how far two labelings agree |
//! | [`amount`] | money that adds exactly: decimals as scaled integers |
//! | [`calendar`], [`zone`] | civil dates, purchase periods, time zones as tables of offsets |
//! | [`observation`] | which times there are, where observation ends, and how what came before is looked at |
//! | [`support`] | how often something has to be there, as a share and as a number |
//! | [`rank`] | order statistics without sorting, ranks, correlations |
//! | [`summary`] | rows of summaries, for models that are fitted without a log |
//! | [`mergeable`] | what is collected in pieces and merged |
//! | [`estimate`] | parameters, how sure they are, and their text and stored forms |
//! | [`warning`] | what users should know before they trust an answer |
//! | [`maximum`] | maximum likelihood: Newton's steps within limits, and covariances |
//! | [`special`] | special functions: gamma, normal, hypergeometric, integrals |
//! | [`codec`] | the versioned, length-checked byte formats all stored values share |
//! | [`choice`] | options that are one of a few words |
//! | [`json`] | what a text form from outside may be |
//! | [`checkpoint`], [`error`] | how long work stops, and everything a user may be told |
#![forbid(unsafe_code)]

pub mod amount;
pub mod basket_log;
pub mod calendar;
pub mod checkpoint;
pub mod choice;
pub mod churn;
pub mod clv;
pub mod codec;
pub mod cohorts;
pub mod collect;
pub mod customers;
pub mod error;
pub mod estimate;
pub mod feature_set;
pub mod item_log;
pub mod itemsets;
pub mod json;
pub mod key;
pub mod kmeans;
pub mod maximum;
pub mod mergeable;
pub mod observation;
pub mod order_log;
pub mod purchases;
mod random;
pub mod rank;
pub mod recommend;
pub mod retention;
pub mod rfm;
pub mod rhythm;
pub mod rules;
pub mod seasonality;
pub mod segment_agreement;
pub mod special;
pub mod spend;
pub mod summary;
pub mod support;
pub mod survival;
pub mod validation;
pub mod warning;
pub mod won_lost;
mod words;
pub mod zone;

pub use error::{Error, Kind, Result};
