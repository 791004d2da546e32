use super::*;

fn complete() -> Configured {
    Configured {
        public_address: PublicAddress::Tls,
        operators: 2,
        support: true,
        services: ConfiguredServices {
            mail: true,
            text_messages: true,
            payment: true,
            identity: Some(IdentityService::Review),
        },
        upstreams: 1,
        models: 3,
        models_without_price: 0,
        backup_age: Some(3_600),
    }
}

#[test]
fn each_missing_part_changes_the_state_of_its_capability() {
    use CapabilityState::{Incomplete, NotSetUp, SetUp};
    assert!(complete().states().iter().all(|(_, state)| *state == SetUp));
    assert!(Configured::default().states().iter().all(|(_, state)| *state == NotSetUp));
    type Change = fn(&mut Configured);
    let cases: [(Change, Capability, CapabilityState); 14] = [
        (|c| c.public_address = PublicAddress::Plain, Capability::PublicAddress, Incomplete),
        (|c| c.public_address = PublicAddress::Local, Capability::PublicAddress, NotSetUp),
        (|c| c.support = false, Capability::Operators, Incomplete),
        (|c| c.operators = 0, Capability::Operators, NotSetUp),
        (|c| c.operators = 0, Capability::Identity, Incomplete),
        (|c| c.services.mail = false, Capability::Mail, NotSetUp),
        (|c| c.services.text_messages = false, Capability::TextMessages, NotSetUp),
        (|c| c.services.payment = false, Capability::Payment, NotSetUp),
        (|c| c.services.identity = None, Capability::Identity, NotSetUp),
        (|c| c.models = 0, Capability::Upstreams, Incomplete),
        (|c| c.upstreams = 0, Capability::Upstreams, NotSetUp),
        (|c| c.models_without_price = 1, Capability::Prices, Incomplete),
        (|c| c.models_without_price = 3, Capability::Prices, NotSetUp),
        (|c| c.backup_age = Some(BACKUP_DAYS * 86_400 + 1), Capability::Backups, Incomplete),
    ];
    for (change, capability, state) in cases {
        let mut configured = complete();
        change(&mut configured);
        assert_eq!(configured.state(capability), state, "{capability:?}");
    }
}

#[test]
fn a_requirement_can_be_checked_exactly_with_its_service() {
    for requirement in Requirement::ALL {
        let mut services = complete().services;
        match Capability::of_requirement(requirement) {
            Capability::TextMessages => services.text_messages = false,
            Capability::Payment => services.payment = false,
            _ => services.identity = None,
        }
        let left: Vec<_> = Requirement::ALL.into_iter().filter(|one| *one != requirement).collect();
        assert_eq!(services.requirements(), left);
    }
}

#[test]
fn addresses_of_this_machine_are_not_public() {
    for (url, kind) in [
        ("", PublicAddress::Local),
        ("http://127.0.0.1:8080", PublicAddress::Local),
        ("http://keys.example.com", PublicAddress::Plain),
        ("https://keys.example.com", PublicAddress::Tls),
    ] {
        assert_eq!(PublicAddress::of(url), kind, "{url}");
    }
}
