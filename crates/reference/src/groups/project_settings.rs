//! Models, tools, service tiers, rates and retention of data.

use keystead_core::data_retention::DataRetention;
use keystead_core::model_access::ListMode;
use keystead_core::project_features::{DefaultTier, ServiceTier};

use super::shared::{LONG_PAGE, READ, WRITE, object};
use crate::members::{Kind, Member, field, optional};
use crate::object::Object;
use crate::operation::{Group, delete, get, post};

const MODE: Kind = Kind::Names(|| ListMode::ALL.map(ListMode::as_str).to_vec());
const MODELS: Kind = Kind::List(&Kind::Text);

const MODEL_PERMISSIONS: Object = Object::new(
    "ModelPermissions",
    "The models that a project may use.",
    &[
        object("project.model_permissions"),
        field("mode", MODE, "Whether the list allows its models or denies them."),
        field("model_ids", MODELS, "Names of models.").such_as("[\"gpt-4o\"]"),
    ],
);

const ENABLED: Kind = Kind::Members(&[field("enabled", Kind::Boolean, "Whether the project may use it.")]);

const TOOLS: Object = Object::new(
    "HostedToolPermissions",
    "The tools of model servers that a project may use.",
    &[
        field("file_search", ENABLED, "Search in files."),
        field("web_search", ENABLED, "Search in the web."),
        field("image_generation", ENABLED, "Generation of images."),
        field("mcp", ENABLED, "Calls of MCP servers."),
        field("code_interpreter", ENABLED, "Running code."),
    ],
);

const TIERS: Object = Object::new(
    "ServiceTierSettings",
    "The service tiers that requests of a project may name.",
    &[
        object("project.service_tier_settings"),
        field("default", DEFAULT_TIER, "The tier of requests without one."),
        field("enabled_tiers", ENABLED_TIERS, "The tiers that may be named."),
    ],
);

const DEFAULT_TIER: Kind = Kind::Names(|| DefaultTier::ALL.map(DefaultTier::as_str).to_vec());
const ENABLED_TIERS: Kind = Kind::Either(&[
    Kind::Always("all"),
    Kind::List(&Kind::Names(|| ServiceTier::ALL.map(ServiceTier::as_str).to_vec())),
]);

fn organization_retention() -> Vec<&'static str> {
    DataRetention::ALL.into_iter().filter(|one| *one != DataRetention::None).map(DataRetention::as_str).collect()
}

fn project_retention() -> Vec<&'static str> {
    let names = DataRetention::ALL.into_iter().map(DataRetention::as_str);
    std::iter::once("organization_default").chain(names).collect()
}

const RETENTION: Object = Object::new(
    "OrganizationDataRetention",
    "How long model servers may keep data.",
    &[object("organization.data_retention"), field("type", Kind::Names(organization_retention), "The setting.")],
);

const PROJECT_RETENTION: Object = Object::new(
    "ProjectDataRetention",
    "How long model servers may keep a project's data.",
    &[object("project.data_retention"), field("type", Kind::Names(project_retention), "The setting.")],
);

const REQUESTS: Member =
    field("max_requests_per_1_minute", Kind::Integer, "Requests in a minute; 1,000,000,000 when there is no limit.");
const TOKENS: Member =
    field("max_tokens_per_1_minute", Kind::Integer, "Tokens in a minute; 1,000,000,000 when there is no limit.");
const IMAGES: Member = field("max_images_per_1_minute", Kind::Integer, "Images in a minute.");
const DAILY: Member = field("max_requests_per_1_day", Kind::Integer, "Requests in a day.");

const RATE_LIMIT: Object = Object::new(
    "ProjectRateLimit",
    "The limits of a project for one model.",
    &[
        object("project.rate_limit"),
        field("id", Kind::Id("rl-"), "`rl-` and the name of the model.").such_as("rl-gpt-4o"),
        field("model", Kind::Text, "The model.").such_as("gpt-4o"),
        REQUESTS.such_as("500"),
        TOKENS.such_as("30000"),
        IMAGES.sometimes().such_as("5"),
        DAILY.sometimes().such_as("10000"),
    ],
);

/// The largest limit, which is also shown where there is none.
const LARGEST: i64 = 1_000_000_000;

/// A limit in a request.
const fn limit(member: Member) -> Member {
    optional(member.name, Kind::Integer, member.about).between(1, LARGEST)
}

pub(super) const GROUP: Group = Group {
    slug: "project-settings",
    name: "Models, tools and limits",
    about: "What requests of a project may use: models, tools that model servers run, service tiers, rates. A change holds with the next request.",
    operations: &[
        get(
            "/v1/organization/projects/{project_id}/model_permissions",
            "retrieveModelPermissions",
            "Retrieve the models of a project",
        )
        .about("A project without a list answers like one with an empty deny list.")
        .needs(READ)
        .answers(&MODEL_PERMISSIONS)
        .sdk("admin.organization.projects.model_permissions.retrieve"),
        post(
            "/v1/organization/projects/{project_id}/model_permissions",
            "updateModelPermissions",
            "Choose the models of a project",
        )
        .needs(WRITE)
        .body(&[
            field("mode", MODE, "Whether the list allows its models or denies them."),
            field("model_ids", MODELS, "Names of models, each of at most 200 characters.")
                .at_most(500)
                .such_as("[\"gpt-4o\"]"),
        ])
        .answers(&MODEL_PERMISSIONS)
        .sdk("admin.organization.projects.model_permissions.update"),
        delete(
            "/v1/organization/projects/{project_id}/model_permissions",
            "deleteModelPermissions",
            "Remove the list of models of a project",
        )
        .about("The project may use every model afterwards.")
        .needs(WRITE)
        .removes("project.model_permissions.deleted")
        .sdk("admin.organization.projects.model_permissions.delete"),
        get(
            "/v1/organization/projects/{project_id}/hosted_tool_permissions",
            "retrieveHostedToolPermissions",
            "Retrieve the tools of a project",
        )
        .needs(READ)
        .answers(&TOOLS)
        .sdk("admin.organization.projects.hosted_tool_permissions.retrieve"),
        post(
            "/v1/organization/projects/{project_id}/hosted_tool_permissions",
            "updateHostedToolPermissions",
            "Choose the tools of a project",
        )
        .about("A tool that is left out stays as it is.")
        .needs(WRITE)
        .body(&[
            optional("file_search", ENABLED, "Search in files."),
            optional("web_search", ENABLED, "Search in the web.").such_as("{\"enabled\":false}").shown(),
            optional("image_generation", ENABLED, "Generation of images."),
            optional("mcp", ENABLED, "Calls of MCP servers."),
            optional("code_interpreter", ENABLED, "Running code."),
        ])
        .answers(&TOOLS)
        .sdk("admin.organization.projects.hosted_tool_permissions.update"),
        get(
            "/v1/organization/projects/{project_id}/service_tier_settings",
            "retrieveServiceTierSettings",
            "Retrieve the service tiers of a project",
        )
        .needs(READ)
        .answers(&TIERS)
        .sdk("admin.organization.projects.service_tier_settings.retrieve"),
        post(
            "/v1/organization/projects/{project_id}/service_tier_settings",
            "updateServiceTierSettings",
            "Choose the service tiers of a project",
        )
        .about("What is left out stays as it is.")
        .needs(WRITE)
        .body(&[
            optional("default", DEFAULT_TIER, "The tier of requests without one.").shown(),
            optional("enabled_tiers", ENABLED_TIERS, "The tiers that may be named.").such_as("[\"flex\"]").shown(),
        ])
        .answers(&TIERS)
        .sdk("admin.organization.projects.service_tier_settings.update"),
        get(
            "/v1/organization/projects/{project_id}/rate_limits",
            "listRateLimits",
            "List the rate limits of a project",
        )
        .about("One for each model, in the order of their names.")
        .needs(READ)
        .query(LONG_PAGE)
        .lists(&RATE_LIMIT)
        .sdk("admin.organization.projects.rate_limits.list_rate_limits"),
        post(
            "/v1/organization/projects/{project_id}/rate_limits/{rate_limit_id}",
            "updateRateLimit",
            "Change a rate limit of a project",
        )
        .about("A limit of a project cannot be above the organization's. What is left out stays as it is.")
        .needs(WRITE)
        .body(&[limit(REQUESTS).such_as("100").shown(), limit(TOKENS), limit(IMAGES), limit(DAILY)])
        .unsupported(&["max_audio_megabytes_per_1_minute", "batch_1_day_max_input_tokens"])
        .answers(&RATE_LIMIT)
        .sdk("admin.organization.projects.rate_limits.update_rate_limit"),
        get(
            "/v1/organization/data_retention",
            "retrieveDataRetention",
            "Retrieve the data retention of the organization",
        )
        .needs(READ)
        .answers(&RETENTION)
        .sdk("admin.organization.data_retention.retrieve"),
        post("/v1/organization/data_retention", "updateDataRetention", "Choose the data retention of the organization")
            .needs(WRITE)
            .body(&[field("retention_type", Kind::Names(organization_retention), "The setting.")])
            .answers(&RETENTION)
            .sdk("admin.organization.data_retention.update"),
        get(
            "/v1/organization/projects/{project_id}/data_retention",
            "retrieveProjectDataRetention",
            "Retrieve the data retention of a project",
        )
        .needs(READ)
        .answers(&PROJECT_RETENTION)
        .sdk("admin.organization.projects.data_retention.retrieve"),
        post(
            "/v1/organization/projects/{project_id}/data_retention",
            "updateProjectDataRetention",
            "Choose the data retention of a project",
        )
        .needs(WRITE)
        .body(&[field("retention_type", Kind::Names(project_retention), "The setting.")])
        .answers(&PROJECT_RETENTION)
        .sdk("admin.organization.projects.data_retention.update"),
    ],
};
