import assert from 'node:assert/strict'
import { connect } from 'amqplib'
import { sql } from 'kysely'
import type { Browser, Route } from 'playwright-core'
import type { Program } from '../../dev/stack/programs.ts'
import { encodeEnvelope, queuesOf } from '../../src/outbox/index.ts'
import type { RecipientRange } from '../../src/outbox/index.ts'
import { CAME_FROM_HEADER, REASON_HEADER } from '../../src/platform/broker/index.ts'
import { newCustomer } from '../accounts/arrangeAccounts.ts'
import { ADMIN_KEY } from '../ops/signIn.ts'
import { allServe, startSeveral } from '../journeys/severalProcesses.ts'
import { send } from '../support/api.ts'
import { fund, look, newIdOf } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'
import { offerLoad } from '../support/load.ts'
import type { LoadRecord } from '../support/load.ts'
import { insertRollups } from '../reports/rollups.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { freshSimulators } from '../support/simulators.ts'
import type { SimulatorProcess } from '../simulator/simulatorProcess.ts'
import { DESKTOP, openBrowser, openPage, PHONE } from './openBrowser.ts'
import type { WatchedPage } from './openBrowser.ts'

const NUMBER = '+989121112233'

describe('the operations page in a browser, with two API processes under load', function () {
  // Seconds on an idle machine.
  this.timeout(300_000)
  let stack: Stack
  let engine: Program
  let browser: Browser
  let desktop: WatchedPage
  let operatorA: SimulatorProcess
  let load: LoadRecord | undefined
  let userId: number
  let done: RecipientRange
  before(async function () {
    browser = await openBrowser(this)
    stack = await freshStack()
    ;[operatorA] = await freshSimulators()
    engine = await startSeveral(stack, { env: { ADMIN_API_KEY: ADMIN_KEY } })
    await allServe(engine)
    userId = (await newCustomer(stack.db, 'Example Ltd')).userId
    await fund(stack.db, userId, 10_000_000)
    load = offerLoad(engine.url, { customers: [userId], concurrency: 2, recipientsPerRequest: 3 })
    const sent = await send(engine.url, { customer_id: userId, recipients: [NUMBER] })
    done = { smsIdentifier: sent.sms_identifier, first: 1, last: 1, userId }
    desktop = await openPage(browser, engine.url)
  })
  afterEach(() => desktop.assertClean())
  after(async () => {
    await browser?.close()
    await load?.stop()
    await engine?.stop()
    await stack?.drop()
  })

  /** Fills in the dialog that is open. */
  const confirm = async (verb: string, reason?: string) => {
    const dialog = desktop.page.getByRole('dialog')
    await desktop.assertAccessible()
    if (reason !== undefined) await dialog.getByLabel('Reason').fill(reason)
    await dialog.getByRole('button', { name: verb, exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })
  }
  const goTo = async (name: string) => {
    await desktop.page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name }).click()
    await desktop.page.getByRole('heading', { level: 1, name }).waitFor({ state: 'attached' })
  }
  const operator = (name: string) => desktop.page.getByRole('article', { name: `Operator ${name}` })

  it('lets nobody in without the admin key, and whoever has it', async () => {
    const { page } = desktop
    await page.getByLabel('Admin key').fill('not the admin key, which has thirty-two characters')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').getByText('unknown, expired or revoked').waitFor()
    await desktop.assertAccessible()
    await desktop.picture('ops-sign-in')
    await page.getByLabel('Admin key').fill(ADMIN_KEY)
    await page.keyboard.press('Enter')
    await page.getByText('All well').waitFor()
  })

  it('shows what goes on, live', async () => {
    const { page } = desktop
    await page.getByText('Live', { exact: true }).waitFor()
    const shares = operator('operator-a').getByRole('img', { name: /% accepted/ })
    await shares.waitFor()
    await page.waitForFunction(() => document.querySelectorAll('.chart canvas').length === 3)
    await desktop.assertAccessible()
    assert.equal(await page.getByRole('table', { name: 'Processes' }).getByRole('row').count(), 4)
  })

  it('shows that an operator is down within seconds, and who paused it', async () => {
    const { page } = desktop
    await operatorA.admin.behave({ outage: 'http503' })
    await page.getByText(/operator-a: circuit breaker open for/).waitFor()
    await page.getByText('Look at this').waitFor()
    await desktop.assertAccessible()
    await desktop.picture('ops-problem')
    await goTo('Operators')
    await operator('operator-a')
      .getByText(/breaker open/)
      .first()
      .waitFor()
    await desktop.assertAccessible()
    await desktop.picture('ops-breaker-open')
    await operator('operator-a').getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('dialog').getByText('normal messages go to operator-b', { exact: false }).waitFor()
    await desktop.picture('ops-pause')
    await confirm('Pause', 'its maintenance until 10:00')
    await operator('operator-a').getByText('its maintenance until 10:00').waitFor()
    await operatorA.admin.behave({})
    await operator('operator-a').getByRole('button', { name: 'Resume' }).click()
    await confirm('Resume', 'it is back')
    await operator('operator-a').getByText('takes messages').first().waitFor()
    await operator('operator-a').getByRole('button', { name: 'Weight' }).click()
    await page.getByRole('dialog').getByLabel('Weight').fill('50')
    // What is typed stays while the page is drawn anew.
    await drawnAgain(page)
    assert.equal(await page.getByRole('dialog').getByLabel('Weight').inputValue(), '50')
    await confirm('Set the weight', 'half of the traffic')
    await operator('operator-a').getByText('weight 50').waitFor()
  })

  it('replays a dead letter', async () => {
    const { page } = desktop
    await deadLetter()
    await goTo('Waiting for you')
    await page.getByRole('heading', { name: '1 normal' }).waitFor()
    await page.getByRole('button', { name: 'Look at them' }).click()
    await page.getByRole('table', { name: 'Dead letters' }).waitFor()
    await page.getByRole('checkbox', { name: 'Choose all' }).first().check()
    await desktop.assertAccessible()
    await desktop.picture('ops-dead-letters')
    await page.getByRole('button', { name: 'Replay 1' }).click()
    await confirm('Replay', 'the fault is mended')
    await page.getByText('1 sent back to the queue.').waitFor()
    await page.getByRole('heading', { name: '1 normal' }).waitFor({ state: 'hidden' })
    await goTo('Log')
    const actions = page.getByRole('table', { name: 'Actions of relays' })
    await actions.getByText('the fault is mended').waitFor()
    await page.getByRole('table', { name: 'Changes' }).getByText('dead_letters.replay').waitFor()
    await desktop.assertAccessible()
  })

  it('finds a message by its number and shows its timeline', async () => {
    const { page } = desktop
    await goTo('Messages')
    await page.getByLabel('Identifier, number or reference').fill(NUMBER)
    // The only hit is opened if nothing is left to look through, for which one answer may not be enough under load.
    await eventually('everything was looked through', async () => {
      const [answer] = await Promise.all([
        page.waitForResponse(/\/ops\/api\/search\?/),
        page.getByRole('button', { name: 'Find' }).click(),
      ])
      return ((await answer.json()) as { next_from?: unknown }).next_from === null
    })
    await page.getByRole('heading', { name: /^Message 0/ }).waitFor()
    const steps = page.getByRole('listitem').filter({ hasText: /sent/ })
    await steps.first().waitFor()
    await page.getByText(NUMBER, { exact: true }).waitFor()
    await desktop.assertAccessible()
    await desktop.picture('ops-timeline')
  })

  it('creates a key and revokes it', async () => {
    const { page } = desktop
    await goTo('Customers')
    await page.getByRole('link', { name: 'Example Ltd' }).click()
    await page.getByRole('button', { name: 'Create a key' }).click()
    await page.getByRole('dialog').getByLabel('Name').fill('shop')
    await confirm('Create')
    const key = await page.locator('.secret code').textContent()
    const me = () => fetch(`${engine.url}/v1/me`, { headers: { 'x-api-key': String(key) } })
    assert.equal((await me()).status, 200)
    await desktop.assertAccessible()
    await page.getByRole('button', { name: 'Hide it' }).click()
    await desktop.picture('ops-customer')
    await page.getByRole('button', { name: 'Revoke the key shop' }).click()
    await confirm('Revoke')
    await page.getByRole('table', { name: 'Keys' }).getByText('revoked').waitFor()
  })

  it('adds money once, although its first answer was lost and it is confirmed again', async () => {
    // Of its own: the browser reports the lost answer.
    const { page } = await openPage(browser, engine.url)
    await page.getByLabel('Admin key').fill(ADMIN_KEY)
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'Customers' }).click()
    await page.getByRole('link', { name: 'Example Ltd' }).click()
    await page.getByRole('button', { name: 'Add money' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Amount').fill('500')
    await dialog.getByLabel('Description').fill('invoice 17')
    const loseAnswer = async (route: Route) => {
      await route.fetch()
      await route.abort()
    }
    await page.route('**/top-up', loseAnswer, { times: 1 })
    const add = dialog.getByRole('button', { name: 'Add', exact: true })
    await add.click()
    await dialog.getByRole('alert').getByText('cannot be reached').waitFor()
    await add.click()
    await dialog.waitFor({ state: 'hidden' })
    const added = await look(
      stack.db,
      sql<{ amount: number }>`SELECT amount FROM user_transactions
        WHERE user_id = ${userId} AND description = 'invoice 17'`,
    )
    assert.deepEqual(added, [{ amount: 500 }])
    await page.context().close()
  })

  it('reports what was sent, what became of it and what it cost', async () => {
    const { page } = desktop
    await reportSome()
    await goTo('Reports')
    await page.waitForFunction(() => document.querySelectorAll('.chart canvas').length === 5)
    const customers = page.getByRole('table', { name: 'Customers with the most messages' })
    await customers.getByRole('link', { name: 'Example Ltd' }).waitFor()
    await page.getByLabel('Range').selectOption('Last 7 days')
    await page.getByLabel('Granularity').selectOption('by hour')
    await page.getByText('The numbers of Messages by status').click()
    const numbers = page.getByRole('table', { name: 'Messages by status' })
    await numbers.getByRole('row').nth(168).waitFor()
    await desktop.assertAccessible()
    await page.getByText('The numbers of Messages by status').click()
    await desktop.picture('ops-reports')
    await customers.getByRole('link', { name: 'Example Ltd' }).click()
    await page.getByText('Of Example Ltd alone').waitFor()
    await page.getByRole('table', { name: 'Operators' }).getByText('operator-b').waitFor()
    await page.getByLabel('Granularity').selectOption('by day')
    await page.waitForFunction(() => document.querySelectorAll('.chart canvas').length === 5)
    await desktop.assertAccessible()
  })

  it('is worked with the keyboard alone', async () => {
    const { page } = desktop
    await page.goto(`${engine.url}/ops#/operators`)
    await page.reload()
    await operator('operator-b').waitFor()
    await page.keyboard.press('Tab')
    assert.equal(await focused(page), 'Skip to the content')
    await page.keyboard.press('Enter')
    const pause = operator('operator-b').getByRole('button', { name: 'Pause' })
    for (
      let steps = 0;
      steps < 30 && !(await pause.evaluate((button) => button === document.activeElement));
      steps++
    )
      await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    assert.match(await focused(page), /^Pause/)
  })

  it('is right on a phone, and in the dark', async () => {
    for (const [name, viewport, colorScheme] of [
      ['ops-overview', DESKTOP, 'light'],
      ['ops-phone', PHONE, 'light'],
      ['ops-phone-dark', PHONE, 'dark'],
      ['ops-dark', DESKTOP, 'dark'],
    ] as const) {
      const watched = await openPage(browser, engine.url, { viewport, colorScheme })
      const { page } = watched
      await page.getByLabel('Admin key').fill(ADMIN_KEY)
      await page.keyboard.press('Enter')
      await page.getByRole('img', { name: /Results at operator-a/ }).waitFor()
      for (const view of ['overview', 'operators', 'attention', 'customers', 'reports', 'log', 'messages']) {
        await page.goto(`${engine.url}/ops#/${view}`)
        await page.getByRole('heading', { level: 1 }).waitFor({ state: 'attached' })
        await watched.assertAccessible()
        const width = await page.evaluate(() => document.documentElement.scrollWidth)
        assert.ok(width <= viewport.width, `${view} is ${width} wide`)
      }
      await page.goto(`${engine.url}/ops#/overview`)
      await page.getByRole('img', { name: /Results at operator-a/ }).waitFor()
      await watched.picture(name)
      watched.assertClean()
      await page.context().close()
    }
  })

  it('signs out', async () => {
    await desktop.page.getByRole('button', { name: 'Sign out' }).click()
    await desktop.page.getByLabel('Admin key').waitFor()
    assert.ok((load?.accepted.length ?? 0) > 10)
  })

  /** A week of a shop, as the fold would have counted it. */
  async function reportSome(): Promise<void> {
    const HOUR_MS = 3_600_000
    const counted = Array.from({ length: 7 * 24 }, (_, hour) => {
      const at = new Date(Date.now() - (hour + 1) * HOUR_MS)
      const messages = Math.round(400 + 350 * Math.sin(((at.getUTCHours() - 9) / 24) * 2 * Math.PI))
      const row = { userId, at: at.toISOString() }
      const latencies = { handoverMs: [120, 180, 400, 900], deliveryMs: [2_000, 4_000, 9_000] }
      return [
        { ...row, ...latencies, messages, charged: messages * 5 },
        {
          ...row,
          result: 'undelivered' as const,
          operator: 'operator-b',
          messages: Math.round(messages / 20),
        },
        { ...row, result: 'failed' as const, operator: '', messages: hour % 50 === 7 ? 90 : 4, refunded: 20 },
      ]
    })
    await insertRollups(stack.db, counted.flat(), new Date().toISOString())
  }

  /** A message that was done meanwhile, dead-lettered by a program that could not read it: this one can. */
  async function deadLetter(): Promise<void> {
    const { queue, deadLetterQueue } = queuesOf(stack.queues).normal
    const body = encodeEnvelope({ outboxId: newIdOf(stack.db)(), type: 'normal', ranges: [done] })
    const headers = { [REASON_HEADER]: 'version: expected 1', [CAME_FROM_HEADER]: queue }
    const connection = await connect(stack.amqpUrl)
    const channel = await connection.createConfirmChannel()
    channel.sendToQueue(deadLetterQueue, body, { persistent: true, headers })
    await channel.waitForConfirms()
    await connection.close()
  }
})

/** Twice, because the first time may have begun before. */
async function drawnAgain(page: WatchedPage['page']): Promise<void> {
  for (let times = 0; times < 2; times++)
    await page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          const observer = new MutationObserver(() => {
            observer.disconnect()
            resolve()
          })
          const operators = document.querySelector('.operators') as Element
          observer.observe(operators, {
            subtree: true,
            childList: true,
            characterData: true,
            attributes: true,
          })
        }),
    )
}

function focused(page: WatchedPage['page']): Promise<string> {
  return page.evaluate(() => document.activeElement?.textContent?.trim() ?? '')
}
