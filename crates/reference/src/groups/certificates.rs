//! Client certificates.

use super::shared::{CREATED_AT, PAGE, READ, WRITE, id, object};
use crate::members::{Kind, Member, field, optional, parameter};
use crate::object::Object;
use crate::operation::{Group, delete, get, post};

const NAME_OR_NULL: Member = field("name", Kind::Text, "Its name.").or_null().such_as("Office");
const VALID_AT: Member = field("valid_at", Kind::Time, "From when it is valid.");
const EXPIRES_AT: Member = field("expires_at", Kind::Time, "When it expires.").such_as("1798761600");
const ACTIVE: Member = field("active", Kind::Boolean, "Whether it is active here.");
const DETAILS: Member =
    field("certificate_details", Kind::Members(&[VALID_AT, EXPIRES_AT]), "What the certificate says.");
const PEM: &str = "-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----";

const CERTIFICATE: Object = Object::new(
    "Certificate",
    "A certificate that the organization uploaded, to trust clients by it.",
    &[
        id("cert_"),
        object("certificate"),
        NAME_OR_NULL,
        CREATED_AT,
        field(
            "certificate_details",
            Kind::Members(&[
                VALID_AT,
                EXPIRES_AT,
                field("content", Kind::Text, "The certificate in PEM, if `include` names it.").sometimes().such_as(PEM),
            ]),
            "What the certificate says.",
        ),
    ],
);

const IN_ORGANIZATION: Object = Object::new(
    "OrganizationCertificate",
    "A certificate, and whether it is active for the organization.",
    &[id("cert_"), object("organization.certificate"), NAME_OR_NULL, CREATED_AT, DETAILS, ACTIVE],
);

const IN_PROJECT: Object = Object::new(
    "ProjectCertificate",
    "A certificate, and whether it is active for the project.",
    &[id("cert_"), object("organization.project.certificate"), NAME_OR_NULL, CREATED_AT, DETAILS, ACTIVE],
);

const OF_ORGANIZATION: Member =
    field("data", Kind::List(&Kind::Object(&IN_ORGANIZATION)), "The certificates, in the order of the request.");
const OF_PROJECT: Member =
    field("data", Kind::List(&Kind::Object(&IN_PROJECT)), "The certificates, in the order of the request.");

const ACTIVATED: Object = Object::new(
    "CertificateActivation",
    "The activated certificates.",
    &[object("organization.certificate.activation"), OF_ORGANIZATION],
);
const DEACTIVATED: Object = Object::new(
    "CertificateDeactivation",
    "The deactivated certificates.",
    &[object("organization.certificate.deactivation"), OF_ORGANIZATION],
);
const ACTIVATED_FOR_PROJECT: Object = Object::new(
    "ProjectCertificateActivation",
    "The certificates that were activated for the project.",
    &[object("organization.project.certificate.activation"), OF_PROJECT],
);
const DEACTIVATED_FOR_PROJECT: Object = Object::new(
    "ProjectCertificateDeactivation",
    "The certificates that were deactivated for the project.",
    &[object("organization.project.certificate.deactivation"), OF_PROJECT],
);

const DELETED: Object = Object::new(
    "DeletedCertificate",
    "The receipt of a deletion.",
    &[object("certificate.deleted"), field("id", Kind::Id("cert_"), "What was deleted.")],
);

const IDS: &[Member] =
    &[field("certificate_ids", Kind::List(&Kind::Id("cert_")), "The certificates; all of them, or none.")
        .between(1, 10)];

pub(super) const GROUP: Group = Group {
    slug: "certificates",
    name: "Client certificates",
    about: "Certificates by which clients are trusted. Where one is active for the organization or a project, keys of the project work only for clients that present a certificate signed by an active one. Admin keys need none.",
    operations: &[
        get("/v1/organization/certificates", "listCertificates", "List certificates")
            .about("Newest first.")
            .needs(READ)
            .query(PAGE)
            .lists(&IN_ORGANIZATION)
            .sdk("admin.organization.certificates.list"),
        post("/v1/organization/certificates", "createCertificate", "Upload a certificate")
            .about("It is not active. An organization has at most 50 certificates.")
            .needs(WRITE)
            .body(&[
                field(
                    "certificate",
                    Kind::Text,
                    "One certificate in PEM, at most 16 KiB: an authority that signs those of clients, or a client's own. No private key.",
                )
                .such_as(PEM),
                optional("name", Kind::Text, "A name for people.").between(1, 255).such_as("Office").shown(),
            ])
            .answers(&CERTIFICATE)
            .sdk("admin.organization.certificates.create"),
        post("/v1/organization/certificates/activate", "activateCertificates", "Activate certificates")
            .about("For every project of the organization, with the next request.")
            .needs(WRITE)
            .body(IDS)
            .answers(&ACTIVATED)
            .or(&[404])
            .sdk("admin.organization.certificates.activate"),
        post("/v1/organization/certificates/deactivate", "deactivateCertificates", "Deactivate certificates")
            .about("They stay active for projects for which they were activated.")
            .needs(WRITE)
            .body(IDS)
            .answers(&DEACTIVATED)
            .or(&[404])
            .sdk("admin.organization.certificates.deactivate"),
        get("/v1/organization/certificates/{certificate_id}", "retrieveCertificate", "Retrieve a certificate")
            .needs(READ)
            .query(&[parameter("include", Kind::List(&Kind::OneOf(&["content"])), "`content` for the certificate in PEM.")
                .such_as("[\"content\"]")
                .shown()])
            .answers(&CERTIFICATE)
            .sdk("admin.organization.certificates.retrieve"),
        post("/v1/organization/certificates/{certificate_id}", "updateCertificate", "Rename a certificate")
            .about("Without `name` it stays as it is.")
            .needs(WRITE)
            .body(&[optional("name", Kind::Text, "The new name.").between(1, 255).such_as("Labs").shown()])
            .answers(&CERTIFICATE)
            .sdk("admin.organization.certificates.update"),
        delete("/v1/organization/certificates/{certificate_id}", "deleteCertificate", "Delete a certificate")
            .about("An active certificate cannot be deleted.")
            .needs(WRITE)
            .answers(&DELETED)
            .sdk("admin.organization.certificates.delete"),
        get("/v1/organization/projects/{project_id}/certificates", "listProjectCertificates", "List certificates for a project")
            .about("All of the organization's, newest first, with whether each is active for the project.")
            .needs(READ)
            .query(PAGE)
            .lists(&IN_PROJECT)
            .sdk("admin.organization.projects.certificates.list"),
        post(
            "/v1/organization/projects/{project_id}/certificates/activate",
            "activateProjectCertificates",
            "Activate certificates for a project",
        )
        .about("In force with the next request.")
        .needs(WRITE)
        .body(IDS)
        .answers(&ACTIVATED_FOR_PROJECT)
        .sdk("admin.organization.projects.certificates.activate"),
        post(
            "/v1/organization/projects/{project_id}/certificates/deactivate",
            "deactivateProjectCertificates",
            "Deactivate certificates for a project",
        )
        .about("Certificates that are active for the organization stay in force for the project.")
        .needs(WRITE)
        .body(IDS)
        .answers(&DEACTIVATED_FOR_PROJECT)
        .sdk("admin.organization.projects.certificates.deactivate"),
    ],
};
