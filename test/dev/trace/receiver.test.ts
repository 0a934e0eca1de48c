import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { startReceiver } from '../../../dev/trace/receiver.ts'
import type { Receiver } from '../../../dev/trace/receiver.ts'

const MESSAGE = '01a22441-9745-756c-93bc-8a1a05244ab0'
const EXPORTED = {
  resourceSpans: [
    {
      resource: {
        attributes: [
          { key: 'service.name', value: { stringValue: 'chapar-api' } },
          { key: 'process.pid', value: { intValue: '42' } },
        ],
      },
      scopeSpans: [
        {
          spans: [
            {
              ...{ traceId: 't1', spanId: 's1', parentSpanId: '', name: 'accept' },
              ...{ startTimeUnixNano: '1764489600000500000', endTimeUnixNano: '1764489600002500000' },
              attributes: [
                { key: 'chapar.message_id', value: { stringValue: MESSAGE } },
                { key: 'list', value: { arrayValue: { values: [] } } },
              ],
              status: { code: 2 },
              links: [{ traceId: 't2', spanId: 's2', attributes: [] }],
            },
          ],
        },
      ],
    },
  ],
}

describe('a receiver of spans', () => {
  let receiver: Receiver
  beforeEach(async () => void (receiver = await startReceiver()))
  afterEach(() => receiver.close())

  const send = async (body: string | Buffer, headers: Record<string, string> = {}) => {
    const response = await fetch(`${receiver.url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    })
    await response.text()
    return response.status
  }

  for (const isZipped of [false, true])
    it(`reads what an exporter sends${isZipped ? ', compressed' : ''}, and finds it by the message`, async () => {
      const body = JSON.stringify(EXPORTED)
      const status = await (isZipped ? send(gzipSync(body), { 'content-encoding': 'gzip' }) : send(body))
      assert.equal(status, 200)
      const [span, ...others] = (await (await fetch(`${receiver.url}/messages/${MESSAGE}`)).json()) as Record<
        string,
        unknown
      >[]
      assert.equal(others.length, 0)
      const { startMs, endMs, ...rest } = span as { startMs: number; endMs: number }
      assert.deepEqual([Math.round(startMs), Math.round((endMs - startMs) * 10)], [1_764_489_600_001, 20])
      assert.deepEqual(rest, {
        ...{ traceId: 't1', spanId: 's1', name: 'accept', service: 'chapar-api 42', isError: true },
        ...{ attributes: { 'chapar.message_id': MESSAGE }, links: [{ traceId: 't2', spanId: 's2' }] },
      })
    })

  it('refuses what it cannot read, and goes on', async () => {
    assert.equal(await send('x', { 'content-type': 'application/x-protobuf' }), 415)
    for (const body of ['', '{', '{"resourceSpans": 1}']) assert.equal(await send(body), 400, body)
    assert.equal(await send('{}', { 'content-encoding': 'gzip' }), 400)
    assert.equal((await fetch(`${receiver.url}/`)).status, 404)
    assert.equal(await send('{}'), 200)
  })
})
