//! Money: whole minor units with their currency. Never a float, never without a currency.

use std::fmt;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

/// An ISO 4217 code, upper case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    /// US dollars, the default of the book.
    pub const USD: Self = Self(*b"USD");

    /// Three ASCII letters, any case; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 3] = text.trim().as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_alphabetic).then(|| Self(bytes.map(|b| b.to_ascii_uppercase())))
    }

    /// The code as text.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// Digits after the point, by ISO 4217.
    pub fn digits(self) -> u32 {
        match self.code() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV"
            | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        }
    }

    /// The sign people write before an amount (`$`, `€`, `£`), else the code and a space.
    pub fn sign(&self) -> String {
        match self.code() {
            "USD" => "$".into(),
            "EUR" => "€".into(),
            "GBP" => "£".into(),
            "JPY" => "¥".into(),
            other => format!("{other} "),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("{text:?} is not a currency: three letters are expected, as in USD"))
        })
    }
}

/// An amount in minor units (cents) of a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units: cents for USD, whole yen for JPY.
    pub minor: i64,
    /// Its currency.
    pub currency: Currency,
}

impl Money {
    /// From whole units as a decimal (`412000.50`), rounded half away from zero to minor units. `None` beyond `i64`.
    pub fn from_decimal(amount: Decimal, currency: Currency) -> Option<Self> {
        let scaled = amount.checked_mul(Decimal::from(10_i64.pow(currency.digits())))?;
        let minor = scaled.round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero).to_i64()?;
        Some(Self { minor, currency })
    }

    /// The amount in units of its currency, for JSON and arithmetic on screen. Exact below 2^53 minor units.
    pub fn units(self) -> f64 {
        self.minor as f64 / 10_f64.powi(self.currency.digits() as i32)
    }

    /// This amount in `to`, by `rate` (units of `to` per unit of its own currency).
    pub fn converted(self, to: Currency, rate: Decimal) -> Option<Self> {
        let units = Decimal::new(self.minor, self.currency.digits());
        Self::from_decimal(units.checked_mul(rate)?, to)
    }

    /// Short for a column: `412k`, `6.2M`, `840`; without sign. Three digits decide.
    pub fn short(self) -> String {
        short(self.units())
    }
}

/// What something is worth: once, or each year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Worth {
    pub amount: Money,
    pub yearly: bool,
}

/// `412k`, `6.2M`, `840`: the fewest digits that decide. A minus is `−`.
pub fn short(units: f64) -> String {
    let (sign, n) = if units < 0.0 { ("−", -units) } else { ("", units) };
    let text = match n {
        n if n < 999.5 => format!("{n:.0}"),
        n if n < 9_950.0 => trim(format!("{:.1}", n / 1e3), "k"),
        n if n < 999_500.0 => format!("{:.0}k", n / 1e3),
        n if n < 99_950_000.0 => trim(format!("{:.1}", n / 1e6), "M"),
        n if n < 999_500_000.0 => format!("{:.0}M", n / 1e6),
        n => trim(format!("{:.1}", n / 1e9), "B"),
    };
    format!("{sign}{text}")
}

fn trim(number: String, unit: &str) -> String {
    format!("{}{unit}", number.strip_suffix(".0").unwrap_or(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minor_units_follow_the_currency() {
        let usd = Money::from_decimal("412000.505".parse().unwrap(), Currency::USD).unwrap();
        assert_eq!(usd.minor, 41_200_051);
        let jpy = Money::from_decimal("1200".parse().unwrap(), Currency::parse("jpy").unwrap()).unwrap();
        assert_eq!(jpy.minor, 1200);
        assert_eq!(jpy.units(), 1200.0);
        let eur = Money::from_decimal(Decimal::from(100), Currency::parse("EUR").unwrap()).unwrap();
        assert_eq!(eur.converted(Currency::USD, "1.08".parse().unwrap()).unwrap().minor, 10_800);
    }

    #[test]
    fn short_keeps_the_digits_that_decide() {
        for (units, text) in [
            (0.0, "0"),
            (840.0, "840"),
            (999.6, "1k"),
            (8_400.0, "8.4k"),
            (412_000.0, "412k"),
            (999_600.0, "1M"),
            (6_240_000.0, "6.2M"),
            (-96_000.0, "−96k"),
            (1.2e9, "1.2B"),
        ] {
            assert_eq!(short(units), text);
        }
    }
}
