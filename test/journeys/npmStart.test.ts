import assert from 'node:assert/strict'
import { join } from 'node:path'
import { launch } from '../../dev/processes/launch.ts'
import type { Launched } from '../../dev/processes/launch.ts'
import { freePorts } from '../../dev/servers/ports.ts'
import { CHECKOUT } from '../../dev/stack/folders.ts'
import { eventually } from '../support/eventually.ts'
import { freshStack, logFolder } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { sharedSimulators } from '../support/simulators.ts'

const START_MS = 60_000

describe('npm start', () => {
  let stack: Stack
  let npm: Launched
  let url: string
  before(async () => {
    stack = await freshStack()
    const [a, b] = await sharedSimulators()
    const [port] = await freePorts(1)
    url = `http://127.0.0.1:${port}`
    const { PATH = '/usr/bin:/bin', HOME = '/' } = process.env
    const env = {
      ...{ PATH, HOME, PORT: String(port), OPERATOR_A_URL: a.url, OPERATOR_B_URL: b.url },
      ...{ DATABASE_URL: stack.databaseUrl, AMQP_URL: stack.amqpUrl },
      ...{ NORMAL_QUEUE: stack.queues.normal, EXPRESS_QUEUE: stack.queues.express },
    }
    const logFile = join(await logFolder(), 'npm-start.log')
    npm = await launch({ command: 'npm', args: ['start'], env, cwd: CHECKOUT, logFile })
  })
  after(async () => {
    await npm.kill()
    await stack.drop()
  })

  it('leaves no engine behind when npm gets SIGTERM, and lets it close', async () => {
    const isReady = () =>
      fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      )
    await eventually('the engine is ready', isReady, START_MS)
    assert.ok(npm.processes().length > 1, 'npm and the engine')
    process.kill(npm.identity.pid, 'SIGTERM')
    await eventually('nothing runs any more', () => npm.processes().length === 0)
    assert.match(npm.output(), /"stopping"/)
    assert.doesNotMatch(npm.output(), /second signal/)
  })
})
