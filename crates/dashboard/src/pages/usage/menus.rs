//! Links of the usage page: periods, groups, parts of the organization, and figures that are also tabs.

use super::page::HERE;
use super::query::{Change, FIGURES, GROUPS, PERIODS, Range, UsageQuery};
use super::read::Sum;
use crate::web::extract::Visit;

/// A figure that is also a tab.
pub(super) struct Figure {
    pub(super) label: String,
    pub(super) value: String,
    pub(super) unit: &'static str,
    pub(super) href: String,
    pub(super) current: bool,
}

/// A link of a menu.
pub(super) struct Choice {
    pub(super) label: String,
    pub(super) href: String,
    pub(super) current: bool,
}

fn link(visit: &Visit, query: &UsageQuery, change: Change<'_>) -> String {
    visit.link(&format!("{HERE}?{}", query.with(change)))
}

pub(super) fn periods(visit: &Visit, query: &UsageQuery) -> Vec<Choice> {
    let choice = |period| Choice {
        label: period_name(visit, period),
        href: link(visit, query, Change::Period(period)),
        current: query.range == Range::Period(period),
    };
    PERIODS.into_iter().map(choice).collect()
}

pub(super) fn groups(visit: &Visit, query: &UsageQuery) -> Vec<Choice> {
    let choice = |by| Choice {
        label: visit.person.messages.text(&format!("usage-by-{by}")),
        href: link(visit, query, Change::By(by)),
        current: by == query.by,
    };
    GROUPS.into_iter().map(choice).collect()
}

pub(super) fn parts(visit: &Visit, query: &UsageQuery) -> Vec<Choice> {
    let t = visit.person.messages;
    let project = t.project(visit.project.is_default, &visit.project.name);
    let choice = |(whole, label)| Choice {
        label,
        href: link(visit, query, Change::Whole(whole)),
        current: whole == query.whole,
    };
    [(false, project), (true, t.text("usage-of-organization"))].into_iter().map(choice).collect()
}

pub(super) fn figures(visit: &Visit, query: &UsageQuery, show: &str, total: &Sum, refused: i64) -> Vec<Figure> {
    let figure = |figure| Figure {
        label: visit.person.messages.text(&format!("usage-{figure}")),
        value: figure_value(visit, figure, total, refused),
        unit: if figure == "cost" { "USD" } else { "" },
        href: link(visit, query, Change::Show(figure)),
        current: figure == show,
    };
    FIGURES.into_iter().map(figure).collect()
}

fn period_name(visit: &Visit, period: &str) -> String {
    match period.parse() {
        Ok(days) => visit.person.messages.count("usage-last-days", &days),
        Err(_) if period == "month" => visit.person.messages.text("usage-this-month"),
        Err(_) => visit.person.messages.text("usage-previous-month"),
    }
}

fn figure_value(visit: &Visit, figure: &str, total: &Sum, refused: i64) -> String {
    let format = &visit.person.format;
    match figure {
        "cost" => format.amount(&total.cost),
        "requests" => format.number(&total.used.requests),
        "tokens" => format.number(&total.tokens()),
        _ => format.number(&refused),
    }
}
