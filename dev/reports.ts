// Recounts rollups of reports in DATABASE_URL, or else in the database that `make up` started. See src/reports.ts for the
// arguments.
import { runOnStack } from './stack/runOnStack.ts'

await runOnStack({
  ...{ name: 'reports', program: 'src/reports.ts' },
  ...{ setting: 'DATABASE_URL', field: 'databaseUrl', server: 'database' },
})
