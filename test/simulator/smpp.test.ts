import assert from 'node:assert/strict'
import type { AdapterFact, CallResult, OperatorAdapter, Submission } from '../../src/operators/contract.ts'
import { smppAdapter } from '../../src/operators/smpp/adapter.ts'
import { encodePdu, STATUS } from '../../src/operators/smpp/codec/index.ts'
import type { SmppInput } from '../../src/operators/smpp/config.ts'
import type { SmppMalformedKind } from '../../simulator/behaviour.ts'
import type { Recorded } from '../../simulator/record.ts'
import { smppReference } from '../../simulator/smpp/references.ts'
import { message, messages } from '../operators/messages.ts'
import { smppOf } from '../operators/smpp/smppOf.ts'
import { eventually } from '../support/eventually.ts'
import { spawnSimulator } from './simulatorProcess.ts'
import type { SimulatorProcess } from './simulatorProcess.ts'
import { connectSmpp } from './smppClient.ts'
import type { SmppClient } from './smppClient.ts'

/** Ample for a server on this machine that answers at all. */
const TIMEOUT_MS = 20_000
/** For calls that are meant to run out of time. */
const SHORT_MS = 150
const PASSWORD = 'secret'

describe('the SMPP side of the simulator', () => {
  let simulator: SimulatorProcess
  const adapters: OperatorAdapter[] = []
  const clients: SmppClient[] = []
  const facts: AdapterFact[] = []
  before(async () => {
    simulator = await spawnSimulator({ NAME: 'sim', SEED: '7', SMPP_PORT: '0', SMPP_PASSWORD: PASSWORD })
  })
  after(() => simulator.stop())
  beforeEach(async () => {
    facts.length = 0
    await simulator.admin.behave({})
    await simulator.admin.forget()
  })
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close()
    await Promise.all(adapters.splice(0).map((adapter) => adapter.close()))
  })

  const adapt = (input: Partial<SmppInput> = {}) => {
    const adapter = smppAdapter(smppOf({ url: simulator.smppUrl, password: PASSWORD, ...input }))
    adapter.observe?.((fact) => facts.push(fact))
    adapters.push(adapter)
    return adapter
  }
  /** Bound, so that a call's short time is all spent on its message. */
  const adaptBound = async (input: Partial<SmppInput> = {}) => {
    const adapter = adapt(input)
    await eventually('it is bound', () => facts.some((fact) => fact.kind === 'links' && fact.up > 0))
    return adapter
  }
  const connect = async () => {
    const client = await connectSmpp(simulator.smppUrl)
    clients.push(client)
    return client
  }
  const bind = async (kind: 'transceiver' | 'transmitter' | 'receiver', password = PASSWORD) => {
    const client = await connect()
    const answer = await client.ask({ command: `bind_${kind}`, systemId: 'chapar', password })
    return { client, status: answer?.status }
  }
  const submitSm = (to = '989120000000', text = 'hello') => {
    return { command: 'submit_sm', destinationAddr: to, shortMessage: Buffer.from(text) } as const
  }
  const smpp = async () => {
    const { smpp } = await simulator.admin.summary()
    return smpp ?? assert.fail('it does not speak SMPP')
  }
  const kindsOf = (result: CallResult): string[] =>
    result.kind === 'answered' ? result.results.map(({ kind }) => kind) : [result.kind]
  const recordedOf = ({ to, text }: Submission) => simulator.admin.submission(smppReference(to, text))
  const takenOf = async (submission: Submission) => (await recordedOf(submission)).taken
  const oddities = () => facts.map(({ kind }) => kind).filter((kind) => kind !== 'links')

  describe('as a client sees it', () => {
    it('grants binds of all three kinds, and refuses a wrong system_id or password', async () => {
      for (const kind of ['transceiver', 'transmitter', 'receiver'] as const)
        assert.equal((await bind(kind)).status, STATUS.ROK)
      const wrong = await bind('transceiver', 'guess')
      assert.equal(wrong.status, STATUS.RINVPASWD)
      await eventually('the link is closed', wrong.client.isClosed)
      const stranger = await (
        await connect()
      ).ask({ command: 'bind_transmitter', systemId: 'x', password: PASSWORD })
      assert.equal(stranger?.status, STATUS.RINVSYSID)
      assert.deepEqual(
        (await smpp()).sessions.filter(({ isOpen }) => isOpen).map(({ kind }) => kind),
        ['transceiver', 'transmitter', 'receiver'],
      )
    })

    it('takes messages over a transmitter or transceiver only, and says so', async () => {
      assert.equal((await (await connect()).ask(submitSm()))?.status, STATUS.RINVBNDSTS)
      assert.equal((await (await bind('receiver')).client.ask(submitSm()))?.status, STATUS.RINVBNDSTS)
      assert.equal((await (await bind('transmitter')).client.ask(submitSm()))?.status, STATUS.ROK)
      assert.equal((await simulator.admin.summary()).taken, 1)
    })

    it('answers enquire_link and unbind, a second bind, and what it does not speak', async () => {
      const { client } = await bind('transceiver')
      assert.equal((await client.ask({ command: 'enquire_link' }))?.command, 'enquire_link_resp')
      const again = await client.ask({ command: 'bind_receiver', systemId: 'chapar', password: PASSWORD })
      assert.equal(again?.status, STATUS.RALYBND)
      const unspoken = await client.ask({ command: 'data_sm', destinationAddr: '989120000000' })
      assert.deepEqual([unspoken?.command, unspoken?.status], ['generic_nack', STATUS.RINVCMDID])
      assert.equal((await client.ask({ command: 'unbind' }))?.command, 'unbind_resp')
      await eventually('the link is closed', client.isClosed)
    })

    it('answers malformed PDUs with a generic_nack, and closes a link that is no SMPP', async () => {
      const { client } = await bind('transceiver')
      const cut = encodePdu({ ...submitSm(), sequence: 70 })
      const lengthAt = cut.length - 'hello'.length - 1
      cut[lengthAt] = 0xff
      client.write(cut)
      await eventually('it is answered', () => client.responses.some(({ sequence }) => sequence === 70))
      const { command, status } = client.responses.find(({ sequence }) => sequence === 70) ?? {}
      assert.deepEqual([command, status], ['generic_nack', STATUS.RINVMSGLEN])
      assert.equal((await smpp()).malformed, 1)
      client.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
      await eventually('the link is closed', client.isClosed)
    })

    it('refuses what has no text or no number, and writes it down nowhere', async () => {
      const { client } = await bind('transceiver')
      for (const odd of [
        submitSm('nobody'),
        { ...submitSm(), dataCoding: 4 },
        { ...submitSm(), dataCoding: 8, shortMessage: Buffer.from('odd') },
        { ...submitSm(), esmClass: 0x40, shortMessage: Buffer.of(9, 0) },
        { ...submitSm(), esmClass: 0x40, shortMessage: Buffer.of(5, 0, 3, 1, 2, 3) },
      ])
        assert.equal((await client.ask(odd))?.status, STATUS.RSUBMITFAIL)
      assert.equal((await simulator.admin.summary()).references, 0)
    })
  })

  describe('its record', () => {
    const LONG_GSM = `a@b_$€Ö ${'m'.repeat(400)}`
    const LONG_PERSIAN = `سلام 👋 ${'خبر '.repeat(50)}`

    for (const long_messages of ['udh', 'udh_16', 'sar', 'message_payload'] as const)
      it(`has each message once, and each part, with long messages as ${long_messages}`, async () => {
        const adapter = adapt({ long_messages, window: 100 })
        const batch = ['a@b_$€Ö', 'تست', LONG_GSM, LONG_PERSIAN].map((text) => message(text))
        batch[0] = { ...message('a@b_$€Ö'), to: '+989120000000', from: 'Example' }
        const result = await adapter.submit(batch, TIMEOUT_MS)
        assert.deepEqual(kindsOf(result), Array(4).fill('accepted'))
        const results = result.kind === 'answered' ? result.results : []
        for (const [at, submission] of batch.entries()) {
          const { to, from, text, seen, taken, messageIds } = await recordedOf(submission)
          assert.deepEqual(
            { to, from, text },
            { to: submission.to, from: submission.from, text: submission.text },
          )
          assert.deepEqual([seen, taken], [1, 1])
          const own = results[at]
          assert.ok(own?.kind === 'accepted')
          assert.deepEqual(own.partIds ?? [own.operatorMessageId], messageIds)
        }
        const parts: Recorded[] = []
        for await (const part of simulator.admin.parts()) parts.push(part)
        const cut = parts.toSorted((a, b) => a.reference.localeCompare(b.reference))
        assert.equal(cut.length, long_messages === 'message_payload' ? 0 : 3 + 4)
        assert.ok(cut.every(({ seen, taken, text }) => seen === 1 && taken === 1 && text))
        assert.equal((await smpp()).openMessages, 0)
      })

    it('reads Latin-1 and ASCII', async () => {
      for (const default_alphabet of ['latin1', 'ascii'] as const) {
        const submission = message(`${default_alphabet} @$`)
        assert.deepEqual(kindsOf(await adapt({ default_alphabet }).submit([submission], TIMEOUT_MS)), [
          'accepted',
        ])
        assert.equal(await takenOf(submission), 1)
      }
    })

    it('counts a message that comes again as a repeat, and tells texts and numbers apart', async () => {
      const [one, two] = messages(2, LONG_GSM) as [Submission, Submission]
      const adapter = adapt()
      for (const submission of [one, one, two, { ...one, text: `${LONG_GSM}!` }])
        await adapter.submit([submission], TIMEOUT_MS)
      const { references, taken, repeats, repeated } = await simulator.admin.summary()
      assert.deepEqual([references, taken, repeats], [3, 4, 1])
      assert.deepEqual(repeated, [smppReference(one.to, one.text)])
      // Each time under another reference of its parts.
      assert.equal((await smpp()).parts.repeats, 0)
    })

    it('has parts of a message whose others were refused, and not the message', async () => {
      await simulator.admin.behave({ poisonTexts: [{ text: 'poison', status: 400 }] })
      const submission = message(`${'m'.repeat(160)} poison`)
      assert.deepEqual(kindsOf(await adapt().submit([submission], TIMEOUT_MS)), ['rejected'])
      assert.equal(await takenOf(submission), 0)
      const { parts, openMessages } = await smpp()
      assert.deepEqual([parts.references, parts.taken, openMessages], [2, 1, 1])
    })

    it('is found by number and text, and forgotten', async () => {
      const submission = message('سلام')
      await adapt().submit([submission], TIMEOUT_MS)
      const query = new URLSearchParams({ to: `+${submission.to}`, text: submission.text })
      const found = (await (
        await fetch(`${simulator.url}/admin/submissions?${query.toString()}`)
      ).json()) as Recorded
      assert.equal(found.taken, 1)
      await simulator.admin.forget()
      assert.equal(await takenOf(submission), 0)
      assert.equal((await smpp()).submitted, 0)
    })
  })

  describe('its behaviour', () => {
    it('rejects, puts off, fails and throttles with the statuses of SMPP', async () => {
      const { client } = await bind('transceiver')
      const statusWith = async (behaviour: Parameters<typeof simulator.admin.behave>[0]) => {
        await simulator.admin.behave(behaviour)
        return (await client.ask(submitSm()))?.status
      }
      assert.equal(await statusWith({ rejectRate: 1 }), STATUS.RX_P_APPN)
      assert.equal(await statusWith({ rejectedNumbers: ['989120000000'] }), STATUS.RINVDSTADR)
      assert.equal(await statusWith({ unavailableRate: 1 }), STATUS.RX_T_APPN)
      assert.equal(await statusWith({ failRate: 1 }), STATUS.RSYSERR)
      assert.equal(await statusWith({ failRate: 1, failStatus: 413 }), STATUS.RINVMSGLEN)
      assert.equal(await statusWith({ throttleRate: 1 }), STATUS.RTHROTTLED)
      assert.equal(await statusWith({ throttleRate: 1, smppThrottleStatus: 'queue-full' }), STATUS.RMSGQFUL)
      assert.equal(await statusWith({ outage: 'http503' }), STATUS.RSYSERR)
      assert.equal((await bind('transceiver')).status, STATUS.RBINDFAIL)
      assert.equal((await simulator.admin.summary()).taken, 0)
    })

    it('throttles beyond its calls a second, and either way', async () => {
      await simulator.admin.behave({ callsPerSecondMax: 3 })
      const { client } = await bind('transceiver')
      const statuses = await Promise.all(Array.from({ length: 5 }, () => client.ask(submitSm())))
      assert.deepEqual(
        statuses.map((pdu) => pdu?.status),
        [0, 0, 0, STATUS.RTHROTTLED, STATUS.RTHROTTLED],
      )
      await simulator.admin.behave({ throttleRate: 1, smppThrottleStatus: 'either' })
      const two = await Promise.all([client.ask(submitSm()), client.ask(submitSm())])
      assert.deepEqual(new Set(two.map((pdu) => pdu?.status)), new Set([STATUS.RTHROTTLED, STATUS.RMSGQFUL]))
    })

    for (const [behaviour, taken] of [
      [{ dropBeforeAcceptRate: 1 }, 0],
      [{ dropAfterAcceptRate: 1 }, 1],
      [{ hangBeforeAcceptRate: 1 }, 0],
      [{ hangAfterAcceptRate: 1 }, 1],
    ] as const)
      it(`leaves the adapter without an answer, with ${JSON.stringify(behaviour)}`, async () => {
        const adapter = await adaptBound()
        await simulator.admin.behave(behaviour)
        const submission = message()
        const call = adapter.submit([submission], SHORT_MS)
        assert.deepEqual(kindsOf(await call), ['unknown'])
        assert.equal(await takenOf(submission), taken)
      })

    it('answers late, and the adapter learns of it', async () => {
      const adapter = await adaptBound()
      await simulator.admin.behave({ lateRate: 1, lateMs: 2 * SHORT_MS })
      const submission = message()
      assert.deepEqual(kindsOf(await adapter.submit([submission], SHORT_MS)), ['unknown'])
      await eventually('it is known after all', () => facts.some(({ kind }) => kind === 'late_result'))
      const [late] = facts.filter((fact) => fact.kind === 'late_result')
      assert.equal(late?.result.kind, 'accepted')
      assert.equal(await takenOf(submission), 1)
      const { windowPeak, unansweredPeak } = await smpp()
      assert.deepEqual([windowPeak, unansweredPeak], [0, 1])
    })

    it('answers twice, and the adapter counts it once', async () => {
      await simulator.admin.behave({ repeatRate: 1 })
      assert.deepEqual(kindsOf(await adapt().submit([message()], TIMEOUT_MS)), ['accepted'])
      await eventually('the repeat has come', () => oddities().includes('repeated_response'))
    })

    const MALFORMED: [SmppMalformedKind, string][] = [
      ['truncated', 'unknown'],
      ['illegal-length', 'unknown'],
      ['huge-length', 'unknown'],
      ['http', 'unknown'],
      ['unknown-command', 'unknown'],
      ['wrong-command', 'unknown'],
      ['wrong-sequence', 'unknown'],
      ['cut-identifier', 'accepted'],
      ['cut-parameter', 'accepted'],
      ['unknown-parameter', 'accepted'],
      ['no-identifier', 'accepted'],
      ['no-body', 'accepted'],
      ['octet-by-octet', 'accepted'],
      ['bad-request', 'accepted'],
      ['unknown-request', 'accepted'],
    ]
    for (const [smppMalformedKind, kind] of MALFORMED)
      it(`answers with ${smppMalformedKind}, which is ${kind} to the adapter`, async () => {
        const adapter = await adaptBound()
        await simulator.admin.behave({ corruptResponseRate: 1, smppMalformedKind })
        const submission = message()
        const call = adapter.submit([submission], kind === 'unknown' ? SHORT_MS : TIMEOUT_MS)
        assert.deepEqual(kindsOf(await call), [kind])
        assert.equal(await takenOf(submission), 1)
        if (smppMalformedKind.endsWith('-request'))
          await eventually('it is answered with a generic_nack', async () => (await smpp()).nacks === 1)
      })

    it('cuts all links for a while, and the adapter comes back', async () => {
      const adapter = adapt()
      await adapter.submit([message()], TIMEOUT_MS)
      await simulator.admin.disconnect(100)
      await eventually('it is bound again', async () => {
        const [kind] = kindsOf(await adapter.submit([message('again')], TIMEOUT_MS))
        return kind === 'accepted'
      })
    })
  })

  it('counts the window and the rate that a client keeps to', async () => {
    await simulator.admin.behave({ latency: { kind: 'fixed', ms: 20 } })
    const adapter = adapt({ window: 5, connections: 2 })
    const results = await Promise.all(
      Array.from({ length: 40 }, () => adapter.submit(messages(3), TIMEOUT_MS)),
    )
    assert.ok(results.every((result) => kindsOf(result).every((kind) => kind === 'accepted')))
    const { windowPeak, unansweredPeak, submitted, rates, ratePeak, sessions } = await smpp()
    assert.deepEqual([windowPeak, unansweredPeak, submitted], [5, 5, 120])
    assert.equal(
      rates.reduce((sum, each) => sum + each.submitted, 0),
      120,
    )
    assert.ok(ratePeak >= Math.max(...rates.map((each) => each.submitted)))
    assert.deepEqual(
      sessions.filter(({ isOpen }) => isOpen).map(({ windowPeak }) => windowPeak),
      [5, 5],
    )
  })
})
