//! The long end-to-end tests, run by `tests/run --extended`: more crash rounds, and power cuts.

#[cfg(test)]
mod many_crashes;
#[cfg(test)]
mod power_cut;
