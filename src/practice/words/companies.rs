//! Company names: every index has a name of its own, by walking the combinations in a scattered order.
//! Decides name, domain stem, industry and place. It must stay free of repeats for 120,000 companies.

use crate::practice::dice::{Dice, roll};

const FIRST: [&str; 72] = [
    "Alder", "Amber", "Anchor", "Ash", "Aurora", "Bay", "Beacon", "Birch", "Black", "Blue", "Bramble", "Bright",
    "Cedar", "Clear", "Cliff", "Clover", "Coral", "Crane", "Crest", "Dawn", "Deer", "Dune", "Eagle", "East", "Elder",
    "Elm", "Ember", "Fair", "Falcon", "Fern", "Flint", "Fox", "Frost", "Glen", "Gold", "Green", "Harbor", "Haw",
    "Hazel", "Heron", "High", "Holly", "Iron", "Ivy", "Juniper", "Kings", "Lake", "Lark", "Laurel", "Linden", "Long",
    "Maple", "Meadow", "Mill", "Moon", "North", "Oak", "Pine", "Plum", "Raven", "Red", "River", "Rowan", "Sage",
    "Silver", "South", "Stone", "Summer", "Swift", "Thorn", "West", "Willow",
];

const SECOND: [&str; 36] = [
    "bank", "beck", "borne", "bridge", "brook", "burn", "bury", "croft", "cross", "dale", "edge", "ferry", "field",
    "ford", "gate", "grove", "hall", "ham", "haven", "hill", "holm", "hurst", "land", "line", "mark", "mere", "mont",
    "mouth", "point", "port", "ridge", "shore", "side", "stead", "wood", "worth",
];

/// What the company does, and the industry that the CRM files it under.
const TRADE: [(&str, &str); 48] = [
    ("Logistics", "LOGISTICS_AND_SUPPLY_CHAIN"),
    ("Foods", "FOOD_PRODUCTION"),
    ("Health", "HOSPITAL_HEALTH_CARE"),
    ("Systems", "COMPUTER_SOFTWARE"),
    ("Insurance", "INSURANCE"),
    ("Energy", "RENEWABLES_ENVIRONMENT"),
    ("Media", "MEDIA_PRODUCTION"),
    ("Capital", "FINANCIAL_SERVICES"),
    ("Freight", "TRANSPORTATION_TRUCKING_RAILROAD"),
    ("Learning", "E_LEARNING"),
    ("Robotics", "INDUSTRIAL_AUTOMATION"),
    ("Hotels", "HOSPITALITY"),
    ("Retail", "RETAIL"),
    ("Software", "COMPUTER_SOFTWARE"),
    ("Pharma", "PHARMACEUTICALS"),
    ("Partners", "MANAGEMENT_CONSULTING"),
    ("Outfitters", "SPORTING_GOODS"),
    ("Analytics", "COMPUTER_SOFTWARE"),
    ("Dental", "MEDICAL_PRACTICE"),
    ("Marine", "MARITIME"),
    ("Textiles", "TEXTILES"),
    ("Mutual", "INSURANCE"),
    ("Motors", "AUTOMOTIVE"),
    ("Payments", "FINANCIAL_SERVICES"),
    ("Clinics", "HOSPITAL_HEALTH_CARE"),
    ("Press", "PUBLISHING"),
    ("Works", "MACHINERY"),
    ("Bank", "BANKING"),
    ("Networks", "TELECOMMUNICATIONS"),
    ("Farms", "FARMING"),
    ("Studios", "ENTERTAINMENT"),
    ("Packaging", "PACKAGING_AND_CONTAINERS"),
    ("Travel", "LEISURE_TRAVEL_TOURISM"),
    ("Security", "COMPUTER_NETWORK_SECURITY"),
    ("Brewing", "WINE_AND_SPIRITS"),
    ("Legal", "LEGAL_SERVICES"),
    ("Biotech", "BIOTECHNOLOGY"),
    ("Properties", "REAL_ESTATE"),
    ("Staffing", "STAFFING_AND_RECRUITING"),
    ("Aerospace", "AVIATION_AEROSPACE"),
    ("Utilities", "UTILITIES"),
    ("Furniture", "FURNITURE"),
    ("Labs", "RESEARCH"),
    ("Wholesale", "WHOLESALE"),
    ("Ceramics", "GLASS_CERAMICS_CONCRETE"),
    ("Games", "COMPUTER_GAMES"),
    ("Water", "ENVIRONMENTAL_SERVICES"),
    ("Group", "CONGLOMERATE"),
];

const TAIL: [&str; 8] = ["", "", "", "", " Inc", " Ltd", " GmbH", " & Co"];

/// City, country, international dialling code.
const PLACE: [(&str, &str, &str); 20] = [
    ("Boston", "United States", "+1 617 555"),
    ("Denver", "United States", "+1 303 555"),
    ("Austin", "United States", "+1 512 555"),
    ("Seattle", "United States", "+1 206 555"),
    ("Chicago", "United States", "+1 312 555"),
    ("Toronto", "Canada", "+1 416 555"),
    ("London", "United Kingdom", "+44 20 7946"),
    ("Leeds", "United Kingdom", "+44 113 496"),
    ("Hamburg", "Germany", "+49 40 5550"),
    ("Munich", "Germany", "+49 89 5550"),
    ("Lyon", "France", "+33 4 5550"),
    ("Utrecht", "Netherlands", "+31 30 555"),
    ("Malmö", "Sweden", "+46 40 555"),
    ("Bilbao", "Spain", "+34 94 555"),
    ("Turin", "Italy", "+39 011 555"),
    ("Nagoya", "Japan", "+81 52 555"),
    ("Pune", "India", "+91 20 5550"),
    ("Melbourne", "Australia", "+61 3 5550"),
    ("São Paulo", "Brazil", "+55 11 5550"),
    ("Nairobi", "Kenya", "+254 20 555"),
];

/// How many indices have a name of their own.
pub(crate) const NAMES: u64 = (FIRST.len() * SECOND.len() * TRADE.len()) as u64;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Naming {
    pub name: String,
    /// Host name, ends in `.example`.
    pub domain: String,
    pub industry: &'static str,
}

/// The name of the company at `index`; repeats only after [`NAMES`] indices.
pub(crate) fn naming(seed: u64, index: u32) -> Naming {
    // 7,919 is prime and divides none of the list lengths, so the walk meets every combination once.
    let at = ((u64::from(index) * 7919) + roll(seed, 0, 11) % NAMES) % NAMES;
    let trade_at = (at % TRADE.len() as u64) as usize;
    let rest = at / TRADE.len() as u64;
    let first = FIRST[(rest % FIRST.len() as u64) as usize];
    let second = SECOND[(rest / FIRST.len() as u64) as usize];
    let (trade, industry) = TRADE[trade_at];
    let mut dice = Dice::new(seed, u64::from(index), 12);
    let tail = dice.pick(&TAIL);
    let stem = format!("{first}{second}").to_lowercase();
    let joint = if dice.chance(0.5) { "-" } else { "" };
    Naming {
        name: format!("{first}{second} {trade}{tail}"),
        domain: format!("{stem}{joint}{}.example", trade.to_lowercase()),
        industry,
    }
}

/// Where a company sits: city, country, dialling code.
pub(crate) fn place(seed: u64, index: u32, currency: &str) -> (&'static str, &'static str, &'static str) {
    let range = match currency {
        "GBP" => 6..8,
        "EUR" => 8..15,
        _ => 0..PLACE.len(),
    };
    let at = range.start + (roll(seed, u64::from(index), 13) % range.len() as u64) as usize;
    PLACE[at]
}

/// Every industry code in use, for the property's options.
pub(crate) fn industries() -> Vec<&'static str> {
    let mut all: Vec<&str> = TRADE.iter().map(|(_, code)| *code).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_name_or_domain_repeats_in_the_largest_book() {
        let (mut names, mut domains) = (HashSet::new(), HashSet::new());
        for index in 0..112_000 {
            let naming = naming(42, index);
            assert!(naming.domain.ends_with(".example"));
            // Two spellings of one domain would be two domains: compare without the joint.
            assert!(domains.insert(naming.domain.replace('-', "")), "{}", naming.domain);
            assert!(names.insert(naming.name));
        }
    }

    #[test]
    fn money_and_place_go_together() {
        for index in 0..200 {
            assert_eq!(place(1, index, "GBP").1, "United Kingdom");
            assert!(!["United States", "United Kingdom"].contains(&place(1, index, "EUR").1));
        }
    }
}
