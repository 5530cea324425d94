//! Rates and multipliers: decimal numbers taken exactly as they are written.

use serde_json::Value;

/// Places kept behind the point.
pub const PLACES: usize = 9;
const SCALE: i64 = 1_000_000_000;

/// A decimal number with at most nine places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decimal {
    /// The number in billionths.
    pub billionths: i64,
    /// Places behind the point as written.
    pub places: usize,
    /// The nearest double.
    pub value: f64,
}

/// Why a value is no such number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotDecimal {
    /// Neither a number nor a digit string.
    Type,
    /// More than nine places; what it would be with nine.
    Places(String),
    /// Too large to be held.
    Size,
}

impl Decimal {
    /// A whole number.
    #[must_use]
    pub const fn whole(number: i32) -> Self {
        Self {
            billionths: number as i64 * SCALE,
            places: 0,
            value: number as f64,
        }
    }

    /// Reads a number (a float stands for its shortest decimal form) or a digit string.
    ///
    /// # Errors
    /// [`NotDecimal`].
    pub fn read(value: &Value) -> Result<Self, NotDecimal> {
        match value {
            Value::String(text) => Self::parse(text),
            Value::Number(number) => match number.as_f64() {
                _ if !number.is_f64() => Self::parse(&number.to_string()),
                Some(float) if float.abs() < 1e10 => Self::parse(&float.to_string()),
                _ => Err(NotDecimal::Size),
            },
            _ => Err(NotDecimal::Type),
        }
    }

    /// Reads `-?digits[.digits]`.
    fn parse(text: &str) -> Result<Self, NotDecimal> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return Err(NotDecimal::Type);
        }
        let places = if unsigned.contains('.') {
            fraction.len()
        } else {
            0
        };
        if places > PLACES {
            let kept = text.len() - (places - PLACES);
            return Err(NotDecimal::Places(text[..kept].to_owned()));
        }
        let scaled = format!("{whole}{fraction:0<PLACES$}");
        let magnitude: i64 = scaled.parse().map_err(|_| NotDecimal::Size)?;
        let value: f64 = text.parse().map_err(|_| NotDecimal::Type)?;
        let billionths = if text.starts_with('-') {
            -magnitude
        } else {
            magnitude
        };
        Ok(Self {
            billionths,
            places,
            value,
        })
    }
}

/// Billionths as a decimal number without needless zeros.
#[must_use]
pub fn shown(billionths: i64) -> String {
    let sign = if billionths < 0 { "-" } else { "" };
    let magnitude = billionths.unsigned_abs();
    let (whole, rest) = (magnitude / SCALE as u64, magnitude % SCALE as u64);
    let text = format!("{sign}{whole}.{rest:0>PLACES$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_float_stands_for_its_shortest_decimal_form() {
        let read = |value: Value| Decimal::read(&value).map(|decimal| decimal.billionths);
        assert_eq!(read(json!(0.1)), Ok(100_000_000));
        assert_eq!(read(json!(1e-9)), Ok(1));
        assert_eq!(read(json!(5)), Ok(5_000_000_000));
        assert_eq!(read(json!("0.000123")), Ok(123_000));
        assert_eq!(read(json!(-0.5)), Ok(-500_000_000));
        assert_eq!(read(json!(-0.0)), Ok(0));
    }

    #[test]
    fn more_than_nine_places_are_refused_with_what_would_do() {
        let places = |text: &str| Err(NotDecimal::Places(text.to_owned()));
        assert_eq!(
            Decimal::read(&json!(0.123_456_789_1)),
            places("0.123456789")
        );
        assert_eq!(Decimal::read(&json!(1e-10)), places("0.000000000"));
        assert_eq!(Decimal::read(&json!("1.0000000000")), places("1.000000000"));
    }

    #[test]
    fn other_texts_and_types_are_no_numbers() {
        for value in [
            json!("1e3"),
            json!(""),
            json!("."),
            json!("1."),
            json!("--1"),
            json!("+1"),
        ] {
            assert_eq!(Decimal::read(&value), Err(NotDecimal::Type), "{value}");
        }
        assert_eq!(Decimal::read(&json!(true)), Err(NotDecimal::Type));
        assert_eq!(Decimal::read(&json!(1e300)), Err(NotDecimal::Size));
        assert_eq!(Decimal::read(&json!(u64::MAX)), Err(NotDecimal::Size));
    }

    #[test]
    fn billionths_are_shown_without_needless_zeros() {
        assert_eq!(shown(1_500_000_000), "1.5");
        assert_eq!(shown(1_000_000_000), "1");
        assert_eq!(shown(-1), "-0.000000001");
        assert_eq!(shown(0), "0");
    }
}
