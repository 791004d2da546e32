//! A checked location.

use std::collections::BTreeMap;

use super::Cloud;
use super::fields::{self, Field, arn};
use crate::id::OrganizationId;

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldFault {
    /// A required field is absent.
    Missing(&'static str),
    /// A value does not have the form of its field.
    Wrong {
        /// The field.
        name: &'static str,
        /// What it must be, in words.
        form: &'static str,
    },
    /// A field of another cloud.
    Foreign(&'static str),
}

/// A key or a bucket in a cloud, with checked fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    cloud: Cloud,
    fields: BTreeMap<&'static str, String>,
}

impl Location {
    /// Checks the fields of a key.
    ///
    /// # Errors
    /// The first field that is missing, wrong or foreign. A key and a role of two partitions of AWS are wrong: no role is
    /// valid in another partition, and each partition has hosts of its own.
    pub fn of_key(cloud: Cloud, given: &[(&'static str, String)]) -> Result<Self, FieldFault> {
        let key = Self::checked(cloud, fields::of_key(cloud), given)?;
        let partition = |name: &str, service: &str| arn(key.get(name), service).map(|(partition, ..)| partition);
        if partition("kms_arn", "kms") != partition("role_arn", "iam") {
            let form = "of the same partition as 'role_arn': aws, aws-cn or aws-us-gov";
            return Err(FieldFault::Wrong { name: "kms_arn", form });
        }
        Ok(key)
    }

    /// Checks the fields of storage. AWS gets the external id beside them ([`Self::with_external_id`]).
    ///
    /// # Errors
    /// The first field that is missing, wrong or foreign.
    pub fn of_storage(cloud: Cloud, given: &[(&'static str, String)]) -> Result<Self, FieldFault> {
        Self::checked(cloud, fields::of_storage(cloud), given)
    }

    fn checked(cloud: Cloud, known: &'static [Field], given: &[(&'static str, String)]) -> Result<Self, FieldFault> {
        if let Some((foreign, _)) = given.iter().find(|(name, _)| known.iter().all(|field| field.name != *name)) {
            return Err(FieldFault::Foreign(foreign));
        }
        let mut fields = BTreeMap::new();
        for field in known {
            match given.iter().find(|(name, _)| *name == field.name) {
                Some((name, value)) if (field.fits)(value) => {
                    fields.insert(*name, value.clone());
                }
                Some((name, _)) => return Err(FieldFault::Wrong { name, form: field.form }),
                None if field.required => return Err(FieldFault::Missing(field.name)),
                None => {}
            }
        }
        Ok(Self { cloud, fields })
    }

    /// Adds the external id that the customer's role must require, so that no other organization can use the role
    /// through Keystead.
    #[must_use]
    pub fn with_external_id(mut self, id: &str) -> Self {
        if self.cloud == Cloud::Aws {
            self.fields.insert("external_id", id.to_owned());
        }
        self
    }

    /// Whether the external id is the id of another organization. A role of that organization requires it for its storage,
    /// and must not be assumed for another one.
    #[must_use]
    pub fn names_another(&self, organization: &OrganizationId) -> bool {
        self.get("external_id").parse::<OrganizationId>().is_ok_and(|named| named != *organization)
    }

    /// Restores a location from the store. `None` when a name is unknown.
    #[must_use]
    pub fn restored(cloud: Cloud, saved: BTreeMap<String, String>) -> Option<Self> {
        let all = || super::KEY_MEMBERS.iter().chain(super::STORAGE_MEMBERS);
        let named = |(name, value): (String, String)| Some((*all().find(|known| **known == name)?, value));
        Some(Self { cloud, fields: saved.into_iter().map(named).collect::<Option<_>>()? })
    }

    /// The cloud.
    #[must_use]
    pub const fn cloud(&self) -> Cloud {
        self.cloud
    }

    /// The fields, by name.
    #[must_use]
    pub const fn fields(&self) -> &BTreeMap<&'static str, String> {
        &self.fields
    }

    /// The value of a field; empty when the location has none.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// The account of the role at AWS.
    #[must_use]
    pub fn account(&self) -> &str {
        arn(self.get("role_arn"), "iam").map_or("", |(_, _, account, _)| account)
    }

    /// The region, where the fields say it.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        let of_key = arn(self.get("kms_arn"), "kms").map(|(_, region, _, _)| region);
        of_key.or_else(|| self.fields.get("region").map(String::as_str))
    }

    /// Whether the role is in AWS's partition of China, which has a domain of its own.
    #[must_use]
    pub fn is_in_china(&self) -> bool {
        arn(self.get("role_arn"), "iam").is_some_and(|(partition, ..)| partition == "aws-cn")
    }

    /// The audience of Google's workload identity federation.
    #[must_use]
    pub fn audience(&self) -> String {
        format!(
            "//iam.googleapis.com/projects/{}/locations/global/workloadIdentityPools/{}/providers/{}",
            self.get("workload_identity_project_number"),
            self.get("workload_identity_pool_id"),
            self.get("workload_identity_provider_id"),
        )
    }
}

/// The geography of a region, by the names of OpenAI's API; `GLOBAL` for every other region.
#[must_use]
pub fn geography(region: &str) -> &'static str {
    // The first that fits counts, so longer beginnings come first.
    const STARTS: &[(&str, &str)] = &[
        ("us-", "US"),
        ("eu-", "EU"),
        ("uk-", "GB"),
        ("ca-", "CA"),
        ("ap-northeast-1", "JP"),
        ("ap-northeast-3", "JP"),
        ("ap-northeast-2", "KR"),
        ("ap-tokyo", "JP"),
        ("ap-osaka", "JP"),
        ("ap-seoul", "KR"),
        ("ap-chuncheon", "KR"),
        ("ap-south-", "IN"),
        ("ap-mumbai", "IN"),
        ("ap-hyderabad", "IN"),
        ("ap-southeast-1", "SG"),
        ("ap-singapore", "SG"),
        ("ap-southeast-2", "AU"),
        ("ap-southeast-4", "AU"),
        ("ap-sydney", "AU"),
        ("ap-melbourne", "AU"),
        ("me-central-1", "AE"),
        ("me-abudhabi", "AE"),
        ("me-dubai", "AE"),
    ];
    if region == "eu-west-2" {
        return "GB";
    }
    STARTS.iter().find(|(start, _)| region.starts_with(start)).map_or("GLOBAL", |(_, geography)| geography)
}
