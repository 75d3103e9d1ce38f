// What an app does with supabase-js, against the REST door. URL, KEY and ENGINE are in the environment.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "@supabase/supabase-js";
import WebSocket from "ws";

const { URL: url, KEY: key, ENGINE: engine } = process.env;
// Node.js before 22 has no WebSocket of its own, and a client asks for one before it is used.
const options = { auth: { persistSession: false }, realtime: { transport: WebSocket } };
const supabase = createClient(url, key, options);
const onPostgres = { skip: engine === "postgres" ? false : "only PostgreSQL has functions here" };

async function good(query) {
  const answer = await query;
  assert.equal(answer.error, null, JSON.stringify(answer.error));
  return answer;
}

test("rows are selected, filtered, sorted and cut", async () => {
  const { data } = await good(
    supabase.from("posts").select("id, title").gt("likes", 0).order("likes", { ascending: false }).limit(3),
  );
  assert.deepEqual(data, [
    { id: 3, title: "Third" },
    { id: 5, title: "Fifth" },
    { id: 1, title: "First, of all" },
  ]);
});

test("all filters that a client writes are understood", async () => {
  const ids = async (query) => (await good(query.order("id"))).data.map((row) => row.id);
  const posts = () => supabase.from("posts").select("id");
  assert.deepEqual(await ids(posts().eq("title", "First, of all")), [1]);
  assert.deepEqual(await ids(posts().neq("author_id", 1)), [3, 4]);
  assert.deepEqual(await ids(posts().gte("likes", 5)), [3, 5]);
  assert.deepEqual(await ids(posts().lt("likes", 1)), [2]);
  assert.deepEqual(await ids(posts().lte("likes", 1)), [2, 4]);
  assert.deepEqual(await ids(posts().like("title", "F%")), [1, 4, 5]);
  assert.deepEqual(await ids(posts().ilike("title", "%IR%")), [1, 3]);
  assert.deepEqual(await ids(posts().is("body", null)), [2]);
  assert.deepEqual(await ids(posts().not("body", "is", null)), [1, 3, 4, 5]);
  assert.deepEqual(await ids(posts().in("title", ["First, of all", "Second"])), [1, 2]);
  assert.deepEqual(await ids(posts().or("likes.eq.7,title.eq.Second")), [2, 3]);
  assert.deepEqual(await ids(posts().match({ author_id: 2, likes: 1 })), [4]);
  assert.deepEqual(await ids(posts().filter("likes", "gt", 3)), [3, 5]);
  assert.deepEqual(await ids(posts().likeAnyOf("title", ["Fi%", "Th%"])), [1, 3, 5]);
});

test("related rows come with a row: to one, to many, across a junction", async () => {
  const { data } = await good(
    supabase.from("posts").select("title, people(name), tags(name)").in("id", [1, 2]).order("id"),
  );
  assert.deepEqual(data, [
    { title: "First, of all", people: { name: "Ada" }, tags: [{ name: "news" }, { name: "rust" }] },
    { title: "Second", people: { name: "Ada" }, tags: [] },
  ]);
  const { data: people } = await good(
    supabase.from("people").select("name, posts(id)").order("id").order("id", { referencedTable: "posts" }),
  );
  assert.deepEqual(people[0], { name: "Ada", posts: [{ id: 1 }, { id: 2 }, { id: 5 }] });
  const { data: inner } = await good(
    supabase.from("people").select("name, writings:posts!inner(likes)").eq("posts.likes", 7),
  );
  assert.deepEqual(inner, [{ name: "Bob", writings: [{ likes: 7 }] }]);
});

test("rows are counted, in the way that was asked for", async () => {
  const { count, data } = await good(supabase.from("posts").select("*", { count: "exact", head: true }));
  assert.equal(count, 5);
  assert.equal(data, null);
  const { count: some } = await good(supabase.from("posts").select("id", { count: "exact" }).eq("author_id", 1));
  assert.equal(some, 3);
});

test("a range is answered in part, and beyond the end with an error", async () => {
  const answer = await good(supabase.from("posts").select("id", { count: "exact" }).order("id").range(1, 2));
  assert.deepEqual(answer.data, [{ id: 2 }, { id: 3 }]);
  assert.equal(answer.status, 206);
  assert.equal(answer.count, 5);
  const beyond = await supabase.from("posts").select("id", { count: "exact" }).range(100, 110);
  assert.equal(beyond.error.code, "PGRST103");
});

test("one row is one object, and anything else an error", async () => {
  const { data } = await good(supabase.from("people").select("name").eq("id", 1).single());
  assert.deepEqual(data, { name: "Ada" });
  const none = await supabase.from("people").select().eq("id", 99).single();
  assert.equal(none.error.code, "PGRST116");
  const many = await supabase.from("people").select().single();
  assert.equal(many.error.code, "PGRST116");
  const { data: maybe } = await good(supabase.from("people").select().eq("id", 99).maybeSingle());
  assert.equal(maybe, null);
});

test("rows come as comma-separated text", async () => {
  const { data } = await good(supabase.from("tags").select().order("id").csv());
  assert.equal(data, "id,name\n1,news\n2,rust\n3,sql");
});

test("rows are inserted, changed, inserted or changed, and deleted", async () => {
  const { data: made } = await good(supabase.from("people").insert({ name: "Dan", age: 20 }).select().single());
  assert.equal(made.name, "Dan");
  assert.equal(made.email, null);
  const silent = await good(supabase.from("people").insert([{ name: "Eve" }, { name: "Fay" }]));
  assert.equal(silent.status, 201);
  assert.equal(silent.data, null);
  const { data: changed } = await good(supabase.from("people").update({ age: 21 }).eq("id", made.id).select("age"));
  assert.deepEqual(changed, [{ age: 21 }]);
  const { data: put } = await good(
    supabase.from("people").upsert({ id: made.id, name: "Dan", age: 22 }).select("id, age").single(),
  );
  assert.deepEqual(put, { id: made.id, age: 22 });
  const { data: kept } = await good(
    supabase.from("tags").upsert([{ name: "news" }, { name: "new" }], { onConflict: "name", ignoreDuplicates: true }).select("name"),
  );
  assert.deepEqual(kept, [{ name: "new" }]);
  const { data: gone, count } = await good(
    supabase.from("people").delete({ count: "exact" }).gt("id", 3).select("name").order("name"),
  );
  assert.deepEqual(gone, [{ name: "Dan" }, { name: "Eve" }, { name: "Fay" }]);
  assert.equal(count, 3);
  await good(supabase.from("tags").delete().eq("name", "new"));
});

test("errors carry the code, and the status that belongs to it", async () => {
  const twice = await supabase.from("tags").insert({ id: 1, name: "again" });
  assert.equal(twice.status, 409);
  assert.equal(twice.error.code, "23505");
  const missing = await supabase.from("poss").select();
  assert.equal(missing.status, 404);
  assert.equal(missing.error.code, "PGRST205");
  const column = await supabase.from("posts").select("titel");
  assert.equal(column.status, 400);
  assert.equal(column.error.code, "42703");
  const unknown = await supabase.from("posts").insert({ titel: "x" });
  assert.equal(unknown.error.code, "PGRST204");
  const reference = await supabase.from("posts").insert({ title: "x", author_id: 99 });
  assert.equal(reference.error.code, "23503");
});

test("functions are called by name", onPostgres, async () => {
  assert.equal((await good(supabase.rpc("add", { a: 2, b: 3 }))).data, 5);
  assert.equal((await good(supabase.rpc("add", { a: 2 }, { get: true }))).data, 3);
  const { data } = await good(supabase.rpc("posts_of", { person: 2 }).select("title").gt("likes", 1));
  assert.deepEqual(data, [{ title: "Third" }]);
  const nothing = await good(supabase.rpc("nothing"));
  assert.equal(nothing.status, 204);
  const missing = await supabase.rpc("no_such");
  assert.equal(missing.error.code, "PGRST202");
});

test("an app gets the rows that are open to it, and no other", async () => {
  const guest = createClient(url, process.env.GUEST_KEY, options);
  const { data } = await good(guest.from("tags").select("name").order("id"));
  assert.deepEqual(data.map((row) => row.name), ["news", "rust", "sql"]);
  // Out of sight where nothing was granted; empty where a right is there and no policy opens a row.
  const closed = await guest.from("people").select();
  assert.deepEqual(closed.data ?? [], []);
  const written = await guest.from("tags").insert({ name: "mine" });
  assert.equal(written.error.code, "42501");
});
