//! Tests against a live server are in `tests/`.
