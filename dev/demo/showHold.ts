import type { SimulatorAdmin } from '../../simulator/client.ts'
import { waitUntil } from '../processes/waitUntil.ts'
import type { DemoApi } from './api.ts'
import { callerOf } from './call.ts'
import { expect } from './expect.ts'
import type { Page } from './page.ts'

/** What seed 001's hold, capture and release are shown with. */
export interface HoldStage {
  api: DemoApi
  engineUrl: string
  adminKey: string
  /** The operator that sends receipts. */
  c: SimulatorAdmin
  /** A number that it takes, and one that every operator rejects. */
  numbers: { taken: string; rejected: string }
}

interface Me {
  credit_cents: number
  held_cents: number
}
interface State {
  status: string
  money: string
  cost_cents: number
  returned_cents: number
}

const CREDIT = 1_000
const PRICE = 5
/** Long enough to read the account while the price is held. */
const LATENCY_MS = 2_000
const TIMEOUT_MS = 30_000

/** A customer whose tariff captures the price at the delivery sends a message that is delivered, and one that fails. */
export async function showHold(stage: HoldStage, page: Page): Promise<void> {
  page.step('Credits that are held, captured at the delivery, or released (the data flow of seed 001)')
  const { get, post } = await openCustomer(stage, page)
  const readMe = () => get<Me>('/v1/me')
  await stage.c.change({ latency: { kind: 'fixed', ms: LATENCY_MS } })
  const send = async (to: string) => {
    const { body, request, answer } = await post<{ message_id: string }>('/v1/messages', { to, text: 'hi' })
    page.exchange(request, answer)
    return body.message_id
  }
  const awaitStatus = async (id: string, wanted: string): Promise<State> => {
    const state = await waitUntil(
      async () => {
        const found = await get<State>(`/v1/messages/${id}`)
        return found.status === wanted && found
      },
      { what: `the message to be ${wanted}`, timeoutMs: TIMEOUT_MS },
    )
    const { status, money, cost_cents, returned_cents } = state
    page.exchange(
      `GET /v1/messages/${id}`,
      `200 ${JSON.stringify({ status, money, cost_cents, returned_cents })}, among others`,
    )
    return state
  }

  const delivered = await send(stage.numbers.taken)
  say(page, 'held', await readMe(), { credit_cents: CREDIT - PRICE, held_cents: PRICE })
  expect((await awaitStatus(delivered, 'DELIVERED')).money === 'captured', 'the price was not captured')
  say(page, 'captured', await readMe(), { credit_cents: CREDIT - PRICE, held_cents: 0 })

  const failed = await send(stage.numbers.rejected)
  expect((await awaitStatus(failed, 'FAILED_PERM')).money === 'released', 'the price was not released')
  say(page, 'released', await readMe(), { credit_cents: CREDIT - PRICE, held_cents: 0 })
}

function say(page: Page, word: string, { credit_cents, held_cents }: Me, wanted: Me): void {
  page.say(`${word.padEnd(8)}  GET /v1/me: credit_cents ${credit_cents}, held_cents ${held_cents}`)
  const isRight = credit_cents === wanted.credit_cents && held_cents === wanted.held_cents
  expect(isRight, `the price is not ${word}`)
}

async function openCustomer(stage: HoldStage, page: Page) {
  const { engineUrl, adminKey } = stage
  const admin = callerOf(engineUrl, { 'x-api-key': adminKey })
  const { body: customer } = await admin.post<{ id: string; user_id: number }>('/v1/admin/customers', {
    name: 'Demonstration of holds',
  })
  await stage.api.topUp(customer.user_id, CREDIT)
  const tariff = { customer: customer.id, per: 'part', price: PRICE, charging: 'delivery' }
  const { request, answer } = await admin.post('/v1/admin/tariffs', tariff)
  page.exchange(request, answer)
  const { body: created } = await admin.post<{ key: string }>(`/v1/admin/customers/${customer.id}/keys`, {
    ...{ name: 'demonstration', scopes: ['send', 'read'] },
  })
  const caller = callerOf(engineUrl, { 'x-api-key': created.key })
  // A new tariff is in effect within a second.
  const quote = { to: stage.numbers.taken, text: 'hi' }
  await waitUntil(
    async () => (await caller.post<{ cost: number }>('/v1/messages/quote', quote)).body.cost === PRICE,
    { what: 'the new tariff to be in effect', timeoutMs: TIMEOUT_MS },
  )
  return caller
}
