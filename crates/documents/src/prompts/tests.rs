//! Drawing prompts, and findings about answers (S0-08, S0-09, S3-26).

use std::collections::BTreeSet;

use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

use super::*;

const NOW: Timestamp = Timestamp(1_800_000_000);

fn challenge(seed: u64) -> Challenge {
    Challenge::draw(&mut ChaCha12Rng::seed_from_u64(seed), NOW)
}

/// A person who follows each prompt in two seconds.
fn good(challenge: &Challenge) -> Vec<Frame> {
    let frame = |at: usize| {
        let shown = at as u64 * 3_000;
        Frame { echo: challenge.echo(at).unwrap(), shown, captured: shown + 2_000, live: true }
    };
    (0..PROMPTS).map(frame).collect()
}

#[test]
fn three_different_prompts_in_any_order() {
    let (mut firsts, mut sets) = (BTreeSet::new(), BTreeSet::new());
    for seed in 0..2_000 {
        let drawn = challenge(seed);
        let keys: BTreeSet<&str> = drawn.prompts.iter().map(|prompt| prompt.key()).collect();
        assert_eq!(keys.len(), PROMPTS, "{drawn}");
        firsts.insert(drawn.prompts[0].key());
        sets.insert(drawn.prompts.map(Prompt::key));
        assert_eq!(drawn.to_string().parse(), Ok(drawn.clone()));
    }
    assert_eq!(firsts.len(), 7, "each can be the first");
    assert_eq!(sets.len(), 7 * 6 * 5, "each order of each three comes up");
    assert_ne!(challenge(1).nonce, challenge(2).nonce);
    assert_eq!(challenge(1), challenge(1), "replayed from a seed");
}

#[test]
fn a_good_answer_has_no_findings() {
    let asked = challenge(3);
    assert_eq!(asked.check(&good(&asked), NOW.plus(20)), []);
    assert_eq!(asked.check(&good(&asked), NOW.plus(CHALLENGE_LIFE)), []);
}

#[test]
fn each_fault_is_noticed_alone() {
    let asked = challenge(4);
    let check = |change: &dyn Fn(&mut Vec<Frame>), after: i64| {
        let mut frames = good(&asked);
        change(&mut frames);
        asked.check(&frames, NOW.plus(after))
    };
    assert_eq!(check(&|frames| drop(frames.pop()), 20), [LivenessFinding::WrongCount]);
    assert_eq!(check(&|frames| frames.clear(), 20), [LivenessFinding::WrongCount]);
    assert_eq!(check(&|frames| frames[1].echo = challenge(5).echo(1).unwrap(), 20), [LivenessFinding::WrongEcho]);
    assert_eq!(check(&|frames| frames[2].echo = frames[1].echo.clone(), 20), [LivenessFinding::WrongEcho]);
    assert_eq!(check(&|frames| frames[1].shown = 1_000, 20), [LivenessFinding::OutOfOrder]);
    assert_eq!(check(&|frames| frames[2].captured = 5_500, 20), [LivenessFinding::OutOfOrder]);
    assert_eq!(check(&|frames| frames[2].captured = 16_001, 20), [LivenessFinding::TooSlow]);
    assert_eq!(check(&|frames| frames[2].captured = 16_000, 20), []);
    assert_eq!(check(&|_| (), CHALLENGE_LIFE + 1), [LivenessFinding::Stale]);
    assert_eq!(check(&|_| (), -1), [LivenessFinding::Stale]);
    assert_eq!(check(&|_| (), 4), [LivenessFinding::Stale], "eight seconds of pictures in four");
    assert_eq!(check(&|frames| frames[0].live = false, 20), [LivenessFinding::UploadedNotLive]);
}

#[test]
fn prompts_are_read_back() {
    for text in ["", "jump", "smile:1", "show_fingers", "show_fingers:0", "show_fingers:6", "write_number:999"] {
        assert_eq!(text.parse::<Prompt>(), Err(InvalidPrompt), "{text}");
    }
    assert_eq!("write_number:4821".parse(), Ok(Prompt::WriteNumber(4821)));
    assert_eq!(Prompt::WriteNumber(4821).argument(), Some(("number", 4821)));
    assert_eq!(Prompt::ShowFingers(3).argument(), Some(("count", 3)));
    for text in ["", ";;", "0;0;smile", "0;0;smile,smile,smile,smile", "x;0;smile,smile,smile"] {
        assert_eq!(text.parse::<Challenge>(), Err(InvalidPrompt), "{text}");
    }
}

proptest! {
    #[test]
    fn arbitrary_answers_never_panic(
        frames in prop::collection::vec((any::<u64>(), any::<u64>(), any::<bool>(), ".{0,40}"), 0..5),
        at in any::<i64>(),
    ) {
        let frame = |(shown, captured, live, echo)| Frame { echo, shown, captured, live };
        let frames: Vec<Frame> = frames.into_iter().map(frame).collect();
        prop_assert!(!challenge(1).check(&frames, Timestamp(at)).is_empty());
    }
}
