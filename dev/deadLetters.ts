// Lists, replays or drops the dead letters of AMQP_URL, or else of the broker that `make up` started. See
// src/deadLetters.ts for the arguments.
import { runOnStack } from './stack/runOnStack.ts'

await runOnStack({
  ...{ name: 'deadletters', program: 'src/deadLetters.ts' },
  ...{ setting: 'AMQP_URL', field: 'amqpUrl', server: 'broker' },
})
