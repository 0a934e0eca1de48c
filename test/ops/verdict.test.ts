import assert from 'node:assert/strict'
import { findProblems } from '../../src/ops/page/verdict.js'

const OPERATOR_CLASS = { breaker: 'closed', processes: 2, openProcesses: 0, openForMs: null }

/** A quiet system: every role runs, one operator takes everything. */
function quiet() {
  const backlog = { rows: 0, oldestDueSeconds: 0, emptyInSeconds: null }
  const ofClass = { acceptedPerSecond: 0, backlog }
  return {
    processes: [{ roles: ['api', 'relay', 'consumer'], version: '1', silentMs: 300 }],
    http: { perSecond: 10, errorsPerSecond: 0 },
    classes: { normal: ofClass, express: ofClass },
    operators: [operator('north')],
    counts: {
      deadLetters: { normal: 0, express: 0 } as Record<string, number> | null,
      ...{ quarantine: 0, disabledWebhooks: 0, receipts: { orphan: 0, waiting: 3, reasons: [] } },
    },
  }
}

function operator(name: string, changes: object = {}, state = 'active') {
  return {
    ...{ name, isTest: false, control: { state, by: 'somebody', reason: 'maintenance' } },
    classes: ['normal', 'express'].map((each) => ({ ...OPERATOR_CLASS, class: each, ...changes })),
  }
}

const OPEN = { breaker: 'open', openProcesses: 2, openForMs: 12_000 }
const textsOf = (live: object) => findProblems(live).map(({ tone, text }) => `${tone}: ${text}`)

describe('what the operations page says is wrong', () => {
  it('is nothing while every role runs, every operator takes messages and nothing waits', () => {
    assert.deepEqual(textsOf(quiet()), [])
    assert.deepEqual(textsOf({ ...quiet(), counts: { ...quiet().counts, deadLetters: null } }), [])
  })

  it('is the worst first: a class without an operator, before an open breaker, before what a person did', () => {
    const operators = [operator('north', OPEN), operator('south', {}, 'paused')]
    assert.deepEqual(textsOf({ ...quiet(), operators }), [
      'bad: No operator takes normal messages',
      'bad: No operator takes express messages',
      'warn: north: circuit breaker open for 12 s',
      'info: south is paused',
    ])
  })

  it('is an open breaker alone, where another operator takes the messages, or another process reaches it', () => {
    const others = [operator('north', OPEN), operator('south')]
    assert.deepEqual(textsOf({ ...quiet(), operators: others }), [
      'warn: north: circuit breaker open for 12 s',
    ])
    const once = [operator('north', { ...OPEN, openProcesses: 1 })]
    assert.deepEqual(textsOf({ ...quiet(), operators: once }), ['warn: north: circuit breaker open for 12 s'])
  })

  it('is not that of the operator of test messages', () => {
    const test = { ...operator('operator-test', OPEN), isTest: true, control: null }
    const texts = textsOf({ ...quiet(), operators: [operator('north'), test] })
    assert.deepEqual(texts, ['warn: operator-test: circuit breaker open for 12 s'])
  })

  it('names roles that nobody runs, silent processes and versions side by side', () => {
    const processes = [
      { roles: ['api'], version: '1', silentMs: 7_000 },
      { roles: ['consumer'], version: '2', silentMs: 10 },
    ]
    assert.deepEqual(textsOf({ ...quiet(), processes }), [
      'bad: No relay runs',
      'warn: A process (api) is silent for 7 s',
      'info: Versions 1 and 2 run side by side',
    ])
  })

  it('says how many rows wait when no operator takes them, and how many of them for later', () => {
    const backlog = { rows: 100_000, isLeast: true, laterRows: 70, oldestDueSeconds: 0 }
    const { express } = quiet().classes
    const live = {
      ...quiet(),
      operators: [operator('north', OPEN)],
      classes: { normal: { backlog }, express },
    }
    const [normal] = findProblems(live)
    assert.equal(normal?.detail, 'More than 100,000 outbox rows ready, due or under way; 70 for later.')
  })

  it('names express messages that take long although none waits', () => {
    const { normal, express } = quiet().classes
    const slow = { ...express, handOver: { p95: 7_600 } }
    assert.deepEqual(textsOf({ ...quiet(), classes: { normal, express: slow } }), [
      'warn: One in twenty express messages takes 7.6 s to an operator',
    ])
  })

  it('names late messages of each class by its own measure, failing requests, and what waits for a person', () => {
    const late = { backlog: { rows: 5, oldestDueSeconds: 20, emptyInSeconds: null } }
    const live = {
      ...quiet(),
      classes: { normal: late, express: late },
      http: { perSecond: 10, errorsPerSecond: 2 },
      counts: {
        deadLetters: { normal: 1, express: 0 },
        ...{ quarantine: 2, disabledWebhooks: 1, receipts: { orphan: 3, waiting: 0, reasons: [] } },
      },
    }
    assert.deepEqual(textsOf(live), [
      'bad: The oldest express message is due for 20 s',
      'warn: 2 requests a second fail with 5xx (20 %)',
      'warn: 1 dead letter',
      'warn: 2 in quarantine',
      'info: 3 receipts matched no message',
      'info: 1 webhook disabled',
    ])
  })
})
