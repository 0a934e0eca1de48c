import assert from 'node:assert/strict'
import type { CallResult, Submission } from '../../../src/operators/contract.ts'
import { interpret } from '../../../src/operators/http/interpret.ts'
import { message, messages } from '../messages.ts'

describe('what an HTTP exchange means', () => {
  const describeResult = (result: CallResult) =>
    result.kind === 'refused' && result.operatorFailed ? 'refused, the operator failed' : result.kind
  const meaningOf = (status: number) =>
    describeResult(interpret(messages(2), { sent: true, status, body: '' }))

  const MEANINGS: [number[], string][] = [
    [[400, 413, 422], 'refused'],
    [[500, 501, 505, 507, 599], 'refused, the operator failed'],
    [[429], 'throttled'],
    [[502, 503, 504], 'unavailable'],
    [
      [301, 302, 307, 308, 401, 402, 403, 404, 405, 406, 407, 408, 410, 411, 415, 421, 426, 431],
      'unavailable',
    ],
    [[409], 'unknown'],
    [[200, 201, 202, 204], 'unknown'],
  ]
  for (const [statuses, meaning] of MEANINGS) {
    for (const status of statuses) {
      it(`${status} without a readable body: ${meaning}`, () => assert.equal(meaningOf(status), meaning))
    }
  }

  it('a status says as much without its body', () => {
    const result = interpret(messages(2), { sent: true, status: 503, fault: 'ECONNRESET' })
    assert.equal(describeResult(result), 'unavailable')
  })

  it('a request that never left cannot have been taken; one that left may have been', () => {
    assert.equal(interpret(messages(1), { sent: false, fault: 'ECONNREFUSED' }).kind, 'unavailable')
    assert.equal(interpret(messages(1), { sent: true, fault: 'ECONNRESET' }).kind, 'unknown')
    assert.equal(interpret(messages(1), { sent: true, status: 200, fault: 'ECONNRESET' }).kind, 'unknown')
  })

  const read = (answer: object) => {
    const one = message()
    const body = JSON.stringify({ reference: one.reference, ...answer })
    const result = interpret([one], { sent: true, status: 200, body })
    return result.kind === 'answered' ? result.results[0] : result
  }

  it("keeps an operator's reason short, well-formed and on one line", () => {
    const result = read({ status: 'rejected', reason: `bad\u0000\nnumber\ud800${'x'.repeat(10_000)}` })
    assert.ok(result?.kind === 'rejected')
    assert.match(result.reason, /^rejected: bad number\ufffdx+$/)
    assert.ok(result.reason.length < 250)
  })

  it('does without a reason', () => {
    assert.deepEqual(read({ status: 'rejected' }), { kind: 'rejected', reason: 'rejected' })
    assert.deepEqual(read({ status: 'unavailable', reason: null }), {
      kind: 'unavailable',
      reason: 'unavailable',
    })
  })

  for (const [raw, operatorMessageId, unreadable] of [
    ['"x-1"', 'x-1', 0],
    ['12345', '12345', 0],
    ['18858926273619457', '18858926273619457', 0],
    ['"a b"', 'a b', 1],
    [`"${'x'.repeat(65)}"`, 'x'.repeat(64), 1],
    ['null', null, 1],
    ['""', null, 1],
    ['"نام"', null, 1],
    ['{"id":7}', null, 1],
    ['true', null, 1],
  ] as const) {
    it(`takes a message for accepted with the identifier ${raw.slice(0, 20)}`, () => {
      const one = message()
      const body = `{"reference":"${one.reference}","status":"accepted","message_id":${raw}}`
      assert.deepEqual(interpret([one], { sent: true, status: 200, body }), {
        kind: 'answered',
        results: [{ kind: 'accepted', operatorMessageId }],
        unreadableIdentifiers: unreadable,
      })
    })
  }

  it('takes a message for accepted without an identifier', () => {
    assert.deepEqual(read({ status: 'accepted' }), { kind: 'accepted', operatorMessageId: null })
  })

  it('reads status words in any case, and none that it does not know', () => {
    assert.equal(read({ status: 'ACCEPTED', message_id: 'x' })?.kind, 'accepted')
    assert.equal(read({ status: 'Throttled' })?.kind, 'throttled')
    assert.equal(read({ status: 'maybe' })?.kind, 'unknown')
  })

  it('finds a message by its reference in any case', () => {
    const one = message()
    const body = JSON.stringify({ reference: one.reference.toUpperCase(), status: 'rejected' })
    const result = interpret([one], { sent: true, status: 200, body })
    assert.equal(result.kind === 'answered' && result.results[0]?.kind, 'rejected')
  })

  it('reads a rejection whatever its reason is', () => {
    assert.deepEqual(read({ status: 'rejected', reason: 17 }), { kind: 'rejected', reason: 'rejected: 17' })
    for (const reason of [{ code: 17 }, ['bad'], true])
      assert.deepEqual(read({ status: 'rejected', reason }), { kind: 'rejected', reason: 'rejected' })
  })

  const kindsOf = (batch: Submission[], elements: unknown) => {
    const result = interpret(batch, { sent: true, status: 202, body: JSON.stringify(elements) })
    return result.kind === 'answered' ? result.results.map(({ kind }) => kind) : result.kind
  }

  it('takes equal results for one message for one, and does not choose between contradictory ones', () => {
    const [one, two] = messages(2) as [Submission, Submission]
    const of = ({ reference }: Submission, status: string, more = {}) => ({ reference, status, ...more })
    assert.deepEqual(kindsOf([one, two], [of(one, 'accepted'), of(two, 'rejected'), of(one, 'accepted')]), [
      'accepted',
      'rejected',
    ])
    assert.deepEqual(
      kindsOf([one, two], [of(one, 'rejected', { reason: 'x' }), of(one, 'rejected'), of(two, 'accepted')]),
      ['rejected', 'accepted'],
    )
    assert.deepEqual(kindsOf([one, two], [of(one, 'accepted'), of(two, 'accepted'), of(one, 'rejected')]), [
      'unknown',
      'accepted',
    ])
  })

  it('reads an array of one for a single message', () => {
    const one = message()
    assert.deepEqual(kindsOf([one], [{ reference: one.reference, status: 'accepted', message_id: 'x' }]), [
      'accepted',
    ])
  })

  for (const body of [
    'ERROR:14',
    '<html></html>',
    '',
    '[]',
    '7',
    'null',
    '"accepted"',
    '{"status":"accepted"}',
  ]) {
    it(`does not know what a 200 with ${body || 'an empty body'} means`, () => {
      assert.equal(interpret([message()], { sent: true, status: 200, body }).kind, 'unknown')
    })
  }

  const NOW_MS = Date.parse('2026-11-28T12:00:00Z')
  for (const [retryAfter, retryAfterMs] of [
    [undefined, null],
    ['0', 0],
    ['7', 7_000],
    ['60', 60_000],
    ['86400', 60_000],
    ['9'.repeat(400), 60_000],
    ['Sat, 28 Nov 2026 12:00:09 GMT', 9_000],
    ['Sat, 28 Nov 2026 11:00:00 GMT', 0],
    ['Sun, 29 Nov 2026 12:00:00 GMT', 60_000],
    ['-1', null],
    ['soon', null],
    ['1.5', null],
    ['', null],
    ['Sat, 99 Nov 2026 12:00:00 GMT', null],
  ] as const) {
    it(`reads a Retry-After of ${String(retryAfter).slice(0, 40)} as ${retryAfterMs} ms`, () => {
      const answer = { sent: true, body: '', ...(retryAfter !== undefined && { retryAfter }) }
      const throttled = { kind: 'throttled', retryAfterMs } as const
      assert.deepEqual(interpret([message()], { ...answer, status: 429 }, NOW_MS), {
        ...throttled,
        reason: 'HTTP 429',
      })
      // Without a wish that can be read a 503 is an outage.
      const unavailable = { kind: 'unavailable', reason: 'HTTP 503' }
      assert.deepEqual(
        interpret([message()], { ...answer, status: 503 }, NOW_MS),
        retryAfterMs === null ? unavailable : { ...throttled, reason: 'HTTP 503' },
      )
    })
  }
})
