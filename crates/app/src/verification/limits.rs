//! Counting against the limits of the core. Subjects are ids and keyed fingerprints; no row contains a number or an
//! address.

use std::net::IpAddr;

use keystead_core::hex;
use keystead_core::id::{JobId, OrganizationId, UserId};
use keystead_core::time::Timestamp;
use keystead_core::verification::limits::{
    ALERT_MAIL_LIMITS, Count, Counting, Limit, SENDS, Subject, country_cap, judge, looks_like_pumping,
};
use keystead_store::Tx;
use keystead_store::tables::limit_hits::{self, Hit};

use crate::request::{host, network};
use crate::{App, Error};

/// The subjects that are counted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Subjects<'a> {
    pub(crate) number: Option<String>,
    pub(crate) prefix: Option<String>,
    pub(crate) country: Option<String>,
    pub(crate) user: Option<&'a UserId>,
    pub(crate) organization: Option<&'a OrganizationId>,
    pub(crate) ip: Option<IpAddr>,
    /// A reviewer's address.
    pub(crate) reviewer: Option<String>,
    /// An identity provider of workloads, and the address of the workload.
    pub(crate) workload: Option<(String, Option<IpAddr>)>,
}

/// Returns the text under which a subject is counted; `None` when it is not known.
fn subject_text(app: &App, subject: Subject, who: &Subjects<'_>) -> Option<String> {
    let fingerprint = |purpose: &str, text: String| {
        let bytes = app.sealer().fingerprint(purpose, &text);
        hex::encode(&bytes[..16])
    };
    Some(match subject {
        Subject::Number => format!("number:{}", who.number.as_ref()?),
        Subject::Prefix => format!("prefix:{}", who.prefix.as_ref()?),
        Subject::Country => format!("country:{}", who.country.as_ref()?),
        Subject::User => format!("user:{}", who.user?),
        Subject::Organization => format!("organization:{}", who.organization?),
        Subject::Ip => format!("ip:{}", fingerprint("ip", host(who.ip?))),
        Subject::Network => format!("network:{}", fingerprint("ip", network(who.ip?))),
        Subject::Reviewer => format!("reviewer:{}", fingerprint("reviewer", who.reviewer.clone()?)),
        Subject::ProviderFromIp => {
            let (provider, ip) = who.workload.as_ref()?;
            let from = ip.map(host).unwrap_or_default();
            format!("provider-ip:{}", fingerprint("ip", format!("{provider} {from}")))
        }
        Subject::ProviderFromNetwork => {
            let (provider, ip) = who.workload.as_ref()?;
            let from = ip.map(network).unwrap_or_default();
            format!("provider-network:{}", fingerprint("ip", format!("{provider} {from}")))
        }
        Subject::Installation => "everybody".to_owned(),
    })
}

/// Refuses what would exceed a limit.
pub(crate) async fn ensure_within(
    app: &App,
    tx: &mut Tx,
    limits: &[Limit],
    who: &Subjects<'_>,
    value: &str,
) -> Result<(), Error> {
    let now = app.now();
    let mut counts = Vec::with_capacity(limits.len());
    for limit in limits {
        let Some(subject) = subject_text(app, limit.subject, who) else { continue };
        let since = now.plus(-limit.window);
        let count = limit_hits::count(tx, limit.name, &subject, since).await?;
        let counted = match limit.counting {
            Counting::Times => count.hits,
            Counting::Values => {
                // The same number again is not counted as a further number.
                let key = format!("{subject}:{value}");
                let known = limit_hits::count(tx, limit.name, &key, since).await?;
                if known.hits > 0 { 0 } else { count.values }
            }
        };
        counts.push(Count { limit: *limit, counted, oldest: count.oldest });
    }
    judge(counts, now).map_err(|hit| Error::limited(hit.limit.name, hit.retry_at))
}

/// Checks one more against these limits, which share a name, and counts it. Their subjects are locked first, so that of
/// several at the same time no more pass than fit.
pub(crate) async fn count_within(app: &App, tx: &mut Tx, limits: &[Limit], who: &Subjects<'_>) -> Result<(), Error> {
    let id = app.draw(JobId::generate).to_string();
    count_within_as(app, tx, limits, who, &id).await
}

/// Counts a mail of an alert of an organization. `false` is that there were too many; the log then says what the mail is
/// about.
pub(crate) async fn count_alert_mail(
    app: &App,
    tx: &mut Tx,
    organization: &OrganizationId,
    about: &str,
) -> Result<bool, Error> {
    let who = Subjects { organization: Some(organization), ..Subjects::default() };
    match count_within(app, tx, ALERT_MAIL_LIMITS, &who).await {
        Err(Error::Limited { .. }) => {
            tracing::warn!(%organization, "an email {about} is not sent: the organization has sent too many");
            Ok(false)
        }
        counted => counted.map(|()| true),
    }
}

/// Does what [`count_within`] does, under an id with which [`uncount_hit`] takes it back.
pub(crate) async fn count_within_as(
    app: &App,
    tx: &mut Tx,
    limits: &[Limit],
    who: &Subjects<'_>,
    id: &str,
) -> Result<(), Error> {
    let Some(Limit { name, .. }) = limits.first() else { return Ok(()) };
    let locked_by_subject = |limit: &Limit| !matches!(limit.subject, Subject::Installation | Subject::Reviewer);
    match limits.iter().all(locked_by_subject) {
        true => hold_subjects(app, tx, name, who).await?,
        false => hold_all_hits(tx, name).await?,
    }
    ensure_within(app, tx, limits, who, "").await?;
    count_hit(app, tx, name, who, id, "").await
}

/// Counts one thing for every subject concerned.
pub(crate) async fn count_hit(
    app: &App,
    tx: &mut Tx,
    name: &'static str,
    who: &Subjects<'_>,
    id: &str,
    value: &str,
) -> Result<(), Error> {
    let all = [
        Subject::Number,
        Subject::User,
        Subject::Organization,
        Subject::Ip,
        Subject::Network,
        Subject::Prefix,
        Subject::Country,
        Subject::Reviewer,
        Subject::ProviderFromIp,
        Subject::ProviderFromNetwork,
        Subject::Installation,
    ];
    for subject in all {
        let Some(text) = subject_text(app, subject, who) else { continue };
        let at = app.now();
        let hit = |subject: String, n: usize| Hit {
            id: format!("{id}:{name}:{subject}:{n}"),
            name: name.to_owned(),
            subject,
            value: value.to_owned(),
            at,
        };
        if subject == Subject::User {
            limit_hits::insert(tx, &hit(format!("{text}:{value}"), 1)).await?;
        }
        limit_hits::insert(tx, &hit(text, 0)).await?;
    }
    Ok(())
}

/// Locks the subjects of a count until the transaction ends, so that two transactions cannot both take the last
/// place. Limits over a country or the whole installation need [`App::hold_all`].
pub(crate) async fn hold_subjects(app: &App, tx: &mut Tx, name: &str, who: &Subjects<'_>) -> Result<(), Error> {
    // Always in this order, so that two transactions that lock several subjects cannot deadlock.
    for subject in [
        Subject::Number,
        Subject::User,
        Subject::Organization,
        Subject::Ip,
        Subject::Network,
        Subject::Prefix,
        Subject::ProviderFromIp,
        Subject::ProviderFromNetwork,
    ] {
        if let Some(text) = subject_text(app, subject, who) {
            limit_hits::lock(tx, name, &text).await?;
        }
    }
    Ok(())
}

/// Locks everything counted under this name, for limits from one number up to the whole installation: sends are
/// rare, and their transactions short.
pub(crate) async fn hold_all_hits(tx: &mut Tx, name: &str) -> Result<(), Error> {
    Ok(limit_hits::lock(tx, name, "everybody").await?)
}

/// Locks what an owner may have only a limited number of, until the transaction ends, so that only one transaction
/// at a time counts and then adds one.
pub(crate) async fn hold_room(tx: &mut Tx, what: &str, owner: &str) -> Result<(), Error> {
    Ok(limit_hits::lock(tx, what, owner).await?)
}

/// Removes what was counted under this id, for example an attempt that was counted beforehand and then succeeded.
pub(crate) async fn uncount_hit(
    app: &App,
    tx: &mut Tx,
    name: &'static str,
    who: &Subjects<'_>,
    id: &str,
) -> Result<(), Error> {
    for subject in [
        Subject::Number,
        Subject::Ip,
        Subject::Network,
        Subject::ProviderFromIp,
        Subject::ProviderFromNetwork,
        Subject::Installation,
    ] {
        let Some(text) = subject_text(app, subject, who) else { continue };
        limit_hits::delete_hit(tx, &format!("{id}:{name}:{text}:0")).await?;
    }
    Ok(())
}

/// Checks whether sending to a country is open. It is closed for a country that pumps, a country far above its
/// usual volume, and when the day's budget is used up; the rest of the service stays open.
pub(crate) async fn ensure_country_open(app: &App, tx: &mut Tx, who: &Subjects<'_>) -> Result<(), Error> {
    let now = app.now();
    let country = subject_text(app, Subject::Country, who).unwrap_or_default();
    let hour = limit_hits::count(tx, SENDS, &country, now.plus(-3_600)).await?;
    let days = limit_hits::count_by_day(tx, SENDS, &country, now, 7).await?;
    let again = |oldest: Option<Timestamp>| oldest.map_or(now.plus(3_600), |at| at.plus(3_600));
    if hour.hits >= country_cap(&days) {
        tracing::warn!("more codes than usual were sent to one country; sending to it is paused");
        return Err(Error::limited("phone_country_codes", again(hour.oldest)));
    }
    let day = limit_hits::count(tx, SENDS, &country, now.plus(-86_400)).await?.hits;
    let proven = limit_hits::count(tx, "phone_proven", &country, now.plus(-86_400)).await?.hits;
    if looks_like_pumping(day, proven) {
        tracing::warn!("few of the codes sent to one country were entered; sending to it is paused");
        return Err(Error::limited("phone_country_codes", now.plus(3_600)));
    }
    let everybody = limit_hits::count(tx, SENDS, "everybody", now.plus(-86_400)).await?;
    if everybody.hits >= app.settings().daily_codes {
        tracing::warn!("the daily limit of codes is reached; sending codes is paused");
        return Err(Error::limited("phone_daily_codes", everybody.oldest.map_or(now, |at| at.plus(86_400))));
    }
    Ok(())
}
