// postgrest-js by itself, as libraries that build on it use it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { PostgrestClient } from "@supabase/postgrest-js";

const { URL: url, KEY: key } = process.env;
const client = new PostgrestClient(`${url}/rest/v1`, { headers: { apikey: key, Authorization: `Bearer ${key}` } });

test("a query is built and answered", async () => {
  const { data, error, status, statusText } = await client.from("tags").select("id,name").order("name", { ascending: false });
  assert.equal(error, null);
  assert.equal(status, 200);
  assert.equal(statusText, "OK");
  assert.deepEqual(data.map((tag) => tag.name), ["sql", "rust", "news"]);
});

test("an error can be thrown", async () => {
  await assert.rejects(async () => client.from("nowhere").select().throwOnError(), { code: "PGRST205" });
});

test("renames, casts and nested relations are in the select", async () => {
  const { data, error } = await client
    .from("people")
    .select("who:name, wrote:posts(what:title, tags(name))")
    .eq("id", 2)
    .order("id", { referencedTable: "wrote" })
    .single();
  assert.equal(error, null, JSON.stringify(error));
  assert.deepEqual(data, {
    who: "Bob",
    wrote: [
      { what: "Third", tags: [{ name: "sql" }] },
      { what: "Fourth", tags: [{ name: "news" }] },
    ],
  });
});

test("columns that are left out of a bulk insert take their defaults", async () => {
  const { data, error } = await client
    .from("posts")
    .insert([{ title: "a", author_id: 3, likes: 9 }, { title: "b", author_id: 3 }], { defaultToNull: false })
    .select("title, likes")
    .order("title");
  assert.equal(error, null, JSON.stringify(error));
  assert.deepEqual(data, [{ title: "a", likes: 9 }, { title: "b", likes: 0 }]);
  const { error: left } = await client.from("posts").delete().eq("author_id", 3);
  assert.equal(left, null);
});

test("more rows than allowed are not changed", async () => {
  const { error } = await client.from("posts").update({ likes: 0 }).gt("id", 0).maxAffected(2);
  assert.equal(error.code, "PGRST124");
  const { data } = await client.from("posts").select("likes").eq("id", 3).single();
  assert.deepEqual(data, { likes: 7 });
});
