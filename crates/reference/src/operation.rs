//! One row for each route: what it does, takes and answers.

use crate::error_statuses::{ERROR_STATUSES, ErrorStatus, OAUTH_STATUSES};
use crate::members::{Kind, Member};
use crate::object::Object;

/// The credential and permission of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// No key.
    Nobody,
    /// Any live key.
    AnyKey,
    /// An admin key with this permission.
    Admin(&'static str),
    /// An admin key with every permission, of an operator.
    Operator,
    /// A key of a project or a service account, or a user key, with this permission.
    Project(&'static str),
}

impl Access {
    /// What a caller needs, for people.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Nobody => "No key.".to_owned(),
            Self::AnyKey => "Any live key.".to_owned(),
            Self::Admin(permission) => format!("An admin key with `{permission}`."),
            Self::Operator => "An unrestricted admin key of an operator.".to_owned(),
            Self::Project(permission) => format!("A project or service-account key with `{permission}`."),
        }
    }
}

/// The body of a successful answer.
#[derive(Debug, Clone, Copy)]
pub enum Answer {
    /// One object.
    One(&'static Object),
    /// A list with a cursor, of these objects.
    Page(&'static Object),
    /// A list of these objects, which says where the next page begins.
    NextPage(&'static Object),
    /// Buckets of time with these results.
    Buckets(&'static Object),
    /// The receipt of a removal, with this `object`.
    Deleted(&'static str),
    /// What the model server answers, as a stream of events if the request says so.
    Forwarded,
    /// The content of a file.
    File,
}

/// One operation.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    /// The method.
    pub method: &'static str,
    /// The path, parameters in braces.
    pub path: &'static str,
    /// Its name in the document; never changed.
    pub id: &'static str,
    /// What it does, in a few words.
    pub title: &'static str,
    /// More about it, as Markdown without links.
    pub about: &'static str,
    /// Who may call it.
    pub access: Access,
    /// The parameter `{id}` of the path.
    pub of: Option<Member>,
    /// The parameters of the query.
    pub query: &'static [Member],
    /// The members of the body.
    pub body: &'static [Member],
    /// Names of OpenAI's API that are known and may be null only.
    pub unsupported: &'static [&'static str],
    /// The answer.
    pub answer: Answer,
    /// Further statuses of refusals, besides those that every operation has.
    pub statuses: &'static [u16],
    /// Whether its refusals have the form of OAuth.
    pub oauth: bool,
    /// The method of OpenAI's SDK that calls it, below the client.
    pub sdk: Option<&'static str>,
}

/// Operations that are shown together.
#[derive(Debug)]
pub struct Group {
    /// The last part of the address of its page.
    pub slug: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it is about.
    pub about: &'static str,
    /// Its operations.
    pub operations: &'static [Operation],
}

const fn row(method: &'static str, path: &'static str, id: &'static str, title: &'static str) -> Operation {
    Operation {
        method,
        path,
        id,
        title,
        about: "",
        access: Access::Nobody,
        of: None,
        query: &[],
        body: &[],
        unsupported: &[],
        answer: Answer::Forwarded,
        statuses: &[],
        oauth: false,
        sdk: None,
    }
}

/// A row for a `GET`.
pub(crate) const fn get(path: &'static str, id: &'static str, title: &'static str) -> Operation {
    row("GET", path, id, title)
}

/// A row for a `POST`.
pub(crate) const fn post(path: &'static str, id: &'static str, title: &'static str) -> Operation {
    row("POST", path, id, title)
}

/// A row for a `DELETE`.
pub(crate) const fn delete(path: &'static str, id: &'static str, title: &'static str) -> Operation {
    row("DELETE", path, id, title)
}

impl Operation {
    pub(crate) const fn about(mut self, about: &'static str) -> Self {
        self.about = about;
        self
    }

    pub(crate) const fn needs(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// What `{id}` is.
    pub(crate) const fn of(mut self, member: Member) -> Self {
        self.of = Some(member);
        self
    }

    pub(crate) const fn query(mut self, query: &'static [Member]) -> Self {
        self.query = query;
        self
    }

    pub(crate) const fn body(mut self, body: &'static [Member]) -> Self {
        self.body = body;
        self
    }

    pub(crate) const fn unsupported(mut self, names: &'static [&'static str]) -> Self {
        self.unsupported = names;
        self
    }

    pub(crate) const fn answers(mut self, object: &'static Object) -> Self {
        self.answer = Answer::One(object);
        self
    }

    pub(crate) const fn lists(mut self, object: &'static Object) -> Self {
        self.answer = Answer::Page(object);
        self
    }

    /// It answers a list that says where the next page begins.
    pub(crate) const fn lists_on(mut self, object: &'static Object) -> Self {
        self.answer = Answer::NextPage(object);
        self
    }

    pub(crate) const fn buckets(mut self, object: &'static Object) -> Self {
        self.answer = Answer::Buckets(object);
        self
    }

    /// It answers the receipt of a removal.
    pub(crate) const fn removes(mut self, object: &'static str) -> Self {
        self.answer = Answer::Deleted(object);
        self
    }

    /// It answers the content of a file.
    pub(crate) const fn file(mut self) -> Self {
        self.answer = Answer::File;
        self
    }

    /// Further statuses of refusals.
    pub(crate) const fn or(mut self, statuses: &'static [u16]) -> Self {
        self.statuses = statuses;
        self
    }

    /// Its refusals have the form of OAuth.
    pub(crate) const fn refuses_as_oauth(mut self) -> Self {
        self.oauth = true;
        self
    }

    /// The method of OpenAI's SDK.
    pub(crate) const fn sdk(mut self, method: &'static str) -> Self {
        self.sdk = Some(method);
        self
    }

    /// Whether the model server answers it.
    #[must_use]
    pub const fn is_forwarded(&self) -> bool {
        matches!(self.answer, Answer::Forwarded | Answer::File)
    }

    /// Whether the path ends in the id of what it removes, which the receipt repeats.
    pub(crate) fn names_what_it_removes(&self) -> bool {
        self.path.ends_with('}')
    }

    /// Whether its body is a form with a file.
    #[must_use]
    pub fn is_form(&self) -> bool {
        self.body.iter().any(|member| member.example.is_some_and(|example| example.starts_with('@')))
    }

    /// The parameters of the path, in order.
    #[must_use]
    pub fn path_members(&self) -> Vec<Member> {
        let names = self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        names.filter_map(|name| if name == "id" { self.of } else { path_member(name) }).collect()
    }

    /// Every status of a refusal, ascending.
    #[must_use]
    pub fn refusals(&self) -> Vec<u16> {
        let mut all = vec![400, 500, 503];
        if self.access != Access::Nobody {
            all.extend([401, 403]);
        }
        if self.path.contains('{') {
            all.push(404);
        }
        if self.method != "GET" {
            all.extend([408, 413]);
        }
        all.extend(self.statuses);
        all.sort_unstable();
        all.dedup();
        all
    }

    /// What a refusal with this status is.
    #[must_use]
    pub fn refusal(&self, status: u16) -> Option<&'static ErrorStatus> {
        let of_oauth = OAUTH_STATUSES.iter().filter(|_| self.oauth);
        of_oauth.chain(ERROR_STATUSES).find(|one| one.status == status)
    }
}

/// What the parameters of paths are; `{id}` is explained by its operation.
fn path_member(name: &str) -> Option<Member> {
    use crate::members::field;
    const ALL: &[Member] = &[
        field("project_id", Kind::Id("proj_"), "The project."),
        field("key_id", Kind::Id("key_"), "The key."),
        field("service_account_id", Kind::Id("svc_acct_"), "The service account."),
        field("user_id", Kind::Id("user-"), "The person."),
        field("invite_id", Kind::Id("invite-"), "The invitation."),
        field("organization_id", Kind::Id("org-"), "The organization."),
        field("group_id", Kind::Id("group_"), "The group."),
        field("role_id", Kind::Id("role-"), "The role: `role-` and more, such as `role-api-project-member`."),
        field("certificate_id", Kind::Id("cert_"), "The certificate."),
        field("external_key_id", Kind::Id("extkey_"), "The external key."),
        field("external_storage_id", Kind::Id("extstore_"), "The external storage."),
        field("alert_id", Kind::Id("alert_"), "The spend alert."),
        field("budget_id", Kind::Id("budget_"), "The budget."),
        field("purchase_id", Kind::Id("pur_"), "The purchase."),
        field("node", Kind::Text, "The node, as a list of leases names it.").such_as("0123abcd"),
        field("project_alert_id", Kind::Id("alert_"), "The spend alert."),
        field("workload_identity_provider_id", Kind::Id("wip_"), "The provider."),
        field("workload_identity_federation_rule_id", Kind::Id("wifr_"), "The rule."),
        field("budget_alert_id", Kind::Id("budgetalert_"), "The alert."),
        field("webhook_id", Kind::Id("webhook_"), "The webhook."),
        field("delivery_id", Kind::Id("delivery_"), "The delivery."),
        field("rate_limit_id", Kind::Id("rl-"), "`rl-` and the name of the model.").such_as("rl-gpt-4o"),
    ];
    ALL.iter().find(|member| member.name == name).copied()
}
