// Lists, replays or drops the dead letters of AMQP_URL, or else of the broker that `make up` started. See
// src/deadLetters.ts for the arguments.
import { spawnSync } from 'node:child_process'
import { readState } from './stack/state.ts'

const PROGRAM = ['--require', './src/runtime.cjs', 'src/deadLetters.ts']

const amqpUrl = process.env['AMQP_URL'] || (await readState())?.amqpUrl
if (amqpUrl === undefined)
  console.error('deadletters: no broker: set AMQP_URL, or start the stack with "make up"')
const { status } = amqpUrl === undefined ? { status: 2 } : run(amqpUrl)
process.exitCode = status ?? 2

function run(AMQP_URL: string) {
  return spawnSync(process.execPath, [...PROGRAM, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, AMQP_URL },
  })
}
