//! What a project may use besides models: the tools that the model server itself runs, and its service tiers.

use serde::{Deserialize, Serialize};

/// A tool that the model server runs for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostedTool {
    /// Searches files of a vector store.
    FileSearch,
    /// Searches the web.
    WebSearch,
    /// Makes pictures.
    ImageGeneration,
    /// Calls a remote server by the Model Context Protocol.
    Mcp,
    /// Runs code in a container.
    CodeInterpreter,
}

impl HostedTool {
    /// All of them, in the order of the API.
    pub const ALL: [Self; 5] =
        [Self::FileSearch, Self::WebSearch, Self::ImageGeneration, Self::Mcp, Self::CodeInterpreter];

    /// The name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FileSearch => "file_search",
            Self::WebSearch => "web_search",
            Self::ImageGeneration => "image_generation",
            Self::Mcp => "mcp",
            Self::CodeInterpreter => "code_interpreter",
        }
    }

    /// Returns the tool of a `type` in a request. Types with a version or `_preview` name the same tool, and so do other
    /// cases and spaces around it: a lenient model server would run it.
    #[must_use]
    pub fn of_type(kind: &str) -> Option<Self> {
        let kind = kind.trim().as_bytes();
        let named = |tool: &Self| {
            let name = tool.as_str().as_bytes();
            let begins = kind.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name));
            begins && kind.get(name.len()).is_none_or(|next| *next == b'_')
        };
        Self::ALL.into_iter().find(named)
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of hosted tools.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<HostedTool>", into = "Vec<HostedTool>")]
pub struct HostedTools(u8);

impl HostedTools {
    /// Adds a tool.
    pub fn insert(&mut self, tool: HostedTool) {
        self.0 |= tool.bit();
    }

    /// Removes a tool.
    pub fn remove(&mut self, tool: HostedTool) {
        self.0 &= !tool.bit();
    }

    /// Whether it has this tool.
    #[must_use]
    pub const fn contains(self, tool: HostedTool) -> bool {
        self.0 & tool.bit() != 0
    }

    /// Returns its tools, in the order of the API.
    pub fn iter(self) -> impl Iterator<Item = HostedTool> {
        HostedTool::ALL.into_iter().filter(move |tool| self.contains(*tool))
    }
}

impl From<Vec<HostedTool>> for HostedTools {
    fn from(tools: Vec<HostedTool>) -> Self {
        let mut set = Self::default();
        tools.into_iter().for_each(|tool| set.insert(tool));
        set
    }
}

impl From<HostedTools> for Vec<HostedTool> {
    fn from(set: HostedTools) -> Self {
        set.iter().collect()
    }
}

/// A service tier that a project can be limited in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceTier {
    /// Cheaper and slower.
    Flex,
    /// Faster; requests also write `priority`.
    Fast,
    /// Fastest.
    Ultrafast,
}

impl ServiceTier {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Flex, Self::Fast, Self::Ultrafast];

    /// The name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Flex => "flex",
            Self::Fast => "fast",
            Self::Ultrafast => "ultrafast",
        }
    }

    /// Returns the tier of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.as_str() == name)
    }
}

/// What the `service_tier` of a request names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RequestedTier {
    /// Nothing, or the standard tier, which every project may use. The upstream decides what `auto` is.
    #[default]
    Standard,
    /// Capacity bought in advance.
    Scale,
    /// A tier that a project can be limited in.
    Named(ServiceTier),
    /// A name that this version does not know.
    Unknown,
}

impl RequestedTier {
    /// Reads the value of a request.
    #[must_use]
    pub fn of(value: &str) -> Self {
        match value {
            "auto" | "default" | "standard" => Self::Standard,
            "scale" => Self::Scale,
            "priority" => Self::Named(ServiceTier::Fast),
            other => ServiceTier::from_name(other).map_or(Self::Unknown, Self::Named),
        }
    }
}

/// The tier of a project's requests that name none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefaultTier {
    /// The standard tier.
    #[default]
    Standard,
    /// The fast tier.
    Fast,
    /// Capacity bought in advance.
    Scale,
}

impl DefaultTier {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Standard, Self::Fast, Self::Scale];

    /// The name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Fast => "fast",
            Self::Scale => "scale",
        }
    }

    /// Returns the tier of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.as_str() == name)
    }

    /// The value that is written into a request that leaves the choice to its project; `None` leaves it as it is.
    #[must_use]
    pub const fn written(self) -> Option<&'static str> {
        match self {
            Self::Standard => None,
            // The name that older servers know as well.
            Self::Fast => Some("priority"),
            Self::Scale => Some("scale"),
        }
    }
}

/// Why settings of service tiers contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the default tier 'fast' must be among the enabled tiers")]
pub struct DefaultNotEnabled;

/// The features of one project. A new project may use everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProjectFeatures {
    /// The tools that its requests may not use.
    pub denied_tools: HostedTools,
    /// The tiers that its requests may name besides the standard one, in order; `None` is every tier.
    pub tiers: Option<Vec<ServiceTier>>,
    /// The tier of requests that name none, or `auto`.
    pub default_tier: DefaultTier,
}

impl ProjectFeatures {
    /// Returns the first tool of a request that the project may not use.
    #[must_use]
    pub fn denied(&self, requested: HostedTools) -> Option<HostedTool> {
        requested.iter().find(|tool| self.denied_tools.contains(*tool))
    }

    /// Sets the tiers.
    ///
    /// # Errors
    /// When the default would be refused in a request that names it.
    pub fn set_tiers(
        &mut self,
        default_tier: Option<DefaultTier>,
        tiers: Option<Option<Vec<ServiceTier>>>,
    ) -> Result<(), DefaultNotEnabled> {
        let default_tier = default_tier.unwrap_or(self.default_tier);
        let mut tiers = tiers.unwrap_or_else(|| self.tiers.clone());
        if let Some(tiers) = &mut tiers {
            tiers.sort_unstable();
            tiers.dedup();
        }
        let wanted = Self { tiers, default_tier, ..self.clone() };
        if !wanted.allows_tier(default_tier.written().map_or(RequestedTier::Standard, RequestedTier::of)) {
            return Err(DefaultNotEnabled);
        }
        *self = wanted;
        Ok(())
    }

    /// Whether the project's requests may name this tier. An unknown one is allowed only where all are, and so is scale,
    /// unless it is the default.
    #[must_use]
    pub fn allows_tier(&self, requested: RequestedTier) -> bool {
        match (&self.tiers, requested) {
            (None, _) | (_, RequestedTier::Standard) => true,
            (Some(_), RequestedTier::Scale) => self.default_tier == DefaultTier::Scale,
            (Some(tiers), RequestedTier::Named(tier)) => tiers.contains(&tier),
            (Some(_), RequestedTier::Unknown) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_with_a_version_name_the_same_tool() {
        for (kind, tool) in [
            ("web_search", Some(HostedTool::WebSearch)),
            ("web_search_preview", Some(HostedTool::WebSearch)),
            ("web_search_preview_2025_03_11", Some(HostedTool::WebSearch)),
            ("mcp", Some(HostedTool::Mcp)),
            (" WEB_Search_Preview", Some(HostedTool::WebSearch)),
            ("MCP\n", Some(HostedTool::Mcp)),
            ("mcpx", None),
            ("function", None),
            ("", None),
        ] {
            assert_eq!(HostedTool::of_type(kind), tool, "{kind}");
        }
        for tool in HostedTool::ALL {
            assert_eq!(HostedTool::of_type(tool.as_str()), Some(tool));
        }
    }

    #[test]
    fn sets_of_tools_keep_what_they_are_told() {
        for subset in 0..32_u8 {
            let tools: Vec<HostedTool> = HostedTool::ALL.into_iter().filter(|tool| subset & tool.bit() != 0).collect();
            let set = HostedTools::from(tools.clone());
            assert_eq!(Vec::from(set), tools);
            let kept: HostedTools = serde_json::from_str(&serde_json::to_string(&set).unwrap()).unwrap();
            assert_eq!(kept, set);
            for tool in HostedTool::ALL {
                let mut less = set;
                less.remove(tool);
                assert!(!less.contains(tool));
                assert_eq!(
                    ProjectFeatures { denied_tools: set, ..Default::default() }.denied(less),
                    less.iter().next()
                );
            }
        }
        assert_eq!(HostedTools::default().iter().count(), 0);
    }

    #[test]
    fn a_limited_project_may_name_its_tiers_and_the_standard_one() {
        let all = ProjectFeatures::default();
        let only = ProjectFeatures { tiers: Some(vec![ServiceTier::Fast]), ..Default::default() };
        let none = ProjectFeatures { tiers: Some(Vec::new()), ..Default::default() };
        for (value, in_only) in [
            ("auto", true),
            ("default", true),
            ("scale", false),
            ("priority", true),
            ("fast", true),
            ("flex", false),
            ("ultrafast", false),
            ("FLEX", false),
            ("", false),
        ] {
            let requested = RequestedTier::of(value);
            assert!(all.allows_tier(requested), "{value}");
            assert_eq!(only.allows_tier(requested), in_only, "{value}");
            assert_eq!(none.allows_tier(requested), requested == RequestedTier::Standard, "{value}");
        }
    }

    #[test]
    fn the_default_tier_is_one_of_the_enabled() {
        let mut features = ProjectFeatures::default();
        let fast = Some(DefaultTier::Fast);
        assert_eq!(features.set_tiers(fast, Some(Some(vec![ServiceTier::Flex]))), Err(DefaultNotEnabled));
        assert_eq!(features, ProjectFeatures::default());
        features.set_tiers(fast, None).unwrap();
        assert_eq!(features.set_tiers(None, Some(Some(Vec::new()))), Err(DefaultNotEnabled));
        let twice = vec![ServiceTier::Fast, ServiceTier::Flex, ServiceTier::Fast];
        features.set_tiers(None, Some(Some(twice))).unwrap();
        assert_eq!(features.tiers, Some(vec![ServiceTier::Flex, ServiceTier::Fast]));
        features.set_tiers(Some(DefaultTier::Standard), Some(Some(Vec::new()))).unwrap();
        features.set_tiers(Some(DefaultTier::Scale), None).unwrap();
        assert!(features.allows_tier(RequestedTier::Scale));
        assert_eq!((features.default_tier.written(), features.tiers), (Some("scale"), Some(Vec::new())));
    }

    /// Rows of an older version have fewer fields.
    #[test]
    fn missing_fields_allow_everything() {
        assert_eq!(serde_json::from_str::<ProjectFeatures>("{}").unwrap(), ProjectFeatures::default());
    }
}
