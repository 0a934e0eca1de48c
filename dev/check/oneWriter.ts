// Checks that each table is written by one slice. `node dev/check/oneWriter.ts [root]`
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { answerHelp } from '../../src/platform/answerHelp.ts'

answerHelp('usage: npm run check:writers\nChecks that each table is written by one slice.')
const CHECKOUT = resolve(import.meta.dirname, '../..')
const root = resolve(process.argv[2] ?? CHECKOUT)

/** The tables that the migrations create; the migrations' own table belongs to platform. */
const tables = globSync('db/migrations/*.sql', { cwd: root }).flatMap((file) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/CREATE TABLE (?:IF NOT EXISTS )?(\w+)/g)].map(
    ([, name]) => name ?? '',
  ),
)

/** A write as SQL or as Kysely says it. A batch names what it writes in the join behind its values. */
const WRITE =
  /(?:UPDATE|DELETE\s+\w+\s+FROM)\s+JSON_TABLE\([^`]*?JOIN\s+`?(\w+)|(?:INSERT\s+(?:IGNORE\s+)?INTO|REPLACE\s+INTO|DELETE\s+FROM|UPDATE|TRUNCATE(?:\s+TABLE)?)\s+`?(\w+)|(?:insertInto|replaceInto|updateTable|deleteFrom|mergeInto)\(\s*['"`](\w+)/gi

const writers = new Map<string, Map<string, string[]>>(tables.map((table) => [table, new Map()]))
for (const file of globSync('src/**/*.ts', { cwd: root })) {
  const slice = file.split(/[\\/]/).slice(0, 2).join('/')
  for (const match of readFileSync(join(root, file), 'utf8').matchAll(WRITE)) {
    const files = writers.get(match[1] ?? match[2] ?? match[3] ?? '')
    if (files) files.set(slice, [...(files.get(slice) ?? []), file])
  }
}

let faults = 0
for (const [table, slices] of writers) {
  if (slices.size <= 1) continue
  faults++
  const places = [...slices].map(([slice, files]) => `${slice} (${[...new Set(files)].join(', ')})`)
  console.error(`one writer: ${table} is written by ${places.join(' and ')}`)
}
const written = [...writers.values()].filter((slices) => slices.size > 0).length
// Tables without a writer would mean that the check no longer recognises a write.
const TABLES_WRITTEN_MIN = 40
if (written < TABLES_WRITTEN_MIN) {
  console.error(`one writer: found only ${written} tables with a writer, so the check is broken`)
  faults++
}
if (faults > 0) process.exit(1)
console.log(`one writer: ${written} tables, each written by one slice`)
