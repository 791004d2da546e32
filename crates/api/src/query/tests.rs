use axum::response::IntoResponse;

use super::*;

const KNOWN: AcceptedNames =
    AcceptedNames { one: &["a", "b", "at[gt]"], many: &["k", "ids"], unsupported: &["z"], body: &[] };

fn read(query: &str) -> Query {
    Query::read(query, KNOWN).unwrap()
}

#[test]
fn every_spelling_of_a_list() {
    for query in [
        "k[]=a&k[]=b",
        "k%5B%5D=a&k%5B%5D=b",
        "k[0]=a&k[1]=b",
        "k%5B0%5D=a&k%5B17%5D=b",
        "k=a&k=b",
        "k=a&k[]=b",
        "k=a,b",
        "k=a%2Cb",
        "k=a,+b",
        "k[]=a,b",
    ] {
        assert_eq!(read(query).many("k"), ["a", "b"], "{query}");
    }
}

/// A database bounds the number of values in one statement.
#[test]
fn a_list_has_a_bounded_number_of_values() {
    let all = |count: usize| vec!["a"; count].join(",");
    assert_eq!(read(&format!("k={}&k=a", all(999))).many("k").len(), 1_000);
    let refused = Query::read(&format!("ids=x&k={}&k[]=a", all(1_000)), KNOWN).unwrap_err().into_response();
    assert_eq!(refused.status(), 400);
}

#[test]
fn names_and_values_are_decoded_once() {
    let query = read("a=%e2%82%ac+%2B%252C&at%5Bgt%5D=1&k=%2541&&z=");
    assert_eq!((query.one("a"), query.one("at[gt]")), (Some("€ +%2C"), Some("1")));
    assert_eq!(query.many("k"), ["%41"]);
    assert_eq!(read("a=%zz").one("a"), Some("%zz"));
    assert_eq!(read("a=&k=x").one("a"), None);
}

#[test]
fn what_is_not_read_is_refused() {
    for query in [
        "c=1",
        "A=1",
        "a[]=1",
        "a[0]=1",
        "k[x]=1",
        "k[0][id]=1",
        "k[=1",
        "k]=1",
        "[]=1",
        "=1",
        "at=1",
        "at[lt]=1",
        "id=1",
        "a=1&a=1",
        "a=1&a=2",
        "a=&a=1",
        "k=",
        "k[]=",
        "k[]=a&k[]=",
        "k=a,",
        "k=,",
        "k=%20",
        "z=1",
        "z[]=1",
        "%61%00=1",
        "a;b=1",
        "k[0000000000]=1",
    ] {
        let status = Query::read(query, KNOWN).map_or_else(|fault| fault.into_response().status().as_u16(), |_| 200);
        assert_eq!(status, 400, "{query}");
    }
}
