import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { nextFreePort } from '../../../dev/servers/ports.ts'
import { describeStack } from '../../../dev/stack/describeStack.ts'

describe('what make up prints', () => {
  const part = (name: string, port: number) => ({
    name,
    url: `http://127.0.0.1:${port}`,
    notes: [],
    processes: [{ pid: port, startTime: '1' }],
  })

  it('begins with what a user needs, and names process ids last', () => {
    const parts = [part('database', 1), part('broker', 2), part('operator-a', 9001), part('API', 8080)]
    const lines = describeStack({ parts, apiUrl: 'http://127.0.0.1:8080', databaseUrl: '', amqpUrl: '' })
    const names = lines.map((line) => /^ {2}(\S+(?: \S+)*)/.exec(line)?.[1])
    assert.deepEqual(names, [
      ...['API', 'example', 'demo key', 'Swagger UI', 'operator-a', undefined],
      ...['metrics', 'database', 'broker', 'processes', 'logs'],
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
