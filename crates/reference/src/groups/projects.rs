//! Projects.

use super::shared::{CREATED_AT, NAME, PROJECT_PAGE, READ, WRITE, id, object};
use crate::members::{Kind, field, optional};
use crate::object::Object;
use crate::operation::{Group, get, post};

pub(super) const PROJECT: Object = Object::new(
    "Project",
    "A project: keys and limits for one purpose.",
    &[
        id("proj_"),
        object("organization.project"),
        field("name", Kind::Text, "Its name.").such_as("Search"),
        CREATED_AT,
        field("archived_at", Kind::Time, "When it was archived.").or_null().such_as("null"),
        field("status", Kind::OneOf(&["active", "archived"]), "Whether it can be used."),
        field("external_key_id", Kind::Null, "Projects have no external key."),
    ],
);

/// Where data is kept is the operator's choice for the whole installation.
const UNSUPPORTED: &[&str] = &["residency", "geography", "external_key_id"];

pub(super) const GROUP: Group = Group {
    slug: "projects",
    name: "Projects",
    about: "A project has its own keys, service accounts, people, models and limits. Archiving one is for good.",
    operations: &[
        get("/v1/organization/projects", "listProjects", "List projects")
            .about("Newest first.")
            .needs(READ)
            .query(PROJECT_PAGE)
            .lists(&PROJECT)
            .sdk("admin.organization.projects.list"),
        post("/v1/organization/projects", "createProject", "Create a project")
            .needs(WRITE)
            .body(&[NAME.such_as("Search")])
            .unsupported(UNSUPPORTED)
            .answers(&PROJECT)
            .sdk("admin.organization.projects.create"),
        get("/v1/organization/projects/{project_id}", "retrieveProject", "Retrieve a project")
            .needs(READ)
            .answers(&PROJECT)
            .sdk("admin.organization.projects.retrieve"),
        post("/v1/organization/projects/{project_id}", "updateProject", "Rename a project")
            .about("Without `name` it stays as it is. The Default project keeps its name.")
            .needs(WRITE)
            .body(&[optional("name", Kind::Text, "The new name.").between(1, 255).such_as("Search, v2").shown()])
            .unsupported(UNSUPPORTED)
            .answers(&PROJECT)
            .sdk("admin.organization.projects.update"),
        post("/v1/organization/projects/{project_id}/archive", "archiveProject", "Archive a project")
            .about("Its keys stop working with the next request. It cannot be undone; the Default project cannot be archived.")
            .needs(WRITE)
            .answers(&PROJECT)
            .sdk("admin.organization.projects.archive"),
    ],
};
