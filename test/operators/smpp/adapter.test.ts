import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type {
  AdapterFact,
  CallResult,
  OperatorAdapter,
  OperatorResult,
} from '../../../src/operators/contract.ts'
import { smppAdapter } from '../../../src/operators/smpp/adapter.ts'
import { readKnownTlvs, STATUS } from '../../../src/operators/smpp/codec/index.ts'
import type { Pdu, PduOf } from '../../../src/operators/smpp/codec/index.ts'
import type { SmppInput } from '../../../src/operators/smpp/config.ts'
import { createReferences } from '../../../src/operators/smpp/text/references.ts'
import { eventually } from '../../support/eventually.ts'
import { message, messages } from '../messages.ts'
import { startNpmServer } from './npmSmpp.ts'
import { goodOperator, operatorThat, startPeer } from './scriptedPeer.ts'
import type { PeerLink, Script, ScriptedPeer } from './scriptedPeer.ts'
import { smppOf } from './smppOf.ts'

/** Ample for a peer on this machine that answers at all. */
const TIMEOUT_MS = 20_000
/** For calls that are meant to run out of time. */
const SHORT_MS = 150

const LONG = 'm'.repeat(400)

describe('the SMPP adapter', () => {
  let peer: ScriptedPeer
  const adapters: OperatorAdapter[] = []
  const facts: AdapterFact[] = []
  beforeEach(async () => {
    peer = await startPeer()
    facts.length = 0
  })
  afterEach(async () => {
    await peer.shut()
    await Promise.all(adapters.splice(0).map((adapter) => adapter.close()))
  })

  const adapt = (input: Partial<SmppInput> = {}, references = createReferences()) => {
    const adapter = smppAdapter(smppOf({ url: peer.url, ...input }), references)
    adapter.observe?.((fact) => facts.push(fact))
    adapters.push(adapter)
    return adapter
  }
  const resultsOf = (result: CallResult): OperatorResult[] => {
    assert.equal(result.kind, 'answered', JSON.stringify(result))
    return result.kind === 'answered' ? result.results : []
  }
  const kindsOf = (result: CallResult) => resultsOf(result).map(({ kind }) => kind)
  const linksUp = () => facts.flatMap((fact) => (fact.kind === 'links' ? [fact.up] : []))
  /** The adapter knows of its bind: what it submits from now on leaves at once. */
  const isUp = () => eventually('the link is up', () => linksUp().at(-1) === 1)
  const factsOf = <K extends AdapterFact['kind']>(kind: K) => facts.filter((fact) => fact.kind === kind)
  /** Answers each submit_sm with what `statusOf` says of it, and its position as the identifier. */
  const answering = (statusOf: (pdu: PduOf<'submit_sm'>, position: number) => number | null): Script => {
    let position = 0
    return operatorThat({
      submit_sm: (pdu, link) => {
        if (pdu.command !== 'submit_sm') return
        const status = statusOf(pdu, position++)
        if (status === null) return
        link.send({ command: 'submit_sm_resp', sequence: pdu.sequence, status, messageId: `m${position}` })
      },
    })
  }

  it('submits a message with everything that its operator is to know', async () => {
    const adapter = adapt({ service_type: 'CMT', source: { ton: 2 } })
    const [result] = resultsOf(await adapter.submit([{ ...message(), from: '+98123' }], TIMEOUT_MS))
    assert.ok(result?.kind === 'accepted' && result.operatorMessageId)
    assert.equal('partIds' in result, false)
    const [submitted] = peer.submitted()
    assert.deepEqual(submitted, {
      ...{ command: 'submit_sm', status: 0, sequence: 2, serviceType: 'CMT' },
      ...{ sourceAddrTon: 2, sourceAddrNpi: 1, sourceAddr: '98123' },
      ...{ destAddrTon: 0, destAddrNpi: 1, destinationAddr: '989120000000' },
      ...{ esmClass: 0, protocolId: 0, priorityFlag: 0, scheduleDeliveryTime: '', validityPeriod: '' },
      ...{ registeredDelivery: 1, replaceIfPresentFlag: 0, dataCoding: 0, smDefaultMsgId: 0 },
      ...{ shortMessage: Buffer.from('hello'), tlvs: [] },
    })
  })

  it('pipelines a batch through its windows, and never exceeds them', async () => {
    const waiting: [Pdu, PeerLink][] = []
    let most = 0
    peer.script = operatorThat({
      submit_sm: (pdu, link) => {
        waiting.push([pdu, link])
        most = Math.max(most, waiting.length)
        // Nothing is answered until both windows are full, or all has come.
        if (waiting.length < 8 && peer.submitted().length < 60) return
        for (const [pdu, link] of waiting.splice(0)) goodOperator(pdu, link, peer)
      },
    })
    const adapter = adapt({ connections: 2, window: 4 })
    const batches = Array.from({ length: 30 }, () => messages(2))
    const results = await Promise.all(batches.map((batch) => adapter.submit(batch, TIMEOUT_MS)))
    assert.ok(results.every((result) => kindsOf(result).every((kind) => kind === 'accepted')))
    assert.equal(most, 8)
    assert.equal(peer.links.length, 2)
  })

  it('derives calls and batches from its windows', () => {
    const shapeOf = (connections: number, window: number) => {
      const { batchSizeMax, callsInFlightMax } = adapt({ connections, window })
      return [batchSizeMax, callsInFlightMax]
    }
    assert.deepEqual(shapeOf(1, 1), [1, 2])
    assert.deepEqual(shapeOf(1, 10), [3, 7])
    assert.deepEqual(shapeOf(4, 250), [100, 20])
  })

  it('gives each message its own result, by position', async () => {
    const statuses = [
      [STATUS.ROK, 'accepted'],
      [STATUS.RINVDSTADR, 'rejected'],
      [STATUS.RINVSRCADR, 'refused'],
      [STATUS.RTHROTTLED, 'throttled'],
      [STATUS.RMSGQFUL, 'throttled'],
      [STATUS.RSYSERR, 'unavailable'],
      [STATUS.RX_T_APPN, 'unavailable'],
      [STATUS.RX_P_APPN, 'rejected'],
      [0x0411, 'unavailable'],
    ] as const
    peer.script = answering((_pdu, position) => statuses[position]?.[0] ?? 0)
    const result = await adapt({ window: 100 }).submit(messages(statuses.length), TIMEOUT_MS)
    assert.deepEqual(
      kindsOf(result),
      statuses.map(([, kind]) => kind),
    )
    const [, rejected] = resultsOf(result)
    assert.deepEqual(rejected, { kind: 'rejected', reason: 'ESME_RINVDSTADR (0x0B)' })
  })

  it('takes a status for what its operator means by it', async () => {
    peer.script = answering((_pdu, position) => [0x0411, STATUS.RSUBMITFAIL][position] ?? 0)
    const adapter = adapt({ window: 100, results: { '0x411': 'rejected', '69': 'throttled' } })
    assert.deepEqual(kindsOf(await adapter.submit(messages(2), TIMEOUT_MS)), ['rejected', 'throttled'])
  })

  it('is throttled as a whole when all of a call is, and unavailable when the system of its operator fails', async () => {
    const statuses = [STATUS.RTHROTTLED, STATUS.RTHROTTLED, STATUS.RSYSERR, STATUS.RSYSERR]
    peer.script = answering((_pdu, position) => statuses[position] ?? 0)
    const adapter = adapt()
    assert.deepEqual(await adapter.submit(messages(2), TIMEOUT_MS), {
      kind: 'throttled',
      reason: 'ESME_RTHROTTLED (0x58)',
      retryAfterMs: null,
    })
    const failed = await adapter.submit(messages(2), TIMEOUT_MS)
    assert.deepEqual(failed, { kind: 'unavailable', reason: 'ESME_RSYSERR (0x08)' })
  })

  it('reads a generic_nack as the answer to the message', async () => {
    peer.script = operatorThat({
      submit_sm: ({ sequence }, link) =>
        link.send({ command: 'generic_nack', sequence, status: STATUS.RINVCMDID }),
    })
    assert.deepEqual(kindsOf(await adapt().submit([message()], TIMEOUT_MS)), ['unavailable'])
  })

  it('takes a message for accepted whatever its identifier looks like, and counts it', async () => {
    const identifiers = ['', 'a b', 'x'.repeat(64), '\u00e9']
    peer.script = operatorThat({
      submit_sm: ({ sequence }, link) =>
        link.send({ command: 'submit_sm_resp', sequence, messageId: identifiers.shift() ?? '' }),
    })
    const result = await adapt({ window: 100 }).submit(messages(4), TIMEOUT_MS)
    assert.deepEqual(
      resultsOf(result).map((each) => each.kind === 'accepted' && each.operatorMessageId),
      [null, 'a b', 'x'.repeat(64), null],
    )
    assert.equal(result.kind === 'answered' && result.unreadableIdentifiers, 3)
  })

  it('accepts a message of several parts when all are, under one reference', async () => {
    const [result] = resultsOf(await adapt().submit([message(LONG)], TIMEOUT_MS))
    assert.ok(result?.kind === 'accepted')
    assert.equal(result.partIds?.length, 3)
    assert.equal(result.operatorMessageId, result.partIds?.[0])
    const headers = peer.submitted().map(({ shortMessage }) => [...shortMessage.subarray(0, 6)])
    const reference = headers[0]?.[3]
    assert.deepEqual(
      headers,
      [1, 2, 3].map((part) => [5, 0, 3, reference, 3, part]),
    )
  })

  it('gives two messages that are open to one number different references', async () => {
    const held: [Pdu, PeerLink][] = []
    peer.script = operatorThat({ submit_sm: (pdu, link) => void held.push([pdu, link]) })
    const adapter = adapt()
    const calls = [message(LONG), message(LONG)].map((each) => adapter.submit([each], TIMEOUT_MS))
    await eventually('all parts have come', () => held.length === 6)
    const references = peer.submitted().map(({ shortMessage }) => shortMessage[3])
    assert.equal(new Set(references).size, 2)
    for (const [pdu, link] of held) goodOperator(pdu, link, peer)
    for (const call of calls) assert.deepEqual(kindsOf(await call), ['accepted'])
  })

  for (const status of [STATUS.RTHROTTLED, STATUS.RMSGQFUL])
    it(`submits a throttled part again in the next call, alone and under its reference (status ${status})`, async () => {
      peer.script = answering((_pdu, position) => (position === 1 ? status : 0))
      const adapter = adapt()
      const long = message(LONG)
      const [throttled] = resultsOf(await adapter.submit([long], TIMEOUT_MS))
      assert.ok(throttled?.kind === 'throttled' && throttled.partIds)
      assert.deepEqual(throttled.partIds, ['m1', null, 'm3'])
      const completed = await adapter.submit([{ ...long, partIds: throttled.partIds }], TIMEOUT_MS)
      assert.deepEqual(resultsOf(completed), [
        { kind: 'accepted', operatorMessageId: 'm1', partIds: ['m1', 'm4', 'm3'] },
      ])
      const headers = peer.submitted().map(({ shortMessage }) => [...shortMessage.subarray(3, 6)])
      const reference = headers[0]?.[0]
      assert.deepEqual(
        headers,
        [1, 2, 3, 2].map((part) => [reference, 3, part]),
      )
    })

  it('accepts a message whose parts were all taken in earlier calls, and submits nothing', async () => {
    const adapter = adapt()
    const partIds = ['a', 'b', 'c']
    assert.deepEqual(resultsOf(await adapter.submit([{ ...message(LONG), partIds }], TIMEOUT_MS)), [
      { kind: 'accepted', operatorMessageId: 'a', partIds },
    ])
    assert.equal(peer.submitted().length, 0)
  })

  it('rejects what its operator has parts of that were cut otherwise', async () => {
    const partIds = ['a', null]
    for (const text of [LONG, 'one part']) {
      const [result] = resultsOf(await adapt().submit([{ ...message(text), partIds }], TIMEOUT_MS))
      assert.deepEqual([result?.kind, result?.partIds], ['rejected', partIds])
    }
    assert.equal(peer.submitted().length, 0)
  })

  it('keeps what its operator took when no reference can be had', async () => {
    const adapter = adapt({}, { open: () => Promise.reject(new Error('no database')) })
    const partIds = ['a', null, null]
    const [result] = resultsOf(await adapter.submit([{ ...message(LONG), partIds }], TIMEOUT_MS))
    assert.deepEqual([result?.kind, result?.partIds], ['unavailable', partIds])
    assert.equal(peer.submitted().length, 0)
  })

  it('rejects a message of which a part never will be taken, and says that it is possibly sent', async () => {
    peer.script = answering((_pdu, position) => (position === 2 ? STATUS.RX_P_APPN : 0))
    assert.deepEqual(resultsOf(await adapt().submit([message(LONG)], TIMEOUT_MS)), [
      {
        kind: 'rejected',
        reason: '2 of 3 parts taken: ESME_RX_P_APPN (0x65)',
        partIds: ['m1', 'm2', null],
      },
    ])
    assert.deepEqual(
      factsOf('late_result').map((fact) => 'part' in fact && [fact.part, fact.parts, fact.result]),
      [1, 2].map((part) => [part, 3, { kind: 'accepted', operatorMessageId: `m${part}` }]),
    )
  })

  it('rejects a message of which no part was taken without such a mark', async () => {
    peer.script = answering((_pdu, position) => (position === 2 ? STATUS.RX_P_APPN : STATUS.RTHROTTLED))
    const [result] = resultsOf(await adapt().submit([message(LONG)], TIMEOUT_MS))
    assert.deepEqual(result, { kind: 'rejected', reason: 'ESME_RX_P_APPN (0x65)' })
  })

  it('does not claim to know of a message of which a part has no response', async () => {
    const answer = answering((_pdu, position) => [STATUS.ROK, null, STATUS.RTHROTTLED][position] ?? null)
    peer.script = (pdu, link) => {
      answer(pdu, link, peer)
      // What was answered still arrives.
      if (peer.submitted().length === 3) link.socket.end()
    }
    const [unknown, ...others] = resultsOf(await adapt().submit([message(LONG)], TIMEOUT_MS))
    assert.deepEqual([unknown?.kind, unknown?.partIds, others], ['unknown', ['m1', null, null], []])
  })

  it('tells the pace of a throttled part of a message whose result is another', async () => {
    peer.script = answering(
      (_pdu, position) => [STATUS.ROK, STATUS.RX_P_APPN, STATUS.RTHROTTLED][position] ?? 0,
    )
    const result = await adapt().submit([message(LONG)], TIMEOUT_MS)
    assert.deepEqual(kindsOf(result), ['rejected'])
    assert.equal(result.kind === 'answered' && result.throttledParts, 1)
  })

  it('sends a long message in the form that its operator takes', async () => {
    await adapt({ long_messages: 'sar' }).submit([message(LONG)], TIMEOUT_MS)
    const [sar] = peer.submitted()
    assert.equal(readKnownTlvs(sar?.tlvs ?? []).sarTotalSegments, 3)
    await adapt({ long_messages: 'message_payload' }).submit([message(LONG)], TIMEOUT_MS)
    const whole = peer.submitted().at(-1)
    assert.equal(readKnownTlvs(whole?.tlvs ?? []).messagePayload?.toString(), LONG)
    assert.equal(peer.submitted().length, 4)
  })

  it('refuses what has no form in SMPP instead of throwing', async () => {
    const odd = [
      { ...message(), from: 'چاپار' },
      { ...message(), from: 'x'.repeat(30) },
      { ...message(), to: 'nul\0' },
    ]
    for (const each of odd) assert.deepEqual(kindsOf(await adapt().submit([each], TIMEOUT_MS)), ['refused'])
    assert.equal(peer.submitted().length, 0)
  })

  it('submits nothing before a good bind, and what waited for it afterwards', async () => {
    const binds: [Pdu, PeerLink][] = []
    peer.script = operatorThat({ bind_transceiver: (pdu, link) => void binds.push([pdu, link]) })
    const adapter = adapt()
    const call = adapter.submit([message()], TIMEOUT_MS)
    await eventually('it binds', () => binds.length === 1)
    for (const [pdu, link] of binds) {
      assert.deepEqual(link.seen, [pdu])
      goodOperator(pdu, link, peer)
    }
    assert.deepEqual(kindsOf(await call), ['accepted'])
    assert.deepEqual(
      peer.links[0]?.seen.map(({ command }) => command),
      ['bind_transceiver', 'submit_sm'],
    )
  })

  it('is unavailable while its bind is refused, and submits nothing', async () => {
    peer.script = operatorThat({
      bind_transceiver: ({ sequence }, link) =>
        link.send({ command: 'bind_transceiver_resp', sequence, status: STATUS.RINVPASWD }),
    })
    const result = await adapt().submit([message()], TIMEOUT_MS)
    assert.deepEqual(result, { kind: 'unavailable', reason: 'bind refused: ESME_RINVPASWD (0x0E)' })
    assert.equal(peer.submitted().length, 0)
  })

  it('is unavailable without an operator, comes back with it, and tells of both', async () => {
    const adapter = adapt()
    const hasLinks = (up: number) => eventually(`it has ${up} links`, () => linksUp().at(-1) === up)
    await hasLinks(1)
    await peer.shut()
    await hasLinks(0)
    const failed = await adapter.submit([message()], TIMEOUT_MS)
    assert.deepEqual(failed, { kind: 'unavailable', reason: 'link: ECONNREFUSED' })
    await peer.open()
    await hasLinks(1)
    assert.deepEqual(kindsOf(await adapter.submit([message()], TIMEOUT_MS)), ['accepted'])
    assert.equal(peer.submitted().length, 1)
  })

  it('does not claim to know what it submitted when the link is cut, at once, and knows what it did not', async () => {
    peer.script = operatorThat({ submit_sm: () => {} })
    const adapter = adapt({ window: 4 })
    const calls = Array.from({ length: 6 }, () => adapter.submit([message()], TIMEOUT_MS))
    await eventually('the window is full', () => peer.submitted().length === 4)
    await peer.shut()
    const results = await Promise.all(calls)
    assert.deepEqual(
      results.map(({ kind }) => kind),
      ['unknown', 'unknown', 'unknown', 'unknown', 'unavailable', 'unavailable'],
    )
  })

  it('submits through another link what waits when one is cut', async () => {
    peer.script = operatorThat({ submit_sm: () => {} })
    const adapter = adapt({ window: 2 })
    const calls = Array.from({ length: 4 }, () => adapter.submit([message()], TIMEOUT_MS))
    await eventually('the window is full', () => peer.submitted().length === 2)
    peer.script = goodOperator
    peer.links[0]?.cut()
    const kinds = (await Promise.all(calls)).map((result) =>
      result.kind === 'answered' ? result.results[0]?.kind : result.kind,
    )
    assert.deepEqual(kinds, ['unknown', 'unknown', 'accepted', 'accepted'])
  })

  it('ends by itself when the operator hangs: what left is unknown, what waits is not sent', async () => {
    peer.script = operatorThat({ submit_sm: () => {} })
    const adapter = adapt({ window: 1 })
    await isUp()
    const [left, waiting] = await Promise.all([
      adapter.submit([message()], SHORT_MS),
      adapter.submit([message()], SHORT_MS),
    ])
    assert.deepEqual([left?.kind, waiting?.kind], ['unknown', 'unavailable'])
    await eventually('what left has come', () => peer.submitted().length > 0)
    assert.equal(peer.submitted().length, 1)
  })

  it('tells of a response that comes when its call has ended, so that its receipt is found', async () => {
    const held: [Pdu, PeerLink][] = []
    peer.script = operatorThat({ submit_sm: (pdu, link) => void held.push([pdu, link]) })
    const one = message()
    const adapter = adapt()
    await isUp()
    const result = await adapter.submit([one], SHORT_MS)
    assert.equal(result.kind, 'unknown')
    await eventually('it has come', () => held.length > 0)
    for (const [pdu, link] of held) {
      const late = { command: 'submit_sm_resp', sequence: pdu.sequence, messageId: 'late' } as const
      link.send(late)
      link.send(late)
    }
    await eventually('it is told twice', () => factsOf('repeated_response').length === 1)
    const accepted = { kind: 'accepted', operatorMessageId: 'late' } as const
    assert.deepEqual(factsOf('late_result'), [
      { kind: 'late_result', reference: one.reference, part: 1, parts: 1, result: accepted },
    ])
  })

  it('hands a receipt over as it came, and lets what is no receipt go', async () => {
    const stored: Uint8Array[] = []
    const adapter = adapt()
    adapter.receipts?.((raw) => {
      stored.push(raw)
      return Promise.resolve()
    })
    const link = await peer.bound()
    const text = Buffer.from('id:1 stat:DELIVRD')
    link.send({ command: 'deliver_sm', sequence: 1, esmClass: 0x04, shortMessage: text })
    link.send({ command: 'data_sm', sequence: 2, esmClass: 0x04 })
    link.send({ command: 'deliver_sm', sequence: 3, esmClass: 0x00, shortMessage: text })
    const responses = () => link.seen.filter(({ command }) => /^(deliver|data)_sm_resp$/.test(command))
    await eventually('all are answered', () => responses().length === 3)
    assert.ok(responses().every(({ status }) => status === 0))
    assert.equal(stored.length, 2)
    assert.equal(factsOf('inbound_message').length, 1)
  })

  it('leaves receipts with the operator while nothing stores them', async () => {
    const adapter = adapt()
    const link = await peer.bound()
    link.send({ command: 'deliver_sm', sequence: 1, esmClass: 0x04 })
    const refused = () => link.seen.filter(({ status }) => status === STATUS.RX_T_APPN).length
    await eventually('it is refused', () => refused() === 1)
    adapter.receipts?.(() => Promise.reject(new Error('no database')))
    link.send({ command: 'deliver_sm', sequence: 2, esmClass: 0x04 })
    await eventually('it is refused again', () => refused() === 2)
    assert.equal(factsOf('receipt_refused').length, 2)
  })

  it('receives over a receiver, and submits over a transmitter alone', async () => {
    const adapter = adapt({ binds: { transmitters: 1, receivers: 1 } })
    await eventually('both are bound', () => factsOf('links').length === 2)
    await adapter.submit([message()], TIMEOUT_MS)
    const kinds = peer.links.map(({ seen }) => seen.map(({ command }) => command))
    assert.deepEqual(kinds.toSorted(), [['bind_receiver'], ['bind_transmitter', 'submit_sm']])
  })

  it('lets calls in flight end when it is closed, then unbinds, and is unavailable', async () => {
    const held: [Pdu, PeerLink][] = []
    peer.script = operatorThat({ submit_sm: (pdu, link) => void held.push([pdu, link]) })
    const adapter = adapt()
    const call = adapter.submit([message()], TIMEOUT_MS)
    await eventually('it has come', () => held.length === 1)
    const closed = adapter.close()
    for (const [pdu, link] of held) goodOperator(pdu, link, peer)
    await closed
    assert.deepEqual(kindsOf(await call), ['accepted'])
    assert.equal(peer.links[0]?.seen.at(-1)?.command, 'unbind')
    assert.equal((await adapter.submit([message()], TIMEOUT_MS)).kind, 'unavailable')
  })

  for (let boundary = 1; boundary <= 16; boundary++)
    it(`loses nothing when its link is cut between two PDUs, at boundary ${boundary}`, async () => {
      const seen = () => peer.links.reduce((sum, link) => sum + link.seen.length, 0)
      peer.script = (pdu, link) => {
        const turn = seen()
        // Odd: before the PDU is answered; even: behind the answer.
        if (turn === (boundary + 1) / 2) return link.cut()
        goodOperator(pdu, link, peer)
        if (pdu.command === 'submit_sm') link.send({ command: 'deliver_sm', sequence: turn, esmClass: 4 })
        if (turn === boundary / 2) link.socket.destroySoon()
      }
      const adapter = adapt({ window: 1 })
      adapter.receipts?.(() => Promise.resolve())
      const kinds: string[] = []
      for (let call = 0; call < 5; call++) {
        const one = message()
        // What did not leave is submitted again, as the engine does.
        for (let kind = 'unavailable'; kind === 'unavailable';) {
          const result = await adapter.submit([one], TIMEOUT_MS)
          kind = result.kind === 'answered' ? (result.results[0]?.kind ?? '') : result.kind
          if (kind === 'unavailable') {
            await peer.bound()
            // The other end may not have read yet that this link is cut, and is read from after a turn alone.
            await nextTurn()
          } else kinds.push(kind)
        }
      }
      const accepted = kinds.filter((kind) => kind === 'accepted').length
      assert.ok(accepted >= 4, kinds.join())
      const taken = peer.submitted().length
      assert.ok(taken >= accepted && taken <= 5, `${taken} taken, ${kinds.join()}`)
    })

  describe('beside the npm package smpp', () => {
    it('hands messages over and takes receipts', async () => {
      const texts: string[] = []
      let identifier = 0
      const server = await startNpmServer((pdu) => {
        if (pdu.command !== 'submit_sm') return {}
        texts.push(String(pdu.short_message?.message))
        return { message_id: `npm-${++identifier}` }
      })
      const adapter = smppAdapter(smppOf({ url: server.url, connections: 2, window: 8 }))
      adapters.push(adapter)
      const raw: Uint8Array[] = []
      adapter.receipts?.((each) => Promise.resolve(void raw.push(each)))
      const batch = ['a@b_$€Ö', 'تست', 'سلام 👋'].map((text) => message(text))
      const results = await Promise.all(batch.map((each) => adapter.submit([each], TIMEOUT_MS)))
      assert.ok(results.every((result) => kindsOf(result)[0] === 'accepted'))
      assert.deepEqual(new Set(texts), new Set(batch.map(({ text }) => text)))
      const answer = await new Promise<{ command_status: number }>((resolve) =>
        server.sessions[0]?.deliver_sm({ esm_class: 4, short_message: 'id:npm-1 stat:DELIVRD' }, resolve),
      )
      assert.deepEqual([answer.command_status, raw.length], [0, 1])
      await adapter.close()
      await server.close()
    })
  })
})
