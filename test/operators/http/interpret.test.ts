import assert from 'node:assert/strict'
import type { CallResult } from '../../../src/operators/contract.ts'
import { interpret } from '../../../src/operators/http/interpret.ts'
import { message, messages } from '../messages.ts'

describe('what an HTTP exchange means', () => {
  const describeResult = (result: CallResult) => {
    const blame = result.operatorFailed ? 'operator' : 'nobody'
    return result.kind === 'refused'
      ? `refused, alone ${result.alone.kind}, ${blame}`
      : `${result.kind}, ${blame}`
  }
  const meaningOf = (status: number) =>
    describeResult(interpret(messages(2), { sent: true, status, body: '' }))

  const MEANINGS: [number[], string][] = [
    [[400, 413, 422], 'refused, alone rejected, nobody'],
    [[500, 501, 505, 507, 599], 'refused, alone unavailable, operator'],
    [[429, 502, 503, 504], 'unavailable, operator'],
    [
      [301, 302, 307, 308, 401, 402, 403, 404, 405, 406, 407, 408, 410, 411, 415, 421, 426, 431],
      'unavailable, operator',
    ],
    [[409], 'unknown, operator'],
    [[200, 201, 202, 204], 'unknown, operator'],
  ]
  for (const [statuses, meaning] of MEANINGS) {
    for (const status of statuses) {
      it(`${status} without a readable body: ${meaning}`, () => assert.equal(meaningOf(status), meaning))
    }
  }

  it('a status says as much without its body', () => {
    const result = interpret(messages(2), { sent: true, status: 503, fault: 'ECONNRESET' })
    assert.equal(describeResult(result), 'unavailable, operator')
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
    return result.kind === 'answered' ? result.outcomes[0] : result
  }

  it("keeps an operator's reason short, well-formed and on one line", () => {
    const outcome = read({ status: 'rejected', reason: `bad\u0000\nnumber\ud800${'x'.repeat(10_000)}` })
    assert.ok(outcome?.kind === 'rejected')
    assert.match(outcome.reason, /^rejected: bad number\ufffdx+$/)
    assert.ok(outcome.reason.length < 250)
  })

  it('does without a reason', () => {
    assert.deepEqual(read({ status: 'rejected' }), { kind: 'rejected', reason: 'rejected' })
    assert.deepEqual(read({ status: 'unavailable', reason: null }), {
      kind: 'unavailable',
      reason: 'unavailable',
    })
  })

  it('does not believe an acceptance without a name that can be stored', () => {
    for (const message_id of [undefined, '', 7, 'a b', 'نام', 'x'.repeat(65)]) {
      assert.equal(read({ status: 'accepted', message_id })?.kind, 'unknown', String(message_id))
    }
    assert.deepEqual(read({ status: 'accepted', message_id: 'x' }), {
      kind: 'accepted',
      providerMessageId: 'x',
    })
  })

  it('does not choose between two answers to one message', () => {
    const [one, two] = messages(2) as [ReturnType<typeof message>, ReturnType<typeof message>]
    const body = JSON.stringify([
      { reference: one.reference, status: 'accepted', message_id: 'x' },
      { reference: two.reference, status: 'accepted', message_id: 'y' },
      { reference: one.reference, status: 'rejected' },
    ])
    const result = interpret([one, two], { sent: true, status: 200, body })
    assert.ok(result.kind === 'answered')
    assert.deepEqual(
      result.outcomes.map(({ kind }) => kind),
      ['unknown', 'accepted'],
    )
  })
})
