//! What time it is: the machine's clock, or `--today` at this time of day. The one place that knows both.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// A clock that may stand on another day.
#[derive(Clone, Debug)]
pub struct Clock {
    zone: TimeZone,
    day: Option<Date>,
}

impl Clock {
    /// The machine's clock in the book's time zone; always on `day` where one is given.
    pub fn new(zone: TimeZone, day: Option<Date>) -> Self {
        Self { zone, day }
    }

    /// The moment that things are dated with.
    pub fn now(&self) -> Timestamp {
        let now = Zoned::now().with_time_zone(self.zone.clone());
        match self.day {
            None => now.timestamp(),
            Some(day) => {
                day.to_datetime(now.time()).to_zoned(self.zone.clone()).map_or(now.timestamp(), |then| then.timestamp())
            }
        }
    }

    /// The day in the book's time zone.
    pub fn today(&self) -> Date {
        self.day.unwrap_or_else(|| Zoned::now().with_time_zone(self.zone.clone()).date())
    }

    /// It does not follow the machine's day.
    pub fn is_fixed(&self) -> bool {
        self.day.is_some()
    }
}
