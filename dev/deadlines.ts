// Records forgotten misses in DATABASE_URL, or else in the database that `make up` started. See src/deadlines.ts for the
// arguments.
import { runOnStack } from './stack/runOnStack.ts'

await runOnStack({
  ...{ name: 'deadlines', program: 'src/deadlines.ts' },
  ...{ setting: 'DATABASE_URL', field: 'databaseUrl', server: 'database' },
})
