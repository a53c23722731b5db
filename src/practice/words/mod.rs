//! The stock of names and phrases the made-up book is written with.
//! Decides only wording; which of it is used where is decided in `world`.
//! Every company, person and mail address is invented; hosts end in `.example`.

pub(crate) mod companies;
pub(crate) mod people;
pub(crate) mod phrases;
