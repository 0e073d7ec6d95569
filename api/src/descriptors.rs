//! How many files and connections the process may have open, and how many connections that leaves.
//!
//! Connections come from outside, without a token; the files of the log come from inside, and must never wait for them.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::limits::{CONNECTIONS_MAX, OPS_CONNECTIONS_MAX, RESERVED_DESCRIPTORS};

/// Raises the limit of open files to what the system allows the process, and gives the number of connections that the public
/// listener may hold. Warns when that is fewer than it should be.
pub(crate) fn connections_max() -> u32 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    let limit = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => maximum,
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "failed to raise the limit of open files"
            );
            current
        }
    };
    let connections = connections_within(limit);
    if connections < CONNECTIONS_MAX {
        tracing::warn!(
            "the limit of {} open files leaves room for {connections} connections instead of {CONNECTIONS_MAX}; raise it with \
             `ulimit -n {}` or LimitNOFILE=",
            limit.unwrap_or(u64::MAX),
            CONNECTIONS_MAX + OPS_CONNECTIONS_MAX + RESERVED_DESCRIPTORS,
        );
    }
    connections
}

/// The connections that a limit of open files leaves; at least one, as a server without any could as well not start.
fn connections_within(limit: Option<u64>) -> u32 {
    let limit = limit.map_or(u32::MAX, |limit| u32::try_from(limit).unwrap_or(u32::MAX));
    limit
        .saturating_sub(OPS_CONNECTIONS_MAX + RESERVED_DESCRIPTORS)
        .clamp(1, CONNECTIONS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_and_the_operator_have_their_descriptors_before_any_connection() {
        assert_eq!(connections_within(None), 4_096);
        assert_eq!(connections_within(Some(1_048_576)), 4_096);
        assert_eq!(connections_within(Some(1_024)), 1_024 - 32 - 64);
        assert_eq!(connections_within(Some(256)), 256 - 32 - 64);
        assert_eq!(connections_within(Some(20)), 1);
    }
}
