//! Requests to lift the phone requirement: an owner says why, an operator decides, and both see the state.

use keystead_core::gate::Requirement;
use keystead_core::id::{OrganizationId, WaiverRequestId};
use keystead_core::scope::Scope;
use keystead_core::time::Timestamp;
use keystead_core::verification::waiver::{LONGEST, WINDOW, WaiverState, possible_again};
use keystead_store::tables::waiver_requests::{self, WaiverRequest};
use keystead_store::tables::{organizations, users};
use serde_json::json;

use super::ahead;
use super::organization::apply::queue_owner_mail;
use super::phone::status::phone_requirement;
use super::waive_in_transaction;
use crate::audit::AuditEntry;
use crate::case_mails::mail_waiver_request;
use crate::entitlements::excused;
use crate::validate::{operators_only, operators_reason};
use crate::{Actor, App, Error};

/// What an organization sees of its requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaiverView {
    /// Whether the operator accepts requests.
    pub offered: bool,
    /// Whether this person may ask: only owners.
    pub owner: bool,
    /// Whether the requirement is waived now.
    pub waived: bool,
    /// Until when it is waived; `None` is without an end.
    pub waived_until: Option<Timestamp>,
    /// The newest request.
    pub newest: Option<WaiverRequest>,
}

impl WaiverView {
    /// Whether a new request can be sent.
    #[must_use]
    pub fn may_ask(&self) -> bool {
        let open = self.newest.as_ref().is_some_and(|newest| newest.state == WaiverState::Open);
        self.offered && self.owner && !self.waived && !open
    }
}

/// An open request, as operators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenWaiver {
    /// The request.
    pub request: WaiverRequest,
    /// The name of the organization.
    pub organization_name: String,
    /// The address of the owner who asked.
    pub email: String,
}

impl App {
    /// Returns what a member sees of their organization's requests.
    ///
    /// # Errors
    /// When the caller is not a member.
    pub async fn waiver_view(&self, actor: &Actor, organization: &OrganizationId) -> Result<WaiverView, Error> {
        read_tx!(self.store(), "waiver_view", |tx| {
            self.authorize_member(tx, actor, organization).await?;
            let owner = self.authorize(tx, actor, organization, Scope::ManagementWrite).await.is_ok();
            let how = organizations::requirements(tx, organization).await?;
            let waived = how.iter().any(|row| excused(row, Requirement::Phone, self.now()));
            let waived_until = phone_requirement(tx, organization).await?.0.until;
            let newest = waiver_requests::list(tx, organization, Timestamp(0)).await?.pop();
            Ok(WaiverView { offered: self.settings().waiver_requests, owner, waived, waived_until, newest })
        })
    }

    /// Asks the operator to lift the phone requirement.
    ///
    /// # Errors
    /// When the caller is not an owner, when the operator accepts no requests, when the reason is missing or too long,
    /// when a request is open or the requirement is waived already, or when there were too many requests.
    pub async fn request_waiver(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        reason: &str,
    ) -> Result<WaiverRequest, Error> {
        let reason = reason.trim();
        if reason.is_empty() || reason.chars().count() > LONGEST {
            let message = "Invalid 'reason': say why in 1 to 500 characters.";
            return Err(Error::coded("reason", "waiver_reason", message));
        }
        if !self.settings().waiver_requests {
            return Err(Error::Unsupported("requests for a waiver"));
        }
        let now = self.now();
        let id = self.draw(WaiverRequestId::generate);
        write_tx!(self.store(), "request_waiver", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let user = actor.signed_in_user().cloned().ok_or_else(|| Error::not_found("user", ""))?;
            let how = organizations::requirements(tx, organization).await?;
            if how.iter().any(|row| excused(row, Requirement::Phone, now)) {
                return Err(Error::coded("reason", "waiver_granted", "The phone requirement is waived already."));
            }
            let earlier = waiver_requests::list(tx, organization, now.plus(-WINDOW)).await?;
            let times: Vec<Timestamp> = earlier.iter().map(|one| one.created_at).collect();
            if let Some(at) = possible_again(&times) {
                return Err(Error::limited("waiver_requests", at));
            }
            let row = WaiverRequest {
                id: id.clone(),
                organization: organization.clone(),
                user,
                reason: reason.to_owned(),
                state: WaiverState::Open,
                created_at: now,
                decided_at: None,
                answer: None,
            };
            if !waiver_requests::insert(tx, &row).await? {
                return Err(Error::coded("reason", "waiver_open", "A request for a waiver is open already."));
            }
            // The reason is the owner's own text, and can be erased where it is kept: the audit log only names the request.
            let (action, target) = ("phone.waiver_requested", id.as_str());
            self.record(tx, actor, AuditEntry { organization, action, target, details: json!({}) }).await?;
            let name = organizations::find(tx, organization).await?.map(|row| row.name).unwrap_or_default();
            mail_waiver_request(self, tx, &name).await?;
            Ok(row)
        })
    }

    /// Lists the open requests of all organizations, oldest first.
    ///
    /// # Errors
    /// When the caller is not an operator.
    pub async fn open_waivers(&self, actor: &Actor) -> Result<Vec<OpenWaiver>, Error> {
        operators_only(actor)?;
        read_tx!(self.store(), "open_waivers", |tx| {
            let mut all = Vec::new();
            for request in waiver_requests::list_open(tx).await? {
                let organization = organizations::find(tx, &request.organization).await?;
                let user = users::find(tx, &request.user).await?;
                all.push(OpenWaiver {
                    organization_name: organization.map(|row| row.name).unwrap_or_default(),
                    email: user.map(|row| row.email).unwrap_or_default(),
                    request,
                });
            }
            Ok(all)
        })
    }

    /// Accepts a request, which waives the requirement until a date or without an end, or refuses it. The owners get a
    /// mail, and see the reason.
    ///
    /// # Errors
    /// When the caller is not an operator, when the reason is missing, when the date is in the past, or when the request
    /// is not open.
    pub async fn decide_waiver(
        &self,
        actor: &Actor,
        id: &WaiverRequestId,
        accept: bool,
        until: Option<Timestamp>,
        reason: &str,
    ) -> Result<(), Error> {
        let reason = operators_reason(actor, reason)?;
        let until = ahead(until, self.now())?;
        let state = if accept { WaiverState::Accepted } else { WaiverState::Refused };
        write_tx!(self.store(), "decide_waiver", |tx| {
            let decided = waiver_requests::decide(tx, id, (state, &reason), actor.id(), self.now()).await?;
            let decided = decided.ok_or_else(|| Error::not_found("open request for a waiver", id.as_str()))?;
            let organization = &decided.organization;
            if accept {
                return waive_in_transaction(self, tx, actor, organization, Requirement::Phone, until, &reason).await;
            }
            let details = json!({ "data": { "reason": reason } });
            let entry = AuditEntry { organization, action: "phone.waiver_refused", target: id.as_str(), details };
            self.record(tx, actor, entry).await?;
            queue_owner_mail(self, tx, organization, "phone.waiver_refused").await
        })
    }
}
