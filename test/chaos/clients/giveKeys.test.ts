import assert from 'node:assert/strict'
import { startGivingKeys } from '../../../chaos/clients/giveKeys.ts'
import { openRecord } from '../../../chaos/clients/record.ts'
import type { Sent } from '../../../chaos/clients/record.ts'
import { sendKeyed } from '../../../chaos/clients/sendKeyed.ts'
import { TEST_KEY_CUSTOMERS } from '../../../chaos/customers.ts'
import { compareClients } from '../../../chaos/proof/compareClients.ts'
import { compareModes } from '../../../chaos/proof/compareModes.ts'
import { openRandom } from '../../../chaos/random.ts'
import { topUp } from '../../support/api.ts'
import { startTestEngine } from '../../support/engine.ts'
import type { TestEngine } from '../../support/engine.ts'
import { spawnSimulator } from '../../simulator/simulatorProcess.ts'
import type { SimulatorProcess } from '../../simulator/simulatorProcess.ts'

const [CUSTOMER = 0] = TEST_KEY_CUSTOMERS

describe('keys of both modes', () => {
  let ofTestKeys: SimulatorProcess
  let engine: TestEngine
  before(async () => {
    ofTestKeys = await spawnSimulator({ PORT: '0', NAME: 'operator-test', SEED: '3' })
    engine = await startTestEngine({ env: { TEST_OPERATOR_URL: ofTestKeys.url } })
  })
  after(async () => {
    await engine.stop()
    await ofTestKeys.stop()
  })

  it('are given one after the other, and what each sends goes to an operator of its kind', async () => {
    await topUp(engine.url, CUSTOMER, 100)
    const keys = startGivingKeys(engine.db, [CUSTOMER], [engine.url])
    await keys.given
    assert.deepEqual(
      keys.holders.map(({ isTest }) => isTest),
      [false],
    )
    await keys.giveTestKeys([CUSTOMER])
    assert.deepEqual(
      keys.holders.map(({ customer, isTest }) => [customer, isTest]),
      [
        [CUSTOMER, false],
        [CUSTOMER, true],
      ],
    )
    const record = openRecord()
    for (const [index, holder] of keys.holders.entries()) {
      const sent: Sent = {
        ...{ mark: `m${index}`, customer: CUSTOMER, isTest: holder.isTest, type: 'express', recipients: 2 },
        ...{ firstNumber: 1, answered: 'unknown', label: '' },
      }
      const turn = { apiUrls: [engine.url], holder, random: openRandom(1), record }
      await sendKeyed(turn, sent, { words: 'hello', triesMax: 20 })
    }
    await engine.drain()
    assert.deepEqual(
      record.sent.map(({ cost }) => cost),
      [6, 0],
    )
    const { doubleCharges, lost } = await compareClients(engine.db, record)
    assert.deepEqual([...doubleCharges, ...lost], [])
    const live = [engine.operatorA.admin, engine.operatorB.admin]
    assert.deepEqual(await compareModes(engine.db, record.sent, { live, test: ofTestKeys.admin }), [])
    const swapped = await compareModes(engine.db, record.sent, {
      live: [ofTestKeys.admin],
      test: live[0] ?? ofTestKeys.admin,
    })
    assert.equal(swapped.length, 4)
    await keys.stop()
  })
})
