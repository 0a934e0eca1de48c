import assert from 'node:assert/strict'
import { FAULTS } from '../../chaos/faults/catalogue.ts'
import { FINDINGS } from '../../chaos/proof/prove.ts'
import type { Finding } from '../../chaos/proof/prove.ts'
import { ROLES, STEPS } from '../../chaos/steps.ts'
import { describeFindings, describeOutcome } from '../../chaos/table.ts'
import type { Outcome } from '../../chaos/table.ts'
import { UPGRADE_KINDS } from '../../chaos/upgrade.ts'

const LONG = {
  seed: 1,
  durationMs: 1_200_000,
  intensity: 1,
  isWhole: true,
  keeps: false,
}
const SHORT = { ...LONG, durationMs: 60_000, isWhole: false }
const UPGRADED = Object.fromEntries(UPGRADE_KINDS.map((kind) => [kind, 1]))
const KINDS = Object.keys(FINDINGS) as Finding[]

/** A run of the long form in which everything happened and nothing is wrong. */
function goodRun(): Outcome {
  const names = ROLES.flatMap((role) => [role, ...STEPS[role].map((step) => `${role} at ${step}`)])
  return {
    ...{
      options: LONG,
      command: 'make chaos',
      seconds: 1_300,
      servers: 'MySQL, RabbitMQ',
      upgradedFrom: 'abc1234',
    },
    faults: { ...UPGRADED, ...Object.fromEntries(FAULTS.map(({ kind }) => [kind, 20])) },
    kills: Object.fromEntries(names.map((name) => [name, 20])),
    answers: { '200': 9_000 },
    requests: { sent: 9_000, accepted: 9_000, refused: 0, unknown: 0 },
    proof: {
      ...{ requests: 9_000, recipients: 20_000, states: { done: 19_000, cancelled: 1_000 } },
      findings: Object.fromEntries(
        KINDS.map((kind) => [kind, { count: 0, lines: [] as string[] }]),
      ) as Outcome['proof']['findings'],
      ...{ duplicatesMarked: 3, duplicatesSeen: 1, takenAndRefunded: 2, quarantined: 1 },
      ...{ repeated: 2_000, handedOverAsScheduled: 500, bulks: 500, testMessages: 500 },
      ...{ tariffed: 500, spendRefusals: 500, keyedTopUps: 500, takenOverSmpp: 500 },
      guarantees: { missed: 90, compensated: 60, compensation: 180, due: 0, hedges: 30 },
      deliveries: { delivered: 9_000, undelivered: 500, undecided: 3 },
      events: { logged: 900, atEndpoints: 800, atCallbacks: 100, failedRequests: 90 },
    },
    recoveries: [{ kind: 'MySQL killed', recoveredMs: 16_000, withinMs: 40_000 }],
    problems: [],
  }
}

describe('what is wrong with a run', () => {
  it('is nothing when nothing is', () => {
    assert.deepEqual(describeFindings(goodRun()), [])
  })

  it('is of a short run that it met nothing, and not that it met few', () => {
    const few = {
      ...{ faults: { ...UPGRADED, 'MySQL killed': 1, 'RabbitMQ stopped': 1, 'link to database cut': 3 } },
      ...{ kills: { api: 9, 'relay at relay published': 1 } },
    }
    assert.deepEqual(describeFindings({ ...goodRun(), options: SHORT, ...few }), [])
    const none = describeFindings({ ...goodRun(), options: SHORT, faults: UPGRADED, kills: {} })
    assert.deepEqual(
      none.map((line) => line.split(': ')[2]),
      ['kill -9', 'restarts of MySQL', 'restarts of RabbitMQ', 'faults of links', 'kill -9 at a step'],
    )
  })

  it('is of a run of the upgrade alone that a part of it did not happen, and nothing else', () => {
    const options = { ...SHORT, only: 'upgrade' as const }
    // Test keys are given when it is over.
    const proof = {
      ...{ ...goodRun().proof, testMessages: 0 },
      events: { logged: 0, atEndpoints: 0, atCallbacks: 0, failedRequests: 0 },
    }
    assert.deepEqual(describeFindings({ ...goodRun(), options, proof, faults: UPGRADED, kills: {} }), [])
    const faults = { ...UPGRADED, rollback: 0 }
    assert.deepEqual(describeFindings({ ...goodRun(), options, faults, kills: {} }), [
      'the run: too little happened: rollback: 0 times, and not 1',
    ])
  })

  it('is of a scenario what it missed, and not that no faults happened', () => {
    const options = { ...SHORT, only: 'cancel' as const }
    const measured = { lines: ['Of 10 messages 5 were cancelled.'], missed: [] as string[] }
    const run = { ...goodRun(), options, faults: {}, kills: {}, measured }
    assert.deepEqual(describeFindings(run), [])
    const [first, , second] = describeOutcome(run)
    assert.doesNotMatch(first ?? '', /upgraded/)
    assert.equal(second, 'Of 10 messages 5 were cancelled.')
    measured.missed.push('only 0 of 10 were cancelled')
    assert.deepEqual(describeFindings(run), ['the run: only 0 of 10 were cancelled'])
  })

  for (const kind of KINDS) {
    it(`is a finding of the kind "${kind}", and all of them are counted`, () => {
      const run = goodRun()
      const lines20 = Array.from({ length: 20 }, (_, index) => `number ${index}`)
      run.proof.findings[kind] = { count: 3_000, lines: lines20 }
      const lines = describeFindings(run)
      assert.equal(lines[0], `${kind}: number 0`)
      assert.equal(lines.at(-1), `${kind}: and 2990 more`)
      const row = describeOutcome(run).find((line) => line.includes(FINDINGS[kind]))
      assert.match(row ?? '', /\| +3000 \|/)
    })
  }

  it('is what recovered too late or not at all', () => {
    for (const recoveredMs of [40_000, undefined]) {
      const run = { ...goodRun(), recoveries: [{ kind: 'MySQL killed', recoveredMs, withinMs: 40_000 }] }
      const seconds = recoveredMs === undefined ? 'not recovered' : '40.0'
      const said = `recovery: MySQL killed: ${seconds} s, and at most 40 were allowed`
      assert.deepEqual(describeFindings(run), [said])
      assert.match(describeOutcome(run).join('\n'), /MySQL killed \(TOO LATE\)/)
    }
  })

  it('says from which commit the run was upgraded, and that it was not where the clone lacks the baseline', () => {
    assert.match(describeOutcome(goodRun())[0] ?? '', /upgraded from abc1234$/)
    const [first] = describeOutcome({ ...goodRun(), upgradedFrom: undefined })
    assert.match(first ?? '', /NOT upgraded: this clone lacks the baseline$/)
  })

  it('is what went wrong on the way', () => {
    const run = { ...goodRun(), problems: ['relay-1 ended with exit code 1'] }
    assert.deepEqual(describeFindings(run), ['the run: relay-1 ended with exit code 1'])
  })

  const shortfalls: [string, (run: Outcome) => void, RegExp][] = [
    ['repeated hardly anything', ({ proof }) => (proof.repeated = 599), /repeated under a key: 599/],
    ['cancelled nothing', ({ proof }) => (proof.states = { done: 1 }), /messages cancelled: 0/],
    [
      'handed over nothing that was scheduled',
      ({ proof }) => (proof.handedOverAsScheduled = 0),
      /scheduled messages handed over: 0/,
    ],
    ['accepted hardly any bulk', ({ proof }) => (proof.bulks = 59), /bulks accepted: 59 times, and not 60/],
    [
      'accepted hardly any test message',
      ({ proof }) => (proof.testMessages = 59),
      /test messages accepted: 59/,
    ],
    ['priced hardly any message by tariffs', ({ proof }) => (proof.tariffed = 59), /by tariffs: 59/],
    ['never came to a limit of spending', ({ proof }) => (proof.spendRefusals = 0), /limit of a day: 0/],
    ['topped up nothing under a key', ({ proof }) => (proof.keyedTopUps = 0), /top-ups under a key: 0/],
    [
      'took hardly anything over SMPP',
      ({ proof }) => (proof.takenOverSmpp = 59),
      /taken over SMPP: 59 times, and not 60/,
    ],
    [
      'had hardly any receipt',
      ({ proof }) => (proof.deliveries.delivered = 2_399),
      /messages delivered, by receipts: 2399/,
    ],
    [
      'had no receipt of an undelivered message',
      ({ proof }) => (proof.deliveries.undelivered = 0),
      /not delivered, by receipts: 0/,
    ],
    [
      'sent hardly any event to endpoints',
      ({ proof }) => (proof.events.atEndpoints = 59),
      /events at endpoints: 59/,
    ],
    [
      'sent no event to an address of a message',
      ({ proof }) => (proof.events.atCallbacks = 0),
      /events at addresses of messages: 0/,
    ],
    [
      'met no endpoint that failed',
      ({ proof }) => (proof.events.failedRequests = 0),
      /requests that endpoints failed: 0/,
    ],
    [
      'compensated no missed guarantee',
      ({ proof }) => (proof.guarantees.compensated = 0),
      /missed guarantees compensated: 0/,
    ],
    [
      'asked no second operator',
      ({ proof }) => (proof.guarantees.hedges = 0),
      /messages sent to a second operator: 0/,
    ],
    ['accepted hardly anything', ({ requests }) => (requests.accepted = 2_399), /requests accepted: 2399/],
    [
      'killed too few',
      (run) => Object.keys(run.kills).forEach((name) => (run.kills[name] = 1)),
      new RegExp(`kill -9: ${Object.keys(goodRun().kills).length}`),
    ],
    [
      'left out a step',
      ({ kills }) => delete kills['relay at relay published'],
      /relay at relay published: 0/,
    ],
    [
      'hardly restarted the database',
      ({ faults }) => Object.assign(faults, { 'MySQL stopped': 9, 'MySQL killed': 10 }),
      /restarts of MySQL: 19/,
    ],
    ['left out an operator’s fault', ({ faults }) => delete faults['operator: late'], /operator: late: 0/],
  ]
  for (const [what, spoil, said] of shortfalls) {
    it(`is that it ${what}`, () => {
      const run = goodRun()
      spoil(run)
      const lines = describeFindings(run)
      assert.equal(lines.length, 1)
      assert.match(lines.join(), said)
    })
  }
})
