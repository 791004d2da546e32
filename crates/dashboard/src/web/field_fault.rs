//! The field of a refused form that is at fault, and what is wrong with it.

/// Which field is at fault, and why. The default is that none is; the name is empty where no field of the page is at
/// fault.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FieldFault(Option<(String, String)>);

impl FieldFault {
    /// The fault of the field with this id.
    pub(crate) fn new(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self(Some((field.into(), why.into())))
    }

    /// Whether this field is at fault.
    pub(crate) fn is_at(&self, field: &str) -> bool {
        self.0.as_ref().is_some_and(|(name, _)| name == field)
    }

    /// What is wrong; empty when nothing is.
    pub(crate) fn why(&self) -> &str {
        self.0.as_ref().map_or("", |(_, why)| why)
    }

    /// The field and what is wrong, for the summary above the form.
    pub(crate) fn found(&self) -> Option<(&str, &str)> {
        self.0.as_ref().map(|(field, why)| (field.as_str(), why.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_at_one_field() {
        let fault = FieldFault::new("amount", "Too much.".to_owned());
        assert!(fault.is_at("amount") && !fault.is_at("reason") && !fault.is_at(""));
        assert_eq!((fault.why(), fault.found()), ("Too much.", Some(("amount", "Too much."))));
        let none = FieldFault::default();
        assert!(!none.is_at("amount") && !none.is_at(""));
        assert_eq!((none.why(), none.found()), ("", None));
    }
}
