import assert from 'node:assert/strict'
import type { CallResult, OperatorAdapter, Submission } from '../../src/operators/contract.ts'
import { smppAdapter } from '../../src/operators/smpp/adapter.ts'
import type { SmppInput } from '../../src/operators/smpp/config.ts'
import { readReceipt } from '../../src/operators/smpp/receipts/readReceipt.ts'
import { SMPP_RECEIPT_FORMATS } from '../../simulator/behaviour.ts'
import { smppReference } from '../../simulator/smpp/references.ts'
import { message } from '../operators/messages.ts'
import { smppOf } from '../operators/smpp/smppOf.ts'
import { eventually } from '../support/eventually.ts'
import { spawnSimulator } from './simulatorProcess.ts'
import type { SimulatorProcess } from './simulatorProcess.ts'
import { connectSmpp } from './smppClient.ts'

const TIMEOUT_MS = 20_000
const AT_ONCE = { receiptDelay: { minMs: 1, maxMs: 1 } }
const PERSIAN_OF_TWO_PARTS = 'خبر '.repeat(25)

describe('the receipts of the simulator over SMPP', () => {
  let simulator: SimulatorProcess
  const adapters: OperatorAdapter[] = []
  /** What was stored, in order. */
  const receipts: { id: string; verdict: string | null; code: string | null; doneAt: Date | null }[] = []
  before(async () => {
    simulator = await spawnSimulator({ NAME: 'sim', SEED: '7', SMPP_PORT: '0' })
  })
  after(() => simulator.stop())
  beforeEach(async () => {
    receipts.length = 0
    await simulator.admin.behave(AT_ONCE)
    await simulator.admin.forget()
  })
  afterEach(() => Promise.all(adapters.splice(0).map((adapter) => adapter.close())))

  /** `refusals`: so many times nothing can be stored at first. */
  const adapt = (input: Partial<SmppInput> = {}, refusals = 0) => {
    const adapter = smppAdapter(smppOf({ url: simulator.smppUrl, ...input }))
    adapters.push(adapter)
    adapter.receipts?.((raw) => {
      if (refusals-- > 0) return Promise.reject(new Error('no database'))
      const read = readReceipt(raw, { timeZone: 'UTC' })
      if ('fault' in read) throw new Error(read.fault)
      for (const { operatorMessageId: id, verdict, code, doneAt } of read.receipts)
        receipts.push({ id, verdict, code, doneAt })
      return Promise.resolve()
    })
    return adapter
  }
  const idsOf = (result: CallResult): (string | null)[] => {
    const [one] = result.kind === 'answered' ? result.results : []
    assert.equal(one?.kind, 'accepted', JSON.stringify(result))
    return one?.kind === 'accepted' ? [...(one.partIds ?? [one.operatorMessageId])] : []
  }
  const come = (count: number) => eventually('they have come', () => receipts.length >= count)
  const toldOf = async ({ to, text }: Submission) =>
    (await simulator.admin.submission(smppReference(to, text))).receipt
  /** Submits one message with this behaviour; resolves when as many receipts have come. */
  const submitWith = async (
    behaviour: Parameters<typeof simulator.admin.behave>[0],
    count: number,
    submission = message(),
  ) => {
    await simulator.admin.behave({ ...AT_ONCE, ...behaviour })
    const ids = idsOf(await adapt().submit([submission], TIMEOUT_MS))
    await come(count)
    return ids
  }
  const stored = async () => (await simulator.admin.summary()).smpp?.receipts ?? assert.fail()

  for (const smppReceiptFormat of SMPP_RECEIPT_FORMATS)
    it(`are read in the format ${smppReceiptFormat}, one for each part`, async () => {
      const submission = message(PERSIAN_OF_TWO_PARTS)
      const sinceMs = Date.now()
      const ids = await submitWith({ smppReceiptFormat }, 2, submission)
      assert.equal(ids.length, 2)
      assert.deepEqual(new Set(receipts.map(({ id }) => id)), new Set(ids))
      for (const { verdict, doneAt } of receipts) {
        assert.equal(verdict, 'delivered')
        // To the minute or to the second; parameters have no date.
        if (smppReceiptFormat === 'parameters') assert.equal(doneAt, null)
        else assert.ok(Math.abs((doneAt?.getTime() ?? 0) - sinceMs) < 120_000, doneAt?.toISOString())
      }
      assert.equal(await toldOf(submission), 'delivered')
    })

  it('say what was not delivered, and why', async () => {
    for (const smppReceiptFormat of ['text', 'parameters'] as const) {
      const submission = message(smppReceiptFormat)
      receipts.length = 0
      const [id = ''] = await submitWith(
        { undeliveredRate: 1, undeliveredCode: '27', smppReceiptFormat },
        1,
        submission,
      )
      assert.deepEqual([receipts[0]?.id, receipts[0]?.verdict, receipts[0]?.code], [id, 'undelivered', '27'])
      assert.equal(await toldOf(submission), 'undelivered')
    }
  })

  it('are lost, repeated, contradicted, preceded and of strangers as they are told', async () => {
    const [id = ''] = await submitWith({ receiptRepeatRate: 1 }, 3)
    assert.ok(receipts.every((each) => each.id === id && each.verdict === 'delivered'))
    receipts.length = 0
    await submitWith({ receiptIntermediateRate: 1 }, 2)
    assert.deepEqual(new Set(receipts.map(({ verdict }) => verdict)), new Set([null, 'delivered']))
    receipts.length = 0
    const [own = ''] = await submitWith({ receiptUnknownRate: 1 }, 2)
    assert.deepEqual(new Set(receipts.map((each) => each.id)), new Set([own, `${own}?`]))
    receipts.length = 0
    const lost = message('lost')
    await submitWith({ receiptRate: 0 }, 0, lost)
    assert.equal(await toldOf(lost), null)
    assert.equal((await stored()).waiting, 0)
  })

  it('name the identifier in another notation', async () => {
    const recoded = async (receiptRecoding: 'notation' | 'leading-zeros' | 'case') => {
      receipts.length = 0
      const [id = ''] = await submitWith(
        { messageIds: 'hexadecimal', receiptRecodedRate: 1, receiptRecoding },
        1,
      )
      return [receipts[0]?.id, id] as const
    }
    const [decimal, hexadecimal] = await recoded('notation')
    assert.equal(decimal, String(BigInt(`0x${hexadecimal}`)))
    const [padded, plain] = await recoded('leading-zeros')
    assert.equal(padded, `00${plain}`)
    const [upper, lower] = await recoded('case')
    assert.equal(upper, lower?.toUpperCase())
  })

  it('may come before the response to the submit_sm', async () => {
    await simulator.admin.behave({ receiptEarlyRate: 1, latency: { kind: 'fixed', ms: 3_000 } })
    let isAnswered = false
    const call = adapt().submit([message()], TIMEOUT_MS)
    void call.then(() => (isAnswered = true))
    await come(1)
    assert.equal(isAnswered, false)
    assert.deepEqual(idsOf(await call), [receipts[0]?.id])
  })

  it('are sent again after an error', async () => {
    idsOf(await adapt({}, 2).submit([message()], TIMEOUT_MS))
    await come(1)
    await eventually('it is answered', async () => (await stored()).stored === 1)
    const { repeatedRequests, waiting } = await stored()
    assert.deepEqual([repeatedRequests, waiting, receipts.length], [2, 0, 1])
  })

  it('are sent again when no answer comes, and when the link ends', async () => {
    await simulator.admin.behave({ ...AT_ONCE, smppReceiptAnswerMs: 50 })
    const silent = await connectSmpp(simulator.smppUrl)
    await silent.ask({ command: 'bind_transceiver', systemId: 'chapar' })
    await silent.ask({
      ...{ command: 'submit_sm', destinationAddr: '989120000000', registeredDelivery: 1 },
      shortMessage: Buffer.from('hello'),
    })
    await eventually('it has come twice', () => silent.requests.length >= 2)
    assert.ok(silent.requests.every(({ command }) => command === 'deliver_sm'))
    silent.close()
    adapt()
    await come(1)
    assert.equal(receipts[0]?.verdict, 'delivered')
  })

  it('come over receivers, and only if they are wanted', async () => {
    const binds = { transmitters: 1, receivers: 1 }
    const wanted = adapt({ binds })
    const [id = ''] = idsOf(await wanted.submit([message('all')], TIMEOUT_MS))
    await come(1)
    const failures = adapt({ binds, registered_delivery: 'failures' })
    const unwanted = [message('delivered'), message('none')]
    await failures.submit(unwanted.slice(0, 1), TIMEOUT_MS)
    await adapt({ binds, registered_delivery: 'none' }).submit(unwanted.slice(1), TIMEOUT_MS)
    for (const submission of unwanted) assert.equal(await toldOf(submission), null)
    await simulator.admin.behave({ ...AT_ONCE, undeliveredRate: 1 })
    const [failed = ''] = idsOf(await failures.submit([message('undelivered')], TIMEOUT_MS))
    await come(2)
    assert.deepEqual(
      receipts.map((each) => [each.id, each.verdict]),
      [
        [id, 'delivered'],
        [failed, 'undelivered'],
      ],
    )
  })
})
