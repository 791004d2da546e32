//! The policy editor: rules as forms with a preview before they are saved, and the exemptions.

use askama::Template;
use axum::extract::State;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use keystead_app::Error;
use keystead_app::operator::policies::{PolicyPreview, PolicyVersion, PreviewRow};
use keystead_app::verification::waivers::OpenWaiver;
use keystead_core::gate::{Action, AppliesTo, Exemption, Mode, Requirement, Rule};
use keystead_core::time::Timestamp;

use super::console::{layout, operator};
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::form::{Form, words_of};
use crate::web::layout::Layout;
use crate::web::own_visit::OwnVisit;
use crate::web::response::{Page, redirect, render, render_error, render_invalid};

/// The most rules in a form; the use case has the same limit.
const MOST: usize = 100;

/// The fields of one rule.
#[derive(Default)]
struct RuleForm {
    id: String,
    action: String,
    models: String,
    require: Vec<&'static str>,
    any_of: String,
    effective: String,
    created_before: String,
    used_before: String,
    created_after: String,
    tags_not: String,
    above: String,
    mode: String,
}

impl RuleForm {
    fn of(rule: &Rule) -> Self {
        let group = |group: &Vec<Requirement>| group.iter().map(|r| r.as_str()).collect::<Vec<_>>().join(" + ");
        Self {
            id: rule.id.clone(),
            action: rule.action.clone(),
            models: rule.models.join(", "),
            require: rule.require.iter().map(|requirement| requirement.as_str()).collect(),
            any_of: rule.any_of.iter().map(group).collect::<Vec<_>>().join("; "),
            effective: Some(rule.effective_from).filter(|at| at.0 != 0).map(moment).unwrap_or_default(),
            created_before: rule.grandfather_created_before.map(moment).unwrap_or_default(),
            used_before: rule.grandfather_used_before.map(moment).unwrap_or_default(),
            created_after: rule.applies_to.created_after.map(moment).unwrap_or_default(),
            tags_not: rule.applies_to.org_tags_not.join(", "),
            above: rule.above.map(|most| most.to_string()).unwrap_or_default(),
            mode: rule.mode.as_str().to_owned(),
        }
    }

    fn read(form: &Form, n: usize) -> Self {
        let text = |name: &str| form.field(&format!("{name}-{n}")).to_owned();
        let ticked = Requirement::ALL.into_iter().map(Requirement::as_str);
        Self {
            id: text("id"),
            action: text("action"),
            models: text("models"),
            require: ticked.filter(|name| form.ticked(&format!("{name}-{n}"))).collect(),
            any_of: text("any_of"),
            effective: text("effective"),
            created_before: text("created_before"),
            used_before: text("used_before"),
            created_after: text("created_after"),
            tags_not: text("tags_not"),
            above: text("above"),
            mode: text("mode"),
        }
    }

    fn requires(&self, name: &str) -> bool {
        self.require.contains(&name)
    }

    /// The rule, or the key of the error message.
    fn rule(&self) -> Result<Rule, &'static str> {
        let named = |name: &str| Requirement::from_name(name.trim()).ok_or("policy-wrong-requirement");
        let groups = self.any_of.split(';').filter(|group| !group.trim().is_empty());
        let groups = groups.map(|group| group.split('+').map(named).collect()).collect::<Result<Vec<Vec<_>>, _>>()?;
        Ok(Rule {
            id: self.id.clone(),
            action: self.action.clone(),
            models: words_of(&self.models),
            require: self.require.iter().filter_map(|name| Requirement::from_name(name)).collect(),
            any_of: groups,
            effective_from: read_moment(&self.effective)?.unwrap_or_default(),
            grandfather_created_before: read_moment(&self.created_before)?,
            grandfather_used_before: read_moment(&self.used_before)?,
            above: number_of(&self.above)?,
            applies_to: AppliesTo {
                created_after: read_moment(&self.created_after)?,
                org_tags_not: words_of(&self.tags_not),
            },
            mode: Mode::from_name(&self.mode).ok_or("policy-wrong-mode")?,
        })
    }
}

/// Parses an optional number.
fn number_of(text: &str) -> Result<Option<u32>, &'static str> {
    let text = text.trim();
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| "policy-wrong-number") }
}

/// A time as the value of a form field, in UTC, to the second.
fn moment(at: Timestamp) -> String {
    let instant = jiff::Timestamp::from_second(at.0).unwrap_or_default();
    instant.to_zoned(TimeZone::UTC).datetime().strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

pub(super) fn read_moment(text: &str) -> Result<Option<Timestamp>, &'static str> {
    if text.is_empty() {
        return Ok(None);
    }
    let read = text.parse::<DateTime>().ok().and_then(|at| at.to_zoned(TimeZone::UTC).ok());
    read.map(|at| Some(Timestamp(at.timestamp().as_second()))).ok_or("policy-wrong-date")
}

#[derive(Template)]
#[template(path = "pages/operator_policy.html")]
struct Policy {
    layout: Layout,
    rules: Vec<RuleForm>,
    version: i64,
    versions: Vec<PolicyVersion>,
    preview: Option<PolicyPreview>,
    wrong: Option<String>,
    reason: String,
    action: String,
}

impl Policy {
    fn actions(&self) -> [&'static str; 6] {
        Action::NAMES
    }

    fn modes(&self) -> [(&'static str, String); 4] {
        Mode::ALL.map(|mode| (mode.as_str(), self.layout.t.text(&format!("mode-{}", mode.as_str()))))
    }

    fn requirements(&self) -> [(&'static str, String); 3] {
        Requirement::ALL.map(|requirement| (requirement.as_str(), self.layout.t.requirement(requirement)))
    }

    fn missing(&self, row: &PreviewRow) -> String {
        row.missing.iter().map(|requirement| self.layout.t.requirement(*requirement)).collect::<Vec<_>>().join(", ")
    }

    fn sum(&self, preview: &PolicyPreview) -> String {
        let t = self.layout.t;
        let organizations = t.count("policy-organizations", &count(preview.organizations));
        let times = i64::try_from(preview.times).unwrap_or(i64::MAX);
        let calls = t.count("policy-calls", &times);
        t.text_with_all("policy-sum", &[("organizations", &organizations), ("calls", &calls)])
    }

    fn enforced(&self, preview: &PolicyPreview) -> String {
        let t = self.layout.t;
        let organizations = t.count("policy-organizations", &count(preview.enforced.0));
        let calls = t.count("policy-calls", &i64::try_from(preview.enforced.1).unwrap_or(i64::MAX));
        t.text_with_all("policy-enforced", &[("organizations", &organizations), ("calls", &calls)])
    }

    fn number(&self, times: &u64) -> String {
        self.layout.format.number(&i64::try_from(*times).unwrap_or(i64::MAX))
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

async fn page(state: &DashboardState, visit: &OwnVisit, rules: Option<Vec<RuleForm>>) -> Result<Policy, PageError> {
    let t = visit.person.messages;
    let view = state.app.policy(&operator(visit)?).await.map_err(|error| PageError::new(t, error))?;
    let mut rules = rules.unwrap_or_else(|| view.policy.rules.iter().map(RuleForm::of).collect());
    // An empty rule to fill in; it is ignored while it has no name.
    if rules.last().is_none_or(|rule| !rule.id.is_empty()) {
        rules.push(RuleForm { mode: Mode::Shadow.as_str().to_owned(), ..RuleForm::default() });
    }
    Ok(Policy {
        layout: layout(state, visit, &t.text("policy"), "/operator/policy"),
        rules,
        version: view.version,
        versions: view.versions,
        preview: None,
        wrong: None,
        reason: String::new(),
        action: visit.link("/operator/policy"),
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: OwnVisit) -> Page {
    render(visit.person.messages, &page(&state, &visit, None).await?)
}

/// Shows a preview of the rules, or saves them.
pub(crate) async fn act(State(state): State<DashboardState>, visit: OwnVisit, form: Form) -> Page {
    visit.person.check(&form)?;
    let actor = operator(&visit)?;
    let t = visit.person.messages;
    let many = form.field("rules").parse::<usize>().unwrap_or_default().min(MOST);
    let forms: Vec<RuleForm> = (0..many).map(|n| RuleForm::read(&form, n)).filter(|one| !one.id.is_empty()).collect();
    let rules = forms.iter().map(RuleForm::rule).collect::<Result<Vec<Rule>, _>>();
    let before = form.field("version").parse::<i64>().unwrap_or_default();
    let mut page = page(&state, &visit, Some(forms)).await?;
    form.field("reason").clone_into(&mut page.reason);
    // The version the form was made from, so that the change of another operator is not overwritten.
    page.version = before;
    let rules = match rules {
        Ok(rules) => rules,
        Err(key) => {
            page.wrong = Some(t.text(key));
            return render_invalid(t, &page);
        }
    };
    if form.field("do") == "save" {
        match state.app.save_policy(&actor, rules.clone(), before, form.field("reason")).await {
            Ok(_) => return Ok(redirect(&visit.link("/operator/policy?done=saved"))),
            Err(error @ (Error::Internal(_) | Error::Unavailable)) => return Err(PageError::new(t, error)),
            Err(error) => page.wrong = Some(error_message(t, &error)),
        }
    }
    match state.app.preview_policy(&actor, rules).await {
        Ok(preview) => page.preview = Some(preview),
        Err(error @ (Error::Internal(_) | Error::Unavailable)) => return Err(PageError::new(t, error)),
        Err(error) => page.wrong = Some(error_message(t, &error)),
    }
    if page.wrong.is_some() { render_invalid(t, &page) } else { render(t, &page) }
}

#[derive(Template)]
#[template(path = "pages/operator_exemptions.html")]
struct Exemptions {
    layout: Layout,
    rows: Vec<(Exemption, String, bool)>,
    organizations: Vec<(String, String)>,
    wrong: Option<String>,
    waivers: Vec<OpenWaiver>,
    waiver_action: String,
    action: String,
}

async fn exemptions(state: &DashboardState, visit: &OwnVisit) -> Result<Exemptions, PageError> {
    let t = visit.person.messages;
    let actor = operator(visit)?;
    let fail = |error| PageError::new(t, error);
    let policy = state.app.policy(&actor).await.map_err(fail)?.policy;
    let overview = state.app.operator_overview(&actor).await.map_err(fail)?;
    let now = state.app.now();
    // The exemption of a deleted organization has no effect and is not shown.
    let named = |one: &Exemption| {
        let row = overview.organizations.iter().find(|row| row.id == one.organization)?;
        Some((one.clone(), row.name.clone(), one.until.is_some_and(|at| now >= at)))
    };
    let rows = policy.exemptions.iter().filter_map(named);
    Ok(Exemptions {
        layout: layout(state, visit, &t.text("exemptions"), "/operator/exemptions"),
        rows: rows.collect(),
        organizations: overview.organizations.iter().map(|row| (row.id.to_string(), row.name.clone())).collect(),
        wrong: None,
        action: visit.link("/operator/exemptions"),
        waivers: state.app.open_waivers(&actor).await.map_err(fail)?,
        waiver_action: visit.link("/operator/exemptions/waivers"),
    })
}

/// The page of exemptions with an error.
pub(super) async fn show_exemptions_with(state: &DashboardState, visit: &OwnVisit, error: &Error) -> Page {
    let t = visit.person.messages;
    let mut page = exemptions(state, visit).await?;
    page.wrong = Some(error_message(t, error));
    render_error(t, &page, error)
}

pub(crate) async fn open_exemptions(State(state): State<DashboardState>, visit: OwnVisit) -> Page {
    render(visit.person.messages, &exemptions(&state, &visit).await?)
}

pub(crate) async fn act_exemptions(State(state): State<DashboardState>, visit: OwnVisit, form: Form) -> Page {
    visit.person.check(&form)?;
    let actor = operator(&visit)?;
    let t = visit.person.messages;
    let missing = || PageError::new(t, Error::not_found("organization", form.field("organization")));
    let organization = form.field("organization").parse().map_err(|_| missing())?;
    let reason = form.field("reason");
    let done = if form.field("do") == "end" {
        state.app.end_exemption(&actor, &organization, reason).await
    } else {
        match read_moment(form.field("until")) {
            Ok(until) => state.app.exempt_from_rules(&actor, &organization, until, reason).await,
            Err(key) => Err(Error::invalid("until", t.text(key))),
        }
    };
    match done {
        Ok(()) => Ok(redirect(&visit.link("/operator/exemptions?done=saved"))),
        Err(error @ (Error::Internal(_) | Error::Unavailable)) => Err(PageError::new(t, error)),
        Err(error) => show_exemptions_with(&state, &visit, &error).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_survive_the_form() {
        for rule in keystead_core::gate::Policy::default_rules().rules {
            assert_eq!(RuleForm::of(&rule).rule(), Ok(rule));
        }
        let mut rule = keystead_core::gate::Policy::default_rules().rules.remove(3);
        rule.any_of = vec![vec![Requirement::Phone, Requirement::PaymentMethod], vec![Requirement::Organization]];
        rule.grandfather_used_before = Some(Timestamp(1_767_225_601));
        rule.grandfather_created_before = Some(Timestamp(-5));
        rule.applies_to.created_after = Some(Timestamp(1_767_225_600));
        rule.applies_to.org_tags_not = vec!["partner".to_owned(), "test".to_owned()];
        assert_eq!(RuleForm::of(&rule).any_of, "phone + payment_method; organization");
        assert_eq!(RuleForm::of(&rule).rule(), Ok(rule));
        let wrong = |change: &dyn Fn(&mut RuleForm)| {
            let mut form = RuleForm { mode: "off".to_owned(), ..RuleForm::default() };
            change(&mut form);
            form.rule().err()
        };
        assert_eq!(wrong(&|form| form.any_of = "phone + blood".to_owned()), Some("policy-wrong-requirement"));
        assert_eq!(wrong(&|form| form.effective = "tomorrow".to_owned()), Some("policy-wrong-date"));
        assert_eq!(wrong(&|form| form.mode = "strict".to_owned()), Some("policy-wrong-mode"));
        assert_eq!(wrong(&|form| form.above = "many".to_owned()), Some("policy-wrong-number"));
        // Browsers omit the seconds if they are zero.
        assert_eq!(read_moment("2026-01-01T00:00"), Ok(Some(Timestamp(1_767_225_600))));
    }
}
