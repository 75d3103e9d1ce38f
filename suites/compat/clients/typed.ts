// Selects that the generated types let through, and others that they do not: each line below an
// `@ts-expect-error` must be an error, or the compiler says so.
import { createClient } from "@supabase/supabase-js"
import type { Database, Tables, TablesInsert, TablesUpdate } from "./database.types"

const supabase = createClient<Database>("http://127.0.0.1", "key")

export async function reads(): Promise<void> {
  const { data } = await supabase.from("posts").select("id, title, people(name), tags(name)").single()
  if (data === null) return
  const id: number = data.id
  const title: string = data.title
  const author: string = data.people.name
  const tags: string[] = data.tags.map((tag) => tag.name)
  // @ts-expect-error a title is no number
  const wrong: number = data.title
  // @ts-expect-error what was not selected is not there
  const missing = data.likes
  console.log(id, title, author, tags, wrong, missing)

  const { data: people } = await supabase.from("people").select("email, posts(likes)")
  for (const person of people ?? []) {
    const email: string | null = person.email
    const likes: number[] = person.posts.map((post) => post.likes)
    // @ts-expect-error a mail address may be null
    const surely: string = person.email
    console.log(email, likes, surely)
  }

  const { data: misspelt } = await supabase.from("posts").select("titel")
  // @ts-expect-error there is no such column, so there are no rows of it
  console.log(misspelt?.[0].titel)
  // @ts-expect-error there is no such table
  await supabase.from("poss").select()
  // @ts-expect-error a filter by a column that is not there
  await supabase.from("posts").select("id").eq("titel", "x")
  // @ts-expect-error a number is no title
  await supabase.from("posts").select("id").eq("title", 1)
}

export async function writes(): Promise<void> {
  const row: TablesInsert<"posts"> = { title: "x", author_id: 1 }
  await supabase.from("posts").insert(row)
  // @ts-expect-error an insert must say who wrote it
  await supabase.from("posts").insert({ title: "x" })
  const change: TablesUpdate<"people"> = { age: null }
  await supabase.from("people").update(change).eq("id", 1)
  // @ts-expect-error a name is never null
  await supabase.from("people").update({ name: null })
  const person: Tables<"people"> = { id: 1, name: "Ada", email: null, age: 36 }
  console.log(person)
}
