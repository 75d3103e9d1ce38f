// Typed calls of functions.
import { createClient } from "@supabase/supabase-js"
import { Constants, type Database, type Enums } from "./database.types"

const supabase = createClient<Database>("http://127.0.0.1", "key")

export async function calls(): Promise<void> {
  const { data: sum } = await supabase.rpc("add", { a: 1 })
  const three: number | null = sum
  const { data: posts } = await supabase.rpc("posts_of", { person: 1 }).select("title")
  const titles: string[] = (posts ?? []).map((post) => post.title)
  const mood: Enums<"mood"> = Constants.public.Enums.mood[0]
  await supabase.rpc("cheer", { of: mood })
  // @ts-expect-error no such mood
  await supabase.rpc("cheer", { of: "sad" })
  // @ts-expect-error an argument is missing
  await supabase.rpc("add", { b: 1 })
  console.log(three, titles)
}
