//! The sums of a minute, an hour and a day: one table each, with a row for each combination that occurs. All three are
//! written in the transaction that counts the events, so they always agree.

use std::borrow::Cow;
use std::collections::BTreeMap;

use keystead_core::money::Amount;
use keystead_core::usage::{Quantities, UsageEvent, UsageKind};
use serde_json::{Value as Json, json};

use super::super::keepable;
use super::pieces::Grain;
use crate::{Error, PerEngine, Tx};

/// The key of a row, in the order of the tables' primary keys. It borrows from the events.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'e> {
    organization: &'e str,
    kind: UsageKind,
    start: i64,
    estimated: bool,
    project: &'e str,
    key: &'e str,
    owner: Cow<'e, str>,
    model: Cow<'e, str>,
    batch: bool,
    detail: Cow<'e, str>,
    source: Cow<'e, str>,
    quality: Cow<'e, str>,
}

impl<'e> Key<'e> {
    fn of(event: &'e UsageEvent) -> Self {
        let attributes = &event.attributes;
        Self {
            organization: event.organization.as_str(),
            kind: event.kind,
            start: Grain::Minute.floor(event.at.0),
            estimated: event.estimated,
            project: event.project.as_str(),
            key: event.key.as_str(),
            owner: keepable(&event.owner),
            model: keepable(&event.model),
            batch: attributes.batch,
            detail: keepable(attributes.detail.as_deref().unwrap_or_default()),
            source: keepable(attributes.source.as_deref().unwrap_or_default()),
            quality: keepable(attributes.quality.as_deref().unwrap_or_default()),
        }
    }
}

type Sums<'e> = BTreeMap<Key<'e>, (Quantities, Amount)>;

/// Adds events that were not counted before to all three tables.
pub(super) async fn add(tx: &mut Tx, events: &[UsageEvent]) -> Result<(), Error> {
    let mut sums = Sums::new();
    for event in events {
        // Limited for each event, so that no column of sums can overflow and block the events after it.
        let cost = event.cost.clamp(Amount::ZERO, Amount::MOST_OF_ONE_REQUEST);
        plus(&mut sums, Key::of(event), (event.used, cost));
    }
    if sums.is_empty() {
        return Ok(());
    }
    for grain in Grain::ALL {
        sums = by(grain, sums);
        // In the map's order, so that two nodes that write at once lock rows in the same order.
        let rows: Vec<Json> = sums.iter().map(row).collect();
        let sql = tx.pick(upsert(grain));
        tx.execute(sql, vec![json!(rows).to_string().into()]).await?;
    }
    Ok(())
}

fn plus<'e>(sums: &mut Sums<'e>, key: Key<'e>, (used, cost): (Quantities, Amount)) {
    let sum = sums.entry(key).or_default();
    *sum = (sum.0.plus(used), sum.1.plus(cost));
}

/// Sums by a grain that is not finer than the present one.
fn by(grain: Grain, sums: Sums<'_>) -> Sums<'_> {
    let mut coarse = Sums::new();
    for (key, sum) in sums {
        plus(&mut coarse, Key { start: grain.floor(key.start), ..key }, sum);
    }
    coarse
}

fn row((key, (used, cost)): (&Key<'_>, &(Quantities, Amount))) -> Json {
    let (micros, picos) = cost.parts();
    json!([
        key.organization,
        key.kind.as_str(),
        key.start,
        key.estimated,
        key.project,
        key.key,
        key.owner,
        key.model,
        key.batch,
        key.detail,
        key.source,
        used.requests,
        used.input_tokens,
        used.input_cached_tokens,
        used.output_tokens,
        used.images,
        used.characters,
        used.seconds,
        used.tool_calls,
        used.parts.cache_write,
        used.parts.audio_input,
        used.parts.reasoning,
        used.parts.audio_output,
        used.parts.image_input,
        used.parts.image_output,
        micros,
        picos,
        key.quality
    ])
}

/// What follows the name of the table; each engine has its own syntax to unpack a list.
macro_rules! added_on_sqlite {
    () => {
        "(organization, kind, bucket_start, estimated, project, api_key, owner, model, batch, detail, source, \
         requests, input_tokens, input_cached_tokens, output_tokens, images, characters, seconds, tool_calls, \
         cache_write_tokens, audio_input_tokens, reasoning_tokens, audio_output_tokens, \
         image_input_tokens, image_output_tokens, cost, cost_picos, quality) \
         SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8, \
         value->>9, value->>10, value->>11, value->>12, value->>13, value->>14, value->>15, value->>16, value->>17, \
         value->>18, value->>19, value->>20, value->>21, value->>22, value->>23, value->>24, value->>25, value->>26, value->>27 \
         FROM json_each($1) WHERE TRUE \
         ON CONFLICT (organization, kind, bucket_start, estimated, project, api_key, owner, model, batch, detail, source, \
         quality) \
         DO UPDATE SET requests = sums.requests + excluded.requests, \
         input_tokens = sums.input_tokens + excluded.input_tokens, \
         input_cached_tokens = sums.input_cached_tokens + excluded.input_cached_tokens, \
         output_tokens = sums.output_tokens + excluded.output_tokens, images = sums.images + excluded.images, \
         characters = sums.characters + excluded.characters, seconds = sums.seconds + excluded.seconds, \
         tool_calls = sums.tool_calls + excluded.tool_calls, \
         cache_write_tokens = sums.cache_write_tokens + excluded.cache_write_tokens, \
         audio_input_tokens = sums.audio_input_tokens + excluded.audio_input_tokens, \
         reasoning_tokens = sums.reasoning_tokens + excluded.reasoning_tokens, \
         audio_output_tokens = sums.audio_output_tokens + excluded.audio_output_tokens, \
         image_input_tokens = sums.image_input_tokens + excluded.image_input_tokens, \
         image_output_tokens = sums.image_output_tokens + excluded.image_output_tokens, cost = sums.cost + excluded.cost, \
         cost_picos = sums.cost_picos + excluded.cost_picos"
    };
}

macro_rules! added_on_postgres {
    () => {
        "(organization, kind, bucket_start, estimated, project, api_key, owner, model, batch, detail, source, \
         requests, input_tokens, input_cached_tokens, output_tokens, images, characters, seconds, tool_calls, \
         cache_write_tokens, audio_input_tokens, reasoning_tokens, audio_output_tokens, \
         image_input_tokens, image_output_tokens, cost, cost_picos, quality) \
         SELECT value->>0, value->>1, (value->>2)::BIGINT, (value->>3)::BOOLEAN, value->>4, value->>5, value->>6, value->>7, \
         (value->>8)::BOOLEAN, value->>9, value->>10, (value->>11)::BIGINT, (value->>12)::BIGINT, (value->>13)::BIGINT, \
         (value->>14)::BIGINT, (value->>15)::BIGINT, (value->>16)::BIGINT, (value->>17)::BIGINT, (value->>18)::BIGINT, \
         (value->>19)::BIGINT, (value->>20)::BIGINT, (value->>21)::BIGINT, (value->>22)::BIGINT, (value->>23)::BIGINT, \
         (value->>24)::BIGINT, (value->>25)::BIGINT, (value->>26)::BIGINT, value->>27 \
         FROM jsonb_array_elements(CAST($1 AS JSONB)) WITH ORDINALITY AS listed(value, place) ORDER BY place \
         ON CONFLICT (organization, kind, bucket_start, estimated, project, api_key, owner, model, batch, detail, source, \
         quality) \
         DO UPDATE SET requests = sums.requests + excluded.requests, \
         input_tokens = sums.input_tokens + excluded.input_tokens, \
         input_cached_tokens = sums.input_cached_tokens + excluded.input_cached_tokens, \
         output_tokens = sums.output_tokens + excluded.output_tokens, images = sums.images + excluded.images, \
         characters = sums.characters + excluded.characters, seconds = sums.seconds + excluded.seconds, \
         tool_calls = sums.tool_calls + excluded.tool_calls, \
         cache_write_tokens = sums.cache_write_tokens + excluded.cache_write_tokens, \
         audio_input_tokens = sums.audio_input_tokens + excluded.audio_input_tokens, \
         reasoning_tokens = sums.reasoning_tokens + excluded.reasoning_tokens, \
         audio_output_tokens = sums.audio_output_tokens + excluded.audio_output_tokens, \
         image_input_tokens = sums.image_input_tokens + excluded.image_input_tokens, \
         image_output_tokens = sums.image_output_tokens + excluded.image_output_tokens, cost = sums.cost + excluded.cost, \
         cost_picos = sums.cost_picos + excluded.cost_picos"
    };
}

const fn upsert(grain: Grain) -> PerEngine {
    match grain {
        Grain::Minute => PerEngine {
            sqlite: concat!("INSERT INTO usage_minutes AS sums ", added_on_sqlite!()),
            postgres: concat!("INSERT INTO usage_minutes AS sums ", added_on_postgres!()),
        },
        Grain::Hour => PerEngine {
            sqlite: concat!("INSERT INTO usage_hours AS sums ", added_on_sqlite!()),
            postgres: concat!("INSERT INTO usage_hours AS sums ", added_on_postgres!()),
        },
        Grain::Day => PerEngine {
            sqlite: concat!("INSERT INTO usage_days AS sums ", added_on_sqlite!()),
            postgres: concat!("INSERT INTO usage_days AS sums ", added_on_postgres!()),
        },
    }
}
