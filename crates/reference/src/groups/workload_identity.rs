//! Workload identity: providers, their rules, and the exchange of tokens.

mod exchange;

use super::shared::{CREATED_AT, NAME, PAGE, READ, RULE_PAGE, WRITE, id, object};
use crate::members::{Kind, Member, field, optional};
use crate::object::Object;
use crate::operation::{Group, delete, get, post};

const UPDATED_AT: Member = field("updated_at", Kind::Time, "When it was last changed.");
const ENABLED: Member = field("enabled", Kind::Boolean, "Whether it is used.");
const DESCRIPTION: Member = field("description", Kind::Text, "What it is for.").or_null().such_as("null");

const ABOUT_VERIFICATION: &str = "Where the keys of the issuer come from.";
const DISCOVERY: &str = "{\"type\":\"discovery\",\"discovery_url\":null}";
const JWKS: Member =
    field("jwks", Kind::Map(&Kind::Anything), "A JSON Web Key Set with public keys.").such_as("{\"keys\":[]}");
const UPLOADED: Kind = Kind::Members(&[field("type", Kind::Always("uploaded_jwks"), ""), JWKS]);

const VERIFICATION: Member = field(
    "verification",
    Kind::Either(&[
        Kind::Members(&[
            field("type", Kind::Always("discovery"), ""),
            field("discovery_url", Kind::Text, "Where the issuer describes itself; null for its usual address.")
                .or_null(),
        ]),
        UPLOADED,
    ]),
    ABOUT_VERIFICATION,
)
.such_as(DISCOVERY);

const VERIFICATION_WANTED: Member = optional(
    "verification",
    Kind::Either(&[
        Kind::Members(&[
            field("type", Kind::Always("discovery"), ""),
            optional("discovery_url", Kind::Text, "Where the issuer describes itself; without it its usual address."),
        ]),
        UPLOADED,
    ]),
    ABOUT_VERIFICATION,
)
.such_as(DISCOVERY);

const TRANSFORMATION: Kind = Kind::Members(&[
    field("attribute", Kind::Text, "The name of the attribute.").such_as("repository_owner"),
    field("expression", Kind::Text, "A claim, a text in quotes, or several of these with `+` between them.")
        .such_as("assertion.repository_owner"),
]);
const ABOUT_TRANSFORMATIONS: &str = "Attributes that are derived from claims; they hide claims of the same name.";
const TRANSFORMATIONS: &str = "[{\"attribute\":\"owner\",\"expression\":\"assertion.repository_owner\"}]";

const PROVIDER: Object = Object::new(
    "WorkloadIdentityProvider",
    "An issuer of tokens that is trusted for workloads.",
    &[
        id("wip_"),
        object("organization.workload_identity_provider"),
        field("type", Kind::Always("oidc"), "The type of the provider: OpenID Connect."),
        field("name", Kind::Text, "Its name.").such_as("GitHub Actions"),
        DESCRIPTION,
        field("issuer", Kind::Text, "The issuer, as tokens name it.")
            .such_as("https://token.actions.githubusercontent.com"),
        field("audience", Kind::Text, "The audience that tokens name.").such_as("https://keys.example.com"),
        VERIFICATION,
        field("attribute_transformations", Kind::List(&TRANSFORMATION), ABOUT_TRANSFORMATIONS).such_as("[]"),
        ENABLED,
        CREATED_AT,
        UPDATED_AT,
    ],
);

const ABOUT_MATCHERS: &str =
    "The values that attributes of a token must have: the same text, number or boolean. At least one.";
const MATCHER: Kind = Kind::Either(&[Kind::Text, Kind::Number, Kind::Boolean]);
const MATCHERS: &str = "{\"repository\":\"acme/app\"}";
const PERMISSIONS: Kind = Kind::Either(&[
    Kind::Members(&[field("type", Kind::Always("service_account_default"), "")]),
    Kind::Members(&[
        field("type", Kind::Always("restricted"), ""),
        field("scopes", Kind::List(&Kind::Text), "The permissions of the keys, at least one.")
            .such_as("[\"api.model.request\"]"),
    ]),
]);
const RESTRICTED: &str = "{\"type\":\"restricted\",\"scopes\":[\"api.model.request\"]}";
const ABOUT_PERMISSIONS: &str = "What the keys may do: all that the service account may, or only some of it.";

const RULE: Object = Object::new(
    "WorkloadIdentityFederationRule",
    "The workloads that may act as a service account.",
    &[
        id("wifr_"),
        object("organization.workload_identity_federation_rule"),
        field("workload_identity_provider_id", Kind::Id("wip_"), "The provider."),
        field("project_id", Kind::Id("proj_"), "The project of the service account."),
        field("service_account_id", Kind::Id("svc_acct_"), "The service account."),
        field("name", Kind::Text, "Its name.").or_null().such_as("Deployments"),
        DESCRIPTION,
        field("attribute_matchers", Kind::Map(&MATCHER), ABOUT_MATCHERS).such_as(MATCHERS),
        field("permissions", PERMISSIONS, ABOUT_PERMISSIONS),
        ENABLED,
        CREATED_AT,
        UPDATED_AT,
    ],
);

const NAME_WANTED: Member =
    optional("name", Kind::Text, "A name for people.").between(1, 255).such_as("Deployments").shown();
const DESCRIPTION_WANTED: Member = optional("description", Kind::Text, "What it is for.").at_most(1_000);
const ENABLED_WANTED: Member = optional("enabled", Kind::Boolean, "Whether it is used.").usually("true");
const ENABLED_CHANGE: Member = optional("enabled", Kind::Boolean, "Whether it is used.").such_as("false");
const TRANSFORMATIONS_WANTED: Member =
    optional("attribute_transformations", Kind::List(&TRANSFORMATION), ABOUT_TRANSFORMATIONS)
        .at_most(20)
        .such_as(TRANSFORMATIONS);
const PERMISSIONS_WANTED: Member = optional("permissions", PERMISSIONS, ABOUT_PERMISSIONS).such_as(RESTRICTED).shown();

pub(super) const GROUP: Group = Group {
    slug: "workload-identity",
    name: "Workload identity",
    about: "A workload exchanges a token of its platform for a key of a service account that works for at most an hour. A provider is a trusted issuer of tokens; its rules say which tokens act as which service account.",
    operations: &[
        exchange::TOKEN,
        get(
            "/v1/organization/workload_identity_providers",
            "listWorkloadIdentityProviders",
            "List workload identity providers",
        )
        .about("Newest first.")
        .needs(READ)
        .query(PAGE)
        .lists(&PROVIDER)
        .sdk("admin.organization.workload_identity_providers.list"),
        post(
            "/v1/organization/workload_identity_providers",
            "createWorkloadIdentityProvider",
            "Create a workload identity provider",
        )
        .about("An organization has at most 50 providers.")
        .needs(WRITE)
        .body(&[
            field("type", Kind::OneOf(&["oidc"]), "The type of the provider: OpenID Connect."),
            NAME.such_as("GitHub Actions"),
            field("issuer", Kind::Text, "The issuer, as tokens name it: an `https` address with a name, not a number.")
                .at_most(1_000)
                .such_as("https://token.actions.githubusercontent.com"),
            field("audience", Kind::Text, "The audience that tokens name, and no other.")
                .between(1, 1_000)
                .such_as("https://keys.example.com"),
            DESCRIPTION_WANTED,
            ENABLED_WANTED,
            VERIFICATION_WANTED,
            TRANSFORMATIONS_WANTED,
        ])
        .answers(&PROVIDER)
        .sdk("admin.organization.workload_identity_providers.create"),
        get(
            "/v1/organization/workload_identity_providers/{workload_identity_provider_id}",
            "retrieveWorkloadIdentityProvider",
            "Retrieve a workload identity provider",
        )
        .needs(READ)
        .answers(&PROVIDER)
        .sdk("admin.organization.workload_identity_providers.retrieve"),
        post(
            "/v1/organization/workload_identity_providers/{workload_identity_provider_id}",
            "updateWorkloadIdentityProvider",
            "Change a workload identity provider",
        )
        .about("What is left out stays; a description of null is removed. Changes of more than the name and the description end the keys that were issued.")
        .needs(WRITE)
        .body(&[
            optional("name", Kind::Text, "A name for people.").between(1, 255).such_as("GitHub Actions").shown(),
            optional("issuer", Kind::Text, "The issuer, as tokens name it.")
                .at_most(1_000)
                .such_as("https://token.actions.githubusercontent.com"),
            optional("audience", Kind::Text, "The audience that tokens name, and no other.")
                .between(1, 1_000)
                .such_as("https://keys.example.com"),
            DESCRIPTION_WANTED,
            ENABLED_CHANGE,
            VERIFICATION_WANTED,
            TRANSFORMATIONS_WANTED,
        ])
        .answers(&PROVIDER)
        .sdk("admin.organization.workload_identity_providers.update"),
        delete(
            "/v1/organization/workload_identity_providers/{workload_identity_provider_id}",
            "deleteWorkloadIdentityProvider",
            "Delete a workload identity provider",
        )
        .about("A provider with rules cannot be deleted.")
        .needs(WRITE)
        .removes("organization.workload_identity_provider.deleted")
        .or(&[409])
        .sdk("admin.organization.workload_identity_providers.delete"),
        get(
            "/v1/organization/workload_identity_providers/{workload_identity_provider_id}/federation_rules",
            "listFederationRules",
            "List federation rules",
        )
        .about("Newest first.")
        .needs(READ)
        .query(RULE_PAGE)
        .lists(&RULE)
        .sdk("admin.organization.workload_identity_providers.federation_rules.list"),
        post(
            "/v1/organization/workload_identity_providers/{workload_identity_provider_id}/federation_rules",
            "createFederationRule",
            "Create a federation rule",
        )
        .about("Of several rules that admit a token, the oldest counts. One attribute at least must differ between workloads: a rule with the issuer, the audience, times or derived texts alone is refused, and a rule for GitHub Actions, gitlab.com or Google must name a claim that says to whom the workload belongs. A provider has at most 50 rules. A key cannot give permissions that it does not hold itself.")
        .needs(WRITE)
        .body(&[
            field("attribute_matchers", Kind::Map(&MATCHER), ABOUT_MATCHERS).such_as(MATCHERS),
            field("project_id", Kind::Id("proj_"), "The project of the service account."),
            field("service_account_id", Kind::Id("svc_acct_"), "The service account."),
            NAME_WANTED,
            DESCRIPTION_WANTED,
            ENABLED_WANTED,
            PERMISSIONS_WANTED,
        ])
        .answers(&RULE)
        .sdk("admin.organization.workload_identity_providers.federation_rules.create"),
        get(
            "/v1/organization/workload_identity_providers/{workload_identity_provider_id}/federation_rules/{workload_identity_federation_rule_id}",
            "retrieveFederationRule",
            "Retrieve a federation rule",
        )
        .needs(READ)
        .answers(&RULE)
        .sdk("admin.organization.workload_identity_providers.federation_rules.retrieve"),
        post(
            "/v1/organization/workload_identity_providers/{workload_identity_provider_id}/federation_rules/{workload_identity_federation_rule_id}",
            "updateFederationRule",
            "Change a federation rule",
        )
        .about("What is left out stays; a name or a description of null is removed. Changes of the conditions or the permissions, and disabling the rule, end the keys that it issued.")
        .needs(WRITE)
        .body(&[
            optional("attribute_matchers", Kind::Map(&MATCHER), ABOUT_MATCHERS).such_as(MATCHERS),
            NAME_WANTED,
            DESCRIPTION_WANTED,
            ENABLED_CHANGE,
            PERMISSIONS_WANTED,
        ])
        .answers(&RULE)
        .sdk("admin.organization.workload_identity_providers.federation_rules.update"),
        delete(
            "/v1/organization/workload_identity_providers/{workload_identity_provider_id}/federation_rules/{workload_identity_federation_rule_id}",
            "deleteFederationRule",
            "Delete a federation rule",
        )
        .about("The keys that it issued stop working with the next request.")
        .needs(WRITE)
        .removes("organization.workload_identity_federation_rule.deleted")
        .sdk("admin.organization.workload_identity_providers.federation_rules.delete"),
    ],
};
