import assert from 'node:assert/strict'
import { audit } from '../../src/audit/index.ts'
import { balanceOf, post, recipients, topUp, untilDecided } from '../support/api.ts'
import { drain } from '../support/engine.ts'
import { startEngineProcess } from '../support/engineProcess.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { freshSimulators } from '../support/simulators.ts'

const CUSTOMERS = [1, 2, 3, 4]
const BALANCE = 150
const ATTEMPTS = 120

describe('two processes that spend the same balances', () => {
  let stack: Stack
  let urls: string[]
  let stop: () => Promise<unknown>
  before(async () => {
    stack = await freshStack()
    // A number that another file has the operators reject would be refunded, and spent a second time.
    await freshSimulators()
    // Lanes that do not match: each customer's requests meet in transactions of different company.
    const processes = await Promise.all([
      startEngineProcess(stack, { env: { ACCEPT_LANES: '1' } }),
      startEngineProcess(stack, { env: { ACCEPT_LANES: '3' } }),
    ])
    urls = processes.map(({ url }) => url)
    stop = () => Promise.all(processes.map((each) => each.stop()))
  })
  after(async () => {
    await stop()
    await stack.drop()
  })

  const offer = (url: string, body: object) => untilDecided(() => post(url, '/sms/send', body))

  it('spend each to exactly zero, whatever the lanes', async () => {
    const [url = ''] = urls
    for (const customer of CUSTOMERS) await topUp(url, customer, BALANCE)
    const answers = await Promise.all(
      Array.from({ length: ATTEMPTS * CUSTOMERS.length }, async (_, index) => {
        const customer = CUSTOMERS[index % CUSTOMERS.length] ?? 0
        const to = recipients(1 + (index % 3))
        const body = { customer_id: customer, text: 'hi', recipients: to, type: 'normal' }
        const { status } = await offer(urls[index % 7 < 3 ? 0 : 1] ?? '', body)
        return { customer, status, cost: to.length }
      }),
    )
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200, 402]))
    for (const customer of CUSTOMERS) {
      const spent = answers
        .filter((answer) => answer.customer === customer && answer.status === 200)
        .reduce((sum, { cost }) => sum + cost, 0)
      assert.equal(await balanceOf(url, customer), BALANCE - spent)
      // What is left would not have covered any that was refused; one at a time it goes as well.
      for (let left = BALANCE - spent; left > 0; left--) {
        const body = { customer_id: customer, text: 'hi', recipients: recipients(1), type: 'normal' }
        assert.equal((await offer(url, body)).status, 200)
      }
      const body = { customer_id: customer, text: 'hi', recipients: recipients(1), type: 'normal' }
      assert.equal((await offer(url, body)).status, 402)
      assert.equal(await balanceOf(url, customer), 0)
    }
    await drain(stack.db)
    assert.deepEqual((await audit(stack.db)).violations, [])
  })
})
