// Lists or decides the quarantined messages of DATABASE_URL, or else of the database that `make up` started. See
// src/quarantine.ts for the arguments.
import { runOnStack } from './stack/runOnStack.ts'

await runOnStack({
  ...{ name: 'quarantine', program: 'src/quarantine.ts' },
  ...{ setting: 'DATABASE_URL', field: 'databaseUrl', server: 'database' },
})
