// Packs each built file beside itself: the binary holds them packed, and hands them out so.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const base = new URL('../dist', import.meta.url).pathname

function* files(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) yield* files(path)
    else if (!name.endsWith('.gz')) yield path
  }
}

let packed = 0
for (const path of files(base)) {
  const bytes = gzipSync(readFileSync(path), { level: 9 })
  writeFileSync(`${path}.gz`, bytes)
  packed += bytes.length
}
console.log(`packed: ${(packed / 1024).toFixed(0)} KiB in all`)
