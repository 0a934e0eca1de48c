import assert from 'node:assert/strict'
import type { Exchange } from '../../../src/operators/http/exchange.ts'
import { compileAnswer } from '../../../src/operators/httpTemplate/decide.ts'
import { interpretAnswer, meaningsByStatus } from '../../../src/operators/httpTemplate/interpret.ts'
import { GIVEN, templateOf } from './templateOf.ts'

describe('what an answer means by the rules of a template', () => {
  const interpret = (answer: object, exchange: Partial<Exchange>, namesParts = false) => {
    const { answer: checked } = templateOf({
      answer: 'format' in answer ? answer : { ...GIVEN.answer, ...answer },
    })
    const interpreter = {
      decide: compileAnswer(checked, { namesParts }),
      meaningOfStatus: meaningsByStatus(checked.statuses),
    }
    return interpretAnswer(interpreter, { sent: true, status: 200, ...exchange }, 0)
  }
  const kindOf = (answer: object, exchange: Partial<Exchange>) => {
    const result = interpret(answer, exchange)
    return result.kind === 'answered' ? `answered ${result.results[0]?.kind}` : result.kind
  }
  const json = (value: unknown) => ({ body: JSON.stringify(value) })
  const RULES = [
    {
      at: '/status',
      ...{ accepted: ['ok', 0], rejected: ['bad'], refused: ['no'], postponed: ['later'] },
      ...{ throttled: ['slow'], unavailable: ['down'], unknown: ['hm'], any: 'unavailable' },
    },
  ]

  const MEANINGS: [string | number, string][] = [
    ['ok', 'answered accepted'],
    ['OK', 'answered accepted'],
    [0, 'answered accepted'],
    ['bad', 'answered rejected'],
    ['no', 'answered refused'],
    ['later', 'answered unavailable'],
    ['slow', 'throttled'],
    ['down', 'unavailable'],
    ['hm', 'unknown'],
    ['else', 'unavailable'],
  ]
  for (const [status, kind] of MEANINGS) {
    it(`${status}: ${kind}`, () => assert.equal(kindOf({ rules: RULES }, json({ status, id: 1 })), kind))
  }

  for (const status of [200, 201, 202]) {
    it(`a good object is accepted with ${status}`, () => {
      assert.deepEqual(interpret({}, { status, ...json({ status: 'ok', id: 'A1' }) }), {
        kind: 'answered',
        results: [{ kind: 'accepted', operatorMessageId: 'A1' }],
        unreadableIdentifiers: 0,
      })
    })
  }

  it('the first rule that knows the value decides', () => {
    const rules = [
      { at: '/entries/0/status', rejected: [14] },
      { at: '/return/status', accepted: [200] },
    ]
    const of = (status: number) => json({ return: { status: 200 }, entries: [{ status }], id: 1 })
    assert.equal(kindOf({ rules }, of(14)), 'answered rejected')
    assert.equal(kindOf({ rules }, of(1)), 'answered accepted')
  })

  it('a rule of any value accepts an operator that gives an identifier and nothing else', () => {
    const rules = [{ at: '/id', any: 'accepted' }]
    assert.equal(kindOf({ rules }, json({ id: 'x' })), 'answered accepted')
    assert.equal(kindOf({ rules }, json({ id: ' ' })), 'unknown')
    assert.equal(kindOf({ rules }, json({ id: null })), 'unknown')
    assert.equal(kindOf({ rules }, json({ id: {} })), 'unknown')
  })

  it('keeps the digits of a number, wherever it stands', () => {
    const result = interpret({ identifier: '/a/0' }, { body: '{"status":"ok","a":[18858926273619457]}' })
    assert.ok(result.kind === 'answered' && result.results[0]?.kind === 'accepted')
    assert.equal(result.results[0].operatorMessageId, '18858926273619457')
  })

  it('an accepted message without an identifier is accepted, and counted', () => {
    const result = interpret({}, json({ status: 'ok' }))
    assert.ok(result.kind === 'answered' && result.unreadableIdentifiers === 1)
    assert.deepEqual(result.results, [{ kind: 'accepted', operatorMessageId: null }])
  })

  it('a value that leads through what every object inherits is none', () => {
    const rules = [{ at: '/constructor/name', any: 'accepted' }]
    assert.equal(kindOf({ rules }, json({})), 'unknown')
  })

  describe('of several items, one a part,', () => {
    const items = (...statuses: string[]) =>
      kindOf({ items: '/m', rules: RULES }, json({ m: statuses.map((status) => ({ status, id: 'x' })) }))

    it('agreeing ones are one result', () => {
      assert.equal(items('ok', 'ok'), 'answered accepted')
      assert.equal(items('bad', 'bad'), 'answered rejected')
    })
    it('have their identifiers kept where receipts come for each', () => {
      const answer = { items: '/m', identifier: '/id', rules: RULES }
      const of = (ids: (string | null)[], namesParts = true) => {
        const exchange = json({ m: ids.map((id) => ({ status: 'ok', ...(id !== null && { id }) })) })
        const result = interpret(answer, exchange, namesParts)
        return result.kind === 'answered' && [result.results[0], result.unreadableIdentifiers]
      }
      const accepted = (operatorMessageId: string) => ({ kind: 'accepted', operatorMessageId })
      assert.deepEqual(of(['a', 'b']), [{ ...accepted('a'), partIds: ['a', 'b'] }, 0])
      assert.deepEqual(of(['a', null]), [{ ...accepted('a'), partIds: ['a', null] }, 1])
      assert.deepEqual(of(['a']), [accepted('a'), 0])
      assert.deepEqual(of(['a', 'b'], false), [accepted('a'), 0])
      const many = Array.from({ length: 256 }, (_, at) => `p${at}`)
      assert.deepEqual(of(many), [accepted('p0'), 0])
    })
    it('one that was taken beside one that was not leaves nothing known', () => {
      assert.equal(items('ok', 'slow'), 'unknown')
      assert.equal(items('bad', 'ok'), 'unknown')
      assert.equal(items('down', 'hm'), 'unknown')
    })
    it('one that can never be sent decides where none was taken', () => {
      assert.equal(items('down', 'bad'), 'answered rejected')
      assert.equal(items('slow', 'down'), 'throttled')
    })
    it('none at all is unknown', () => assert.equal(items(), 'unknown'))
    it('a document in their place may say why nothing was taken, and not that something was', () => {
      const rules = RULES
      assert.equal(kindOf({ items: '/m', rules }, json({ status: 'slow' })), 'throttled')
      assert.equal(kindOf({ items: '/m', rules }, json({ status: 'ok' })), 'unknown')
    })
  })

  describe('of a text', () => {
    const rules = [
      { line: 'OK: 0; Sent: {identifier}', any: 'accepted' },
      { line: 'ERR: {code}, {reason}', rejected: [105], unavailable: [301] },
    ]
    const text = (body: string) => kindOf({ format: 'text', rules }, { body })

    it('a line is matched as a whole', () => {
      assert.equal(text('OK: 0; Sent: abc\r\n'), 'answered accepted')
      assert.equal(text('ERR: 105, Invalid destination'), 'answered rejected')
      assert.equal(text('ERR: 301, '), 'unavailable')
      assert.equal(text('ERR:301,no credit'), 'unavailable')
      assert.equal(text('ERR: 999, other'), 'unknown')
      assert.equal(text('<p>OK: 0; Sent: abc</p>'), 'unknown')
      assert.equal(text('OK: 0; Sent:'), 'unknown')
      assert.equal(text('OK: 0; Sent: abc\nERR: 105, Invalid'), 'unknown')
    })
    it('no answer keeps the process busy', () => {
      const body = `ERR: ${'1, '.repeat(40_000)}`
      assert.equal(text(body), 'unknown')
    })
  })

  const STATUSES: [number, string][] = [
    [400, 'refused'],
    [413, 'refused'],
    [422, 'refused'],
    [429, 'throttled'],
    ...[301, 401, 402, 403, 404, 408, 410, 503].map((status): [number, string] => [status, 'unavailable']),
    ...[409, 500, 502, 504, 599].map((status): [number, string] => [status, 'unknown']),
    ...[200, 201, 204].map((status): [number, string] => [status, 'unknown']),
  ]
  for (const [status, kind] of STATUSES) {
    it(`${status} without an answer that a rule reads: ${kind}`, () => {
      assert.equal(kindOf({}, { status, body: '<html>' }), kind)
      assert.equal(kindOf({}, { status }), kind)
    })
  }

  it('an operator may mean something else by a status', () => {
    const statuses = { unavailable: [409], rejected: [451], throttled: [420] }
    for (const [status, kind] of [
      [409, 'unavailable'],
      [451, 'answered rejected'],
      [420, 'throttled'],
    ] as const)
      assert.equal(kindOf({ statuses }, { status, body: '' }), kind)
  })

  it('a body that a rule reads goes before the status, but accepts nothing with a bad one', () => {
    assert.equal(kindOf({ rules: RULES }, { status: 500, ...json({ status: 'down' }) }), 'unavailable')
    assert.equal(kindOf({ rules: RULES }, { status: 500, ...json({ status: 'ok', id: 1 }) }), 'unknown')
    assert.equal(kindOf({ rules: RULES }, { status: 400, ...json({ status: 'ok', id: 1 }) }), 'refused')
  })

  it('503 with Retry-After is throttling, and the time is kept', () => {
    assert.deepEqual(interpret({}, { status: 503, retryAfter: '3', body: '' }), {
      ...{ kind: 'throttled', reason: 'HTTP 503', retryAfterMs: 3_000 },
    })
  })

  it('a request that never left is unavailable; one that left and was not answered is unknown', () => {
    const never = interpretAnswer(
      { decide: () => undefined, meaningOfStatus: new Map() },
      { sent: false, fault: 'ECONNREFUSED' },
    )
    const left = interpretAnswer(
      { decide: () => undefined, meaningOfStatus: new Map() },
      { sent: true, fault: 'ECONNRESET' },
    )
    assert.deepEqual([never.kind, left.kind], ['unavailable', 'unknown'])
  })

  it('a reason is short, on one line and well-formed', () => {
    const result = interpret(
      { reason: '/why', rules: RULES },
      json({ status: 'bad', why: `a\n\ud800${'x'.repeat(999)}` }),
    )
    assert.ok(result.kind === 'answered' && result.results[0]?.kind === 'rejected')
    assert.match(result.results[0].reason, /^HTTP 200: a \ufffdx{197}$/)
  })
})
