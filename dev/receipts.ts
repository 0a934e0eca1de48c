// Lists or retries the receipts of DATABASE_URL that matched no message, or else of the database that `make up` started.
// See src/receipts.ts for the arguments.
import { runOnStack } from './stack/runOnStack.ts'

await runOnStack({
  ...{ name: 'receipts', program: 'src/receipts.ts' },
  ...{ setting: 'DATABASE_URL', field: 'databaseUrl', server: 'database' },
})
