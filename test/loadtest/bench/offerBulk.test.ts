import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { offerBulk } from '../../../loadtest/bench/measure/offerBulk.ts'

interface Body {
  customer_id: number
  type: string
  recipients: string[]
}

describe('the messages of one large customer', () => {
  it('are sent once each, and again where the engine was overloaded', async () => {
    const accepted: Body[] = []
    await withServer(
      (calls) => (calls === 2 ? 503 : 200),
      (body) => accepted.push(body),
      async (url) => offerBulk(url, { customerId: 7, requests: 5, recipients: 3 }),
    )
    const numbers = accepted.flatMap(({ recipients }) => recipients)
    assert.deepEqual([numbers.length, new Set(numbers).size], [15, 15])
    assert.deepEqual(
      [...new Set(accepted.map(({ customer_id, type }) => `${customer_id} ${type}`))],
      ['7 normal'],
    )
  })

  it('end with the engine’s own words when it refuses them', async () => {
    const offered = withServer(
      () => 402,
      () => {},
      async (url) => offerBulk(url, { customerId: 7, requests: 1, recipients: 1 }),
    )
    await assert.rejects(offered, /answered 402: no money/)
  })
})

async function withServer(
  statusOf: (calls: number) => number,
  onAccepted: (body: Body) => void,
  use: (url: string) => Promise<void>,
): Promise<void> {
  let calls = 0
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      response.statusCode = statusOf(++calls)
      if (response.statusCode === 200) onAccepted(JSON.parse(Buffer.concat(chunks).toString()) as Body)
      response.end('no money')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}
