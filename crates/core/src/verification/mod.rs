//! What an organization proves and how: pure machines over values, each event tested against the table it comes from.
//!
//! | Question | Module |
//! | --- | --- |
//! | How does one attempt to prove a number proceed? | [`phone`] |
//! | Where does the organization stand with its phone? | [`phone_standing`] |
//! | Which of two services sends the code? | [`phone_services`] |
//! | May the number stand for one more organization? | [`phone_sharing`] |
//! | May this kind of number be asked for a code, and how is it shown? | [`number`] |
//! | Where does the organization stand with its payment method? | [`payment`] |
//! | Where does it stand with its verification, and which word of the service counts? | [`organization`] |
//! | Which documents prove who somebody is? | [`documents`], [`countries`] |
//! | How long may pictures be kept because the law asks for it? | [`legal_hold`] |
//! | What makes an operator look twice? | [`signals`] |
//! | How often may all that happen? | [`limits`] |
//!
//! A machine takes a value and an event and answers the next value, what must be done, and the audit event that tells
//! of it. No effect of any of them touches a key: existing keys keep working.

pub mod countries;
pub mod documents;
pub mod legal_hold;
pub mod limits;
pub mod number;
pub mod organization;
pub mod payment;
pub mod phone;
pub mod phone_services;
pub mod phone_sharing;
pub mod phone_standing;
pub mod signals;
