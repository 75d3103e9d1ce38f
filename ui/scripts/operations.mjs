// Writes src/api/operations.ts from a running board's OpenAPI document: the types of every operation.
// MAGFLOCK_URL names the board; it may be any build of this tree. With `--check` it writes nothing, and
// fails when the file is older than the board.
import { readFileSync, writeFileSync } from 'node:fs'
import openapi, { astToString } from 'openapi-typescript'

const board = process.env.MAGFLOCK_URL ?? 'http://127.0.0.1:8000'
const answer = await fetch(`${board}/admin/v1/openapi.json`)
if (!answer.ok) throw new Error(`${board} answers ${answer.status}`)
// The schemas of inputs and outputs are all that the screen asks for; how they travel is client.ts's.
const { openapi: version, info, components } = await answer.json()
const schemas = { openapi: version, info, paths: {}, components: { schemas: components.schemas } }
const text = astToString(await openapi(schemas, { defaultNonNullable: false }))
const head = '// Made by `npm run operations` from the board\'s OpenAPI document. Do not edit.\n\n'
const file = new URL('../src/api/operations.ts', import.meta.url)
if (process.argv.includes('--check')) {
  if (readFileSync(file, 'utf8') !== head + text) {
    console.error('src/api/operations.ts is not of this board: run `npm run operations` in ui/ beside it')
    process.exit(1)
  }
} else writeFileSync(file, head + text)
