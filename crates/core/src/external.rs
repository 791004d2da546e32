//! External keys and external storage: a key or a bucket in a customer's own cloud account that an organization
//! registers. What is registered is a [`Location`]: the cloud and the fields that the cloud needs to find it.

mod fields;
mod health;
mod location;

pub use fields::{KEY_MEMBERS, STORAGE_MEMBERS, is_region};
pub use health::{Checked, Fault, Health};
pub use location::{FieldFault, Location, geography};

/// The cloud that a location is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cloud {
    /// Amazon Web Services, and servers that speak its protocols.
    Aws,
    /// Microsoft Azure.
    Azure,
    /// Google Cloud.
    Gcp,
    /// Oracle Cloud.
    Oci,
}

impl Cloud {
    /// All clouds.
    pub const ALL: [Self; 4] = [Self::Aws, Self::Azure, Self::Gcp, Self::Oci];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Azure => "azure",
            Self::Gcp => "gcp",
            Self::Oci => "oci",
        }
    }

    /// Returns the cloud of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cloud| cloud.as_str() == name)
    }
}

/// What an external key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPurpose {
    /// It encrypts and decrypts data keys.
    Ekm,
    /// It decrypts only.
    PspDecryption,
}

impl KeyPurpose {
    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ekm => "ekm",
            Self::PspDecryption => "psp_decryption",
        }
    }

    /// Returns the purpose of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Ekm, Self::PspDecryption].into_iter().find(|purpose| purpose.as_str() == name)
    }
}

#[cfg(test)]
mod tests;
