import assert from 'node:assert/strict'
import { countByCustomer } from '../../../loadtest/generator/index.ts'
import { writeRequests } from '../../../loadtest/generator/requests.ts'
import { isSampled, readTraceparent } from '../../../src/primitives/traceparent.ts'
import { planOf } from './planOf.ts'

interface Body {
  customer_id: number
  text: string
  recipients: string[]
  type: string
}

function bodyOf(text: string): Body {
  const [head = '', body = ''] = text.split('\r\n\r\n')
  assert.equal(
    /content-length: (\d+)/.exec(head)?.[1],
    String(Buffer.byteLength(text.slice(head.length + 4))),
  )
  return JSON.parse(body) as Body
}

describe('the requests of a load', () => {
  it('are whole HTTP requests, whatever the text', () => {
    const text = 'Grüße "an" 你\n👋'
    const plan = planOf({ text, baseUrl: 'http://[::1]:8080', customerFirst: 7, customerLast: 7 })
    const { text: request } = writeRequests(plan)(0)
    assert.match(request, /^POST \/sms\/send HTTP\/1\.1\r\nhost: \[::1\]:8080\r\n/)
    const body = bodyOf(request)
    assert.deepEqual([body.text, body.customer_id, body.type], [text, 7, 'normal'])
  })

  it('carry the API key of their customer and an idempotency key of their own', () => {
    const plan = planOf({ apiKeyPrefix: 'bench_', customerFirst: 7, customerLast: 7 })
    const write = writeRequests(plan)
    const [first, second] = [write(0).text, write(1).text]
    assert.match(first, /^POST \/v1\/messages HTTP\/1\.1\r\n[^]*\r\nx-api-key: bench_7\r\n/)
    const keyOf = (request: string) => /\r\nidempotency-key: (\S+)\r\n/.exec(request)?.[1]
    assert.ok(keyOf(first))
    assert.equal(new Set([keyOf(first), keyOf(second), keyOf(writeRequests(plan)(0).text)]).size, 3)
    const { to, customer_id } = bodyOf(first) as unknown as Record<string, unknown>
    assert.ok(Array.isArray(to) && to.length === plan.recipientsPerRequest)
    assert.equal(customer_id, undefined)
  })

  it('say that nobody records their traces, where the engine would record all', () => {
    const [plain, untraced] = [false, true].map((isUntraced) => writeRequests(planOf({ isUntraced }))(0).text)
    assert.doesNotMatch(plain ?? '', /traceparent/)
    const header = /\r\ntraceparent: (\S+)\r\n/.exec(untraced ?? '')?.[1]
    const read = readTraceparent(header ?? '')
    assert.ok(read && !isSampled(read))
  })

  it('name recipients that are all different and that no country has', () => {
    const write = writeRequests(planOf({ recipientsPerRequest: 100 }))
    const all = [0, 1, 2].flatMap((index) => bodyOf(write(index).text).recipients)
    assert.equal(new Set(all).size, 300)
    for (const recipient of all) assert.match(recipient, /^\+999[0-9]{11}$/)
  })

  it('are express as often as asked, evenly', () => {
    for (const expressShare of [0, 0.2, 1]) {
      const write = writeRequests(planOf({ expressShare }))
      const types = Array.from({ length: 1_000 }, (_, index) => bodyOf(write(index).text).type)
      const express = types.filter((type) => type === 'express').length
      assert.ok(Math.abs(express - 1_000 * expressShare) <= 2, `${express}`)
    }
  })

  it('fall to all customers alike when uniform', () => {
    const counts = countByCustomer(planOf({ ratePerSecond: 100_000 }))
    assert.equal(counts.length, 100)
    for (const count of counts) assert.ok(Math.abs(count - 1_000) < 150, `${count}`)
  })

  it('fall to the n-th customer 1/n as often as to the first under zipf', () => {
    const counts = countByCustomer(planOf({ skew: 'zipf', ratePerSecond: 1_000_000 }))
    const harmonic = counts.reduce((sum, _, index) => sum + 1 / (index + 1), 0)
    for (const [index, count] of counts.entries()) {
      const expected = 1_000_000 / harmonic / (index + 1)
      assert.ok(Math.abs(count - expected) < 5 * Math.sqrt(expected), `${index}: ${count}, not ${expected}`)
    }
  })

  it('all fall to the first customer when one sends everything', () => {
    const counts = countByCustomer(planOf({ skew: 'one' }))
    assert.deepEqual([counts[0], counts[1]], [100, 0])
  })

  it('are drawn alike with the same seed, and otherwise with another one', () => {
    const drawn = (seed: number) => {
      const write = writeRequests(planOf({ skew: 'zipf', seed }))
      return Array.from({ length: 50 }, (_, index) => write(index).customer)
    }
    assert.deepEqual(drawn(3), drawn(3))
    assert.notDeepEqual(drawn(3), drawn(4))
  })

  it('are counted beforehand exactly as they will be drawn', () => {
    const plan = planOf({ skew: 'zipf', warmUpMs: 500 })
    const write = writeRequests(plan)
    const counts = new Array<number>(100).fill(0)
    for (let index = 0; index < 150; index++) {
      const { customer } = write(index)
      counts[customer] = (counts[customer] ?? 0) + 1
    }
    assert.deepEqual([...countByCustomer(plan)], counts)
  })
})
