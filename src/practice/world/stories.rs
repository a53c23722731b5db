//! The accounts with a story: what a customer success manager would recognise in the first screenful.
//! Decides who they are and which figures tell the story. Their people and dates are made in `cast`
//! and `plan` like everyone's, with the few exceptions that ask for a story there.

use super::shape::{Invoice, Mood, Segment, Shape};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Story {
    /// The champion left yesterday, use fell by a third, the renewal is three weeks away.
    ChampionLeft,
    /// Use goes down a little every week; nothing else is wrong.
    SlowSlide,
    /// Four months after signing still not live.
    LateOnboarding,
    /// Happy, and nobody has talked to them for five months.
    Untouched,
    OverdueInvoice,
    /// The largest contract hangs on one person.
    Giant,
    /// Left, and came back.
    CameBack,
    /// Uses it well, renews soon, and no buyer has heard from us.
    QuietBuyer,
    Escalation,
    UnusedLicences,
    CsatFalling,
    /// Changed hands three weeks ago.
    NewOwner,
    Thriving,
}

pub(crate) struct Face {
    pub story: Story,
    pub name: &'static str,
    pub domain: &'static str,
    pub industry: &'static str,
}

const fn face(story: Story, name: &'static str, domain: &'static str, industry: &'static str) -> Face {
    Face { story, name, domain, industry }
}

/// The first accounts of every book, in this order.
pub(crate) const FACES: [Face; 16] = [
    face(Story::ChampionLeft, "Northwind Traders", "northwind.example", "WHOLESALE"),
    face(Story::SlowSlide, "Kestrel Freight", "kestrelfreight.example", "LOGISTICS_AND_SUPPLY_CHAIN"),
    face(Story::LateOnboarding, "Bluefin Analytics", "bluefin-analytics.example", "COMPUTER_SOFTWARE"),
    face(Story::Untouched, "Marigold Hotels", "marigoldhotels.example", "HOSPITALITY"),
    face(Story::OverdueInvoice, "Tessellate Labs", "tessellate.example", "RESEARCH"),
    face(Story::Giant, "Atlas Meridian Group", "atlasmeridian.example", "CONGLOMERATE"),
    face(Story::CameBack, "Fernleaf Power", "fernleafpower.example", "RENEWABLES_ENVIRONMENT"),
    face(Story::QuietBuyer, "Saltmarsh Insurance", "saltmarsh.example", "INSURANCE"),
    face(Story::Escalation, "Orbit & Pine", "orbitandpine.example", "RETAIL"),
    face(Story::UnusedLicences, "Granite Lake Clinics", "granitelake.example", "HOSPITAL_HEALTH_CARE"),
    face(Story::CsatFalling, "Vireo Payments", "vireopay.example", "FINANCIAL_SERVICES"),
    face(Story::NewOwner, "Sunda Maritime", "sundamaritime.example", "MARITIME"),
    face(Story::Thriving, "Fjordlys Media", "fjordlys.example", "MEDIA_PRODUCTION"),
    face(Story::Thriving, "Baobab Learning", "baobab.example", "E_LEARNING"),
    face(Story::Thriving, "Quillon Press", "quillon.example", "PUBLISHING"),
    face(Story::Thriving, "Lumen Orchard", "lumenorchard.example", "FOOD_PRODUCTION"),
];

impl Story {
    /// The story of an account, by its number.
    pub(crate) fn of(account: u32) -> Option<Story> {
        FACES.get(account as usize).map(|face| face.story)
    }

    /// Replaces the figures that tell this story; the rest stays as drawn.
    pub(crate) fn apply(self, shape: &mut Shape) {
        strong(shape);
        match self {
            Story::ChampionLeft => {
                size(shape, Segment::Enterprise, 412_000, 240, 23, 3);
                shape.mood = Mood::Poor;
                shape.use_now = 121.0 / 240.0;
                shape.use_28 = 182.0 / 240.0;
                shape.drift = 0.001;
                shape.used = 3;
                shape.bought = 8;
                shape.gaps = [128, 72, 34];
                shape.csat = [6.2, 7.9, 8.2];
                shape.tickets = 6;
                shape.open_tickets = 1;
                shape.escalation = Some((16, Some(2)));
                shape.tiers = [1, 2, 6, 1];
            }
            Story::SlowSlide => {
                size(shape, Segment::Mid, 96_000, 140, 61, 3);
                shape.mood = Mood::Poor;
                shape.use_now = 0.46;
                shape.use_28 = 0.55;
                shape.drift = -0.02;
                shape.used = 3;
                shape.bought = 7;
                shape.gaps = [84, 52, 24];
                shape.csat = [6.4, 7.2, 7.8];
            }
            Story::LateOnboarding => {
                size(shape, Segment::Mid, 74_000, 90, 245, 1);
                shape.mood = Mood::Poor;
                shape.live_after = None;
                shape.use_now = 0.07;
                shape.use_28 = 0.08;
                shape.drift = -0.01;
                shape.used = 1;
                shape.gaps = [92, 33, 9];
                shape.csat = [4.6, 5.9, 6.2];
                shape.open_tickets = 4;
                shape.tickets = 8;
            }
            Story::Untouched => {
                size(shape, Segment::Mid, 118_000, 160, 190, 4);
                shape.gaps = [152, 156, 149];
                shape.csat_age = 95;
            }
            Story::OverdueInvoice => {
                size(shape, Segment::Smb, 31_000, 45, 122, 2);
                shape.mood = Mood::Middling;
                shape.invoice = Invoice::Overdue(37);
                shape.use_now = 0.63;
                shape.use_28 = 0.65;
                shape.gaps = [104, 52, 24];
                shape.csat = [7.1, 7.4, 7.8];
            }
            Story::Giant => {
                size(shape, Segment::Enterprise, 880_000, 1_150, 148, 4);
                shape.mood = Mood::Middling;
                shape.tiers = [1, 3, 9, 2];
                shape.gaps = [41, 210, 22];
                shape.use_now = 0.72;
                shape.use_28 = 0.725;
                shape.drift = 0.0;
                shape.csat = [7.4, 7.6, 7.5];
            }
            Story::CameBack => {
                size(shape, Segment::Mid, 58_000, 80, 155, 1);
                shape.use_now = 0.8;
                shape.use_28 = 0.77;
                shape.drift = 0.01;
            }
            Story::QuietBuyer => {
                size(shape, Segment::Enterprise, 236_000, 310, 60, 3);
                shape.gaps = [171, 19, 6];
                shape.use_now = 0.9;
                shape.use_28 = 0.89;
                shape.csat = [8.1, 8.3, 8.2];
                shape.csat_age = 140;
            }
            Story::Escalation => {
                size(shape, Segment::Mid, 142_000, 210, 88, 2);
                shape.mood = Mood::Poor;
                shape.escalation = Some((6, None));
                shape.open_tickets = 4;
                shape.tickets = 11;
                shape.csat = [4.1, 6.8, 7.6];
                shape.csat_age = 4;
                shape.use_now = 0.5;
                shape.use_28 = 0.61;
                shape.gaps = [86, 15, 4];
            }
            Story::UnusedLicences => {
                size(shape, Segment::Enterprise, 184_000, 400, 205, 2);
                shape.mood = Mood::Poor;
                shape.use_now = 0.23;
                shape.use_28 = 0.24;
                shape.drift = 0.0;
                shape.used = 3;
                shape.bought = 8;
                shape.gaps = [98, 44, 21];
                shape.csat = [6.9, 7.0, 6.8];
            }
            Story::CsatFalling => {
                size(shape, Segment::Mid, 67_000, 105, 133, 3);
                shape.mood = Mood::Middling;
                shape.csat = [4.4, 6.9, 8.8];
                shape.csat_age = 9;
                shape.use_now = 0.71;
                shape.use_28 = 0.72;
                shape.open_tickets = 3;
                shape.tickets = 9;
                shape.gaps = [64, 30, 11];
            }
            Story::NewOwner => size(shape, Segment::Mid, 89_000, 130, 226, 3),
            Story::Thriving => {
                let seats = (shape.arr / 600).clamp(30, 600) as u32 / 5 * 5;
                let (segment, arr, renew_in) = (shape.segment, shape.arr, shape.renew_in.max(100));
                size(shape, segment, arr, seats, renew_in, shape.terms.max(2));
                shape.use_now = 0.93;
                shape.use_28 = 0.91;
                shape.drift = 0.006;
                shape.used = shape.bought;
                shape.csat = [9.3, 9.1, 8.8];
            }
        }
    }
}

fn size(shape: &mut Shape, segment: Segment, arr: i64, seats: u32, renew_in: i32, terms: i32) {
    shape.currency = "USD";
    shape.segment = segment;
    shape.arr = arr;
    shape.seats = seats;
    shape.renew_in = renew_in;
    shape.terms = terms;
}

/// Every story starts from an account in good order.
fn strong(shape: &mut Shape) {
    shape.mood = Mood::Strong;
    shape.use_now = 0.88;
    shape.use_28 = 0.86;
    shape.drift = 0.003;
    shape.used = shape.bought.saturating_sub(1).max(1);
    shape.gaps = [26, 17, 8];
    shape.csat = [8.8, 8.7, 8.5];
    shape.csat_age = 34;
    shape.tickets = 4;
    shape.open_tickets = 0;
    shape.escalation = None;
    shape.invoice = Invoice::Paid;
    shape.growth = 0.08;
    shape.expansion = None;
    shape.live_after = Some(52);
}
