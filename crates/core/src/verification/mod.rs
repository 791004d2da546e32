//! Verification of organizations as pure state machines, each event tested against a table.
//!
//! | Question | Module |
//! | --- | --- |
//! | Which states has one attempt to prove a number? | [`phone`] |
//! | Which phone status has the organization? | [`phone_requirement`] |
//! | Which of two services sends the code? | [`phone_services`] |
//! | May the number verify one more organization? | [`phone_sharing`] |
//! | May a code be sent to this kind of number, and how is the number shown? | [`number`] |
//! | Which payment status has the organization? | [`payment`] |
//! | Which verification status has it, and which reports of the service count? | [`organization`] |
//! | Which documents prove a person's identity? | [`documents`], [`countries`] |
//! | What do captures, cases and pictures for people's reviews say? | [`review`] |
//! | How does a link reach another device? | [`handoff`] |
//! | How long may pictures be kept because the law requires it? | [`legal_hold`] |
//! | Which signals should an operator check? | [`signals`] |
//! | How often may all that happen? | [`limits`] |
//!
//! A machine takes a value and an event and returns the next value, the effects, and the audit event. No effect of any
//! of them touches a key: existing keys keep working.

pub mod countries;
pub mod documents;
pub mod handoff;
pub mod legal_hold;
pub mod limits;
pub mod number;
pub mod organization;
pub mod payment;
pub mod phone;
pub mod phone_requirement;
pub mod phone_services;
pub mod phone_sharing;
pub mod review;
pub mod signals;
pub mod waiver;
