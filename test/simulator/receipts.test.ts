import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { GOOD_BEHAVIOUR } from '../../simulator/behaviour.ts'
import { SimulatedOperator } from '../../simulator/operator.ts'
import { seededRandom } from '../../simulator/random.ts'
import { drawReceipts, recode } from '../../simulator/receipts/drawReceipts.ts'
import type { ReceiptBehaviour, WireReceipt } from '../../simulator/receipts/drawReceipts.ts'
import { ReceiptSender } from '../../simulator/receipts/receiptSender.ts'
import { eventually } from '../support/eventually.ts'
import { message } from '../operators/messages.ts'

const MESSAGE = { reference: 'r:1', messageId: 'a000beef' }

describe('the receipts of a simulated operator', () => {
  const draw = (behaviour: Partial<ReceiptBehaviour>, seed = 7) =>
    drawReceipts({ ...GOOD_BEHAVIOUR, ...behaviour }, MESSAGE, seededRandom(seed), 0)
  const statuses = (behaviour: Partial<ReceiptBehaviour>) =>
    draw(behaviour).receipts.map(({ receipt }) => receipt.status)

  it('say that a message was delivered, once and after a while', () => {
    const { receipts, truth } = draw({ receiptDelay: { minMs: 100, maxMs: 200 } })
    assert.deepEqual(
      [receipts.map(({ receipt }) => [receipt.reference, receipt.status]), truth],
      [[['r:1', 'delivered']], 'delivered'],
    )
    const [{ afterMs } = { afterMs: 0 }] = receipts
    assert.ok(afterMs >= 100 && afterMs <= 200)
  })

  it('are lost, early, repeated, contradicted, of strangers or in another notation as they are told', () => {
    assert.deepEqual([draw({ receiptRate: 0 }).receipts, draw({ receiptRate: 0 }).truth], [[], null])
    assert.equal(draw({ receiptEarlyRate: 1 }).receipts[0]?.afterMs, 0)
    assert.deepEqual(statuses({ receiptRepeatRate: 1 }), ['delivered', 'delivered', 'delivered'])
    assert.deepEqual(statuses({ receiptContradictRate: 1 }), ['delivered', 'undelivered'])
    assert.deepEqual(statuses({ receiptIntermediateRate: 1 }), ['enroute', 'delivered'])
    const { receipts } = draw({ receiptUnknownRate: 1 })
    assert.deepEqual(
      receipts.map(({ receipt }) => receipt.reference),
      ['xr:1', 'r:1'],
    )
    const [recoded] = draw({ receiptBy: 'message_id', receiptRecodedRate: 1 }).receipts
    assert.deepEqual([recoded?.receipt.reference, recoded?.receipt.message_id], [undefined, '2684403439'])
    const failed = draw({ undeliveredRate: 1, undeliveredCode: '27' })
    assert.deepEqual([failed.truth, failed.receipts[0]?.receipt.error_code], ['undelivered', '27'])
    assert.deepEqual([recode('A-1z'), recode('A-1')], ['A-1Z', 'a-1'])
  })

  it('do not shift the chances of calls, and the record says what is true', () => {
    const sent: WireReceipt[] = []
    const behave = (operator: SimulatedOperator) =>
      operator.behave(operator.behaviour, { rejectRate: 0.5, receiptRate: 0.5, undeliveredRate: 0.5 })
    const [silent, reporting] = [
      new SimulatedOperator('sim', 7, 100),
      new SimulatedOperator('sim', 7, 100, { sendReceipt: (receipt) => sent.push(receipt) }),
    ]
    for (const operator of [silent, reporting]) {
      behave(operator)
      for (let no = 0; no < 50; no++) operator.react([{ ...message(), reference: `r:${no}` }])
    }
    const results = (operator: SimulatedOperator) =>
      Array.from({ length: 50 }, (_, no) => operator.record.get(`r:${no}`)?.lastResult)
    assert.deepEqual(results(silent), results(reporting))
    for (const { reference = '', status } of sent)
      assert.equal(reporting.record.get(reference)?.receipt, status)
    const known = Array.from({ length: 50 }, (_, no) => reporting.record.get(`r:${no}`)?.receipt).filter(
      Boolean,
    )
    assert.equal(known.length, sent.length)
  })

  it('are recorded of each taking, each word once, and the first one by itself', () => {
    const operator = new SimulatedOperator('sim', 7, 100, { sendReceipt: () => {} })
    const take = (undeliveredRate: number) => {
      operator.behave(operator.behaviour, { undeliveredRate })
      operator.react([{ ...message(), reference: 'r:1' }])
      const { receipt, receipts } = operator.record.get('r:1') ?? {}
      return [receipt, receipts]
    }
    assert.deepEqual(take(0), ['delivered', ['delivered']])
    assert.deepEqual(take(0), ['delivered', ['delivered']])
    assert.deepEqual(take(1), ['delivered', ['delivered', 'undelivered']])
  })

  it('are sent with the secret, each until it is stored', async () => {
    const got: WireReceipt[][] = []
    let refusals = 1
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        const isRefused = refusals-- > 0
        assert.equal(request.headers.authorization, 'Bearer secret')
        if (!isRefused) got.push(JSON.parse(body) as WireReceipt[])
        response.writeHead(isRefused ? 503 : 200).end()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const sender = new ReceiptSender({ url: `http://127.0.0.1:${port}/`, secret: 'secret' })
    for (const reference of ['1', '2'])
      sender.add({ reference, status: 'delivered', done_at: new Date(0).toISOString() }, 0)
    await eventually('they are stored', () => Promise.resolve(sender.counts.stored === 2))
    assert.deepEqual(
      got.flat().map(({ reference }) => reference),
      ['1', '2'],
    )
    assert.deepEqual(sender.counts, { stored: 2, repeatedRequests: 1, waiting: 0, dropped: 0 })
    await sender.close()
    server.close()
  })
})
