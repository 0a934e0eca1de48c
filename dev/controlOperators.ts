// Lists and controls operators in DATABASE_URL, or else in the database that `make up` started. See src/controlOperators.ts
// for the arguments.
import { runOnStack } from './stack/runOnStack.ts'

await runOnStack({
  ...{ name: 'operators', program: 'src/controlOperators.ts' },
  ...{ setting: 'DATABASE_URL', field: 'databaseUrl', server: 'database' },
})
