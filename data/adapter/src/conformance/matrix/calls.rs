//! The calls of the matrix: what can be asked, times the ways by which it can be asked.

/// One call, in the notation of the suites.
pub(super) struct Line {
    pub(super) text: String,
    /// It writes a key that may be taken by a row that the asker does not see.
    pub(super) clashes: bool,
}

/// Conditions with every operator, on a column whose type has it. Some look for what is the
/// owner's: a filter must not find it.
const CONDITIONS: &[&str] = &[
    "id=eq.7001",
    "id=neq.8001",
    "n=lt.7500",
    "n=lte.8001",
    "n=gt.0",
    "big=gte.7001000000000",
    "price=gt.7000.5",
    "weight=lt.1900",
    "price=eq.7001.50",
    "owner=eq.0a0a0a0a-0000-4000-8000-000000000002",
    "owner=isdistinct.0a0a0a0a-0000-4000-8000-000000000002",
    "n=isdistinct.7001",
    "id=eq(any).{7001,8001}",
    "id=neq(all).{7001,8001}",
    "n=gt(all).{1,2}",
    "n=lt(any).{7002,8002}",
    "title=like.7own%",
    "title=like.%title 8%",
    "title=ilike.%TITLE%",
    "title=like(any).{7own%,8oth%}",
    "title=ilike(all).{%TITLE%,%1}",
    "title=match.^[78]o",
    "title=imatch.TITLE.[78]00[12]$",
    "title=match(any).{wool,^8}",
    "id=in.(7001,7002,8001)",
    "title=in.(\"7own title 7001\",\"8oth title 8001\")",
    "title=in.()",
    "n=is.null",
    "n=is.not_null",
    "done=is.true",
    "done=is.false",
    "done=is.unknown",
    "body=fts(simple).fat <-> cat",
    "body=plfts(simple).fat 7own",
    "body=phfts(simple).fat cat",
    "body=wfts(simple).cat -8oth",
    "tags=cs.{7own}",
    "tags=cd.{7own,8oth,t0,t1,t2}",
    "tags=ov.{7own,t2}",
    "tags->>0=eq.7own",
    "data->>mark=eq.7own",
    "data->level=eq.1",
    "data->list->1->>x=like.7%",
    "data->level=gt.0",
    "data=cs.{\"mark\":\"7own\"}",
    "data=cd.{\"mark\":\"8oth\",\"level\":1,\"list\":[8001,{\"x\":\"8oth\"}]}",
    "span=cs.[7002,7003)",
    "span=cd.[7000,9000)",
    "span=ov.[7003,8002)",
    "span=sl.[8000,9000)",
    "span=sr.[7002,7003)",
    "span=nxr.[7500,7600)",
    "span=nxl.[7500,7600)",
    "span=adj.[7006,7007)",
    "mood=eq.happy",
    "mood=gt.sad",
    "mood=in.(sad,ok)",
    "day=gte.2024-09-01",
    "due=lt.2024-09-01T12:00:00Z",
    "code=eq.7own-7001",
    "parent=eq.7001",
    "or=(id.eq.7001,title.like.8%)",
    "and=(n.gt.0,or(done.is.true,title.like.7%))",
    "not.and=(n.gt.0,done.is.true)",
    "not.or=(title.like.8%,n.is.null)",
];

/// The ways by which a condition on a task can be asked: `{c}` is the condition, `{n}` the same
/// negated.
const WAYS: &[&str] = &[
    "read tasks?select=id,title&{c}&order=id",
    "read tasks?select=id&{n}&order=id",
    "read tasks?select=id&{c}&order=id&limit=1&offset=1&count=exact",
    "read tasks?select=count(),n.sum()&{c}",
    "read comments?select=id,tasks(id,title)&tasks.{c}&order=id",
    "read comments?select=id,tasks!inner(id)&tasks.{c}&order=id&count=exact",
    "read comments?select=id,tasks()&tasks.{c}&tasks=is.null&order=id",
    "read labels?select=id,tasks(id)&tasks.{c}&tasks.order=id&order=id",
    "update tasks?select=id&{c}&order=id {\"done\":true}",
    "update tasks?{c} {\"done\":true}",
    "delete tasks?select=id,title&{c}&order=id",
];

/// Relations of every kind, aggregates, counts, orders, columns that are hidden, writes.
const CALLS: &[&str] = &[
    // Relations.
    "read tasks?select=*&order=id",
    "read tasks?select=id,orgs(name)&order=id",
    "read tasks?select=id,orgs!inner(*)&order=id",
    "read orgs?select=*,tasks(id)&tasks.order=id&order=id",
    "read orgs?select=name,members(person)&order=name",
    "read members?select=*&order=org,person",
    "read tasks?select=id,comments(id,text)&comments.order=id&order=id",
    "read tasks?select=id,comments(text)&comments.order=id.desc&comments.limit=1&order=id",
    "read tasks?select=id,comments!inner(id)&comments.stars=gt.1&comments.order=id&order=id",
    "read tasks?select=id,comments()&comments=is.null&order=id",
    "read tasks?select=id,comments()&comments=not.is.null&order=id&count=exact",
    "read tasks?select=id,comments(count(),stars.sum(),stars.max())&order=id",
    "read tasks?select=id,...comments(stars)&comments.order=id&order=id",
    "read tasks?select=id,...orgs(org_name:name)&order=id",
    "read comments?select=id,...tasks(title,...orgs(name))&order=id",
    "read tasks?select=id,extras(text)&order=id",
    "read extras?select=text,tasks(id,comments(id))&tasks.comments.order=id&order=task_id",
    "read tasks?select=id,labels(word)&labels.order=id&order=id",
    "read tasks?select=id,task_labels(note,labels(word))&task_labels.order=label_id&order=id",
    "read labels?select=word,tasks(id,orgs(name))&tasks.order=id&order=id",
    "read labels?select=word,tasks!inner(id)&tasks.order=id&order=id",
    "read labels?select=word,tasks(count())&order=id",
    "read labels?select=word,task_labels(count())&order=id",
    "read tasks?select=id,parent(title)&order=id",
    "read tasks?select=id,tasks(id)&tasks.order=id&order=id",
    "read tasks?select=id,tasks(count())&order=id",
    "read comments?select=id,tasks(title)&order=tasks(title).desc,id",
    "read comments?select=id,tasks(title,n)&order=tasks(n),id&limit=2",
    "read tasks?select=id,orgs(name)&order=orgs(name),id",
    "read tasks?select=id,vault(word)&order=id",
    "read tasks?select=id,vault!inner(id)&order=id",
    "read tasks?select=id,vault()&vault=is.null&order=id",
    "read tasks?select=id,helpers(name)&order=id",
    "read helpers?select=name,tasks(id)&order=id",
    "read tasks?select=id,hidden_links(note)&order=id",
    "read labels?select=id,audits(word)&order=id",
    "read looped?select=id&order=id",
    "read vault?select=*",
    "read audits?select=count()",
    "read labels?select=*&order=id",
    // Aggregates, groups, counts.
    "read tasks?select=count()",
    "read tasks?select=id.count()",
    "read tasks?select=n.sum(),n.avg(),low:n.min(),high:n.max()",
    "read tasks?select=big.sum(),price.avg(),weight.max(),title.min(),due.max(),day.min(),mood.max()",
    "read tasks?select=n.sum()::text",
    "read tasks?select=done,count()&order=done",
    "read tasks?select=org,count(),n.max()&order=org",
    "read tasks?select=mood,n.sum()&order=mood",
    "read tasks?select=data->>mark,count()&order=data->>mark",
    "read tasks?select=...orgs(name),count()&order=count",
    "read tasks?select=title,count()&order=title&limit=2",
    "read comments?select=stars.sum(),...tasks(done)",
    "read comments?select=task_id,stars.avg()&order=task_id",
    "read comments?select=text,count()&order=text",
    "read comments?select=text.max()",
    "read orgs?select=name,tasks(count(),n.sum())&order=name",
    "read members?select=count()",
    "read tasks?select=id&order=id&count=exact",
    "read tasks?select=id&order=id&limit=1&count=exact",
    "read tasks?select=id&order=id&limit=0&count=exact",
    "read tasks?select=id&order=id&offset=1&count=exact",
    "read tasks?select=id&order=id&count=planned",
    "read tasks?select=id&code=eq.7own-7001&count=planned",
    "read tasks?select=id&order=id&limit=1&count=estimated",
    "read tasks?select=id&title=like.7own%&order=id&count=estimated",
    "read comments?select=id,tasks!inner(id)&order=id&count=planned",
    // Orders and pages.
    "read tasks?select=id&order=title",
    "read tasks?select=id&order=n.desc.nullslast,id",
    "read tasks?select=id&order=mood.nullsfirst,id",
    "read tasks?select=id&order=due.desc,id&limit=2",
    "read tasks?select=id&order=data->>mark,id",
    "read tasks?select=id&order=price,id&limit=2&offset=2",
    "read tasks?select=id&order=id&offset=3",
    "read comments?select=id,text&order=text,id",
    // Casts and ways into values.
    "read tasks?select=id,n::text,price::text,day::text,title&order=id",
    "read tasks?select=id,data->list->0,data->list->1->>x,tags->0&order=id",
    // A hidden column, and a masked one, by every way.
    "read tasks?select=id,secret",
    "read tasks?select=secret::text",
    "read tasks?select=id&secret=like.7%",
    "read tasks?select=id&or=(id.eq.8001,secret.is.null)",
    "read tasks?select=id&order=secret",
    "read tasks?select=secret,count()&order=secret",
    "read tasks?select=secret.max()",
    "read tasks?select=secret.count()",
    "read tasks?select=id,comments(id)&comments.order=id&order=secret",
    "read comments?select=id,tasks(secret)",
    "read comments?select=id,tasks()&tasks.secret=like.7%",
    "read comments?select=id,...tasks(secret)",
    "read comments?select=id,tasks(id)&order=tasks(secret)",
    "read tasks?select=secret->>a",
    "update tasks?select=id,secret&id=eq.8001 {\"done\":true}",
    "update tasks?select=id&secret=like.7% {\"done\":true}",
    "update tasks?id=eq.8001 {\"secret\":\"x\"}",
    "delete tasks?select=secret&id=eq.8003",
    "delete tasks?select=id&secret=like.7%",
    "read comments?select=id&text=like.7%",
    "read comments?select=id&order=text",
    "read tasks?select=id,comments(text)&comments.text=like.7%",
    "read tasks?select=id&owner=eq.0a0a0a0a-0000-4000-8000-000000000002",
    "read tasks?select=id,code",
    // Names that are not there, beside names that are hidden.
    "read nothing?select=id",
    "read tasks?select=id,nothing",
    "read tasks?select=id,secre",
    "read vaul?select=id",
    "read tasks?select=id,vaults(word)",
    "read tasks?select=id,audit(word)",
    "insert vault {\"id\":2}",
    "insert nothing {\"id\":2}",
    "insert tasks {\"id\":9,\"org\":\"0b0b0b0b-0000-4000-8000-000000000001\",\"secre\":1}",
    // Writes.
    "insert tasks?select=id,title {\"id\":9001,\"org\":\"0b0b0b0b-0000-4000-8000-000000000001\",\"title\":\"8oth new\"}",
    "insert tasks {\"id\":9001,\"org\":\"0b0b0b0b-0000-4000-8000-000000000001\"}",
    "insert tasks?select=* {\"id\":9001,\"org\":\"0b0b0b0b-0000-4000-8000-000000000001\",\"n\":1}",
    "insert tasks?select=id,orgs(name) {\"id\":9001,\"org\":\"0b0b0b0b-0000-4000-8000-000000000001\",\"n\":1}",
    "insert tasks?select=id&order=id [{\"id\":9001,\"org\":\"0b0b0b0b-0000-4000-8000-000000000001\"},{\"id\":9002,\"org\":\"0a0a0a0a-0000-4000-8000-000000000001\"}]",
    "insert tasks {\"id\":9001,\"org\":\"0b0b0b0b-0000-4000-8000-000000000001\",\"n\":200000}",
    "insert tasks {\"id\":9001,\"org\":null}",
    "insert tasks {\"id\":9001,\"org\":\"0b0b0b0b-0000-4000-8000-000000000001\",\"safe_id\":1}",
    "insert tasks {\"id\":9001,\"org\":\"0b0b0b0b-0000-4000-8000-000000000001\",\"safe_id\":99}",
    "insert comments?select=id {\"id\":9001,\"task_id\":8001}",
    "insert comments?select=id,tasks(title) {\"id\":9001,\"task_id\":8001}",
    "insert task_labels?select=* {\"task_id\":8001,\"label_id\":3}",
    "insert labels {\"id\":9,\"word\":\"x\"}",
    "insert tasks?select=id&on_conflict=id {\"id\":8001,\"org\":\"0b0b0b0b-0000-4000-8000-000000000001\",\"title\":\"8oth again\"}",
    "insert tasks?select=id&on_conflict=id&resolution=ignore {\"id\":8001,\"org\":\"0b0b0b0b-0000-4000-8000-000000000001\"}",
    "insert tasks?on_conflict=id {\"id\":8001,\"org\":\"0a0a0a0a-0000-4000-8000-000000000001\"}",
    "insert tasks?select=id&on_conflict=code {\"id\":8001,\"org\":\"0b0b0b0b-0000-4000-8000-000000000001\",\"code\":\"8oth-8001\"}",
    "update tasks?select=id&id=eq.8001&order=id {\"title\":\"8oth changed\"}",
    "update tasks?select=* {\"title\":\"changed\"}",
    "update tasks {\"title\":\"changed\"}",
    "update tasks?max_affected=1 {\"title\":\"changed\"}",
    "update tasks?select=id&order=id&count=exact {\"done\":true}",
    "update tasks?id=eq.8001 {\"org\":\"0a0a0a0a-0000-4000-8000-000000000001\"}",
    "update tasks?select=id&id=eq.7001 {\"org\":\"0b0b0b0b-0000-4000-8000-000000000001\"}",
    "update tasks?select=id,comments(id)&comments.order=id&id=eq.8001 {\"n\":3}",
    "update tasks?id=eq.8001 {\"safe_id\":99}",
    "update comments?select=id&order=id {\"stars\":3}",
    "update comments?select=id&id=eq.8101 {\"task_id\":7001}",
    "update extras?select=text {\"text\":\"8oth x\"}",
    "delete comments?select=id,text&order=id",
    "delete comments?select=id,tasks(title)&order=id",
    "delete task_labels?select=note&order=task_id,label_id",
    "delete extras?select=*",
    "delete tasks?select=id&id=eq.8003",
    "delete tasks?id=eq.8001",
    "delete orgs?id=eq.0b0b0b0b-0000-4000-8000-000000000001",
    "delete vault?id=eq.1",
];

/// Writes of a key that a row of the owner's has.
const CLASHES: &[&str] = &[
    "insert tasks {\"id\":7001,\"org\":\"0b0b0b0b-0000-4000-8000-000000000001\"}",
    "insert tasks {\"id\":9001,\"org\":\"0b0b0b0b-0000-4000-8000-000000000001\",\"code\":\"7own-7001\"}",
    "insert tasks?select=id&on_conflict=id {\"id\":7001,\"org\":\"0b0b0b0b-0000-4000-8000-000000000001\",\"title\":\"8oth mine\"}",
    "insert tasks?select=id&on_conflict=id&resolution=ignore {\"id\":7001,\"org\":\"0b0b0b0b-0000-4000-8000-000000000001\"}",
    "insert tasks?on_conflict=code {\"id\":9001,\"org\":\"0b0b0b0b-0000-4000-8000-000000000001\",\"code\":\"7own-7001\"}",
    "update tasks?id=eq.8001 {\"code\":\"7own-7001\"}",
    "update tasks?id=eq.8001 {\"parent\":7001}",
    "insert comments {\"id\":7101,\"task_id\":8001}",
    "insert comments {\"id\":9101,\"task_id\":7001}",
    "insert comments {\"id\":9101,\"task_id\":7999}",
    "insert task_labels {\"task_id\":7001,\"label_id\":1}",
    "delete labels?id=eq.1",
    "delete labels?id=eq.2",
    "delete helpers?id=eq.1",
];

pub(super) fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    for condition in CONDITIONS {
        for way in WAYS {
            let text = way.replace("{n}", &negated(condition)).replace("{c}", condition);
            lines.push(Line { text, clashes: false });
        }
    }
    let plain = CALLS.iter().map(|text| Line { text: (*text).to_owned(), clashes: false });
    lines.extend(plain);
    let clashing = CLASHES.iter().map(|text| Line { text: (*text).to_owned(), clashes: true });
    lines.extend(clashing);
    lines
}

/// `a=eq.1` becomes `a=not.eq.1`, `or=(..)` becomes `not.or=(..)` and back.
fn negated(condition: &str) -> String {
    if let Some(tree) = condition.strip_prefix("not.") {
        return tree.to_owned();
    }
    match condition.split_once('=') {
        Some((word @ ("and" | "or"), tree)) => format!("not.{word}={tree}"),
        Some((field, test)) => format!("{field}=not.{test}"),
        None => condition.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{lines, negated};
    use mag_query::notation;

    #[test]
    fn every_call_of_the_matrix_can_be_read() {
        for line in lines() {
            assert!(notation::parse("public", &line.text).is_ok(), "{}", line.text);
        }
        assert_eq!(negated("id=eq.1"), "id=not.eq.1");
        assert_eq!(negated("not.or=(a.eq.1)"), "or=(a.eq.1)");
    }
}
