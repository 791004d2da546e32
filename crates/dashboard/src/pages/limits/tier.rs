//! The usage tier of the organization, and what the next one needs, in words and as bars.

use keystead_app::tiers::{PresentTier, TierView};
use keystead_core::money::Amount;
use keystead_core::tier::NextTier;
use keystead_locales::LocalFormat;

/// One thing that the next tier needs.
pub(super) struct Need {
    /// What is missing of it, or that nothing is.
    pub(super) text: String,
    /// The part that is there, in thousandths of the bar.
    pub(super) share: u32,
    pub(super) met: bool,
}

/// The section of the tier.
pub(super) struct TierSection {
    /// The tier, of how many.
    pub(super) now: String,
    pub(super) since: String,
    /// What holds the tier, or that it is the highest, or that it is about to rise.
    pub(super) notes: Vec<String>,
    /// The title of the next tier; empty in the highest one.
    pub(super) next: String,
    pub(super) needs: Vec<Need>,
}

impl TierSection {
    /// Builds the section; `None` where the installation has no tiers.
    pub(super) fn of(format: &LocalFormat, view: &TierView, operator: &str) -> Option<Self> {
        let PresentTier { tier, since, held, next, highest, .. } = view.present.as_ref()?;
        let t = format.messages;
        let (number, most) = (tier.to_string(), highest.to_string());
        let needs = next.as_ref().map(|next| needs(format, view, next)).unwrap_or_default();
        let mut notes = Vec::new();
        if *held {
            notes.push(t.text_with("limits-tier-held", "operator", operator));
        }
        match next {
            None => notes.push(t.text("limits-tier-highest")),
            Some(next) if !held && needs.iter().all(|need| need.met) => {
                notes.push(t.text_with("limits-tier-due", "tier", next.tier.to_string()));
            }
            Some(_) => {}
        }
        Some(Self {
            now: t.text_with_all("limits-tier-now", &[("tier", &number), ("highest", &most)]),
            since: t.text_with("limits-tier-since", "when", format.date(since)),
            notes,
            next: next.map(|next| t.text_with("limits-tier-next", "tier", next.tier.to_string())).unwrap_or_default(),
            needs,
        })
    }
}

/// The bars of what the next tier needs: an amount, and days.
fn needs(format: &LocalFormat, view: &TierView, next: &NextTier) -> Vec<Need> {
    let t = format.messages;
    let mut all = Vec::new();
    if next.needs.paid_cents > 0 {
        let (paid, whole) = (format.money(&view.paid), format.money(&next.needs.paid()));
        let missing = format.money(&next.missing_paid);
        let met = next.missing_paid == Amount::ZERO;
        let text = if met {
            t.text_with("limits-tier-paid-met", "needs", whole)
        } else {
            t.text_with_all("limits-tier-paid", &[("paid", &paid), ("needs", &whole), ("missing", &missing)])
        };
        all.push(Need { text, share: u32::from(next.paid_percent()) * 10, met });
    }
    if next.needs.days > 0 {
        let met = next.missing_days == 0;
        let unpaid = next.needs.paid_cents > 0 && view.paid == Amount::ZERO;
        let text = match (met, unpaid) {
            (true, _) => t.count("limits-tier-days-met", &next.needs.days),
            (false, true) => t.count("limits-tier-days-unpaid", &next.missing_days),
            (false, false) => t.count("limits-tier-days", &next.missing_days),
        };
        all.push(Need { text, share: u32::from(next.days_percent()) * 10, met });
    }
    all
}
