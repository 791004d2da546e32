//! One certificate as the pages show it.

use keystead_app::organizations::certificate_places::CertificateWithPlaces;
use keystead_core::client_certificate::CertificateFacts;
use keystead_core::id::{CertificateId, ProjectId};
use keystead_core::time::Timestamp;

use super::HERE;
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;

/// How long before its end a certificate is warned about, in seconds: 30 days.
const WARNED: i64 = 30 * 86_400;

/// Whether a certificate is valid now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Validity {
    /// It begins later.
    Future,
    Valid,
    /// It ends within [`WARNED`].
    Ending,
    Expired,
}

/// One certificate.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: CertificateId,
    /// The given name, or else the common name.
    pub(crate) name: String,
    /// The name as given; empty if there is none.
    pub(crate) given_name: String,
    pub(crate) facts: CertificateFacts,
    pub(crate) content: String,
    pub(crate) validity: Validity,
    pub(crate) valid_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) created_at: Timestamp,
    /// Whether it is active for the whole organization.
    pub(crate) everywhere: bool,
    /// The projects for which it is active besides.
    pub(crate) projects: Vec<(ProjectId, String)>,
    /// The address of its page.
    pub(crate) href: String,
}

impl Row {
    fn of(visit: &Visit, found: CertificateWithPlaces) -> Self {
        let (t, now) = (visit.person.messages, visit.person.format.now);
        let one = found.certificate;
        // What cannot be read was refused at the upload.
        let facts = CertificateFacts::read(&one.content).unwrap_or_else(|| CertificateFacts {
            subject: String::new(),
            issuer: String::new(),
            serial: String::new(),
            fingerprint: String::new(),
            authority: true,
        });
        let shown = |text: &str| if text.is_empty() { one.id.to_string() } else { text.to_owned() };
        let validity = if now > one.expires_at {
            Validity::Expired
        } else if now < one.valid_at {
            Validity::Future
        } else if one.expires_at.since(now) < WARNED {
            Validity::Ending
        } else {
            Validity::Valid
        };
        Self {
            name: one.name.clone().unwrap_or_else(|| shown(facts.short_subject())),
            given_name: one.name.unwrap_or_default(),
            facts,
            content: one.content,
            validity,
            valid_at: one.valid_at,
            expires_at: one.expires_at,
            created_at: one.created_at,
            everywhere: found.everywhere,
            projects: found
                .projects
                .into_iter()
                .map(|place| (place.project, t.project(place.is_default, &place.name)))
                .collect(),
            href: visit.link(&format!("{HERE}/{}", one.id)),
            id: one.id,
        }
    }

    /// Whether it is active anywhere.
    pub(crate) fn active(&self) -> bool {
        self.everywhere || !self.projects.is_empty()
    }

    /// Whether it is active in this place; without a project, for the whole organization.
    pub(crate) fn active_in(&self, project: Option<&ProjectId>) -> bool {
        match project {
            None => self.everywhere,
            Some(project) => self.projects.iter().any(|(id, _)| id == project),
        }
    }

    /// How many projects it is active for.
    pub(crate) fn count(&self) -> i64 {
        i64::try_from(self.projects.len()).unwrap_or(i64::MAX)
    }

    /// Whether the whole name of its holder says more than its name.
    pub(crate) fn says_more(&self) -> bool {
        !self.facts.subject.is_empty() && self.facts.subject != self.name
    }

    /// The class of the state of its validity.
    pub(crate) fn class(&self) -> &'static str {
        match self.validity {
            Validity::Future | Validity::Ending => "wait",
            Validity::Valid => "ok",
            Validity::Expired => "bad",
        }
    }
}

/// All certificates, newest first; none for people who may not see them.
pub(super) async fn rows(state: &DashboardState, visit: &Visit) -> Result<Vec<Row>, PageError> {
    if !visit.owner() {
        return Ok(Vec::new());
    }
    let found = state.app.certificates_with_places(&visit.person.actor(), &visit.organization.id).await;
    let found = found.map_err(|error| PageError::new(visit.person.messages, error))?;
    Ok(found.into_iter().map(|one| Row::of(visit, one)).collect())
}
