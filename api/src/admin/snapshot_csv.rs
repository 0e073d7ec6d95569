//! A snapshot of groups and their members as CSV (RFC 4180): one membership a row.

use csv::{ByteRecord, ReaderBuilder};
use rolecall_engine::plan::{Place, Reconciliation, SnapshotMember, SnapshotProblem};

use crate::body::without_mark;

const NOT_UTF_8: &str = "the file is not in UTF-8; save it as UTF-8";

const TORN: &str = "a quotation mark is not closed on its line; a field ends with its line, and a quotation mark within one is written twice";

const BEHIND_QUOTES: &str =
    "there is text behind the closing quotation mark of a field; a quotation mark within one is written twice";

/// The columns, by what they hold.
#[derive(Default)]
struct Columns {
    group: Option<usize>,
    group_external_id: Option<usize>,
    user_name: Option<usize>,
    user_external_id: Option<usize>,
}

/// Tells the comparison every row. What is wrong with the file becomes a problem with its line.
pub(super) fn read(bytes: &[u8], into: &mut Reconciliation<'_>) {
    let bytes = without_mark(bytes);
    // What the bytes of UTF-16 make of a header would be told otherwise.
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") || bytes.iter().take(16).any(|byte| *byte == 0)
    {
        return into.problem(Place::Line(1), form(NOT_UTF_8));
    }
    let mut reader = ReaderBuilder::new()
        .flexible(true)
        .has_headers(false)
        .from_reader(bytes);
    let mut record = ByteRecord::new();
    let mut columns = None;
    while let Some(begun) = next(&mut reader, &mut record, into) {
        let row = bytes_of(bytes, &record, &reader);
        let line = begun + lines_before(row);
        if let Err(problem) = check_quotes(&record, row) {
            into.problem(Place::Line(line), problem);
            // Without a header no row can be understood.
            if columns.is_none() {
                return;
            }
            continue;
        }
        match &columns {
            None => match Columns::of(&record) {
                Ok(found) => columns = Some((found, record.len())),
                // Without a header no row can be understood.
                Err(problem) => return into.problem(Place::Line(line), problem),
            },
            Some((columns, width)) if record.len() == *width => columns.read(&record, Place::Line(line), into),
            Some((_, width)) => {
                let found = record.len();
                let problem = format!("the header has {width} columns, and this row {found}");
                into.problem(Place::Line(line), SnapshotProblem::Form(problem));
            }
        }
    }
    if columns.is_none() {
        into.problem(Place::Line(1), form("the header `group,user_name` is missing"));
    }
}

/// Reads the next row, and answers the line on which the reader begins to look for it.
fn next(reader: &mut csv::Reader<&[u8]>, record: &mut ByteRecord, into: &mut Reconciliation<'_>) -> Option<u64> {
    match reader.read_byte_record(record) {
        Ok(more) => more.then(|| record.position().map_or(0, csv::Position::line)),
        Err(error) => {
            let line = error.position().map_or(0, csv::Position::line);
            into.problem(Place::Line(line), SnapshotProblem::Form(error.to_string()));
            None
        }
    }
}

/// The bytes that the record was read from.
fn bytes_of<'a>(bytes: &'a [u8], record: &ByteRecord, reader: &csv::Reader<&[u8]>) -> &'a [u8] {
    let at = |position: &csv::Position| usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let start = record.position().map_or(0, at);
    bytes.get(start..at(reader.position())).unwrap_or_default()
}

/// How many lines end before the row begins: that of the row before, where it ends with `\r\n`, and empty ones.
fn lines_before(row: &[u8]) -> u64 {
    let ends = row.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    ends.filter(|byte| **byte == b'\n').count() as u64
}

/// Refuses what the reader takes, though it is most likely not what was meant.
fn check_quotes(record: &ByteRecord, row: &[u8]) -> Result<(), SnapshotProblem> {
    let is_torn = |field: &[u8]| field.contains(&b'\n') || field.contains(&b'\r');
    if record.iter().any(is_torn) {
        Err(form(TORN))
    } else if has_text_behind_quotes(row) {
        Err(form(BEHIND_QUOTES))
    } else {
        Ok(())
    }
}

/// The reader would make it a part of the field.
fn has_text_behind_quotes(row: &[u8]) -> bool {
    enum At {
        Start,
        Plain,
        Quoted,
        Closed,
    }
    let mut at = At::Start;
    for byte in row {
        at = match (at, byte) {
            (At::Quoted, b'"') => At::Closed,
            (At::Start | At::Closed, b'"') | (At::Quoted, _) => At::Quoted,
            (_, b',' | b'\r' | b'\n') => At::Start,
            (At::Closed, _) => return true,
            (At::Start | At::Plain, _) => At::Plain,
        };
    }
    false
}

impl Columns {
    fn of(header: &ByteRecord) -> Result<Self, SnapshotProblem> {
        let only = match (header.len(), header.get(0)) {
            (1, Some(only)) => only,
            _ => b"",
        };
        for (separator, called) in [(b';', "semicolons"), (b'\t', "tabs")] {
            if only.contains(&separator) {
                let problem = format!("the columns are separated by {called}; save the file with commas");
                return Err(SnapshotProblem::Form(problem));
            }
        }
        if header.iter().any(|name| std::str::from_utf8(name).is_err()) {
            return Err(form(NOT_UTF_8));
        }
        let mut columns = Self::default();
        for (index, name) in header.iter().enumerate() {
            let name = String::from_utf8_lossy(name).trim().to_lowercase();
            let column = match name.as_str() {
                "group" => &mut columns.group,
                "group_external_id" => &mut columns.group_external_id,
                "user_name" => &mut columns.user_name,
                "user_external_id" => &mut columns.user_external_id,
                _ => {
                    return Err(form(
                        "the header takes the columns `group`, `user_name`, `group_external_id` and `user_external_id`, \
                         separated by commas, in UTF-8; remove or rename the others",
                    ));
                }
            };
            if column.replace(index).is_some() {
                return Err(SnapshotProblem::Form(format!(
                    "the header has the column `{name}` twice"
                )));
            }
        }
        if columns.group.or(columns.group_external_id).is_none() {
            return Err(form("the header has no column `group`"));
        }
        if columns.user_name.or(columns.user_external_id).is_none() {
            return Err(form("the header has no column `user_name`"));
        }
        Ok(columns)
    }

    fn read(&self, record: &ByteRecord, place: Place, into: &mut Reconciliation<'_>) {
        let field = |column: Option<usize>| match column.and_then(|column| record.get(column)) {
            Some(bytes) => std::str::from_utf8(bytes).map(|text| Some(text).filter(|text| !text.trim().is_empty())),
            None => Ok(None),
        };
        let fields = [
            self.group,
            self.group_external_id,
            self.user_name,
            self.user_external_id,
        ]
        .map(field);
        let [Ok(group), Ok(group_external_id), Ok(user_name), Ok(external_id)] = fields else {
            return into.problem(place, form(NOT_UTF_8));
        };
        let Some(group) = into.group(place, group, group_external_id) else {
            return;
        };
        // A row without a user says that the group is there, also when nobody is in it.
        if user_name.is_some() || external_id.is_some() {
            let id = None;
            into.member(
                place,
                &group,
                SnapshotMember {
                    id,
                    user_name,
                    external_id,
                },
            );
        }
    }
}

fn form(problem: &str) -> SnapshotProblem {
    SnapshotProblem::Form(problem.to_owned())
}

#[cfg(test)]
mod tests {
    use rolecall_engine::{Rejection, State};

    use super::*;

    fn compared(text: &[u8]) -> Result<(u64, u64), String> {
        let state = State::default();
        let mut reconciliation = Reconciliation::new(&state);
        read(text, &mut reconciliation);
        match reconciliation.finish(false) {
            Ok((drift, report)) => Ok((drift.len() as u64, report.users_unknown)),
            Err(Rejection::Snapshot(problems)) => {
                let problems = problems.iter().map(|(place, problem)| format!("{place}: {problem}"));
                Err(problems.collect::<Vec<_>>().join("\n"))
            }
            Err(other) => Err(other.to_string()),
        }
    }

    #[track_caller]
    fn wrong(text: &[u8], says: &[&str]) {
        let problems = compared(text).unwrap_err();
        for said in says {
            assert!(problems.contains(said), "`{said}` is not in\n{problems}");
        }
    }

    #[test]
    fn groups_are_read_with_quotes_byte_order_mark_and_either_end_of_line() {
        let file = "\u{feff}Group, user_name\r\n\"eng, \"\"web\"\"\",ana\r\neng,ben\n\nempty,\n";
        assert_eq!(compared(file.as_bytes()), Ok((3, 2)));
        assert_eq!(compared(b"group,user_name\n"), Ok((0, 0)));
    }

    #[test]
    fn lines_are_counted_as_editors_do_whatever_ends_them() {
        let file = "group,user_name\neng\n\n,ana\n\"x\",ana\nops,ben,\n";
        for file in [file.to_owned(), file.replace('\n', "\r\n")] {
            let problems = compared(file.as_bytes()).unwrap_err();
            let lines: Vec<_> = problems.lines().filter_map(|problem| problem.split_once(':')).collect();
            let lines: Vec<_> = lines.into_iter().map(|(line, _)| line).collect();
            assert_eq!(lines, ["line 2", "line 4", "line 6"], "{file:?}");
        }
    }

    #[test]
    fn text_behind_a_closing_quotation_mark_is_refused_and_not_made_a_part_of_the_field() {
        let problems =
            compared(b"group,user_name\n\"Eng\"x,ana\n\n\"a\"\"b\",\"c\"\r\nops,\"ben\" \nthe \"best\",ana\n");
        let text =
            "there is text behind the closing quotation mark of a field; a quotation mark within one is written twice";
        assert_eq!(problems, Err(format!("line 2: {text}\nline 5: {text}")));
        wrong(b"\"group\"s,user_name\n", &["line 1: there is text behind"]);
    }

    #[test]
    fn all_that_is_wrong_is_told_with_its_line() {
        wrong(b"", &["line 1: the header `group,user_name` is missing"]);
        wrong(
            b"group;user_name\neng;ana\n",
            &["line 1: the columns are separated by semicolons; save the file with commas"],
        );
        wrong(
            b"group,group,user_name\n",
            &["line 1: the header has the column `group` twice"],
        );
        wrong(b"group\neng\n", &["no column `user_name`"]);
        wrong(
            b"group,user_name\neng\n,ana\neng,\xff\xfe\neng,\"ana\nops,ben\n",
            &[
                "line 2: the header has 2 columns, and this row 1",
                "line 3: a group takes a name or an external id",
                "line 4: the file is not in UTF-8",
                "line 5: a quotation mark is not closed on its line",
            ],
        );
        let utf_16: Vec<u8> = "group,user_name".encode_utf16().flat_map(u16::to_le_bytes).collect();
        wrong(&utf_16, &["line 1: the file is not in UTF-8"]);
        wrong(b"\xff\xfeg\0r\0", &["line 1: the file is not in UTF-8"]);
        wrong(b"group,\xe4\n", &["line 1: the file is not in UTF-8"]);
        wrong(b"group\tuser_name\n", &["line 1: the columns are separated by tabs"]);
        wrong(b"grp,user_name\n", &["line 1: the header takes the columns"]);
        wrong(
            b"\"group,user_name\neng,ana\n",
            &["line 1: a quotation mark is not closed on its line"],
        );
        wrong(
            b"group,user_name\neng,ana\n\"ops,ben\n",
            &["line 3: a quotation mark is not closed on its line"],
        );
    }
}
