//! The clock, and times as JSON has them (RFC 3339). The engine takes time as an argument.

use std::fmt;
use std::time::Duration;

use rolecall_engine::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};

/// The time now.
pub(crate) fn now() -> Timestamp {
    Time::from(jiff::Timestamp::now()).0
}

/// How long it is until then; nothing when it is over.
pub(crate) fn until(then: Timestamp) -> Duration {
    Duration::from_millis(then.milliseconds().saturating_sub(now().milliseconds()))
}

/// A time in the JSON of the admin API: RFC 3339 in UTC, to the millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(pub(crate) Timestamp);

/// Times before 1970 are not times of ours; they become 1970.
impl From<jiff::Timestamp> for Time {
    fn from(time: jiff::Timestamp) -> Self {
        Self(Timestamp::from_milliseconds(
            u64::try_from(time.as_millisecond()).unwrap_or(0),
        ))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = i64::try_from(self.0.milliseconds()).unwrap_or(i64::MAX);
        let time = jiff::Timestamp::from_millisecond(milliseconds).unwrap_or(jiff::Timestamp::MAX);
        write!(f, "{time:.3}")
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time: Result<jiff::Timestamp, _> = text.parse();
        time.map(Self::from).map_err(|_| {
            D::Error::custom(if is_beyond(&text) {
                format!(
                    "`{text}` is too late: the latest time is {:.0}; where no end is meant, leave it out",
                    jiff::Timestamp::MAX
                )
            } else {
                format!("`{text}` is no time; one looks like 2030-01-31T12:00:00Z (RFC 3339)")
            })
        })
    }
}

/// Whether this is a date and time with its offset, and later than any time there is.
fn is_beyond(text: &str) -> bool {
    let Ok(pieces) = jiff::fmt::temporal::Pieces::parse(text) else {
        return false;
    };
    let is_whole = pieces.time().is_some() && pieces.offset().is_some();
    is_whole && pieces.date() >= jiff::civil::date(9999, 12, 30)
}

impl utoipa::PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        let date_time = SchemaFormat::KnownFormat(KnownFormat::DateTime);
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(date_time))
            .into()
    }
}

impl utoipa::ToSchema for Time {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_and_read_to_the_millisecond() {
        let time = Time(Timestamp::from_milliseconds(1_700_000_000_050));
        assert_eq!(time.to_string(), "2023-11-14T22:13:20.050Z");
        assert_eq!(
            serde_json::from_str::<Time>("\"2023-11-14T23:13:20.050+01:00\"").unwrap(),
            time
        );
    }

    #[test]
    fn the_latest_time_is_named_to_who_means_never() {
        let latest = "the latest time is 9999-12-30T22:00:00Z; where no end is meant, leave it out";
        for late in [
            "9999-12-31T23:59:59Z",
            "9999-12-30T22:00:01Z",
            "9999-12-31T23:59:59+01:00",
        ] {
            let error = serde_json::from_str::<Time>(&format!("\"{late}\"")).unwrap_err();
            assert!(
                error
                    .to_string()
                    .starts_with(&format!("`{late}` is too late: {latest}")),
                "{error}"
            );
        }
        assert!(serde_json::from_str::<Time>("\"9999-12-30T22:00:00Z\"").is_ok());
    }

    #[test]
    fn what_is_no_time_is_refused_with_an_example() {
        for wrong in ["tomorrow", "2030-01-31", "2030-13-01T00:00:00Z", "9999-12-31", ""] {
            let error = serde_json::from_str::<Time>(&format!("\"{wrong}\""))
                .unwrap_err()
                .to_string();
            assert!(
                error.starts_with(&format!("`{wrong}` is no time; one looks like 2030-01-31T12:00:00Z")),
                "{error}"
            );
        }
    }
}
