//! Proving a phone, a payment method and the organization.

mod objects;

use super::shared::{READ, WRITE};
use crate::members::{Kind, field, optional};
use crate::operation::{Access, Group, delete, get, post};
use objects::{
    ATTEMPT, ATTEMPT_ID, LANGUAGE, LINK, METHOD_ID, METHODS, NEW_ATTEMPT, PHONE, PHONE_CANCELLED, PHONE_ID, PREFERRED,
    PRIVACY, RECEIPT, REFUSALS, SETUP, SETUP_ID, STANDING, VERIFICATION,
};
pub(super) use objects::{REQUIREMENT, STATUS};

pub(super) const GROUP: Group = Group {
    slug: "verification",
    name: "Verification",
    about: "Proving a phone number, a payment method and the organization, for actions and models that need it.",
    operations: &[
        get("/v1/keystead/verification", "retrieveVerification", "Retrieve what is proven")
            .about("With every action that rules are about, and what it still needs.")
            .needs(Access::AnyKey)
            .answers(&VERIFICATION),
        post("/v1/keystead/phone_verifications", "createPhoneVerification", "Send a code to a phone")
            .needs(WRITE)
            .body(&[
                field("phone_number", Kind::Text, "The number, with its country code or with `country`.")
                    .such_as("+48 512 345 678"),
                optional("country", Kind::Text, "The country of the number, two letters.").such_as("PL"),
                LANGUAGE,
            ])
            .answers(&PHONE)
            .or(&[429, 501]),
        get("/v1/keystead/phone_verifications/{id}", "retrievePhoneVerification", "Retrieve a phone verification")
            .of(PHONE_ID)
            .needs(WRITE)
            .answers(&PHONE),
        post("/v1/keystead/phone_verifications/{id}/check", "checkPhoneVerification", "Check a code")
            .of(PHONE_ID)
            .needs(WRITE)
            .body(&[field("code", Kind::Text, "Six digits.").such_as("123456")])
            .answers(&PHONE)
            .or(&[429, 501]),
        post("/v1/keystead/phone_verifications/{id}/resend", "resendPhoneVerification", "Send a code again")
            .of(PHONE_ID)
            .needs(WRITE)
            .answers(&PHONE)
            .or(&[429, 501]),
        post("/v1/keystead/phone_verifications/{id}/cancel", "cancelPhoneVerification", "Abandon a phone verification")
            .of(PHONE_ID)
            .needs(WRITE)
            .answers(&PHONE_CANCELLED),
        get("/v1/keystead/payment_methods", "listPaymentMethods", "List payment methods").needs(READ).answers(&METHODS),
        post("/v1/keystead/payment_methods", "createPaymentSetup", "Add a payment method")
            .about("The card is entered at `url`. Nothing is charged.")
            .needs(WRITE)
            .answers(&SETUP)
            .or(&[429, 501]),
        get("/v1/keystead/payment_methods/{id}", "retrievePaymentSetup", "Retrieve a set-up")
            .of(SETUP_ID)
            .needs(READ)
            .answers(&SETUP),
        post("/v1/keystead/payment_methods/{id}/refresh", "refreshPaymentSetup", "Ask the payment service")
            .about("Reads the state of the set-up at the service now.")
            .of(SETUP_ID)
            .needs(WRITE)
            .answers(&SETUP)
            .or(&[429, 501]),
        post("/v1/keystead/payment_methods/{id}/default", "preferPaymentMethod", "Make a payment method the default")
            .of(METHOD_ID)
            .needs(WRITE)
            .answers(&PREFERRED)
            .or(&[409, 501]),
        delete("/v1/keystead/payment_methods/{id}", "deletePaymentMethod", "Remove a payment method")
            .of(METHOD_ID)
            .needs(WRITE)
            .removes("keystead.payment_method.deleted")
            .or(&[409, 501]),
    ],
};

pub(super) const ORGANIZATION: Group = Group {
    slug: "organization-verification",
    name: "Organization verification",
    about: "Verifying the organization, refused calls, and the record of what was done with the data.",
    operations: &[
        get(
            "/v1/keystead/organization_verifications",
            "retrieveOrganizationStanding",
            "Retrieve the state of the organization",
        )
        .needs(READ)
        .answers(&STANDING),
        post(
            "/v1/keystead/organization_verifications",
            "createOrganizationVerification",
            "Begin to verify the organization",
        )
        .about("Begins an attempt, or joins the one in progress with a new link.")
        .needs(WRITE)
        .body(&[
            optional(
                "consent",
                Kind::Boolean,
                "Whether the person agrees to the check of their identity; it must be `true`.",
            )
            .shown(),
            LANGUAGE,
        ])
        .answers(&NEW_ATTEMPT)
        .or(&[409, 429, 501]),
        post(
            "/v1/keystead/organization_verifications/{id}/refresh",
            "refreshOrganizationVerification",
            "Ask the identity service",
        )
        .about("Reads the state of the attempt at the service now, at most every five seconds.")
        .of(ATTEMPT_ID)
        .needs(WRITE)
        .answers(&ATTEMPT)
        .or(&[429, 501]),
        post(
            "/v1/keystead/organization_verifications/{id}/links",
            "createVerificationLink",
            "Create a link for the person",
        )
        .about("It does not count as an attempt.")
        .of(ATTEMPT_ID)
        .needs(WRITE)
        .body(&[optional(
            "channel",
            Kind::OneOf(&["here", "qr", "mail"]),
            "For this device, as a QR code, or by mail to the owner.",
        )
        .usually("here")
        .such_as("qr")
        .shown()])
        .answers(&LINK)
        .or(&[409, 429, 501]),
        post("/v1/keystead/organization_verifications/cancel", "cancelOrganizationVerification", "Cancel the attempt")
            .needs(WRITE)
            .answers(&STANDING)
            .or(&[409, 501]),
        post("/v1/keystead/organization_verifications/appeal", "appealOrganizationVerification", "Object to a refusal")
            .needs(WRITE)
            .body(&[optional("statement", Kind::Text, "Why the refusal is wrong; required for an appeal.")
                .such_as("The photo is ten years old.")
                .shown()])
            .answers(&STANDING)
            .or(&[409, 429, 501]),
        post(
            "/v1/keystead/organization_verifications/withdraw",
            "withdrawOrganizationVerification",
            "Withdraw consent",
        )
        .about("Erases everything that was collected; the answer is the receipt.")
        .needs(WRITE)
        .answers(&RECEIPT)
        .or(&[409, 501]),
        get("/v1/keystead/refusals", "listRefusals", "List refused calls").needs(READ).answers(&REFUSALS),
        get("/v1/keystead/privacy", "retrievePrivacyRecord", "Retrieve the privacy record")
            .about("Receipts of erasure, views of pictures, and legal holds.")
            .needs(WRITE)
            .answers(&PRIVACY),
    ],
};
