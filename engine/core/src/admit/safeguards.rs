//! What safeguards may be.

use crate::limits::{BRAKE_WINDOW_SECONDS_MAX, MIN_ADMINS_MAX};
use crate::rejection::Rejection;
use crate::safeguards::Safeguards;

pub(super) fn check(safeguards: &Safeguards) -> Result<(), Rejection> {
    let refuse = |setting, problem| Err(Rejection::Setting { setting, problem });
    if !(1..=BRAKE_WINDOW_SECONDS_MAX).contains(&safeguards.brake.window_seconds) {
        let problem = format!("`window_seconds` has to be between 1 and {BRAKE_WINDOW_SECONDS_MAX}");
        return refuse("brake", problem);
    }
    let mut limits = safeguards.brake.scopes.named().into_iter();
    if let Some((scope, _)) = limits.find(|(_, limit)| limit.max_percent > 100) {
        let problem = format!("`max_percent` of `{scope}` has to be between 0 and 100");
        return refuse("brake", problem);
    }
    if safeguards.min_admins > MIN_ADMINS_MAX {
        return refuse("min_admins", format!("it has to be between 0 and {MIN_ADMINS_MAX}"));
    }
    Ok(())
}
