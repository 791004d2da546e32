use std::collections::HashMap;

use futures_util::FutureExt;
use keystead_core::rate::Measure;
use proptest::prelude::*;

use super::*;

const MEASURES: [Measure; 4] = Measure::ALL;

/// One event on one of two nodes.
#[derive(Debug, Clone)]
enum Step {
    Ask {
        node: usize,
        project: usize,
        tokens: u64,
        images: u64,
    },
    /// A running request ends: with its usage, or dropped without it.
    End {
        which: usize,
        used: Option<(u64, u64)>,
    },
    Keep {
        which: usize,
    },
    Pass {
        milliseconds: u64,
    },
    /// Limits of the organization, or of a project.
    Limit {
        project: Option<usize>,
        limits: RateLimits,
    },
    Nodes {
        count: usize,
    },
}

fn limits() -> impl Strategy<Value = RateLimits> {
    let limit = || proptest::option::weighted(0.7, 1u64..40);
    (limit(), limit(), limit(), limit()).prop_map(|(minute, day, tokens, images)| RateLimits {
        requests_per_minute: minute,
        requests_per_day: day,
        tokens_per_minute: tokens,
        images_per_minute: images,
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..2usize, 0..2usize, 0u64..50, 0u64..5)
            .prop_map(|(node, project, tokens, images)| Step::Ask { node, project, tokens, images }),
        4 => (any::<usize>(), proptest::option::of((0u64..80, 0u64..6)))
            .prop_map(|(which, used)| Step::End { which, used }),
        1 => any::<usize>().prop_map(|which| Step::Keep { which }),
        3 => prop_oneof![0u64..2_000, 0u64..90_000, Just(86_400_000)]
            .prop_map(|milliseconds| Step::Pass { milliseconds }),
        1 => (proptest::option::of(0..2usize), limits())
            .prop_map(|(project, limits)| Step::Limit { project, limits }),
        1 => (1usize..4).prop_map(|count| Step::Nodes { count }),
    ]
}

/// The simplest implementation for one node: levels that leak, and running requests as a list that is summed each time.
#[derive(Default)]
struct Oracle {
    levels: HashMap<(Option<usize>, Measure), (u128, Duration)>,
    under_way: Vec<Flying>,
}

/// A running request: what it reserved, for which project, and under which limits.
#[derive(Clone, Copy)]
struct Flying {
    number: usize,
    project: usize,
    need: Need,
    limits: EffectiveLimits,
}

const fn is_held(measure: Measure) -> bool {
    matches!(measure, Measure::TokensPerMinute | Measure::ImagesPerMinute)
}

/// A unit is divided into so many pieces that two and three nodes divide it.
const PIECES: u128 = 6;

/// The part of one node, in pieces.
fn share(limit: u64, nodes: usize) -> u128 {
    u128::from(limit) * PIECES / u128::try_from(nodes).unwrap()
}

impl Oracle {
    fn of(limits: EffectiveLimits, holder: Option<usize>) -> RateLimits {
        if holder.is_none() { limits.organization } else { limits.project }
    }

    /// Returns the present level in pieces of units times microseconds.
    fn level(&mut self, holder: Option<usize>, measure: Measure, share: u128, now: Duration) -> &mut u128 {
        let (level, at) = self.levels.entry((holder, measure)).or_insert((0, now));
        *level = level.saturating_sub(share * now.saturating_sub(*at).as_micros());
        *at = now;
        level
    }

    fn held(&self, holder: Option<usize>, measure: Measure) -> u64 {
        let holds = |flying: &&Flying| {
            holder.is_none_or(|project| project == flying.project)
                && Self::of(flying.limits, holder).get(measure).is_some()
        };
        self.under_way.iter().filter(holds).map(|flying| flying.need.of(measure)).sum()
    }

    fn fits(
        &mut self,
        holder: Option<usize>,
        limits: EffectiveLimits,
        need: Need,
        nodes: usize,
        now: Duration,
    ) -> bool {
        let mut fits = true;
        for measure in MEASURES {
            let Some(limit) = Self::of(limits, holder).get(measure) else { continue };
            let (share, period) = (share(limit, nodes), measure.period().as_micros());
            let held = if is_held(measure) { self.held(holder, measure) } else { 0 };
            let total = *self.level(holder, measure, share, now) + u128::from(held) * PIECES * period;
            let amount = u128::from(need.of(measure)) * PIECES;
            fits &= amount <= u128::from(limit) * PIECES && total <= share.saturating_sub(amount) * period;
        }
        fits
    }

    /// Whether it is admitted, or which limit it does not fit into.
    fn ask(&mut self, flying: Flying, nodes: usize, now: Duration) -> Result<(), bool> {
        let Flying { project, need, limits, .. } = flying;
        // Reading a limit lets time pass for it, under the limit of that moment.
        self.fits(Some(project), limits, need, nodes, now);
        if !self.fits(None, limits, need, nodes, now) {
            return Err(false);
        }
        if !limits.project.is_none() && !self.fits(Some(project), limits, need, nodes, now) {
            return Err(true);
        }
        for holder in [None, Some(project)] {
            for measure in MEASURES.into_iter().filter(|measure| !is_held(*measure)) {
                let Some(limit) = Self::of(limits, holder).get(measure) else { continue };
                *self.level(holder, measure, share(limit, nodes), now) += PIECES * measure.period().as_micros();
            }
        }
        self.under_way.push(flying);
        Ok(())
    }

    fn end(&mut self, number: usize, used: Need, nodes: usize, now: Duration) {
        let place = self.under_way.iter().position(|flying| flying.number == number).unwrap();
        let Flying { project, limits, .. } = self.under_way.swap_remove(place);
        for holder in [None, Some(project)] {
            for measure in MEASURES.into_iter().filter(|measure| is_held(*measure)) {
                let Some(limit) = Self::of(limits, holder).get(measure) else { continue };
                let amount = u128::from(used.of(measure)) * PIECES * measure.period().as_micros();
                *self.level(holder, measure, share(limit, nodes), now) += amount;
            }
        }
    }
}

fn payer(project: usize) -> Payer {
    Payer { organization: "org-1".parse().unwrap(), project: format!("proj_{project}").parse().unwrap() }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// For any arrivals, ends, drops and changes on two nodes, each request is admitted or refused as the simplest
    /// implementation says, and in the end nothing stays reserved.
    #[test]
    fn model_of_the_rates(first in limits(), steps in proptest::collection::vec(step(), 1..80)) {
        let clock = Arc::<AtomicU64>::default();
        let stopwatch: Stopwatch = {
            let clock = Arc::clone(&clock);
            Arc::new(move || Duration::from_millis(clock.load(Ordering::SeqCst)))
        };
        let rates: [Arc<RateLimiter>; 2] = std::array::from_fn(|_| Arc::new(RateLimiter::new(Arc::clone(&stopwatch))));
        let mut oracles: [Oracle; 2] = Default::default();
        let model: Arc<str> = "m".into();
        let (mut organization, mut projects, mut nodes) = (first, [RateLimits::NONE; 2], 1usize);
        let mut under_way: Vec<(usize, usize, Reservation)> = Vec::new();
        for (number, step) in steps.into_iter().enumerate() {
            let now = stopwatch();
            match step {
                Step::Ask { node, project, tokens, images } => {
                    let limits = EffectiveLimits { organization, project: projects[project] };
                    if limits.organization.is_none() && limits.project.is_none() {
                        continue;
                    }
                    let need = Need { tokens, images };
                    let (held, _) = rates[node].reserve(&payer(project), &model, limits, need).now_or_never().unwrap();
                    let wanted = oracles[node].ask(Flying { number, project, need, limits }, nodes, now);
                    prop_assert_eq!(held.as_ref().map(drop).map_err(|why| matches!(why, NotReserved::Exceeded(_, true))), wanted);
                    if let Ok(reservation) = held {
                        under_way.push((node, number, reservation));
                    }
                }
                Step::End { which, used } if !under_way.is_empty() => {
                    let (node, number, mut reservation) = under_way.swap_remove(which % under_way.len());
                    let used = used.map(|(tokens, images)| Need { tokens, images });
                    if let Some(used) = used {
                        reservation.settle(|| used);
                        // A second call changes nothing.
                        reservation.settle(|| Need { tokens: 1_000, images: 1_000 });
                    }
                    drop(reservation);
                    oracles[node].end(number, used.unwrap_or_default(), nodes, now);
                }
                Step::Keep { which } if !under_way.is_empty() => {
                    let (node, number, mut reservation) = under_way.swap_remove(which % under_way.len());
                    reservation.keep();
                    let need = oracles[node].under_way.iter().find(|flying| flying.number == number).unwrap().need;
                    oracles[node].end(number, need, nodes, now);
                }
                Step::End { .. } | Step::Keep { .. } => {}
                Step::Pass { milliseconds } => drop(clock.fetch_add(milliseconds, Ordering::SeqCst)),
                Step::Limit { project: None, limits } => organization = limits,
                Step::Limit { project: Some(project), limits } => projects[project] = limits,
                Step::Nodes { count } => {
                    nodes = count;
                    rates.iter().for_each(|rates| rates.share_among(count));
                }
            }
        }
        drop(under_way);
        clock.fetch_add(100 * 86_400_000, Ordering::SeqCst);
        let all = RateLimits {
            requests_per_minute: Some(9),
            requests_per_day: Some(9),
            tokens_per_minute: Some(9),
            images_per_minute: Some(9),
        };
        for rates in &rates {
            rates.share_among(1);
            for project in 0..2 {
                let limits = EffectiveLimits { organization: all, project: all };
                let (held, headers) = rates.reserve(&payer(project), &model, limits, Need::default()).now_or_never().unwrap();
                prop_assert!(held.is_ok());
                let mut left = http::HeaderMap::new();
                headers.replace(&mut left);
                for measure in ["tokens", "project-tokens", "input-images"] {
                    prop_assert_eq!(&left[format!("x-ratelimit-remaining-{measure}").as_str()], "9");
                }
            }
        }
    }
}
