import assert from 'node:assert/strict'
import { httpAdapter } from '../../src/operators/http/adapter.ts'
import type { Submission } from '../../src/operators/contract.ts'
import { answerSchema, SUBMISSION_BYTES_MAX } from '../../src/operators/http/protocol.ts'
import type { Behaviour } from '../../simulator/behaviour.ts'
import { eventually } from '../support/eventually.ts'
import { message, messages } from '../operators/messages.ts'
import { spawnSimulator } from './simulatorProcess.ts'
import type { SimulatorProcess } from './simulatorProcess.ts'
import { post, statuses, submit } from './submit.ts'

describe('the simulator', () => {
  let simulator: SimulatorProcess
  const started: SimulatorProcess[] = []
  const spawn = async (env?: Record<string, string>) => {
    const spawned = await spawnSimulator(env)
    started.push(spawned)
    return spawned
  }
  before(async () => {
    simulator = await spawn({ NAME: 'sim', SEED: '7' })
  })
  after(() => Promise.all(started.map((each) => each.stop())))
  beforeEach(async () => {
    await simulator.admin.behave({})
    await simulator.admin.forget()
  })

  const recorded = async ({ reference }: Submission) => {
    const { seen, taken, lastResult } = await simulator.admin.submission(reference)
    return { seen, taken, lastResult }
  }

  it('answers one message with its verdict, and an array with an array', async () => {
    const one = await submit(simulator.url, message())
    assert.equal(one.status, 200)
    assert.equal(answerSchema.parse(one.body).status, 'accepted')
    const many = await submit(simulator.url, messages(100))
    assert.equal(many.status, 200)
    assert.deepEqual(statuses(many.body), Array(100).fill('accepted'))
    const single = await submit(simulator.url, messages(1))
    assert.deepEqual(statuses(single.body), ['accepted'])
  })

  it('refuses what is no submission, and takes nothing of it', async () => {
    const good = message()
    const bad: [string, number][] = [
      ['{', 400],
      ['', 400],
      ['null', 400],
      ['[]', 400],
      [JSON.stringify({ ...good, to: '1234' }), 400],
      [JSON.stringify({ ...good, to: '+98 912' }), 400],
      [JSON.stringify({ ...good, from: '' }), 400],
      [JSON.stringify({ ...good, from: 'x'.repeat(17) }), 400],
      [JSON.stringify({ ...good, text: '' }), 400],
      [JSON.stringify({ ...good, reference: '' }), 400],
      [JSON.stringify([good, { ...message(), to: 'nobody' }]), 400],
      [JSON.stringify(messages(101)), 413],
      [JSON.stringify({ ...good, text: 'x'.repeat(SUBMISSION_BYTES_MAX) }), 413],
    ]
    for (const [body, status] of bad) {
      const response = await post(simulator.url, body)
      assert.equal(response.status, status, body.slice(0, 80))
      assert.ok(((await response.json()) as { reason: string }).reason)
    }
    assert.equal((await simulator.admin.summary()).references, 0)
  })

  it('rejects the numbers on its list, however their digits are written', async () => {
    const [listed, plus, free] = messages(3) as [Submission, Submission, Submission]
    await simulator.admin.behave({ rejectedNumbers: [listed.to] })
    plus.to = `+${listed.to}`
    assert.deepEqual(statuses((await submit(simulator.url, [listed, plus, free])).body), [
      'rejected',
      'rejected',
      'accepted',
    ])
    assert.deepEqual(await recorded(plus), { seen: 1, taken: 0, lastResult: 'rejected' })
  })

  it('rejects and postpones shares of messages', async () => {
    await simulator.admin.behave({ rejectRate: 0.3, unavailableRate: 0.3 })
    const kinds = statuses((await submit(simulator.url, messages(100))).body)
    for (const kind of ['accepted', 'rejected', 'unavailable'])
      assert.ok(kinds.includes(kind as 'accepted'), kind)
  })

  const refusals: [string, Partial<Behaviour>, number, string][] = [
    ['fails', { failRate: 1, failStatus: 507 }, 507, 'fail'],
    ['throttles', { throttleRate: 1 }, 429, 'throttle'],
    ['is out of service', { outage: 'http503' }, 503, 'outage'],
    ['chokes on a text', { poisonTexts: [{ text: 'ell', status: 400 }] }, 400, 'poison'],
    [
      'breaks on a text',
      {
        poisonTexts: [
          { text: 'x', status: 400 },
          { text: 'ell', status: 500 },
        ],
      },
      500,
      'poison',
    ],
  ]
  for (const [name, behaviour, status, lastResult] of refusals) {
    it(`takes nothing of a call when it ${name}`, async () => {
      await simulator.admin.behave(behaviour)
      const call = [message('hello'), message('goodbye')]
      assert.equal((await submit(simulator.url, call)).status, status)
      for (const each of call) assert.deepEqual(await recorded(each), { seen: 1, taken: 0, lastResult })
      assert.deepEqual((await simulator.admin.summary()).calls, { [lastResult]: 1 })
    })
  }

  const silences: [string, Partial<Behaviour>, number, string][] = [
    ['cuts the connection before taking', { dropBeforeAcceptRate: 1 }, 0, 'drop-before'],
    ['cuts the connection after taking', { dropAfterAcceptRate: 1 }, 1, 'drop-after'],
    ['is cut off', { outage: 'drop' }, 0, 'outage'],
  ]
  for (const [name, behaviour, taken, lastResult] of silences) {
    it(`gives no answer when it ${name}, and knows what it took`, async () => {
      await simulator.admin.behave(behaviour)
      const one = message()
      await assert.rejects(submit(simulator.url, one))
      assert.deepEqual(await recorded(one), { seen: 1, taken, lastResult })
    })
  }

  for (const [behaviour, taken, lastResult] of [
    [{ hangBeforeAcceptRate: 1 }, 0, 'hang-before'],
    [{ hangAfterAcceptRate: 1 }, 1, 'hang-after'],
  ] as const) {
    it(`gives no answer while it hangs, and knows what it took: ${lastResult}`, async () => {
      await simulator.admin.behave(behaviour)
      const one = message()
      const gaveUp = new AbortController()
      const call = post(simulator.url, JSON.stringify(one), gaveUp.signal)
      await eventually('it has come', async () => (await recorded(one)).seen === 1)
      assert.deepEqual(await recorded(one), { seen: 1, taken, lastResult })
      gaveUp.abort()
      await assert.rejects(call)
    })
  }

  it('limits the calls of a second over all connections, and says when to come back', async () => {
    await simulator.admin.behave({ callsPerSecondMax: 5, retryAfter: 'soon' })
    const responses = await Promise.all(messages(12).map((each) => post(simulator.url, JSON.stringify(each))))
    const limited = responses.filter(({ status }) => status === 429)
    assert.ok(limited.length >= 1 && limited.length <= 7)
    assert.ok(limited.every(({ headers }) => headers.get('retry-after') === 'soon'))
    const { taken, calls } = await simulator.admin.summary()
    assert.deepEqual([taken, calls['over-limit']], [12 - limited.length, limited.length])
  })

  it('closes connections that are idle', async () => {
    // A simulator and connections of its own, which neither other tests nor the admin routes keep busy.
    const closing = await spawn()
    await closing.admin.behave({ closeIdleAfterMs: 0 })
    const adapter = httpAdapter({ name: 'a', url: closing.url, connections: 1, idleTimeoutMs: 600_000 })
    assert.equal((await adapter.submit([message()], 5_000)).kind, 'answered')
    await eventually('it is closed', async () => (await closing.admin.summary()).connections.open === 0)
    await adapter.close()
  })

  it('knows what it took although its answer was garbage', async () => {
    await simulator.admin.behave({ corruptResponseRate: 1, rejectRate: 0.5 })
    const call = messages(20)
    await assert.rejects(submit(simulator.url, call))
    const { taken } = await simulator.admin.summary()
    assert.ok(taken > 0 && taken < 20)
    for (const each of call) {
      const known = await recorded(each)
      assert.equal(known.lastResult, known.taken ? 'corrupt-response' : 'rejected')
    }
  })

  it('grants a bounded number of connections, and can still be administered when they are taken', async () => {
    const narrow = await spawn({ CONNECTIONS_MAX: '2' })
    await narrow.admin.behave({ hangAfterAcceptRate: 1 })
    const gaveUp = new AbortController()
    const hanging = [message(), message()].map((each) =>
      post(narrow.url, JSON.stringify(each), gaveUp.signal),
    )
    await eventually('both are taken', async () => (await narrow.admin.summary()).connections.open === 2)
    const third = message()
    assert.equal((await submit(narrow.url, third)).status, 503)
    assert.equal((await narrow.admin.submission(third.reference)).seen, 0)
    await narrow.admin.behave({})
    gaveUp.abort()
    for (const call of hanging) await assert.rejects(call)
    await eventually('a connection is free', async () => (await narrow.admin.summary()).connections.open < 2)
    assert.equal((await submit(narrow.url, third)).status, 200)
  })
})
