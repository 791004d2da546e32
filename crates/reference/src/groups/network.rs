//! Allowed addresses.

use super::shared::{CREATED_AT, NAME, READ, WRITE, flag, id, object};
use crate::members::{Kind, Member, field, optional};
use crate::object::Object;
use crate::operation::{Group, delete, get, post};

const LIST: Object = Object::new(
    "IpAllowlist",
    "Addresses from which keys may be used.",
    &[
        id("ip_allowlist_"),
        object("keystead.ip_allowlist"),
        field("name", Kind::Text, "Its name.").such_as("Office"),
        field("allowed_ips", Kind::List(&Kind::Text), "Addresses and networks.").such_as("[\"192.0.2.0/24\"]"),
        field("project_id", Kind::Id("proj_"), "The project it is for; null for the whole organization.")
            .or_null()
            .such_as("null"),
        field("active", Kind::Boolean, "Whether it is in force."),
        CREATED_AT,
        field("updated_at", Kind::Time, "When it was last changed, activated or deactivated."),
    ],
);

const LISTS: Object = Object::new(
    "IpAllowlists",
    "Every list of the organization.",
    &[
        object("list"),
        field("data", Kind::List(&Kind::Object(&LIST)), "The lists, oldest first."),
        field("has_more", Kind::AlwaysBoolean(false), "The answer has all of them."),
    ],
);

const OF: Member = field("id", Kind::Id("ip_allowlist_"), "The list.");
const FORCE: Member = flag("force", "Whether to do it although it locks out the caller.");
const ADDRESSES: Member = field("allowed_ips", Kind::List(&Kind::Text), "Addresses and networks, IPv4 or IPv6.")
    .between(1, 50)
    .such_as("[\"192.0.2.0/24\"]");

pub(super) const GROUP: Group = Group {
    slug: "network",
    name: "Allowed IP addresses",
    about: "Lists of addresses from which the keys of the organization, or of one project, may be used. Where lists are active, each of them must admit the caller.",
    operations: &[
        get("/v1/keystead/organization/ip_allowlists", "listIpAllowlists", "List the lists of addresses")
            .about("All of them, oldest first, with those of projects.")
            .needs(READ)
            .answers(&LISTS),
        post("/v1/keystead/organization/ip_allowlists", "createIpAllowlist", "Create a list of addresses")
            .about("It is not in force before it is activated.")
            .needs(WRITE)
            .body(&[
                NAME.such_as("Office"),
                ADDRESSES,
                optional("project_id", Kind::Text, "The project it is for; without it the whole organization.").such_as("proj_abc123"),
            ])
            .answers(&LIST).or(&[404]),
        get("/v1/keystead/organization/ip_allowlists/{id}", "retrieveIpAllowlist", "Retrieve a list of addresses")
            .of(OF)
            .needs(READ)
            .answers(&LIST),
        post("/v1/keystead/organization/ip_allowlists/{id}", "updateIpAllowlist", "Change a list of addresses")
            .about("What is left out stays. A change of an active list that locks out the caller is refused, unless `force`.")
            .of(OF)
            .needs(WRITE)
            .body(&[
                optional("name", Kind::Text, "A name for people.").between(1, 255).such_as("Office"),
                optional("allowed_ips", Kind::List(&Kind::Text), "Addresses and networks, IPv4 or IPv6.").between(1, 50).such_as("[\"192.0.2.0/24\",\"2001:db8::/32\"]").shown(),
                FORCE,
            ])
            .answers(&LIST),
        delete("/v1/keystead/organization/ip_allowlists/{id}", "deleteIpAllowlist", "Delete a list of addresses")
            .of(OF)
            .needs(WRITE)
            .body(&[FORCE])
            .removes("keystead.ip_allowlist.deleted"),
        post("/v1/keystead/organization/ip_allowlists/{id}/activate", "activateIpAllowlist", "Activate a list of addresses")
            .about("In force with the next request. Refused when it would lock out the caller, unless `force`.")
            .of(OF)
            .needs(WRITE)
            .body(&[FORCE])
            .answers(&LIST),
        post("/v1/keystead/organization/ip_allowlists/{id}/deactivate", "deactivateIpAllowlist", "Deactivate a list of addresses")
            .of(OF)
            .needs(WRITE)
            .body(&[FORCE])
            .answers(&LIST),
    ],
};
