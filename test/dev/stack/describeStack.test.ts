import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { nextFreePort } from '../../../dev/servers/ports.ts'
import { alreadyUp } from '../../../dev/stack/alreadyUp.ts'
import { describeStack } from '../../../dev/stack/describeStack.ts'
import { givenSettings } from '../../../dev/stack/givenSettings.ts'

describe('what make up prints', () => {
  const part = (name: string, port: number) => ({
    name,
    url: `http://127.0.0.1:${port}`,
    notes: [],
    processes: [{ pid: port, startTime: '1' }],
  })

  it('begins with what a user needs, and names process ids last', () => {
    const parts = [part('database', 1), part('broker', 2), part('operator-a', 9001), part('API', 8080)]
    const urls = { apiUrl: 'http://127.0.0.1:8080', databaseUrl: '', amqpUrl: '' }
    const lines = describeStack({ parts, ...urls, adminKey: 'x' })
    const names = lines.map((line) => /^ {2}(\S+(?: \S+)*)/.exec(line)?.[1])
    assert.deepEqual(names, [
      ...['API', 'example', 'demo key', 'Swagger UI', 'operations', 'operator-a', undefined],
      ...['metrics', 'database', 'broker', 'processes', 'logs'],
    ])
  })

  it('names the settings of its start, and those that it does not take over, and nothing else', () => {
    const up = 'Chapar is already up, with the settings of its start'
    const start = (env: NodeJS.ProcessEnv) => ({ given: givenSettings(env) })
    const others = { PORT: '8080', HOME: '/', LOG_LEVEL: '', OPERATOR_A_URL: 'http://127.0.0.1:1' }
    assert.deepEqual(alreadyUp(others, start(others)), [up])
    const notApplied = (names: string) => `not applied: ${names}; run "make down" first to change settings`
    const given = { PRICE_NORMAL: '2', MOCK_SUCCESS_RATE: '0.9', BROKER: '3.10', DATABASE_URL: 'mysql://b' }
    // A record of an older version does not say.
    assert.deepEqual(alreadyUp(given, {}), [
      up,
      notApplied('DATABASE_URL, PRICE_NORMAL, MOCK_SUCCESS_RATE, BROKER'),
    ])
    const started = `${up}: DATABASE_URL, PRICE_NORMAL, MOCK_SUCCESS_RATE, BROKER`
    assert.deepEqual(alreadyUp(given, start(given)), [started])
    assert.deepEqual(alreadyUp({}, start(given)), [started])
    assert.deepEqual(alreadyUp({ ...given, PRICE_NORMAL: '3' }, start(given)), [
      started,
      notApplied('PRICE_NORMAL'),
    ])
  })

  it('has the next free port where one is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    assert.ok((await nextFreePort(port)) > port)
    taken.close()
  })
})
