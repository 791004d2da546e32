//! Usage is counted once, however often it is sent, and summed as asked.

use keystead_core::money::Micros;
use keystead_core::time::Timestamp;
use keystead_core::usage::{Quantities, UsageEvent, UsageKind};
use keystead_store::tables::usage::{self, GroupKey, UsageQuery};
use keystead_store::{Error, Tx};

use crate::database::{NOW, organization, stores};

fn event(n: i64, model: &str) -> UsageEvent {
    UsageEvent {
        id: format!("usage_{n}").parse().unwrap(),
        at: NOW.plus(n * 30),
        kind: UsageKind::Completions,
        organization: organization(),
        project: "proj_app".parse().unwrap(),
        key: "key_one".parse().unwrap(),
        owner: "user-reader".to_owned(),
        model: model.to_owned(),
        used: Quantities { requests: 1, input_tokens: 10 + n, output_tokens: 2, ..Quantities::default() },
        cost: Micros(7),
        status: 200,
        estimated: false,
        request: "req_1".to_owned(),
    }
}

fn question(group_by: Vec<GroupKey>, width_seconds: i64) -> UsageQuery {
    UsageQuery {
        kind: Some(UsageKind::Completions),
        organization: organization(),
        start: Timestamp(0),
        end: NOW.plus(1_000_000),
        width_seconds,
        group_by,
        projects: vec![],
        users: vec![],
        keys: vec![],
        models: vec![],
    }
}

#[tokio::test]
async fn events_count_once_and_sum_right() {
    for store in stores("usage").await {
        let hostile = "it's \"a\" \\ $1 %_ 模型 \u{1f600}";
        let batch: Vec<UsageEvent> = (0..6).map(|n| event(n, if n < 3 { "gpt-4o" } else { hostile })).collect();
        for (sent, new) in [(&batch[..4], 4), (&batch[..], 2), (&batch[..], 0)] {
            let sent = sent.to_vec();
            let recorded: Result<usize, Error> =
                store.write("record", async |tx: &mut Tx| usage::record(tx, &sent).await).await;
            assert_eq!(recorded, Ok(new));
        }
        let twice = vec![event(9, "gpt-4o"), event(9, "gpt-4o")];
        let recorded: Result<usize, Error> =
            store.write("record", async |tx: &mut Tx| usage::record(tx, &twice).await).await;
        assert_eq!(recorded, Ok(1));

        let ask = async |question: UsageQuery| {
            let rows: Result<_, Error> =
                store.read("query", async |tx: &mut Tx| usage::query(tx, &question).await).await;
            rows.unwrap()
        };
        let all = ask(question(vec![], 86_400)).await;
        let total = all.iter().fold(Quantities::default(), |sum, row| sum.plus(row.used));
        assert_eq!((total.requests, total.input_tokens, total.output_tokens), (7, 60 + 15 + 19, 14));
        assert_eq!(all.iter().map(|row| row.cost.0).sum::<i64>(), 49);
        assert!(all.iter().all(|row| row.model.is_none() && row.bucket_start.0 % 86_400 == 0));

        let by_model = ask(question(vec![GroupKey::Model, GroupKey::Project], 86_400)).await;
        let of = |name: &str| {
            let rows = by_model.iter().filter(|row| row.model.as_deref() == Some(name));
            rows.map(|row| row.used.requests).sum::<i64>()
        };
        assert_eq!((of("gpt-4o"), of(hostile)), (4, 3));
        let minutes = ask(UsageQuery { models: vec![hostile.to_owned()], ..question(vec![], 60) }).await;
        assert_eq!(minutes.iter().map(|row| row.used.requests).sum::<i64>(), 3);
        assert!(minutes.len() > 1, "minutes are kept apart");
    }
}
