//! Names and titles of people, culture by culture, so that first and last names belong together.
//! Decides wording only. Mail addresses are plain ASCII, whatever the name is written with.

use crate::practice::dice::Dice;

/// Where in the name lists a person's name stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NameAt {
    culture: u8,
    first: u8,
    last: u8,
}

struct Culture {
    first: [&'static str; 14],
    last: [&'static str; 14],
}

const CULTURES: [Culture; 12] = [
    Culture {
        first: [
            "Anna", "Ben", "Claire", "Daniel", "Emma", "Grace", "Henry", "Kate", "Laura", "Mark", "Nora", "Oliver",
            "Ruth", "Tom",
        ],
        last: [
            "Baker", "Carter", "Dawson", "Ellis", "Fletcher", "Hughes", "Mason", "Parker", "Reed", "Shaw", "Turner",
            "Walsh", "Webb", "Young",
        ],
    },
    Culture {
        first: [
            "Alejandra",
            "Carlos",
            "Diego",
            "Elena",
            "Inés",
            "Javier",
            "José",
            "Lucía",
            "Marta",
            "Miguel",
            "Pilar",
            "Rafael",
            "Sofía",
            "Tomás",
        ],
        last: [
            "Álvarez", "Castillo", "Delgado", "Fuentes", "García", "Herrera", "Ibáñez", "López", "Morales", "Navarro",
            "Peña", "Ramírez", "Soto", "Vega",
        ],
    },
    Culture {
        first: [
            "Aarav", "Ananya", "Arjun", "Deepa", "Ishaan", "Kavya", "Meera", "Nikhil", "Priya", "Rahul", "Rohan",
            "Sanjay", "Shreya", "Vikram",
        ],
        last: [
            "Bhatt", "Chopra", "Desai", "Gupta", "Iyer", "Joshi", "Kapoor", "Mehta", "Nair", "Patel", "Rao", "Sharma",
            "Singh", "Verma",
        ],
    },
    Culture {
        first: ["Bo", "Fang", "Hao", "Hui", "Jing", "Lan", "Lei", "Min", "Ning", "Qiang", "Wei", "Xin", "Yan", "Yu"],
        last: ["Chen", "Gao", "Guo", "He", "Huang", "Li", "Lin", "Liu", "Sun", "Wang", "Wu", "Xu", "Zhang", "Zhou"],
    },
    Culture {
        first: [
            "Anja",
            "Birgit",
            "Dieter",
            "Franziska",
            "Greta",
            "Heike",
            "Jonas",
            "Jürgen",
            "Katrin",
            "Lukas",
            "Matthias",
            "Sabine",
            "Stefan",
            "Uwe",
        ],
        last: [
            "Bauer", "Becker", "Fischer", "Hoffmann", "Keller", "Krüger", "Lang", "Meyer", "Neumann", "Richter",
            "Schäfer", "Schulz", "Vogel", "Weiß",
        ],
    },
    Culture {
        first: [
            "Amélie",
            "Antoine",
            "Camille",
            "Chloé",
            "Étienne",
            "François",
            "Hélène",
            "Julien",
            "Léa",
            "Louis",
            "Manon",
            "Mathieu",
            "Pauline",
            "Rémi",
        ],
        last: [
            "Bernard",
            "Blanc",
            "Chevalier",
            "Dubois",
            "Fontaine",
            "Garnier",
            "Lambert",
            "Laurent",
            "Lefèvre",
            "Mercier",
            "Moreau",
            "Perrin",
            "Rousseau",
            "Vidal",
        ],
    },
    Culture {
        first: [
            "Akira", "Aoi", "Daichi", "Emi", "Haruto", "Hiroshi", "Kenji", "Mei", "Naoko", "Ren", "Sakura", "Takumi",
            "Yui", "Yuto",
        ],
        last: [
            "Abe",
            "Fujita",
            "Hayashi",
            "Ito",
            "Kato",
            "Kimura",
            "Kobayashi",
            "Mori",
            "Nakamura",
            "Sato",
            "Suzuki",
            "Tanaka",
            "Watanabe",
            "Yamamoto",
        ],
    },
    Culture {
        first: [
            "Abena", "Amara", "Chidi", "Efua", "Femi", "Ifeoma", "Kofi", "Kwame", "Ngozi", "Obi", "Sade", "Tunde",
            "Wanjiru", "Zola",
        ],
        last: [
            "Achebe", "Adeyemi", "Asante", "Balogun", "Boateng", "Diallo", "Eze", "Kamau", "Mensah", "Mwangi",
            "Ndlovu", "Okafor", "Osei", "Owusu",
        ],
    },
    Culture {
        first: [
            "Astrid", "Björn", "Elin", "Freja", "Gustav", "Ingrid", "Johan", "Kirsten", "Lars", "Mikkel", "Sigrid",
            "Søren", "Tuva", "Åsa",
        ],
        last: [
            "Andersen",
            "Berg",
            "Dahl",
            "Eriksson",
            "Hagen",
            "Jensen",
            "Johansson",
            "Larsen",
            "Lindqvist",
            "Nilsen",
            "Nyström",
            "Olsen",
            "Sørensen",
            "Virtanen",
        ],
    },
    Culture {
        first: [
            "Ahmed", "Amina", "Farid", "Fatima", "Hassan", "Karim", "Layla", "Leila", "Mariam", "Nadia", "Omar",
            "Samir", "Yasmin", "Zainab",
        ],
        last: [
            "Abbas", "Aziz", "Darwish", "El-Masri", "Farouk", "Haddad", "Hakimi", "Karimi", "Khalil", "Mansour",
            "Nasser", "Rahman", "Saleh", "Zaman",
        ],
    },
    Culture {
        first: [
            "Agnieszka",
            "Andrei",
            "Dragana",
            "Elena",
            "Ivan",
            "Katarzyna",
            "Łukasz",
            "Magda",
            "Marek",
            "Milica",
            "Ondřej",
            "Petra",
            "Tereza",
            "Zofia",
        ],
        last: [
            "Dvořák",
            "Horváth",
            "Ivanov",
            "Jovanović",
            "Kovač",
            "Kowalski",
            "Nowak",
            "Novotná",
            "Petrović",
            "Popescu",
            "Svoboda",
            "Wiśniewski",
            "Wójcik",
            "Zieliński",
        ],
    },
    Culture {
        first: [
            "Beatriz", "Bruna", "Caio", "Fernanda", "Gabriel", "Helena", "João", "Larissa", "Luiza", "Mateus", "Pedro",
            "Rafaela", "Thiago", "Vitória",
        ],
        last: [
            "Almeida",
            "Barbosa",
            "Cardoso",
            "Carvalho",
            "Costa",
            "Ferreira",
            "Gonçalves",
            "Lima",
            "Moraes",
            "Oliveira",
            "Pereira",
            "Ribeiro",
            "Santos",
            "Souza",
        ],
    },
];

impl NameAt {
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        // The first culture is the office's own language: a third of the book.
        let culture = if dice.chance(0.34) { 0 } else { dice.index(CULTURES.len()) };
        NameAt { culture: culture as u8, first: dice.index(14) as u8, last: dice.index(14) as u8 }
    }

    pub(crate) fn first(self) -> &'static str {
        CULTURES[usize::from(self.culture)].first[usize::from(self.first)]
    }

    pub(crate) fn last(self) -> &'static str {
        CULTURES[usize::from(self.culture)].last[usize::from(self.last)]
    }
}

/// The local part of a mail address: `first.last`, ASCII, lower case.
pub(crate) fn mail_name(first: &str, last: &str) -> String {
    let mut out = String::with_capacity(first.len() + last.len() + 1);
    for (at, part) in [first, last].into_iter().enumerate() {
        if at == 1 {
            out.push('.');
        }
        for c in part.chars().flat_map(char::to_lowercase) {
            match c {
                'a'..='z' | '0'..='9' => out.push(c),
                'á' | 'à' | 'ã' | 'â' | 'å' => out.push('a'),
                'ä' => out.push_str("ae"),
                'ç' | 'ć' | 'č' => out.push('c'),
                'é' | 'è' | 'ê' | 'ë' | 'ę' => out.push('e'),
                'í' | 'ï' => out.push('i'),
                'ł' => out.push('l'),
                'ñ' | 'ń' => out.push('n'),
                'ó' | 'ô' => out.push('o'),
                'ö' | 'ø' => out.push_str("oe"),
                'ř' => out.push('r'),
                'ś' | 'š' => out.push('s'),
                'ß' => out.push_str("ss"),
                'ú' => out.push('u'),
                'ü' => out.push_str("ue"),
                _ => {}
            }
        }
    }
    out
}

/// What a person has to do with us. Buyers decide and pay; builders deploy or develop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tier {
    Buyer,
    Influencer,
    User,
    Builder,
}

/// Title, buying role as the CRM writes it (may be empty), seniority.
pub(crate) type Post = (&'static str, &'static str, &'static str);

const BUYERS: [Post; 14] = [
    ("Chief Operating Officer", "DECISION_MAKER;EXECUTIVE_SPONSOR", "executive"),
    ("VP Operations", "DECISION_MAKER", "vp"),
    ("Chief Financial Officer", "BUDGET_HOLDER", "executive"),
    ("VP Finance", "BUDGET_HOLDER", "vp"),
    ("Director of Operations", "DECISION_MAKER", "director"),
    ("Chief Information Officer", "DECISION_MAKER", "executive"),
    ("Head of Procurement", "BUDGET_HOLDER", "director"),
    ("VP Supply Chain", "DECISION_MAKER", "vp"),
    ("Managing Director", "DECISION_MAKER;BUDGET_HOLDER", "executive"),
    ("Chief Customer Officer", "EXECUTIVE_SPONSOR", "executive"),
    ("VP Digital", "DECISION_MAKER", "vp"),
    ("General Manager", "DECISION_MAKER", "executive"),
    ("Chief Technology Officer", "DECISION_MAKER", "executive"),
    ("Director of Finance", "", "director"),
];

const INFLUENCERS: [Post; 12] = [
    ("Head of Planning", "INFLUENCER", "director"),
    ("Operations Manager", "CHAMPION", "manager"),
    ("Head of Business Systems", "INFLUENCER", "director"),
    ("Process Excellence Lead", "CHAMPION", "manager"),
    ("IT Manager", "INFLUENCER", "manager"),
    ("Senior Programme Manager", "INFLUENCER", "manager"),
    ("Head of Data", "INFLUENCER", "director"),
    ("Regional Manager", "INFLUENCER", "manager"),
    ("Finance Manager", "INFLUENCER", "manager"),
    ("Security Lead", "LEGAL_AND_COMPLIANCE", "manager"),
    ("Change Manager", "CHAMPION", "manager"),
    ("Head of Customer Operations", "INFLUENCER", "director"),
];

const USERS: [Post; 12] = [
    ("Planner", "END_USER", "employee"),
    ("Operations Analyst", "END_USER", "employee"),
    ("Team Lead, Fulfilment", "END_USER", "manager"),
    ("Business Analyst", "END_USER", "employee"),
    ("Inventory Specialist", "END_USER", "employee"),
    ("Customer Service Agent", "END_USER", "employee"),
    ("Controller", "END_USER", "employee"),
    ("Project Coordinator", "END_USER", "employee"),
    ("Scheduling Assistant", "END_USER", "entry"),
    ("Reporting Specialist", "", "employee"),
    ("Shift Supervisor", "END_USER", "manager"),
    ("Account Coordinator", "END_USER", "employee"),
];

const BUILDERS: [Post; 7] = [
    ("Integration Engineer", "", "employee"),
    ("Solutions Architect", "", "senior"),
    ("Data Engineer", "", "employee"),
    ("Systems Administrator", "", "employee"),
    ("Senior Developer", "", "senior"),
    ("Platform Engineer", "", "employee"),
    ("BI Developer", "", "employee"),
];

/// A post for a person of this tier.
pub(crate) fn post(tier: Tier, dice: &mut Dice) -> Post {
    match tier {
        Tier::Buyer => dice.pick(&BUYERS),
        Tier::Influencer => dice.pick(&INFLUENCERS),
        Tier::User => dice.pick(&USERS),
        Tier::Builder => dice.pick(&BUILDERS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_names_are_plain_ascii_for_every_name_in_stock() {
        for culture in &CULTURES {
            for first in culture.first {
                for last in culture.last {
                    let mail = mail_name(first, last);
                    let letters = |s: &str| s.chars().filter(|c| c.is_alphabetic()).count();
                    assert!(mail.is_ascii() && mail.contains('.'), "{mail}");
                    assert!(letters(&mail) >= letters(first) + letters(last), "{first} {last} lost letters: {mail}");
                }
            }
        }
    }
}
