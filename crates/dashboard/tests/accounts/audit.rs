//! The audit log as owners read it (S1-30).

use keystead_core::Secret;
use keystead_store::Tx;
use keystead_store::tables::audit::{self, AuditEvent, AuditKey};

use crate::world::*;

const LOG: &str = "/settings/organization/audit-log";

/// The rows of a page, by wire name.
fn events(body: &str) -> Vec<String> {
    let rows = body.split("<small><code>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned());
    rows.filter(|name| name.contains('.')).collect()
}

/// The address of the link with this text.
fn link(body: &str, text: &str) -> String {
    let before = body.split(&format!(">{text}</a>")).next().unwrap();
    before.rsplit("href=\"").next().unwrap().split('"').next().unwrap().replace("&#38;", "&")
}

#[tokio::test]
async fn rows_are_words_with_names() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let csrf = ann.csrf().await;
    world.advance(60);
    ann.post("/settings/organization/projects/create", &[("csrf", &csrf), ("name", "<b>=Lab")]).await;
    let page = ann.get(LOG).await.body;
    assert_eq!(events(&page)[0], "project.created");
    for mark in [
        "<td>Created a project<small><code>project.created</code></small>",
        "&#60;b&#62;=Lab",
        ">ann</a><small>ann@example.com</small>",
        "<dt>Entry</dt><dd><code>audit_log-",
        "title=\"20\u{a0}November 2026, ",
    ] {
        assert!(page.contains(mark), "{mark}: {page}");
    }
    // Text that people wrote is escaped; details are shown as pairs.
    assert!(!page.contains("<b>=Lab") && !page.contains("{&#34;") && !page.contains("{\"data\""), "{page}");
    let polish = ann.get(&format!("{LOG}?language=pl")).await.body;
    assert!(page.contains("Created a project") && polish.contains(LOG));
}

#[tokio::test]
async fn questions_are_links_that_stay() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    let csrf = ann.csrf().await;
    world.advance(86_400);
    for n in 0..60 {
        let name = format!("Project {n}");
        ann.post("/settings/organization/projects/create", &[("csrf", &csrf), ("name", &name)]).await;
    }
    let page = ann.get(&format!("{LOG}?kind=people")).await.body;
    assert!(events(&page).iter().all(|name| name.starts_with("user.") || name.starts_with("invite.")), "{page}");
    assert!(events(&page).contains(&"invite.accepted".to_owned()));
    assert!(page.contains("Event: <b>People: all events</b>") && page.contains(">Clear all</a>"), "{page}");
    // Links to other pages keep the filters, in both directions.
    let first = ann.get(&format!("{LOG}?kind=project.created&from=2026-11-01")).await.body;
    assert_eq!(events(&first).len(), 50);
    assert!(!first.contains(">Show newer</a>"));
    let older = link(&first, "Show older");
    assert!(older.contains("kind=project.created&from=2026-11-01&after=audit_log-"), "{older}");
    let second = ann.get(&older).await.body;
    assert_eq!(events(&second).len(), 11, "and the Default project");
    assert!(!second.contains(">Show older</a>"));
    let back = ann.get(&link(&second, "Show newer")).await.body;
    assert_eq!(events(&back), events(&first));
    assert!(back.contains(">Show older</a>") && !back.contains(">Show newer</a>"));
    // Actor, event, time; removing one filter leaves the others.
    let me = ben.get("/settings/organization/members").await;
    assert_eq!(me.status, 200);
    let people = ann.get(&format!("{LOG}?kind=invite.accepted")).await.body;
    let ben_id = format!("user-{}", people.split("who=user-").nth(1).unwrap().split('&').next().unwrap());
    let of_ben = ann.get(&format!("{LOG}?who={ben_id}&kind=invite.accepted")).await.body;
    assert_eq!(events(&of_ben), ["invite.accepted"]);
    assert!(of_ben.contains(&format!("{LOG}?kind=invite.accepted&#38;project=")), "{of_ben}");
    let none = ann.get(&format!("{LOG}?who={ben_id}&kind=project.created")).await.body;
    assert!(none.contains("No events match these filters.") && events(&none).is_empty());
    let today = ann.get(&format!("{LOG}?from=2026-11-21&kind=projects")).await.body;
    assert_eq!(events(&today).len(), 50);
    let before = ann.get(&format!("{LOG}?to=2026-11-20&kind=projects")).await.body;
    assert_eq!(events(&before), ["project.user.added", "project.created"], "the Default project, and Ben in it");
    let made = ann.get(&format!("{LOG}?to=2026-11-20&kind=project.created")).await.body;
    let project = link_to_object(&made);
    let about = ann.get(&project).await.body;
    assert!(events(&about).contains(&"project.created".to_owned()), "{about}");
    let wrong = ann.get(&format!("{LOG}?from=yesterday")).await.body;
    assert!(
        wrong.contains("Enter a date such as 2026-11-20.")
            && wrong.contains("aria-invalid")
            && events(&wrong).is_empty()
    );
    assert_eq!(ann.get(&format!("{LOG}?after=audit_log-nothing")).await.status, 422);
}

fn link_to_object(body: &str) -> String {
    let rest = body.split("?object=").nth(1).unwrap().split('"').next().unwrap();
    format!("{LOG}?object={}", rest.replace("&#38;", "&"))
}

#[tokio::test]
async fn a_file_for_a_spreadsheet() {
    // S1-30. A cell that begins with = would be a formula (ASVS 1.2.10).
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let csrf = ann.csrf().await;
    world.advance(60);
    ann.post("/settings/organization/projects/create", &[("csrf", &csrf), ("name", "=cmd(), \"x\"")]).await;
    let file = ann.get(&format!("{LOG}.csv?kind=projects")).await;
    assert!(
        file.header("content-disposition").contains("audit-log.csv") && file.header("content-type").contains("csv")
    );
    let lines: Vec<&str> = file.body.split("\r\n").collect();
    assert_eq!(lines[0].split(',').next(), Some("time"));
    assert_eq!(lines.len(), 4, "{}", file.body);
    assert!(
        lines[1].starts_with("2026-11-20T") && lines[1].contains(",project.created,Created a project,session,user-")
    );
    assert!(lines[1].contains(",\"'=cmd(), \"\"x\"\" (Project)\","), "{}", lines[1]);
    // More rows than are read at a time.
    for n in 0..510 {
        ann.post("/settings/organization/projects/create", &[("csrf", &csrf), ("name", &n.to_string())]).await;
    }
    let file = ann.get(&format!("{LOG}.csv?kind=projects")).await.body;
    assert_eq!((file.matches("\r\n").count(), file.matches("time,event").count()), (513, 1));
    assert!(
        ann.get(&format!("{LOG}.csv?from=x")).await.status == 400
            || ann.get(&format!("{LOG}.csv?from=x")).await.status == 422
    );
}

#[tokio::test]
async fn the_chain_is_checked() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let csrf = ann.csrf().await;
    let found = ann.post(LOG, &[("csrf", &csrf)]).await;
    assert!(
        found.status == 200 && found.body.contains("The log is intact until 20\u{a0}November 2026"),
        "{}",
        found.body
    );
    assert!(found.body.contains("role=\"status\"") && !events(&found.body).is_empty());
    assert_eq!(ann.post(LOG, &[("csrf", "x")]).await.status, 403);
    // A row written by an attacker who has the database but not the key.
    let organization = found.body.split("object=org-").nth(1).unwrap().split('&').next().unwrap();
    let forged = AuditEvent {
        id: "audit_log-forged".parse().unwrap(),
        organization: format!("org-{organization}").parse().unwrap(),
        at: keystead_core::time::Timestamp(world.now()),
        actor_kind: "session".to_owned(),
        actor_id: "user-nobody".to_owned(),
        action: "user.deleted".to_owned(),
        target_id: "user-nobody".to_owned(),
        address: None,
        project: None,
        details: "<script>".into(),
    };
    let write = world.store.write("forge", async move |tx: &mut Tx| {
        audit::append(tx, &AuditKey(Secret::new([9; 32])), forged.clone()).await.map(|_| ())
    });
    let forged: Result<(), keystead_store::Error> = write.await;
    forged.unwrap();
    let found = ann.post(LOG, &[("csrf", &csrf)]).await.body;
    assert!(
        found.contains("outside Keystead at entry audit_log-forged") && found.contains("role=\"alert\""),
        "{found}"
    );
    assert!(found.contains("Operator of this service") && !found.contains("<script>\""), "who never belonged here");
}

/// An operator is known by their address, which owners do not learn from the page, the file or the home page.
#[tokio::test]
async fn operators_are_named_without_their_address() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let user = ann.members().await.remove(0);
    let organization = world.app.organizations_of(&user).await.unwrap().remove(0).id;
    let operator = keystead_app::Actor::operator("ops@example.com");
    world.advance(60);
    world.app.rename_organization(&operator, &organization, "Dock").await.unwrap();
    for path in [LOG.to_owned(), format!("{LOG}.csv"), format!("{LOG}?who=ops%40example.com"), "/home".to_owned()] {
        let answer = ann.get(&path).await;
        let body = answer.body.replace("value=\"ops@example.com\"", "");
        assert!(answer.status == 200 && !body.contains("<code>ops@"), "{path}: {body}");
        let asked = path.contains("who=");
        assert!(asked || (!body.contains("ops@") && body.contains("Operator of this service")), "{path}: {body}");
        assert!(!asked || events(&body).is_empty(), "{body}");
    }
}
