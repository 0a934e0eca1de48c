import assert from 'node:assert/strict'
import type { Submission } from '../../../src/operators/contract.ts'
import { answerSchema, SUBMISSION_BYTES_MAX } from '../../../src/operators/http/protocol.ts'
import type { Answer } from '../../../src/operators/http/protocol.ts'
import { GOOD_BEHAVIOUR } from '../../../src/operators/simulator/behaviour.ts'
import type { Behaviour } from '../../../src/operators/simulator/behaviour.ts'
import type { Recorded } from '../../../src/operators/simulator/record.ts'
import { eventually } from '../eventually.ts'
import { message, messages } from '../messages.ts'
import { spawnSimulator } from '../simulatorProcess.ts'
import type { SimulatorProcess } from '../simulatorProcess.ts'

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

  const post = (body: string, url = simulator.url, signal?: AbortSignal) => {
    return fetch(`${url}/messages`, { method: 'POST', body, ...(signal && { signal }) })
  }
  const submit = async (call: Submission | Submission[], url?: string) => {
    const response = await post(JSON.stringify(call), url)
    return { status: response.status, body: await response.json() }
  }
  const statuses = (body: unknown) => (body as Answer[]).map(({ status }) => status)
  const recorded = async ({ reference }: Submission) => {
    const { seen, taken, lastOutcome } = await simulator.admin.submission(reference)
    return { seen, taken, lastOutcome }
  }

  it('answers one message with its verdict, and an array with an array', async () => {
    const one = await submit(message())
    assert.equal(one.status, 200)
    assert.equal(answerSchema.parse(one.body).status, 'accepted')
    const many = await submit(messages(100))
    assert.equal(many.status, 200)
    assert.deepEqual(statuses(many.body), Array(100).fill('accepted'))
    const single = await submit(messages(1))
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
      [JSON.stringify({ ...good, text: '' }), 400],
      [JSON.stringify({ ...good, reference: '' }), 400],
      [JSON.stringify([good, { ...message(), to: 'nobody' }]), 400],
      [JSON.stringify(messages(101)), 413],
      [JSON.stringify({ ...good, text: 'x'.repeat(SUBMISSION_BYTES_MAX) }), 413],
    ]
    for (const [body, status] of bad) {
      const response = await post(body)
      assert.equal(response.status, status, body.slice(0, 80))
      assert.ok(((await response.json()) as { reason: string }).reason)
    }
    assert.equal((await simulator.admin.summary()).references, 0)
  })

  it('rejects the numbers on its list, however their digits are written', async () => {
    const [listed, plus, free] = messages(3) as [Submission, Submission, Submission]
    await simulator.admin.behave({ rejectedNumbers: [listed.to] })
    plus.to = `+${listed.to}`
    assert.deepEqual(statuses((await submit([listed, plus, free])).body), [
      'rejected',
      'rejected',
      'accepted',
    ])
    assert.deepEqual(await recorded(plus), { seen: 1, taken: 0, lastOutcome: 'rejected' })
  })

  it('rejects and postpones shares of messages', async () => {
    await simulator.admin.behave({ rejectShare: 0.3, unavailableShare: 0.3 })
    const kinds = statuses((await submit(messages(100))).body)
    for (const kind of ['accepted', 'rejected', 'unavailable'])
      assert.ok(kinds.includes(kind as 'accepted'), kind)
  })

  const refusals: [string, Partial<Behaviour>, number, string][] = [
    ['fails', { failShare: 1, failStatus: 507 }, 507, 'fail'],
    ['throttles', { throttleShare: 1 }, 429, 'throttle'],
    ['is out of service', { outage: 'answer' }, 503, 'outage'],
    ['chokes on a text', { poisons: [{ text: 'ell', status: 400 }] }, 400, 'poison'],
    [
      'breaks on a text',
      {
        poisons: [
          { text: 'x', status: 400 },
          { text: 'ell', status: 500 },
        ],
      },
      500,
      'poison',
    ],
  ]
  for (const [name, behaviour, status, lastOutcome] of refusals) {
    it(`takes nothing of a call when it ${name}`, async () => {
      await simulator.admin.behave(behaviour)
      const call = [message('hello'), message('goodbye')]
      assert.equal((await submit(call)).status, status)
      for (const each of call) assert.deepEqual(await recorded(each), { seen: 1, taken: 0, lastOutcome })
      assert.deepEqual((await simulator.admin.summary()).calls, { [lastOutcome]: 1 })
    })
  }

  const silences: [string, Partial<Behaviour>, number, string][] = [
    ['cuts the connection before taking', { dropBeforeShare: 1 }, 0, 'drop-before'],
    ['cuts the connection after taking', { dropAfterShare: 1 }, 1, 'drop-after'],
    ['is cut off', { outage: 'drop' }, 0, 'outage'],
  ]
  for (const [name, behaviour, taken, lastOutcome] of silences) {
    it(`gives no answer when it ${name}, and knows what it took`, async () => {
      await simulator.admin.behave(behaviour)
      const one = message()
      await assert.rejects(submit(one))
      assert.deepEqual(await recorded(one), { seen: 1, taken, lastOutcome })
    })
  }

  for (const [behaviour, taken, lastOutcome] of [
    [{ hangBeforeShare: 1 }, 0, 'hang-before'],
    [{ hangAfterShare: 1 }, 1, 'hang-after'],
  ] as const) {
    it(`gives no answer while it hangs, and knows what it took: ${lastOutcome}`, async () => {
      await simulator.admin.behave(behaviour)
      const one = message()
      const gaveUp = new AbortController()
      const call = post(JSON.stringify(one), simulator.url, gaveUp.signal)
      await eventually('it has come', async () => (await recorded(one)).seen === 1)
      assert.deepEqual(await recorded(one), { seen: 1, taken, lastOutcome })
      gaveUp.abort()
      await assert.rejects(call)
    })
  }

  it('knows what it took although its answer was garbage', async () => {
    await simulator.admin.behave({ garbleShare: 1, rejectShare: 0.5 })
    const call = messages(20)
    await assert.rejects(submit(call))
    const { taken } = await simulator.admin.summary()
    assert.ok(taken > 0 && taken < 20)
    for (const each of call) {
      const known = await recorded(each)
      assert.equal(known.lastOutcome, known.taken ? 'garble' : 'rejected')
    }
  })

  it('does not know a reference that never came', async () => {
    assert.deepEqual(await simulator.admin.submission('x:1'), { reference: 'x:1', seen: 0, taken: 0 })
  })

  it('exports what it knows, and forgets it when told to', async () => {
    const call = messages(100)
    for (let time = 0; time < 3; time++) await submit(call)
    const exported: Recorded[] = []
    for await (const each of simulator.admin.submissions()) exported.push(each)
    assert.deepEqual(
      exported.map(({ reference, to, taken }) => `${reference} ${to} ${taken}`).sort(),
      call.map(({ reference, to }) => `${reference} ${to} 3`).sort(),
    )
    const { repeats, repeatedReferences } = await simulator.admin.summary()
    assert.deepEqual([repeats, repeatedReferences], [200, 100])
    await simulator.admin.forget()
    const { references, taken, calls } = await simulator.admin.summary()
    assert.deepEqual([references, taken, calls], [0, 0, {}])
    for await (const each of simulator.admin.submissions()) assert.fail(each.reference)
  })

  it('behaves as it is told from the next call on: all of it, or what is changed', async () => {
    await simulator.admin.behave({ rejectShare: 1, failStatus: 501 })
    assert.deepEqual(await simulator.admin.change({ rejectShare: 0, failShare: 1 }), {
      ...GOOD_BEHAVIOUR,
      seed: 7,
      failStatus: 501,
      failShare: 1,
    })
    assert.equal((await submit(message())).status, 501)
    assert.deepEqual(await simulator.admin.behave({}), { ...GOOD_BEHAVIOUR, seed: 7 })
    assert.deepEqual(await simulator.admin.behaviour(), { ...GOOD_BEHAVIOUR, seed: 7 })
  })

  it('answers 400 with reasons to orders that make no sense, and 404 to unknown routes', async () => {
    const ask = (method: string, path: string, body?: string) => {
      return fetch(simulator.url + path, { method, ...(body !== undefined && { body }) })
    }
    const bad: [string, string, string][] = [
      ['PUT', '/admin/behaviour', '{"failShare":2}'],
      ['PATCH', '/admin/behaviour', '{"nonsense":2}'],
      ['PATCH', '/admin/behaviour', 'nonsense'],
      ['POST', '/admin/away', '{"forMs":0}'],
      ['POST', '/admin/away', 'nonsense'],
    ]
    for (const [method, path, body] of bad) {
      const response = await ask(method, path, body)
      assert.equal(response.status, 400, body)
      assert.ok(((await response.json()) as { reasons: string[] }).reasons.length > 0)
    }
    assert.deepEqual(await simulator.admin.behaviour(), { ...GOOD_BEHAVIOUR, seed: 7 })
    for (const [method, path] of [
      ['GET', '/admin/nothing'],
      ['DELETE', '/admin/behaviour'],
      ['GET', '/messages'],
      ['GET', '/'],
    ] as const) {
      assert.equal((await ask(method, path)).status, 404, path)
    }
    assert.deepEqual(await (await ask('GET', '/healthz')).json(), { status: 'ok', name: 'sim' })
  })

  it('grants a bounded number of connections, and can still be administered when they are taken', async () => {
    const narrow = await spawn({ CONNECTIONS_MAX: '2' })
    await narrow.admin.behave({ hangAfterShare: 1 })
    const gaveUp = new AbortController()
    const hanging = [message(), message()].map((each) =>
      post(JSON.stringify(each), narrow.url, gaveUp.signal),
    )
    await eventually('both are taken', async () => (await narrow.admin.summary()).connections.open === 2)
    const third = message()
    assert.equal((await submit(third, narrow.url)).status, 503)
    assert.equal((await narrow.admin.submission(third.reference)).seen, 0)
    await narrow.admin.behave({})
    gaveUp.abort()
    for (const call of hanging) await assert.rejects(call)
    await eventually('a connection is free', async () => (await narrow.admin.summary()).connections.open < 2)
    assert.equal((await submit(third, narrow.url)).status, 200)
  })

  it('refuses connections while it is away, and is back on the same port with what it knew', async () => {
    const one = message()
    await submit(one)
    const answers = () =>
      fetch(`${simulator.url}/healthz`).then(
        () => true,
        () => false,
      )
    let refused = false
    // A machine that stalls for longer than the absence sees nothing of it: ask again.
    await eventually('connections are refused', async () => {
      await simulator.admin.goAway(300)
      refused = !(await answers())
      await eventually('it is back', answers)
      return refused
    })
    assert.deepEqual(await recorded(one), { seen: 1, taken: 1, lastOutcome: 'accepted' })
    assert.equal((await submit(message())).status, 200)
  })

  it('plays the same chances as another with the same seed', async () => {
    const twins = await Promise.all([spawn({ SEED: '11' }), spawn({ SEED: '11' }), spawn({ SEED: '12' })])
    const call = messages(50)
    const played: string[] = []
    for (const { url, admin } of twins) {
      await admin.change({ rejectShare: 0.5 })
      played.push(JSON.stringify(statuses((await submit(call, url)).body)))
    }
    assert.equal(played[0], played[1])
    assert.notEqual(played[0], played[2])
  })

  it('ends with exit code 0 on SIGTERM, even while a call hangs', async () => {
    const hung = await spawn()
    await hung.admin.behave({ hangBeforeShare: 1 })
    const one = message()
    const call = assert.rejects(submit(one, hung.url))
    await eventually('it has come', async () => (await hung.admin.submission(one.reference)).seen === 1)
    assert.equal(await hung.stop(), 0)
    await call
  })

  it('does not start with settings that make no sense or a port in use, and says so', async () => {
    await assert.rejects(spawn({ PORT: 'x' }), /simulator: PORT/)
    await assert.rejects(spawn({ SEED: '-1' }), /simulator: SEED/)
    await assert.rejects(spawn({ NAME: 'a b' }), /simulator: NAME/)
    await assert.rejects(spawn({ PORT: String(simulator.port) }), /simulator: .*EADDRINUSE/)
  })
})
