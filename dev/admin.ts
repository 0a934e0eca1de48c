// Customers, keys and tariffs in DATABASE_URL, or else in the database that `make up` started. See src/admin.ts for the
// arguments.
import { runOnStack } from './stack/runOnStack.ts'

await runOnStack({
  ...{ name: 'admin', program: 'src/admin.ts' },
  ...{ setting: 'DATABASE_URL', field: 'databaseUrl', server: 'database' },
})
