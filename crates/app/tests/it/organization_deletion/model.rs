//! Random steps of the people of an organization against its rules in plain words.

use keystead_app::Actor;
use keystead_app::keys::NewKey;
use proptest::prelude::*;

use super::{Company, OWNER, READER, WAIT};
use crate::test_app::*;

#[derive(Debug, Clone, Copy)]
enum Step {
    Request(usize),
    Cancel(usize),
    Role(usize, usize, bool),
    Remove(usize, usize),
    Key(usize),
    Invite(usize),
    Pass(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..3_usize;
    prop_oneof![
        3 => who.clone().prop_map(Step::Request),
        1 => who.clone().prop_map(Step::Cancel),
        2 => (who.clone(), who.clone(), any::<bool>()).prop_map(|(by, of, owns)| Step::Role(by, of, owns)),
        1 => (who.clone(), who.clone()).prop_map(|(by, of)| Step::Remove(by, of)),
        1 => who.clone().prop_map(Step::Key),
        1 => who.prop_map(Step::Invite),
        3 => prop_oneof![Just(DAY), Just(WAIT - 1), Just(WAIT)].prop_map(Step::Pass),
    ]
}

/// The rules in plain words: who owns the organization, who belongs to it, how many keys work, and when it ends.
struct Model {
    company: Company,
    owns: [bool; 3],
    member: [bool; 3],
    keys: [i64; 3],
    ends: Option<i64>,
    deleted: bool,
}

impl Model {
    async fn new() -> Self {
        Self {
            company: Company::new().await,
            owns: [true, true, false],
            member: [true; 3],
            // Two of the first person; the third key belongs to the service account.
            keys: [2, 0, 0],
            ends: None,
            deleted: false,
        }
    }

    fn another_owner(&self, who: usize) -> bool {
        (0..3).any(|one| one != who && self.owns[one])
    }

    async fn play(&mut self, step: Step) {
        let Company { test, people, organization, project } = &self.company;
        let app = test.app.clone();
        match step {
            Step::Request(who) => {
                let requested = self.company.request(who).await;
                assert_eq!(requested.is_ok(), self.owns[who], "{requested:?}");
                if self.owns[who] {
                    let ends = *self.ends.get_or_insert(test.now() + WAIT);
                    assert_eq!(requested.unwrap().0, ends);
                }
            }
            Step::Cancel(who) => {
                let cancelled = app.cancel_organization_deletion(&self.company.actor(who), organization).await;
                assert_eq!(cancelled.is_ok(), self.owns[who], "{cancelled:?}");
                if self.owns[who] {
                    self.ends = None;
                }
            }
            Step::Role(by, of, owns) => {
                let role = if owns { OWNER } else { READER };
                let done = app.change_member_role(&self.company.actor(by), organization, &people[of], role).await;
                let possible = self.owns[by] && self.member[of] && (owns || !self.owns[of] || self.another_owner(of));
                assert_eq!(done.is_ok(), possible, "{done:?}");
                if possible {
                    self.owns[of] = owns;
                }
            }
            Step::Remove(by, of) => {
                let done = app.remove_member(&self.company.actor(by), organization, &people[of]).await;
                let possible = self.owns[by] && self.member[of] && (!self.owns[of] || self.another_owner(of));
                assert_eq!(done.is_ok(), possible, "{done:?}");
                if possible {
                    (self.owns[of], self.member[of], self.keys[of]) = (false, false, 0);
                }
            }
            Step::Key(who) => {
                let acting = self.company.actor(who);
                let made = app.create_project_key(&acting, organization, project, &NewKey::default()).await;
                assert_eq!(made.is_ok(), self.member[who], "{made:?}");
                self.keys[who] += i64::from(self.member[who]);
            }
            Step::Invite(who) => {
                let email = format!("guest{}@example.com", test.now());
                let invited = app.invite_member(&self.company.actor(who), organization, &email, READER, "en").await;
                assert!(invited.is_err() || self.owns[who], "{invited:?}");
            }
            Step::Pass(seconds) => test.advance(seconds),
        }
        test.mails().await;
        if self.ends.is_some_and(|end| end <= self.company.test.now()) {
            (self.owns, self.member, self.keys, self.ends, self.deleted) = ([false; 3], [false; 3], [0; 3], None, true);
        }
    }

    async fn compare(&self, step: Step) {
        let Company { test, people, organization, .. } = &self.company;
        assert_eq!(self.company.is_deleted().await, self.deleted, "after {step:?}");
        let contents = self.company.contents().await;
        let members = self.member.iter().filter(|member| **member).count();
        assert_eq!(contents.members, i64::try_from(members).unwrap(), "after {step:?}");
        for (who, person) in people.iter().enumerate() {
            let listed = test.app.organizations_of(person).await.unwrap();
            let role = listed.first().map(|one| one.role == OWNER);
            assert_eq!(role, self.member[who].then_some(self.owns[who]), "{who} after {step:?}");
            let ends = listed.first().and_then(|one| one.deletion_at).map(|at| at.0);
            assert!(!self.member[who] || ends == self.ends, "{who} after {step:?}");
        }
        // The service account's key ends with the organization alone. Keys of owners who became readers may end earlier.
        let mine: i64 = self.keys.iter().sum::<i64>() + i64::from(!self.deleted);
        assert!(contents.keys <= mine, "{contents:?} after {step:?}");
        assert!(self.deleted || contents.keys >= 1, "{contents:?} after {step:?}");
        assert!(!self.deleted || contents.invites == 0, "{contents:?} after {step:?}");
        let operator = Actor::operator("test");
        assert_eq!(test.app.check_audit_chain(&operator, organization).await.unwrap().broken, None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: slow_cases(8), max_shrink_iters: 100, ..ProptestConfig::default() })]

    #[test]
    fn model_of_organization_deletions(steps in proptest::collection::vec(step(), 1..16)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut model = Model::new().await;
            for step in steps {
                model.play(step).await;
                model.compare(step).await;
            }
        });
    }
}
