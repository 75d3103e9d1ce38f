#!/bin/sh
# The calls that PostgREST's documentation shows, by hand. URL, KEY and ENGINE are in the environment.
set -eu
rest="$URL/rest/v1"
passed=0

# expect STATUS BODY curl-arguments...
expect() {
  status=$1 body=$2
  shift 2
  answer=$(curl -sS -w '\n%{http_code}' -H "apikey: $KEY" "$@")
  got_status=$(printf '%s' "$answer" | tail -n 1)
  got_body=$(printf '%s' "$answer" | sed '$d')
  if [ "$got_status" != "$status" ] || [ "$got_body" != "$body" ]; then
    printf 'curl %s\nwanted %s %s\ngot    %s %s\n' "$*" "$status" "$body" "$got_status" "$got_body" >&2
    exit 1
  fi
  passed=$((passed + 1))
}

# Reading
expect 200 '[{"id":2}]' "$rest/posts?select=id&body=is.null"
expect 200 '[{"name":"Ada"}, 
 {"name":"Cyn"}]' "$rest/people?select=name&age=gte.18&order=id"
expect 200 '[{"id":1}, 
 {"id":3}]' "$rest/posts?select=id&or=(id.eq.1,and(likes.gt.5,author_id.eq.2))&order=id"
expect 200 '[{"id":5}]' -G "$rest/posts" -d 'select=id' --data-urlencode 'title=like.Fif*'
expect 200 '[{"fullTitle":"Third","writer":{"name":"Bob"}}]' \
  "$rest/posts?select=fullTitle:title,writer:people(name)&id=eq.3"
expect 206 '[{"id":2}, 
 {"id":3}]' -H 'Range-Unit: items' -H 'Range: 1-2' -H 'Prefer: count=exact' "$rest/posts?select=id&order=id"
expect 200 '{"name":"news"}' -H 'Accept: application/vnd.pgrst.object+json' "$rest/tags?select=name&id=eq.1"
expect 200 'id,name
1,news' -H 'Accept: text/csv' "$rest/tags?id=eq.1"

expect 200 '[{"id":1}, 
 {"id":5}]' -g "$rest/posts?select=id&title=like(any).{*irst*,Fif*}&order=id"
expect 200 '[{"id":1}]' -G "$rest/posts" -d 'select=id' --data-urlencode 'title=in.("First, of all","Nothing")'
expect 200 '[{"name":"Ada","posts":[{"title":"Fifth"}]}, 
 {"name":"Bob","posts":[{"title":"Third"}]}]' \
  "$rest/people?select=name,posts!inner(title)&posts.likes=gte.5&order=id"
expect 200 '[{"name":"Cyn"}]' "$rest/people?select=name,posts()&posts=is.null"
expect 200 '[{"id":5,"writer":"Ada"}, 
 {"id":3,"writer":"Bob"}]' "$rest/posts?select=id,...people(writer:name)&likes=gt.4&order=people(writer)"
expect 200 '[{"name":"Ada","posts":[{"id":5}]}]' \
  "$rest/people?select=name,posts(id)&posts.order=id.desc&posts.limit=1&id=eq.1"
expect 200 '[{"name":"Bob","email":"bob@example.com"}]' -H 'Accept: application/vnd.pgrst.array+json;nulls=stripped' \
  "$rest/people?select=name,email,age&id=eq.2"
expect 200 '[{"n":"5","likes":5}]' "$rest/posts?select=n:id::text,likes&id=eq.5"
expect 200 '[{"id":2,"age":null}, 
 {"id":3,"age":52}, 
 {"id":1,"age":36}]' "$rest/people?select=id,age&order=age.desc.nullsfirst"

# Writing
expect 201 '' "$rest/tags" -X POST -H 'Content-Type: application/json' -d '{"id":50,"name":"fifty"}'
expect 201 '[{"id":51,"name":"one"}, 
 {"id":52,"name":"two"}]' "$rest/tags" -X POST -H 'Content-Type: text/csv' -H 'Prefer: return=representation' \
  --data-binary 'id,name
51,one
52,two'
expect 200 '[{"id":50,"name":"half a hundred"}]' "$rest/tags" -X POST -H 'Content-Type: application/json' \
  -H 'Prefer: resolution=merge-duplicates, return=representation' -d '{"id":50,"name":"half a hundred"}'
expect 201 '[{"id":53,"name":"by form"}]' "$rest/tags" -X POST -H 'Prefer: return=representation' -d 'id=53&name=by+form'
expect 200 '[{"id":53,"name":"whole"}]' "$rest/tags?id=eq.53" -X PUT -H 'Content-Type: application/json' \
  -H 'Prefer: return=representation' -d '{"id":53,"name":"whole"}'
expect 201 '[{"id":54,"name":"no more"}]' "$rest/tags?columns=id,name" -X POST -H 'Content-Type: application/json' \
  -H 'Prefer: return=representation, missing=default' -d '{"id":54,"name":"no more","else":1}'
expect 200 '[{"id":54,"name":"no more"}]' "$rest/tags?on_conflict=name" -X POST -H 'Content-Type: application/json' \
  -H 'Prefer: return=representation, resolution=merge-duplicates' -d '{"id":54,"name":"no more"}'
expect 400 '{"code":"PGRST124","details":"The query affects 5 rows","hint":null,"message":"Query result exceeds max-affected preference constraint"}' \
  "$rest/tags?id=gte.50" -X DELETE -H 'Prefer: handling=strict, max-affected=4'
expect 204 '' "$rest/tags?id=eq.51" -X PATCH -H 'Content-Type: application/json' -d '{"name":"uno"}'
expect 200 '[{"name":"uno"}]' "$rest/tags?id=eq.51&select=name" -X DELETE -H 'Prefer: return=representation'
expect 204 '' "$rest/tags?id=gte.50" -X DELETE

# Refusals
expect 404 "{\"code\":\"PGRST205\",\"details\":null,\"hint\":\"Perhaps you meant the table 'public.tags'\",\"message\":\"Could not find the table 'public.tag' in the schema cache\"}" \
  "$rest/tag"
expect 406 '{"code":"PGRST116","details":"The result contains 3 rows","hint":null,"message":"Cannot coerce the result to a single JSON object"}' \
  -H 'Accept: application/vnd.pgrst.object+json' "$rest/tags"
expect 406 '{"code":"PGRST106","details":null,"hint":"Only the following schemas are exposed: public","message":"Invalid schema: other"}' \
  -H 'Accept-Profile: other' "$rest/tags"
expect 406 '{"code":"PGRST107","details":null,"hint":null,"message":"None of these media types are available: unknown/unknown"}' \
  -H 'Accept: unknown/unknown' "$rest/tags"
expect 400 '{"code":"PGRST122","details":"Invalid preferences: foo, bar","hint":null,"message":"Invalid preferences given with handling=strict"}' \
  -H 'Prefer: handling=strict, foo, bar' "$rest/tags"

# Functions
if [ "$ENGINE" = postgres ]; then
  expect 200 '3' "$rest/rpc/add?a=1&b=2"
  expect 200 '3' "$rest/rpc/add" -X POST -H 'Content-Type: application/json' -d '{"a":1,"b":2}'
  expect 200 '"so glad"' "$rest/rpc/cheer?of=glad"
fi

echo "$passed calls by hand were answered as the documentation says"
