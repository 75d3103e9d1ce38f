// Frameworks that people build admin pages and rendered sites with, by what they ask of this door:
// refine, react-admin by its provider for PostgREST, and sessions that are kept in cookies.
import assert from "node:assert/strict";
import { test } from "node:test";
import WebSocket from "ws";
import { createClient } from "@supabase/supabase-js";
import { createServerClient } from "@supabase/ssr";
import * as refine from "@refinedev/supabase";
import * as postgrest from "@raphiniert/ra-data-postgrest";
import { fetchUtils } from "ra-core";

const { URL: url, KEY: key, GUEST_KEY: guest, ENGINE: engine } = process.env;
const realtime = { transport: WebSocket };

const rows = refine.dataProvider(createClient(url, key, { auth: { persistSession: false }, realtime }));

test("refine reads pages, sorted and filtered, with related rows", async () => {
  const list = async (more) => {
    const { data, total } = await rows.getList({ resource: "posts", ...more });
    return [data.map((post) => post.id), total];
  };
  const popular = [{ field: "likes", operator: "gt", value: 0 }];
  const sorters = [{ field: "likes", order: "desc" }];
  assert.deepEqual(await list({ pagination: { currentPage: 2, pageSize: 2 }, sorters, filters: popular }), [[1, 4], 4]);
  const either = { operator: "or", value: [{ field: "id", operator: "eq", value: 2 }, { field: "title", operator: "eq", value: "Third" }] };
  assert.deepEqual(await list({ sorters: [{ field: "id", order: "asc" }], filters: [either] }), [[2, 3], 2]);
  assert.deepEqual(await list({ filters: [{ field: "title", operator: "contains", value: "rst" }] }), [[1], 1]);
  assert.deepEqual(await list({ filters: [{ field: "body", operator: "null", value: true }] }), [[2], 1]);
  const { data } = await rows.getOne({ resource: "posts", id: 3, meta: { select: "title,people(name)" } });
  assert.deepEqual(data, { title: "Third", people: { name: "Bob" } });
});

test("refine writes rows, one and many, and hears why not", async () => {
  const { data: gus } = await rows.create({ resource: "people", variables: { name: "Gus", age: 1 } });
  const { data: older } = await rows.update({ resource: "people", id: gus.id, variables: { age: 2 } });
  assert.deepEqual([gus.name, older.age], ["Gus", 2]);
  const { data: made } = await rows.createMany({ resource: "tags", variables: [{ name: "one" }, { name: "two" }] });
  assert.deepEqual(made.map((tag) => tag.name), ["one", "two"]);
  await rows.deleteMany({ resource: "tags", ids: made.map((tag) => tag.id) });
  await rows.deleteOne({ resource: "people", id: gus.id });
  const taken = { resource: "people", variables: { name: "Eve", email: "ada@example.com" } };
  await assert.rejects(() => rows.create(taken), { code: "23505" });
  await assert.rejects(() => rows.getList({ resource: "nowhere" }), { code: "PGRST205" });
});

const provider = postgrest.default.default({
  apiUrl: `${url}/rest/v1`,
  httpClient: (address, options = {}) => {
    const headers = new Headers(options.headers);
    headers.set("apikey", key);
    return fetchUtils.fetchJson(address, { ...options, headers });
  },
  defaultListOp: "eq",
  primaryKeys: new Map([["post_tags", ["post_id", "tag_id"]]]),
  schema: postgrest.defaultSchema,
});
const meta = {};
const page = (number, perPage) => ({ pagination: { page: number, perPage }, sort: { field: "id", order: "ASC" }, meta });

test("react-admin reads lists, references and keys of several columns", async () => {
  const list = async (filter, more) => {
    const { data, total } = await provider.getList("posts", { ...page(1, 9), filter, ...more });
    return [data.map((post) => post.id), total];
  };
  const sort = { field: "likes", order: "DESC" };
  assert.deepEqual(await list({ "likes@gt": 0 }, { ...page(2, 2), sort }), [[1, 4], 4]);
  assert.deepEqual(await list({ "title@ilike": "fi" }), [[1, 5], 2]);
  assert.deepEqual(await list({ "@or": { "likes@gt": 5, "title@eq": "Second" } }), [[2, 3], 2]);
  const embedded = await provider.getList("posts", { ...page(1, 1), filter: {}, meta: { embed: ["people", "tags"] } });
  assert.deepEqual([embedded.data[0].people.name, embedded.data[0].tags.length], ["Ada", 2]);
  const written = await provider.getManyReference("posts", { ...page(1, 9), filter: {}, target: "author_id", id: 2 });
  assert.deepEqual([written.data.map((post) => post.id), written.total], [[3, 4], 2]);
  const { data: pairs } = await provider.getMany("post_tags", { ids: ["[5,3]", "[1,1]"], meta });
  assert.deepEqual(pairs.map((pair) => pair.id).sort(), ["[1,1]", "[5,3]"]);
  assert.equal((await provider.getOne("post_tags", { id: "[5,3]", meta })).data.tag_id, 3);
});

test("react-admin writes rows, one and many, and hears why not", async () => {
  const made = async (name) => (await provider.create("people", { data: { name }, meta })).data;
  const [gus, ida] = [await made("Gus"), await made("Ida")];
  const data = { ...gus, age: 7 };
  assert.equal((await provider.update("people", { id: gus.id, data, previousData: gus, meta })).data.age, 7);
  const ids = [gus.id, ida.id];
  assert.deepEqual((await provider.updateMany("people", { ids, data: { age: 8 }, meta })).data.sort(), ids.sort());
  assert.equal((await provider.getOne("people", { id: ida.id, meta })).data.age, 8);
  assert.equal((await provider.delete("people", { id: ida.id, previousData: ida, meta })).data.id, ida.id);
  assert.deepEqual((await provider.deleteMany("people", { ids: [gus.id], meta })).data, [gus.id]);
  const taken = { data: { name: "Eve", email: "ada@example.com" }, meta };
  await assert.rejects(() => provider.create("people", taken), (error) => error.status === 409 && error.body.code === "23505");
});

test("a session in cookies is the same for the next request, until it is ended", async () => {
  const jar = new Map();
  const cookies = {
    getAll: () => [...jar].map(([name, value]) => ({ name, value })),
    setAll: (all) => all.forEach(({ name, value }) => (value ? jar.set(name, value) : jar.delete(name))),
  };
  const request = () => createServerClient(url, guest, { cookies, realtime });
  const email = `pages-${engine}@example.com`;
  const { error } = await createClient(url, key, { auth: { persistSession: false }, realtime }).auth.admin.createUser({
    email,
    password: "a long row of words",
    email_confirm: true,
  });
  assert.equal(error, null, JSON.stringify(error));
  const first = request();
  const signedIn = new Promise((resolve) => first.auth.onAuthStateChange((event) => event === "SIGNED_IN" && resolve()));
  const entered = await first.auth.signInWithPassword({ email, password: "a long row of words" });
  assert.equal(entered.error, null, JSON.stringify(entered.error));
  await signedIn;
  assert.notEqual(jar.size, 0);
  assert.equal((await request().auth.getUser()).data.user.email, email);
  assert.equal((await request().auth.getClaims()).data.claims.email, email);
  assert.equal((await request().auth.signOut()).error, null);
  assert.equal((await first.auth.getUser()).data.user, null);
});
