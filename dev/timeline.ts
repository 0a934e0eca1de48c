// Shows where a message is, from DATABASE_URL or else the database that `make up` started. See src/timeline.ts for the
// arguments.
import { runOnStack } from './stack/runOnStack.ts'

await runOnStack({
  ...{ name: 'timeline', program: 'src/timeline.ts' },
  ...{ setting: 'DATABASE_URL', field: 'databaseUrl', server: 'database' },
})
