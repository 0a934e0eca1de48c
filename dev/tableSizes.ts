// npm run sizes: what each table of DATABASE_URL, or of `make up`, takes on the disk, in all and for each recipient. For
// docs/capacity.md. It counts rows: not for a database at work.
import { createConnection } from 'mysql2/promise'
import type { RowDataPacket } from 'mysql2'
import { answerHelp } from '../src/platform/answerHelp.ts'
import { readDatabaseAddress } from '../src/platform/db/address.ts'
import { readState } from './stack/state.ts'
import { describeSizes, readSizes } from './sizes/sizes.ts'

answerHelp(`usage: npm run sizes
Shows what each table takes on the disk, in all and for each recipient. It counts rows: not for a database at work.
DATABASE_URL is the database, default the one of \`make up\`.`)
const url = process.env['DATABASE_URL'] || (await readState())?.databaseUrl
if (!url) {
  console.error('npm run sizes: set DATABASE_URL, or start the stack with "make up"')
  process.exit(2)
}
const connection = await createConnection(readDatabaseAddress(url))
try {
  const sizes = await readSizes((sql) => connection.query<RowDataPacket[]>(sql).then(([rows]) => rows))
  for (const line of describeSizes(sizes)) console.log(line)
} finally {
  await connection.end()
}
