// Shows or runs the removal of old rows in DATABASE_URL, or else in the database that `make up` started. See
// src/removeOld.ts for the arguments.
import { runOnStack } from './stack/runOnStack.ts'

await runOnStack({
  ...{ name: 'retention', program: 'src/removeOld.ts' },
  ...{ setting: 'DATABASE_URL', field: 'databaseUrl', server: 'database' },
})
