//! Invitations, people of the organization, and people of projects.

use http::Method;
use keystead_app::Actor;
use keystead_app::accounts::Context;
use keystead_app::keys::NewKey;
use keystead_core::id::UserId;
use keystead_core::secret::Secret;
use serde_json::{Value, json};

use crate::world::{Answer, World, admin};

const INVITES: &str = "/v1/organization/invites";
const USERS: &str = "/v1/organization/users";

/// An organization with a mailbox for its invitations.
pub(crate) struct Firm {
    pub(crate) world: World,
    pub(crate) key: String,
    pub(crate) owner: String,
    pub(crate) organization: String,
    pub(crate) default: String,
    mailbox: std::sync::Arc<keystead_testkit::Mailbox>,
}

impl Firm {
    pub(crate) async fn new() -> Self {
        let mut mailbox = None;
        let world = World::with(|parts| {
            mailbox = Some(std::sync::Arc::clone(&parts.mailbox));
            parts.services()
        })
        .await;
        let made = world.bootstrap("ann", true).await;
        Self {
            key: admin(&made).to_owned(),
            owner: made.user_id.to_string(),
            organization: made.organization_id.to_string(),
            default: made.project_id.to_string(),
            mailbox: mailbox.unwrap(),
            world,
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.world.get(path, &self.key).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.world.post(path, &self.key, body).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.world.delete(path, &self.key).await
    }

    async fn invite(&self, body: Value) -> Answer {
        let made = self.post(INVITES, body).await;
        assert_eq!(made.status, 200, "{}", made.body);
        made
    }

    /// The invitations that were mailed since the last call: address and text.
    async fn mails(&self) -> Vec<(String, String)> {
        while self.world.app.run_due_jobs().await.unwrap() > 0 {}
        let invites = self.mailbox.take().into_iter().filter(|mail| mail.text.contains("/invite?token="));
        invites.map(|mail| (mail.to, mail.text)).collect()
    }

    /// Makes a member through an invitation.
    pub(crate) async fn join(&self, email: &str, role: &str, projects: Value) -> UserId {
        self.join_by(&self.key, json!({ "email": email, "role": role, "projects": projects })).await
    }

    /// Does the same with the key of another owner.
    async fn join_by(&self, key: &str, invite: Value) -> UserId {
        let made = self.world.post(INVITES, key, invite).await;
        assert_eq!(made.status, 200, "{}", made.body);
        let (_, text) = self.mails().await.pop().unwrap();
        let token = text.split("token=").nth(1).unwrap().split_whitespace().next().unwrap();
        let (token, password) = (Secret::new(token.to_owned()), Secret::new("a long and plain sentence".to_owned()));
        self.world.app.sign_up_with_invite(&token, &password, &Context::default()).await.unwrap().user
    }

    async fn events(&self, action: &str) -> Vec<Value> {
        let log = self.get(&format!("/v1/organization/audit_logs?event_types[]={action}")).await;
        log.body["data"].as_array().unwrap().iter().map(|event| event[action].clone()).collect()
    }
}

fn param(answer: &Answer) -> (u16, Option<&str>) {
    (answer.status, answer.body["error"]["param"].as_str())
}

#[tokio::test]
async fn invitations_are_made_read_listed_and_deleted() {
    let firm = Firm::new().await;
    let lab = firm.post("/v1/organization/projects", json!({ "name": "Lab" })).await.text("id");
    let made = firm.invite(json!({ "email": "Ben@Example.com", "role": "reader" })).await;
    let id = made.text("id");
    let shown = json!({
        "id": id, "object": "organization.invite", "email": "ben@example.com", "role": "reader", "status": "pending",
        "created_at": made.body["created_at"], "expires_at": made.body["created_at"].as_i64().unwrap() + 7 * 86_400,
        "accepted_at": null, "projects": [{ "id": firm.default, "role": "member" }],
    });
    assert_eq!(made.body, shown, "without projects, the Default project");
    assert_eq!(firm.get(&format!("{INVITES}/{id}")).await.body, shown);
    assert_eq!(firm.get(INVITES).await.body["data"], json!([shown]));
    assert_eq!(firm.mails().await[0].0, "ben@example.com");
    assert_eq!(
        firm.events("invite.sent").await,
        [json!({ "id": id, "data": { "role": "reader", "email": "ben@example.com" } })]
    );

    let both = json!([{ "id": lab, "role": "owner" }, { "id": firm.default, "role": "member" }]);
    for (projects, shown) in [(json!([]), json!([])), (both.clone(), both)] {
        let again = firm.invite(json!({ "email": "ben@example.com", "role": "owner", "projects": projects })).await;
        assert_eq!((&again.body["projects"], &again.body["role"]), (&shown, &json!("owner")));
        assert_eq!(firm.get(INVITES).await.body["data"].as_array().unwrap().len(), 1, "the newest one replaces others");
    }
    let newest = firm.get(INVITES).await.body["first_id"].as_str().unwrap().to_owned();
    assert_eq!(firm.get(&format!("{INVITES}/{id}")).await.status, 404, "replaced");
    firm.world.wait(7 * 86_400);
    let expired = firm.get(&format!("{INVITES}/{newest}")).await;
    assert_eq!((expired.status, expired.text("status").as_str()), (200, "expired"));
    let gone = firm.delete(&format!("{INVITES}/{newest}")).await;
    assert_eq!(gone.body, json!({ "id": newest, "object": "organization.invite.deleted", "deleted": true }));
    assert_eq!(firm.delete(&format!("{INVITES}/{newest}")).await.status, 404);
    let ended = firm.events("invite.deleted").await;
    assert_eq!((ended.len(), &ended[0]), (3, &json!({ "id": newest })), "replaced ones, too");
    assert!(ended.contains(&json!({ "id": id })), "{ended:?}");
    assert_eq!(
        firm.get(INVITES).await.body,
        json!({
            "object": "list", "data": [], "first_id": null, "last_id": null, "has_more": false,
        })
    );
}

#[tokio::test]
async fn accepted_invitations_stay() {
    let firm = Firm::new().await;
    let lab = firm.post("/v1/organization/projects", json!({ "name": "Lab" })).await.text("id");
    let ben = firm.join("ben@example.com", "reader", json!([{ "id": lab, "role": "member" }])).await;
    let listed = firm.get(INVITES).await;
    let accepted = &listed.body["data"][0];
    assert_eq!((&accepted["status"], accepted["accepted_at"].is_i64()), (&json!("accepted"), true));
    let id = accepted["id"].as_str().unwrap();
    let kept = firm.delete(&format!("{INVITES}/{id}")).await;
    assert_eq!((kept.status, kept.code()), (400, "invite_accepted"), "{}", kept.body);
    assert_eq!(firm.get(&format!("{INVITES}/{id}")).await.body, *accepted);
    assert_eq!(firm.events("user.added").await[0], json!({ "id": ben, "data": { "role": "reader" } }));
    assert_eq!(firm.events("invite.accepted").await, [json!({ "id": id })]);
    let again = firm.post(INVITES, json!({ "email": "ben@example.com", "role": "reader" })).await;
    assert_eq!(param(&again), (400, Some("email")), "{}", again.body);
}

#[tokio::test]
async fn invitations_are_refused_by_name() {
    let firm = Firm::new().await;
    let lab = firm.post("/v1/organization/projects", json!({ "name": "Lab" })).await.text("id");
    let other = firm.world.bootstrap("bob", true).await;
    let invite = |projects: Value| json!({ "email": "ben@example.com", "role": "reader", "projects": projects });
    let place = |id: &str, role: &str| json!([{ "id": id, "role": role }]);
    for (body, wanted) in [
        (json!({ "role": "reader" }), (400, Some("email"))),
        (json!({ "email": "ben", "role": "reader" }), (400, Some("email"))),
        (json!({ "email": "ben@example.com" }), (400, Some("role"))),
        (json!({ "email": "ben@example.com", "role": "member" }), (400, Some("role"))),
        (invite(json!("all")), (400, Some("projects"))),
        (invite(json!([lab])), (400, Some("projects"))),
        (invite(json!([{ "id": lab }])), (400, Some("projects"))),
        (invite(json!([{ "id": lab, "role": "member", "name": "Lab" }])), (400, Some("projects"))),
        (invite(place(&lab, "viewer")), (400, Some("projects"))),
        (invite(place("lab", "member")), (400, Some("projects"))),
        (invite(json!([{ "id": lab, "role": "member" }, { "id": lab, "role": "owner" }])), (400, Some("projects"))),
        (invite(place(other.project_id.as_str(), "member")), (400, Some("projects"))),
    ] {
        let answer = firm.post(INVITES, body.clone()).await;
        assert_eq!(param(&answer), wanted, "{body}: {}", answer.body);
    }
    firm.world.call(Method::POST, &format!("/v1/organization/projects/{lab}/archive"), &firm.key, "").await;
    assert_eq!(param(&firm.post(INVITES, invite(place(&lab, "member"))).await), (400, Some("projects")), "archived");
    assert_eq!(firm.mails().await, []);
    // Limits are those of the pages.
    let unverified = firm.world.bootstrap("eve", false).await;
    let mut last = 200;
    for n in 0..21 {
        let body = json!({ "email": format!("p{n}@example.com"), "role": "reader" });
        last = firm.world.post(INVITES, admin(&unverified), body).await.status;
    }
    assert_eq!(last, 429);
}

/// The mail is in the language of the person who reads it, or of the person who invites.
#[tokio::test]
async fn invitations_are_in_the_readers_language() {
    let firm = Firm::new().await;
    firm.invite(json!({ "email": "ben@example.com", "role": "reader" })).await;
    assert!(firm.mails().await[0].1.contains("seven days"));
    let context = Context { language: "ja".to_owned(), ..Context::default() };
    let password = Secret::new("a long and plain sentence".to_owned());
    firm.world.app.sign_up("cid@example.com", &password, &context).await.unwrap();
    firm.mails().await;
    firm.invite(json!({ "email": "cid@example.com", "role": "reader" })).await;
    let mails = firm.mails().await;
    assert!(mails[0].1.contains("7日間"), "{mails:?}");
}

#[tokio::test]
async fn people_are_listed_changed_and_removed() {
    let firm = Firm::new().await;
    firm.world.wait(60);
    let ben = firm.join("ben@example.com", "reader", json!([])).await;
    let path = format!("{USERS}/{ben}");
    let shown = firm.get(&path).await.body;
    for (name, value) in [
        ("object", json!("organization.user")),
        ("role", json!("reader")),
        ("email", json!("ben@example.com")),
        ("technical_level", json!(null)),
        ("is_service_account", json!(false)),
        ("api_key_last_used_at", json!(null)),
    ] {
        assert_eq!(shown[name], value, "{name}");
    }
    assert_eq!((&shown["user"]["id"], &shown["user"]["enabled"]), (&json!(ben), &json!(true)));
    let people = firm.get(USERS).await.body;
    assert_eq!((&people["data"][0], people["data"].as_array().unwrap().len()), (&shown, 2), "newest first");
    for spelling in [
        "emails[]=ben%40example.com&emails[]=ann@example.com",
        "emails=BEN@example.com,ann@example.com",
        "emails=ben@example.com&emails=ann@example.com",
    ] {
        let found = firm.get(&format!("{USERS}?{spelling}&limit=1")).await.body;
        assert_eq!((&found["data"], &found["has_more"]), (&json!([shown]), &json!(true)), "{spelling}");
        let rest = firm.get(&format!("{USERS}?{spelling}&limit=1&after={ben}")).await.body;
        assert_eq!((&rest["data"][0]["id"], &rest["has_more"]), (&json!(firm.owner), &json!(false)), "{spelling}");
    }
    let many = vec!["x@example.com"; 101].join(",");
    assert_eq!(param(&firm.get(&format!("{USERS}?emails={many}")).await), (400, Some("emails")));

    // What is set is read back; what is absent or null stays; an empty text is removed.
    for (change, role, level, persona) in [
        (json!({ "technical_level": " high " }), "reader", json!("high"), json!(null)),
        (json!({ "developer_persona": "backend", "role": "owner" }), "owner", json!("high"), json!("backend")),
        (json!({}), "owner", json!("high"), json!("backend")),
        (json!({ "role": null, "role_id": null, "technical_level": null }), "owner", json!("high"), json!("backend")),
        (json!({ "role_id": "role-api-organization-reader" }), "reader", json!("high"), json!("backend")),
        (json!({ "technical_level": "" }), "reader", json!(null), json!("backend")),
        (
            json!({ "role": "owner", "role_id": format!("role-api-organization-owner__api-organization__{}", firm.organization) }),
            "owner",
            json!(null),
            json!("backend"),
        ),
    ] {
        let changed = firm.post(&path, change.clone()).await;
        assert_eq!(changed.status, 200, "{change}: {}", changed.body);
        assert_eq!(
            (&changed.body["role"], &changed.body["technical_level"], &changed.body["developer_persona"]),
            (&json!(role), &level, &persona),
            "{change}"
        );
        assert_eq!(firm.get(&path).await.body, changed.body, "{change}");
    }
    let logged = firm.events("user.updated").await;
    assert_eq!(logged.len(), 5, "an empty change is none");
    assert!(
        logged
            .contains(&json!({ "id": ben, "changes_requested": { "role": "owner", "developer_persona": "changed" } }))
    );
    for (change, wanted) in [
        (json!({ "role": "member" }), (400, Some("role"))),
        (json!({ "role": "owner", "role_id": "role-api-organization-reader" }), (400, Some("role_id"))),
        (json!({ "role_id": "role-api-organization-owner__api-organization__org-other" }), (404, None)),
        (json!({ "role_id": "role_none" }), (404, None)),
        (json!({ "technical_level": "a\u{0}b" }), (400, Some("technical_level"))),
        (json!({ "developer_persona": "x".repeat(256) }), (400, Some("developer_persona"))),
    ] {
        assert_eq!(param(&firm.post(&path, change.clone()).await), wanted, "{change}");
    }
    let gone = firm.delete(&path).await;
    assert_eq!(gone.body, json!({ "id": ben, "object": "organization.user.deleted", "deleted": true }));
    assert_eq!(firm.events("user.deleted").await, [json!({ "id": ben })]);
    for answer in [firm.get(&path).await, firm.post(&path, json!({ "role": "owner" })).await, firm.delete(&path).await]
    {
        assert_eq!(answer.status, 404);
    }
}

/// The rules of the pages: the last owner stays, and keys stop with what they were for.
#[tokio::test]
async fn the_last_owner_stays_and_keys_of_the_removed_stop() {
    let firm = Firm::new().await;
    let own = format!("{USERS}/{}", firm.owner);
    for answer in [firm.delete(&own).await, firm.post(&own, json!({ "role": "reader" })).await] {
        assert_eq!((answer.status, answer.code()), (400, "last_owner"));
    }
    let ben = firm.join("ben@example.com", "owner", json!([])).await;
    let (acting, organization) = (Actor::Person(ben.clone()), firm.organization.parse().unwrap());
    let made = firm.world.app.create_admin_key(&acting, &organization, NewKey::default()).await;
    let key = made.unwrap().secret.expose().to_owned();
    assert_eq!(firm.world.get(USERS, &key).await.status, 200);
    // Ben removes Ann: her keys end with the request.
    let removed = firm.world.delete(&own, &key).await;
    assert_eq!(removed.status, 200, "{}", removed.body);
    assert_eq!(firm.get(USERS).await.status, 401);
    // A lower role ends admin keys as well, also one's own.
    let path = format!("{USERS}/{}", firm.join_by(&key, json!({ "email": "cid@example.com", "role": "reader" })).await);
    assert_eq!(firm.world.post(&path, &key, json!({ "role": "owner" })).await.status, 200);
    let lowered = firm.world.post(&format!("{USERS}/{ben}"), &key, json!({ "role": "reader" })).await;
    assert_eq!((lowered.status, lowered.text("role").as_str()), (200, "reader"));
    assert_eq!(firm.world.get(USERS, &key).await.status, 401);
}

#[tokio::test]
async fn people_of_projects_are_added_changed_and_removed() {
    let firm = Firm::new().await;
    let lab = firm.post("/v1/organization/projects", json!({ "name": "Lab" })).await.text("id");
    let base = format!("/v1/organization/projects/{lab}/users");
    let (ben, cid) = (
        firm.join("ben@example.com", "reader", json!([])).await,
        firm.join("cid@example.com", "reader", json!([])).await,
    );
    let other = firm.world.bootstrap("bob", true).await;
    firm.world.wait(1);
    let added = firm.post(&base, json!({ "user_id": ben, "role": "member", "email": null })).await;
    let shown = json!({
        "id": ben, "object": "organization.project.user", "name": "ben", "email": "ben@example.com", "role": "member",
        "added_at": added.body["added_at"],
    });
    assert_eq!(added.body, shown, "{}", added.body);
    let by_email = firm.post(&base, json!({ "email": " CID@example.com ", "role": "role-api-project-viewer" })).await;
    assert_eq!((by_email.status, by_email.text("role").as_str()), (200, "viewer"));
    assert_eq!(firm.get(&format!("{base}/{ben}")).await.body, shown);
    let listed = firm.get(&base).await.body;
    assert_eq!(listed["data"].as_array().unwrap().len(), 3, "with the person who made the project");
    let again = firm.post(&base, json!({ "user_id": ben, "role": "owner" })).await;
    assert_eq!((again.status, again.headers["x-should-retry"].to_str().unwrap()), (409, "false"));
    for (body, wanted) in [
        (json!({ "user_id": cid }), (400, Some("role"))),
        (json!({ "role": "member" }), (400, Some("user_id"))),
        (json!({ "role": "member", "user_id": cid, "email": "cid@example.com" }), (400, Some("email"))),
        (json!({ "role": "none", "user_id": cid }), (400, Some("role"))),
        (json!({ "role": "role-none", "user_id": cid }), (404, None)),
        (json!({ "role": "member", "user_id": other.user_id }), (404, None)),
        (json!({ "role": "member", "user_id": "ben" }), (404, None)),
        (json!({ "role": "member", "email": "bob@example.com" }), (404, None)),
        (json!({ "role": "member", "email": "who@example.com" }), (404, None)),
    ] {
        assert_eq!(param(&firm.post(&base, body.clone()).await), wanted, "{body}");
    }
    let path = format!("{base}/{ben}");
    for (change, role) in [
        (json!({}), "member"),
        (json!({ "role": null }), "member"),
        (json!({ "role": "owner" }), "owner"),
        (json!({ "role": format!("role-api-project-member__api-project__{lab}") }), "member"),
    ] {
        assert_eq!(firm.post(&path, change.clone()).await.text("role"), role, "{change}");
    }
    assert_eq!(param(&firm.post(&path, json!({ "role": "admin" })).await), (400, Some("role")));
    assert_eq!(firm.post(&format!("{base}/{}", other.user_id), json!({ "role": "owner" })).await.status, 404);
    // Ben's key of the project works as long as he has a role in it.
    let project = lab.parse().unwrap();
    let (acting, organization) = (Actor::Person(ben.clone()), firm.organization.parse().unwrap());
    let made = firm.world.app.create_project_key(&acting, &organization, &project, &NewKey::default()).await;
    let made = made.unwrap();
    let access = async || {
        firm.get(&format!("/v1/organization/projects/{lab}/api_keys/{}", made.key.id))
            .await
            .text("owner_project_access")
    };
    assert_eq!(access().await, "active");
    let gone = firm.delete(&path).await;
    assert_eq!(gone.body, json!({ "id": ben, "object": "organization.project.user.deleted", "deleted": true }));
    assert_eq!(access().await, "inactive");
    assert_eq!(firm.delete(&path).await.status, 404);
    assert_eq!(firm.get(&format!("{USERS}/{ben}")).await.status, 200, "still a member of the organization");
    for action in ["project.user.added", "project.user.updated", "project.user.deleted"] {
        let log = firm.get(&format!("/v1/organization/audit_logs?event_types[]={action}&project_ids[]={lab}")).await;
        assert!(!log.body["data"].as_array().unwrap().is_empty(), "{action}");
    }
    firm.world.call(Method::POST, &format!("/v1/organization/projects/{lab}/archive"), &firm.key, "").await;
    let cid = format!("{base}/{cid}");
    for answer in [
        firm.get(&base).await,
        firm.post(&base, json!({ "role": "member", "user_id": ben })).await,
        firm.get(&cid).await,
        firm.post(&cid, json!({ "role": "owner" })).await,
        firm.delete(&cid).await,
    ] {
        assert_eq!(answer.status, 400, "archived: {}", answer.body);
    }
}
