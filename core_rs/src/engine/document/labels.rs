//! Keys that only label a scenario: they change nothing the engine computes, but they are checked
//! like all others.

use super::bounds::DEFAULT_DECIMALS;
use super::table::{Absent, Table, Whole, open};

/// Checks `name` of a scenario or agent.
pub fn name(table: &Table<'_>) {
    if let Some(name) = table.text("name") {
        let length = name.chars().count();
        if !(1..=200).contains(&length) || name.chars().any(char::is_control) {
            table.error(
                "bad_text",
                "name",
                "a name is one line of text",
                "1 to 200 characters",
            );
        }
    }
}

/// Checks the labels of the document itself; gives its clock times in seconds since midnight.
pub fn check(root: &Table<'_>) -> Option<(u32, u32)> {
    name(root);
    currency(root);
    if let Some(date) = root.text("start_date")
        && !is_date(date)
    {
        let message = "must be a date such as 2026-01-05";
        root.error("not_a_date", "start_date", message, "YYYY-MM-DD");
    }
    if let Some(zone) = root.text("timezone") {
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"_+-/".contains(&byte);
        if !(1..=64).contains(&zone.len()) || !zone.bytes().all(valid) {
            let message = "must be the name of a time zone such as Europe/Helsinki";
            root.error(
                "not_a_timezone",
                "timezone",
                message,
                "a name of the IANA database",
            );
        }
    }
    day(root)
}

fn currency(root: &Table<'_>) {
    let path = root.path.key("currency");
    let table = root
        .get("currency")
        .and_then(|value| open(value, &path, root.faults, &["code", "decimals"]));
    let Some(table) = table else {
        return;
    };
    let _shown_only = table.count(
        "decimals",
        Whole::number(0, 6),
        Absent::Is(DEFAULT_DECIMALS),
    );
    if let Some(code) = table.text("code")
        && (code.chars().count() > 12 || code.chars().any(char::is_control))
    {
        table.error(
            "bad_text",
            "code",
            "is too long for a currency",
            "at most 12 characters",
        );
    }
}

/// `day_start` and `day_end` come together, in that order.
fn day(root: &Table<'_>) -> Option<(u32, u32)> {
    let clock = |key| {
        let text = root.text(key)?;
        let seconds = seconds_of_day(text, key == "day_end");
        if seconds.is_none() {
            let message = "must be a clock time such as \"08:00\", in quotes";
            root.error("not_a_time", key, message, "HH:MM or HH:MM:SS");
        }
        seconds
    };
    let (start, end) = (clock("day_start"), clock("day_end"));
    for (key, other) in [("day_start", "day_end"), ("day_end", "day_start")] {
        if root.get(key).is_none() && root.get(other).is_some() {
            root.error(
                "missing",
                key,
                format!("{key} is required with {other}"),
                "HH:MM",
            );
        }
    }
    let (start, end) = (start?, end?);
    if end <= start {
        root.error(
            "contradiction",
            "day_end",
            "must be after day_start",
            "a later time",
        );
        return None;
    }
    Some((start, end))
}

/// Seconds since midnight; 24:00 only where a day ends.
fn seconds_of_day(text: &str, is_end: bool) -> Option<u32> {
    let mut parts = text.split(':').map(|part| {
        let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u32>().ok().filter(|_| digits)
    });
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = match parts.next() {
        None => 0,
        Some(second) => second?,
    };
    let total = hour * 3_600 + minute * 60 + second;
    let limit = if is_end { 86_400 } else { 86_399 };
    (parts.next().is_none() && minute < 60 && second < 60 && total <= limit).then_some(total)
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else {
        return false;
    };
    let number = |part: &str, length: usize| {
        let digits = part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u32>().ok().filter(|_| digits)
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2))
    else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    };
    year > 0 && (1..=days).contains(&day)
}
