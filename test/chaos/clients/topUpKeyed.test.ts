import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { isPricedRightly } from '../../../chaos/clients/askQuote.ts'
import { startGivingKeys } from '../../../chaos/clients/giveKeys.ts'
import { openRecord } from '../../../chaos/clients/record.ts'
import type { ClientRecord, Sent } from '../../../chaos/clients/record.ts'
import { sendKeyed } from '../../../chaos/clients/sendKeyed.ts'
import type { KeyHolder, KeyedTurn } from '../../../chaos/clients/sendKeyed.ts'
import { topUpKeyed } from '../../../chaos/clients/topUpKeyed.ts'
import { KEY_CUSTOMERS, TARIFF_CUSTOMERS } from '../../../chaos/customers.ts'
import { compareClients } from '../../../chaos/proof/compareClients.ts'
import { compareRepeats } from '../../../chaos/proof/compareRepeats.ts'
import { openRandom } from '../../../chaos/random.ts'
import { ADMIN_KEY } from '../../../chaos/stage/adminKey.ts'
import { FIRST_DEAR_NUMBER } from '../../../chaos/tariffs.ts'
import { look } from '../../support/arrange.ts'
import { startTestEngine } from '../../support/engine.ts'
import type { TestEngine } from '../../support/engine.ts'

const [PLAIN = 0] = KEY_CUSTOMERS
const [, DEAR = 0] = TARIFF_CUSTOMERS

describe('clients with API keys and money', () => {
  let engine: TestEngine
  let plain: KeyHolder
  let dear: KeyHolder
  let record: ClientRecord
  beforeEach(async () => {
    engine = await startTestEngine({ env: { ADMIN_API_KEY: ADMIN_KEY } })
    const keys = startGivingKeys(engine.db, [PLAIN, DEAR], [engine.url])
    await keys.given
    const of = (customer: number) => keys.holders.find((each) => each.customer === customer)
    const [one, other] = [of(PLAIN), of(DEAR)]
    assert.ok(one && other)
    ;[plain, dear] = [one, other]
    record = openRecord()
  })
  afterEach(() => engine.stop())

  const turnOf = (holder: KeyHolder, seed = 1): KeyedTurn => ({
    ...{ apiUrls: [engine.url], holder, random: openRandom(seed), record },
  })
  const wrong = async () => {
    const { lost, doubleCharges, chargedThoughRefused, unrequested } = await compareClients(engine.db, record)
    return [lost, doubleCharges, chargedThoughRefused, unrequested, compareRepeats(record)].flat()
  }

  it('are topped up once under each key, however often they ask', async () => {
    await Promise.all(
      Array.from({ length: 12 }, (_, number) => topUpKeyed(turnOf(plain, number), `top-${number}`, 20)),
    )
    assert.deepEqual(await wrong(), [])
    const { toppedUp } = record
    assert.ok(toppedUp.every(({ answered, transactionId }) => answered === 'accepted' && transactionId))
    assert.ok((record.answers.get('top-up with key: 200 replayed') ?? 0) > 0)
    const [first] = toppedUp
    assert.ok(first)
    first.transactionId = '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f040'
    assert.deepEqual(await wrong(), [
      `top-up top-0 of customer ${PLAIN}: answered as 019bd5a1-4c2e-7f30-9a6b-2d8e5c71f040`,
    ])
  })

  it('are given away with tariffs when these are quoted, and are charged by them', async () => {
    assert.ok(await isPricedRightly(engine.url, dear))
    assert.ok(!(await isPricedRightly(engine.url, { ...plain, customer: DEAR })))
    await topUpKeyed(turnOf(dear), 'money', 20)
    await look(engine.db, sql`UPDATE user_balances SET balance = 1000 WHERE user_id = ${DEAR}`)
    const sent: Sent = {
      ...{ mark: 'dear', customer: DEAR, type: 'normal', recipients: 2, firstNumber: FIRST_DEAR_NUMBER - 1 },
      ...{ answered: 'unknown', label: '' },
    }
    await sendKeyed(turnOf(dear), sent, { words: 'a '.repeat(100), triesMax: 20, isSteady: true })
    // Two parts of 1 and of 6.
    assert.deepEqual([sent.parts, sent.cost], [2, 14])
    assert.deepEqual(await wrong(), [])
    await look(engine.db, sql`UPDATE sms_status SET price = 14 - price`)
    assert.match((await wrong()).join(), /^dear, request .*: not each recipient has its price$/)
  })
})
