//! The views of phones.

use keystead_core::gate::Requirement;
use keystead_core::id::OrganizationId;
use keystead_core::time::Timestamp;
use keystead_core::verification::number::LineRule;
use keystead_core::verification::phone::PhoneState;
use keystead_store::tables::phones::{self, PhoneVerification};
use keystead_store::tables::{organizations, policy};
use rlibphonenumber::PHONE_NUMBER_UTIL;

use super::status::end_phone;
use super::{begun_by, machine, own_phone_verification};
use crate::entitlements::excused;
use crate::{Actor, App, Error};

/// The view of a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationView {
    /// `phv_…`.
    pub id: String,
    /// The state.
    pub state: PhoneState,
    /// The masked number.
    pub masked: String,
    /// When the code expires.
    pub expires_at: Timestamp,
    /// When a code can be sent again.
    pub resend_at: Timestamp,
    /// Checks left for the present code.
    pub checks_left: u8,
    /// Until when everything is locked.
    pub locked_until: Option<Timestamp>,
}

impl VerificationView {
    pub(crate) fn of(row: PhoneVerification) -> Result<Self, Error> {
        let current = machine(&row)?;
        Ok(Self {
            id: row.id.to_string(),
            state: current.state,
            masked: row.number_masked,
            expires_at: current.expires_at,
            resend_at: current.resend_at,
            checks_left: current.checks_left(),
            locked_until: current.locked_until,
        })
    }
}

/// A country in the list beside the number field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneCountry {
    /// ISO 3166-1 alpha-2.
    pub code: String,
    /// `48`.
    pub calling_code: i32,
    /// Whether codes are sent there.
    pub served: bool,
}

/// Everything about an organization's phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneView {
    /// The proven number, masked, and since when.
    pub number: Option<(String, Timestamp)>,
    /// Whether the operator waived the requirement.
    pub waived: bool,
    /// This person's verification in progress.
    pub current: Option<VerificationView>,
    /// Whether internet telephone numbers are accepted: shown before a person types one.
    pub allow_voip: bool,
    /// Whether codes can be sent at all.
    pub available: bool,
    /// Whether no rule asks for a phone, because no text message could ever be sent here.
    pub waits: bool,
}

impl App {
    /// Returns the phone of an organization, for its members.
    ///
    /// # Errors
    /// When the caller is not a member.
    pub async fn phone_view(&self, actor: &Actor, organization: &OrganizationId) -> Result<PhoneView, Error> {
        read_tx!(self.store(), "phone", |tx| {
            self.authorize_member(tx, actor, organization).await?;
            let how = organizations::requirements(tx, organization).await?;
            let live = phones::list_live(tx, organization).await?;
            let own = live.into_iter().find(|row| begun_by(row, actor));
            // The number is erased with the account of the person; only the fingerprint is kept.
            let number = phones::find_number(tx, organization).await?.filter(|row| !row.number_masked.is_empty());
            Ok(PhoneView {
                number: number.map(|row| (row.number_masked, row.verified_at)),
                waived: how.iter().any(|row| excused(row, Requirement::Phone, self.now())),
                current: own.map(VerificationView::of).transpose()?,
                allow_voip: self.settings().lines.non_fixed_voip != LineRule::Refuse,
                available: self.services().codes.is_some(),
                waits: policy::find(tx).await?.1.waits(Requirement::Phone),
            })
        })
    }

    /// Finds one verification.
    ///
    /// # Errors
    /// When this person has begun no verification with this id.
    pub async fn phone_verification(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &str,
    ) -> Result<VerificationView, Error> {
        read_tx!(self.store(), "phone_verification", |tx| {
            VerificationView::of(own_phone_verification(self, tx, actor, organization, id).await?)
        })
    }

    /// Ends the present verification, to begin with another number.
    ///
    /// # Errors
    /// When this person has begun no verification with this id, or it is locked.
    pub async fn abandon_phone_verification(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &str,
    ) -> Result<(), Error> {
        write_tx!(self.store(), "abandon_phone_verification", |tx| {
            let mut row = own_phone_verification(self, tx, actor, organization, id).await?;
            if row.finished_at.is_some() {
                return Ok(());
            }
            end_phone(self, tx, actor, &mut row).await
        })
    }

    /// Lists every country with a calling code, for the list beside the number field.
    #[must_use]
    pub fn phone_countries(&self) -> Vec<PhoneCountry> {
        let served = &self.settings().phone_countries;
        let mut countries: Vec<PhoneCountry> = PHONE_NUMBER_UTIL
            .get_supported_regions()
            .filter_map(|region| {
                let code = region.as_region_str().as_str().to_owned();
                let calling_code = PHONE_NUMBER_UTIL.get_country_code_for_region(region)?;
                let is_country = code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
                let served = served.is_empty() || served.contains(&code);
                is_country.then_some(PhoneCountry { code, calling_code, served })
            })
            .collect();
        countries.sort_by(|a, b| a.code.cmp(&b.code));
        countries
    }
}
