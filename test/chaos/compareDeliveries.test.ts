import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { compareDeliveries } from '../../chaos/proof/compareDeliveries.ts'
import type { Witness } from '../../chaos/proof/witness.ts'
import type { DeliveryStatus } from '../../db/schema.ts'
import { fund, look, sendOne } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

describe('delivery statuses compared with what the operators’ receipts say', () => {
  let stack: Stack
  let id: string
  beforeEach(async () => {
    stack = await freshStack()
    await fund(stack.db, 1, 1_000)
    id = await sendOne(stack.db, { userId: 1, to: 1, text: '[a] hello' })
  })
  afterEach(() => stack.drop())

  interface State {
    status?: string
    provider?: string
    delivery?: DeliveryStatus | null
    possiblySent?: boolean
  }
  const state = ({ status = 'done', provider = 'a', delivery = null, possiblySent = false }: State) =>
    look(
      stack.db,
      sql`UPDATE sms_status SET status = ${status}, provider = ${provider}, delivery_status = ${delivery},
        possibly_sent = ${possiblySent ? 1 : 0}`,
    )
  /** @param receipts what the final receipts of its takings say; undefined: it took nothing. */
  const operator = (
    name: string,
    receipts: DeliveryStatus[] | undefined,
    { isByIdentifier = false, isInParts = false } = {},
  ): Witness => ({
    ...{ name, isByIdentifier, inParts: new Set(isInParts ? [`${id}:1`] : []) },
    async *submissions() {
      const taken = receipts === undefined ? 0 : 1
      yield* await Promise.resolve([{ reference: `${id}:1`, taken, receipts: receipts ?? [] } as never])
    },
    summary: () => Promise.reject(new Error('it is not asked')),
  })
  const overSmpp = { isByIdentifier: true }
  const compare = (...witnesses: Witness[]) => compareDeliveries(stack.db, witnesses)
  const wrong = async (...witnesses: Witness[]) => (await compare(...witnesses)).wrong

  it('agree where each has its one receipt, or none was sent', async () => {
    await state({ delivery: 'undelivered' })
    const counts = { delivered: 0, undelivered: 1, undecided: 0 }
    assert.deepEqual(await compare(operator('a', ['undelivered'])), { wrong: [], unmarked: [], counts })
    await state({})
    assert.deepEqual(await wrong(operator('a', []), operator('b', undefined)), [])
  })

  it('find a receipt without an effect, and an effect without a receipt', async () => {
    await state({})
    assert.deepEqual(await wrong(operator('a', ['delivered'])), [
      `recipient ${id}:1: is done without a delivery status, and its receipts say delivered`,
    ])
    await state({ delivery: 'delivered' })
    assert.deepEqual(await wrong(operator('a', [])), [
      `recipient ${id}:1: is delivered, and its receipts say nothing`,
    ])
    assert.deepEqual(await wrong(operator('a', ['undelivered'])), [
      `recipient ${id}:1: is delivered, and its receipts say undelivered`,
    ])
  })

  it('find one in quarantine that a receipt proves to be sent', async () => {
    await state({ status: 'sending', provider: '', possiblySent: true })
    assert.match((await wrong(operator('a', ['delivered']))).join(), /: is sending without a delivery status/)
  })

  it('allow the receipt of either operator of a message that two may have', async () => {
    const both = [operator('a', ['delivered']), operator('b', ['undelivered'])]
    for (const delivery of ['delivered', 'undelivered'] as const) {
      await state({ delivery, possiblySent: true })
      assert.deepEqual(await wrong(...both), [])
    }
    // That another one than its operator did not deliver it says nothing.
    await state({ provider: 'a', possiblySent: true })
    assert.deepEqual(await wrong(operator('a', []), operator('b', ['undelivered'])), [])
  })

  it('ask for no effect on a message that was refunded', async () => {
    await state({ status: 'failed', possiblySent: true })
    assert.deepEqual(await wrong(operator('a', ['delivered'])), [])
  })

  it('decide nothing where the answer with the identifier may be lost, and else do', async () => {
    await state({ possiblySent: true })
    const taken = operator('c', ['delivered'], overSmpp)
    assert.deepEqual(await compare(taken), {
      ...{ wrong: [], unmarked: [], counts: { delivered: 0, undelivered: 0, undecided: 1 } },
    })
    assert.equal((await wrong(taken, operator('a', ['delivered']))).length, 1)
    await state({ provider: 'c' })
    assert.equal((await wrong(taken)).length, 1)
  })

  it('decide nothing of parts of several submissions, and else do', async () => {
    const inParts = operator('c', ['delivered'], { ...overSmpp, isInParts: true })
    await state({ provider: 'c', delivery: 'undelivered', possiblySent: true })
    assert.equal((await compare(inParts)).counts.undecided, 1)
    await state({ provider: 'c', delivery: 'undelivered' })
    assert.equal((await wrong(inParts)).length, 1)
  })

  it('find one of which a part was taken and that failed unmarked, or is cancelled', async () => {
    const part = operator('c', undefined, { ...overSmpp, isInParts: true })
    await state({ status: 'failed', provider: '' })
    assert.match((await compare(part)).unmarked.join(), /is failed and not marked/)
    await state({ status: 'failed', provider: '', possiblySent: true })
    assert.deepEqual((await compare(part)).unmarked, [])
    await state({ status: 'cancelled', provider: '' })
    assert.match((await compare(part)).unmarked.join(), /is cancelled, and a part/)
  })
})
