import assert from 'node:assert/strict'
import type { Exchange } from '../../../src/operators/http/exchange.ts'
import { interpretStatus } from '../../../src/operators/http/interpretStatus.ts'

const message = (reference: string) => ({ reference, to: '09121', from: null, text: 'hi' })
const answered = (body: unknown, status = 200): Exchange => ({
  sent: true,
  status,
  body: typeof body === 'string' ? body : JSON.stringify(body),
})
/** What is read of the message r-1, shortly. */
function read(exchange: Exchange): string {
  const answers = interpretStatus([message('r-1')], exchange)
  if ('fault' in answers) return `fault: ${answers.fault}`
  const [answer] = answers
  assert.ok(answer)
  if (answer.kind === 'taken') return `taken as ${answer.operatorMessageId}`
  return answer.kind === 'not_known' ? `not known: ${answer.reason}` : answer.kind
}

describe('what an answer says of a delivery', () => {
  const deliveryOf = (...statuses: string[]) => {
    const answers = interpretStatus(
      [message('r-1')],
      answered(
        statuses.map((status) => ({
          reference: 'r-1',
          status: 'accepted',
          delivery: { reference: 'r-1', status },
        })),
      ),
    )
    assert.ok(!('fault' in answers))
    const [answer] = answers
    assert.equal(answer?.kind, 'taken')
    return answer.kind === 'taken' ? answer.delivery?.verdict : undefined
  }

  it('counts when it is said once or more often', () => {
    assert.equal(deliveryOf('delivered'), 'delivered')
    assert.equal(deliveryOf('undelivered', 'undelivered'), 'undelivered')
  })

  it('counts for nothing in other words, or when it contradicts itself', () => {
    for (const words of [['constructor'], ['__proto__'], ['delivered', 'undelivered']])
      assert.equal(deliveryOf(...words), undefined, words.join())
  })
})

describe('the answer to the question for the state of messages', () => {
  const of = (status: string, more: object = {}) => answered([{ reference: 'r-1', status, ...more }])
  const cases: [string, Exchange, string][] = [
    ['accepted', of('accepted', { message_id: 'a-1' }), 'taken as a-1'],
    ['accepted in other letters', of('ACCEPTED', { message_id: 17 }), 'taken as 17'],
    ['accepted without an identifier', of('accepted'), 'taken as null'],
    ['not_taken', of('not_taken'), 'not_taken'],
    ['not_known', of('not_known'), 'not known: it does not know'],
    ['a word of no meaning', of('rejected'), 'not known: it does not know'],
    ['one object alone', answered({ reference: 'R-1', status: 'not_taken' }), 'not_taken'],
    [
      'nothing of the message',
      answered([{ reference: 'r-2', status: 'accepted' }]),
      'not known: it does not know',
    ],
    ['an empty list', answered([]), 'not known: it does not know'],
    ['no JSON', answered('<html>'), 'not known: it does not know'],
    [
      'two answers that differ',
      answered([
        { reference: 'r-1', status: 'accepted' },
        { reference: 'r-1', status: 'not_taken' },
      ]),
      'not known: contradictory answers for this message',
    ],
    [
      '404 with the right words',
      answered([{ reference: 'r-1', status: 'not_taken' }], 404),
      'not known: HTTP 404',
    ],
    [
      '202 with the right words',
      answered([{ reference: 'r-1', status: 'not_taken' }], 202),
      'not known: HTTP 202',
    ],
    ['429', answered('', 429), 'not known: HTTP 429'],
    ['503', answered('', 503), 'fault: HTTP 503'],
    ['no answer', { sent: true, fault: 'UND_ERR_SOCKET' }, 'fault: UND_ERR_SOCKET'],
    [
      'half an answer',
      { sent: true, status: 200, fault: 'UND_ERR_ABORTED' },
      'fault: HTTP 200, UND_ERR_ABORTED',
    ],
  ]
  for (const [what, exchange, meaning] of cases)
    it(`${what}: ${meaning}`, () => {
      assert.equal(read(exchange), meaning)
    })

  it('is found by reference, whatever the order', () => {
    const answers = interpretStatus(
      [message('r-1'), message('r-2')],
      answered([
        { reference: 'r-2', status: 'not_taken' },
        { reference: 'r-1', status: 'accepted', message_id: 'x' },
      ]),
    )
    assert.deepEqual(answers, [{ kind: 'taken', operatorMessageId: 'x' }, { kind: 'not_taken' }])
  })
})
