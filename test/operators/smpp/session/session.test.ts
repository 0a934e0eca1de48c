import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { encodePdu, knownTlvs, STATUS } from '../../../../src/operators/smpp/codec/index.ts'
import type { Pdu } from '../../../../src/operators/smpp/codec/index.ts'
import type { SmppTimers } from '../../../../src/operators/smpp/config.ts'
import { dial } from '../../../../src/operators/smpp/session/dial.ts'
import type { ReceiveMessage } from '../../../../src/operators/smpp/session/inbox.ts'
import type { Outcome } from '../../../../src/operators/smpp/session/requestWindow.ts'
import { Session } from '../../../../src/operators/smpp/session/session.ts'
import type { SessionSettings } from '../../../../src/operators/smpp/session/session.ts'
import { eventually } from '../../../support/eventually.ts'
import { goodOperator, operatorThat, startPeer } from '../scriptedPeer.ts'
import type { PeerLink, Script, ScriptedPeer } from '../scriptedPeer.ts'

/** Long enough that none of them ends anything in a test that is not about it. */
const TIMERS: SmppTimers = {
  connectMs: 20_000,
  responseMs: 20_000,
  enquireLinkMs: 20_000,
  inactivityMs: 0,
  writeMs: 20_000,
  reconnectMinMs: 10,
  reconnectMaxMs: 20,
}
/** For responses that never come; those of the bind have it too. */
const SHORT_MS = 1_000
/** Each enquiry is answered within it. */
const ENQUIRY_MS = 200
const CREDENTIALS = { systemId: 'chapar', password: 'secret', systemType: 'sms', addressRange: '' }

describe('an SMPP session', () => {
  let peer: ScriptedPeer
  const sessions: Session[] = []
  beforeEach(async () => {
    peer = await startPeer()
  })
  afterEach(async () => {
    await peer.shut()
    await Promise.all(sessions.splice(0).map((session) => session.close()))
  })

  interface Opened {
    session: Session
    oddities: string[]
    isBound: () => boolean
  }
  const open = (
    timers: Partial<SmppTimers> = {},
    more: Partial<SessionSettings> = {},
    script?: Script,
  ): Opened => {
    if (script) peer.script = script
    const oddities: string[] = []
    let bound = false
    const session = new Session({
      dial: () => dial(peer.url),
      kind: 'transceiver',
      credentials: CREDENTIALS,
      window: 10,
      timers: { ...TIMERS, ...timers },
      receive: () => Promise.resolve(STATUS.ROK),
      onBound: () => void (bound = true),
      onRoom: () => {},
      onOddity: (oddity) => oddities.push(oddity),
      ...more,
    })
    sessions.push(session)
    return { session, oddities, isBound: () => bound }
  }
  const openBound = async (...args: Parameters<typeof open>): Promise<Opened & { link: PeerLink }> => {
    const opened = open(...args)
    await eventually('it is bound', opened.isBound)
    return { ...opened, link: await peer.bound() }
  }
  const submit = (session: Session, text = 'hi', outcomes: Outcome[] = []) =>
    new Promise<Outcome>((resolve) => {
      session.submit({ command: 'submit_sm', shortMessage: Buffer.from(text) }, (outcome) => {
        outcomes.push(outcome)
        resolve(outcome)
      })
    })
  const answered = (link: PeerLink, command: Pdu['command']) =>
    link.seen.filter((pdu) => pdu.command === command)
  const silent: Script = () => {}

  it('binds with its credentials, and submits and is answered', async () => {
    const { session, link } = await openBound()
    const [bind] = link.seen
    assert.deepEqual(bind, {
      ...{ command: 'bind_transceiver', status: 0, sequence: 1, ...CREDENTIALS },
      ...{ interfaceVersion: 0x34, addrTon: 0, addrNpi: 0, tlvs: [] },
    })
    const outcome = await submit(session)
    assert.ok(outcome.kind === 'answered' && outcome.pdu.command === 'submit_sm_resp')
  })

  it('binds as a transmitter and as a receiver, which has no room for submissions', async () => {
    const sender = await openBound({}, { kind: 'transmitter' })
    assert.equal(sender.link.seen[0]?.command, 'bind_transmitter')
    assert.equal(sender.session.free(), 10)
    await sender.session.close()
    const receiver = await openBound({}, { kind: 'receiver' })
    assert.equal(receiver.link.seen[0]?.command, 'bind_receiver')
    assert.equal(receiver.session.free(), 0)
  })

  it('has no room before a good bind', async () => {
    const { session, isBound } = open({}, {}, silent)
    const link = await peer.bound()
    assert.equal(session.free(), 0)
    link.send({ command: 'bind_transceiver_resp', sequence: 1 })
    await eventually('it is bound', isBound)
    assert.equal(session.free(), 10)
  })

  for (const [what, response] of [
    ['with an error', { command: 'bind_transceiver_resp', status: STATUS.RINVPASWD }],
    ['by a generic_nack', { command: 'generic_nack', status: STATUS.RINVCMDID }],
  ] as const)
    it(`ends when its bind is refused ${what}, without having submitted`, async () => {
      const { session, isBound } = open({}, {}, (pdu, link) => {
        if (pdu.command === 'bind_transceiver') link.send({ ...response, sequence: pdu.sequence })
      })
      assert.match(await session.ended, /^bind refused: ESME_RINV/)
      assert.equal(isBound(), false)
      assert.equal(session.free(), 0)
    })

  it('ends when nobody answers its bind', async () => {
    const { session } = open({ responseMs: 20 }, {}, silent)
    assert.equal(await session.ended, 'bind: no response in time')
  })

  it('ends when nobody listens, and when the connection takes too long', async () => {
    const { url } = peer
    await peer.shut()
    assert.equal(await open({}, { dial: () => dial(url) }).session.ended, 'link: ECONNREFUSED')
    await peer.open()
    const { socket } = dial(peer.url)
    const slow = open({ connectMs: 10 }, { dial: () => ({ socket, connected: 'secureConnect' }) })
    assert.equal(await slow.session.ended, 'no connection in time')
  })

  it('never has more requests unanswered than its window has places', async () => {
    const waiting: { link: PeerLink; sequence: number }[] = []
    const { session, link } = await openBound({}, { window: 3 }, (pdu, link, peer) => {
      if (pdu.command === 'submit_sm') waiting.push({ link, sequence: pdu.sequence })
      else goodOperator(pdu, link, peer)
    })
    const outcomes = [submit(session), submit(session), submit(session)]
    assert.equal(session.free(), 0)
    await eventually('all have come', () => waiting.length === 3)
    link.send({ command: 'submit_sm_resp', sequence: waiting[1]?.sequence ?? 0, messageId: 'b' })
    const second = await outcomes[1]
    assert.ok(second?.kind === 'answered' && second.pdu.command === 'submit_sm_resp')
    assert.equal(second.pdu.messageId, 'b')
    assert.equal(session.free(), 1)
  })

  it('tells of each response that comes late, again, or for nothing', async () => {
    const { session, link, oddities } = await openBound(
      { responseMs: SHORT_MS },
      {},
      operatorThat({ submit_sm: () => {} }),
    )
    const outcomes: Outcome[] = []
    const outcome = await submit(session, 'hi', outcomes)
    assert.deepEqual(outcome, { kind: 'unanswered', reason: 'no response in time' })
    assert.equal(session.free(), 10)
    const { sequence } = answered(link, 'submit_sm')[0] ?? { sequence: 0 }
    for (let times = 0; times < 2; times++)
      link.send({ command: 'submit_sm_resp', sequence, messageId: 'late' })
    link.send({ command: 'submit_sm_resp', sequence: sequence + 1_000, messageId: 'x' })
    link.send({ command: 'generic_nack', sequence: 0, status: STATUS.RINVCMDLEN })
    await eventually('all are told', () => oddities.length === 4)
    assert.deepEqual(oddities, ['late', 'repeated', 'unknown', 'unknown'])
    const [, late, ...others] = outcomes
    assert.ok(late?.kind === 'answered' && late.pdu.command === 'submit_sm_resp')
    assert.equal(late.pdu.messageId, 'late')
    assert.equal(others.length, 0)
  })

  it('does not take the response to one request for that to another', async () => {
    const { session, oddities } = await openBound(
      {},
      {},
      operatorThat({
        submit_sm: ({ sequence }, link) => {
          link.send({ command: 'enquire_link_resp', sequence })
          link.send({ command: 'submit_sm_resp', sequence, messageId: 'right' })
        },
      }),
    )
    const outcome = await submit(session)
    assert.ok(outcome.kind === 'answered' && outcome.pdu.command === 'submit_sm_resp')
    assert.deepEqual(oddities, ['unknown'])
  })

  it('gives up its whole window at once when the link is cut, and not after the time for responses', async () => {
    const { session, link } = await openBound({}, {}, operatorThat({ submit_sm: () => {} }))
    const outcomes = Array.from({ length: 10 }, () => submit(session))
    await eventually('all have come', () => answered(link, 'submit_sm').length === 10)
    link.cut()
    const kinds = (await Promise.all(outcomes)).map(({ kind }) => kind)
    assert.deepEqual(new Set(kinds), new Set(['unanswered']))
  })

  it('knows of each request whether it left when the link ends', async () => {
    const { session, link } = await openBound(
      { writeMs: 100 },
      { window: 1_000 },
      operatorThat({ submit_sm: () => {} }),
    )
    link.socket.pause()
    const outcomes: Promise<Outcome>[] = []
    // More than the buffers of a loopback connection hold.
    const tlvs = knownTlvs({ messagePayload: Buffer.alloc(60_000) })
    for (let at = 0; at < 500; at++)
      outcomes.push(new Promise((resolve) => session.submit({ command: 'submit_sm', tlvs }, resolve)))
    assert.equal(await session.ended, 'nothing could be written in time')
    const kinds = (await Promise.all(outcomes)).map(({ kind }) => kind)
    const left = kinds.filter((kind) => kind === 'unanswered').length
    assert.deepEqual(kinds, [
      ...Array.from({ length: left }, () => 'unanswered'),
      ...Array.from({ length: 500 - left }, () => 'unsent'),
    ])
    assert.ok(left > 0 && left < 500, `${left} of 500 left`)
    // What the operator got is among what is called unanswered.
    link.socket.resume()
    await once(link.socket, 'close')
    assert.ok(answered(link, 'submit_sm').length <= left)
  })

  it('finds a silent link after one enquiry that is not answered', async () => {
    const { session, link } = await openBound(
      { enquireLinkMs: 30 },
      {},
      operatorThat({ enquire_link: () => {} }),
    )
    assert.equal(await session.ended, 'the operator is silent')
    assert.equal(answered(link, 'enquire_link').length, 1)
  })

  it('keeps a link that gives a sign of life, and gives one', async () => {
    const { session, link } = await openBound({ enquireLinkMs: ENQUIRY_MS })
    await eventually('it asked four times', () => answered(link, 'enquire_link').length >= 4)
    link.send({ command: 'enquire_link', sequence: 77 })
    await eventually('it answered', () => answered(link, 'enquire_link_resp').length === 1)
    assert.equal(answered(link, 'enquire_link_resp')[0]?.sequence, 77)
    assert.equal(session.free(), 10)
  })

  it('unbinds a link that nothing uses, if it is told to', async () => {
    const { session, link } = await openBound({ inactivityMs: 30 })
    assert.equal(await session.ended, 'unused')
    assert.equal(answered(link, 'unbind').length, 1)
  })

  it('unbinds when it is closed', async () => {
    const { session, link } = await openBound()
    await session.close()
    assert.equal(link.seen.at(-1)?.command, 'unbind')
    assert.equal(session.free(), 0)
  })

  it('does not wait for ever for an operator that lets nobody go', async () => {
    const { session } = await openBound({ responseMs: SHORT_MS }, {}, operatorThat({ unbind: () => {} }))
    await session.close()
    assert.equal(await session.ended, 'closed')
  })

  it('lets the operator unbind', async () => {
    const { session, link } = await openBound()
    link.send({ command: 'unbind', sequence: 5 })
    assert.equal(await session.ended, 'the operator unbound')
    await eventually('it answered', () => answered(link, 'unbind_resp').length === 1)
  })

  it('answers a receipt when it is stored, and not before', async () => {
    const stored = Promise.withResolvers<number>()
    let taken: Buffer | undefined
    const receive: ReceiveMessage = (_pdu, frame) => {
      taken = frame
      return stored.promise
    }
    const { link } = await openBound({}, { receive })
    const receipt = { command: 'deliver_sm', sequence: 9, shortMessage: Buffer.from('id:1') } as const
    link.send(receipt)
    link.send({ command: 'enquire_link', sequence: 10 })
    await eventually(
      'the enquiry behind it is answered',
      () => answered(link, 'enquire_link_resp').length === 1,
    )
    assert.deepEqual(taken, encodePdu(receipt))
    assert.equal(answered(link, 'deliver_sm_resp').length, 0)
    stored.resolve(STATUS.ROK)
    await eventually('it is answered', () => answered(link, 'deliver_sm_resp').length === 1)
    assert.deepEqual(answered(link, 'deliver_sm_resp'), [
      { command: 'deliver_sm_resp', status: 0, sequence: 9, messageId: '', tlvs: [] },
    ])
  })

  it('answers a receipt that could not be stored with a temporary error, a data_sm as well', async () => {
    const { link } = await openBound({}, { receive: () => Promise.reject(new Error('no database')) })
    link.send({ command: 'deliver_sm', sequence: 9 })
    link.send({ command: 'data_sm', sequence: 10 })
    const responses = () => [...answered(link, 'deliver_sm_resp'), ...answered(link, 'data_sm_resp')]
    await eventually('both are answered', () => responses().length === 2)
    assert.deepEqual(
      responses().map(({ sequence, status }) => [sequence, status]),
      [
        [9, STATUS.RX_T_APPN],
        [10, STATUS.RX_T_APPN],
      ],
    )
  })

  it('answers what is being stored before it unbinds', async () => {
    const stored = Promise.withResolvers<number>()
    const { session, link } = await openBound({}, { receive: () => stored.promise })
    link.send({ command: 'deliver_sm', sequence: 9 })
    link.send({ command: 'enquire_link', sequence: 10 })
    await eventually('it has come', () => answered(link, 'enquire_link_resp').length === 1)
    const closed = session.close()
    stored.resolve(STATUS.ROK)
    await closed
    assert.deepEqual(
      link.seen.slice(-2).map(({ command }) => command),
      ['deliver_sm_resp', 'unbind'],
    )
  })

  it('answers what it cannot read or does not speak with a generic_nack, and goes on', async () => {
    const { session, link, oddities } = await openBound()
    const cut = encodePdu({ command: 'deliver_sm', sequence: 21, tlvs: knownTlvs({ messageState: 2 }) })
    cut.writeUInt16BE(200, cut.length - 3)
    const strange = encodePdu({ command: 'enquire_link', sequence: 22 })
    strange.writeUInt32BE(0x102, 4)
    const strangeResponse = encodePdu({ command: 'enquire_link_resp', sequence: 23 })
    strangeResponse.writeUInt32BE(0x8000_0102, 4)
    link.write(Buffer.concat([cut, strange, strangeResponse]))
    link.send({ command: 'submit_sm', sequence: 24 })
    await eventually('all are answered', () => answered(link, 'generic_nack').length === 3)
    assert.deepEqual(
      answered(link, 'generic_nack').map(({ sequence, status }) => [sequence, status]),
      [
        [21, STATUS.RINVOPTPARSTREAM],
        [22, STATUS.RINVCMDID],
        [24, STATUS.RINVCMDID],
      ],
    )
    assert.deepEqual(oddities, ['malformed', 'malformed', 'malformed'])
    assert.equal((await submit(session)).kind, 'answered')
  })

  it('takes a receipt with a TLV that nobody knows', async () => {
    const { link } = await openBound()
    link.send({ command: 'deliver_sm', sequence: 4, tlvs: [{ tag: 0x1400, value: Buffer.from('abc') }] })
    await eventually('it is answered', () => answered(link, 'deliver_sm_resp').length === 1)
  })

  it('reads an operator that writes one octet a segment, and one that writes five PDUs in one', async () => {
    const slowly: Script = (pdu, link, peer) => {
      const frames: Buffer[] = []
      goodOperator(pdu, { ...link, send: (pdu) => frames.push(encodePdu(pdu)) }, peer)
      for (const octet of Buffer.concat(frames)) link.write(Buffer.of(octet))
    }
    const { session, link } = await openBound({}, {}, slowly)
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => submit(session)))
    assert.ok(outcomes.every(({ kind }) => kind === 'answered'))
    const five = [1, 2, 3, 4, 5].map((sequence) => encodePdu({ command: 'deliver_sm', sequence }))
    link.write(Buffer.concat(five))
    await eventually('all five are answered', () => answered(link, 'deliver_sm_resp').length === 5)
  })

  it('closes at an HTTP server', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const { session } = open({}, { dial: () => dial(`smpp://127.0.0.1:${port}`) })
    assert.equal(await session.ended, 'not SMPP: a PDU of 1213486160 octets')
    server.close()
  })

  it('stops reading an operator that floods it and reads nothing itself, and gives up the link', async () => {
    const { session, link } = await openBound({ writeMs: 200 })
    link.socket.pause()
    const flood = Buffer.concat(
      Array.from({ length: 2_000 }, (_, at) => encodePdu({ command: 'enquire_link', sequence: at + 1 })),
    )
    const more = () => {
      while (link.socket.writable && link.socket.write(flood));
    }
    link.socket.on('drain', more)
    more()
    assert.equal(await session.ended, 'nothing could be written in time')
  })
})
