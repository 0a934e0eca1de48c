import { setTimeout as pause } from 'node:timers/promises'
import { ask } from '../clients/ask.ts'
import type { Asked } from '../clients/ask.ts'
import { noteAnswer } from '../clients/record.ts'
import type { ClientRecord } from '../clients/record.ts'
import type { KeyHolder } from '../clients/sendKeyed.ts'
import { ENDPOINT_CUSTOMERS, FEED_CUSTOMERS } from '../customers.ts'
import type { CreatedHook, CustomerEvents } from './customerEvents.ts'
import type { EndpointKind, Endpoints, Hook } from './endpointServer.ts'

/** Sent to an endpoint with a filter. */
const FILTER = ['message.delivered', 'message.undelivered']
/** Beside the good one that each customer has, in turn. */
const SECOND: readonly (EndpointKind | 'filtered')[] = ['flapping', 'filtered', 'dead', 'hanging']
/** Of messages whose customer has a secret for them, as every other one has. */
const CALLBACK_SHARE = 0.3
const FLAPPING_CALLBACK_SHARE = 0.3
const AGAIN_MS = 500

export interface SwitchingOn {
  /** Grows. */
  eventsOf: ReadonlyMap<number, CustomerEvents>
  stop(): Promise<void>
}

interface SwitchOptions {
  apiUrls: readonly string[]
  /** With a live key of each of the customers at least. */
  holders: readonly KeyHolder[]
  endpoints: Endpoints
  record: ClientRecord
}

/**
 * Has customers create endpoints, switch their feed on and get a secret for callbacks, each request until it is answered.
 * Only when no older program can come back, which appends no events.
 */
export function openEvents({ apiUrls, holders, endpoints, record }: SwitchOptions): SwitchingOn & {
  switchOn(): void
} {
  const eventsOf = new Map<number, CustomerEvents>()
  let isStopping = false
  const working: Promise<void>[] = []
  const insist: Insist = async ({ key }, method, path, bodyOf) => {
    for (let time = 0; !isStopping; time++) {
      const url = `${apiUrls[time % apiUrls.length]}${path}`
      const body = bodyOf(time)
      const asked = await ask(url, body, { method, headers: { 'x-api-key': key } })
      noteAnswer(record, `events: ${asked.label}`)
      if (asked.answered === 'accepted') return asked
      await pause(AGAIN_MS)
    }
    return undefined
  }
  const give = async (customer: number) => {
    const holder = await untilFound(() => holders.find((each) => each.customer === customer && !each.isTest))
    const given = holder && (await giveEvents({ insist, endpoints, holder }))
    if (given) eventsOf.set(customer, given)
  }
  const untilFound = async (find: () => KeyHolder | undefined) => {
    for (; !isStopping; await pause(AGAIN_MS)) {
      const found = find()
      if (found) return found
    }
    return undefined
  }
  return {
    eventsOf,
    switchOn: () => void working.push(...[...ENDPOINT_CUSTOMERS, ...FEED_CUSTOMERS].map(give)),
    stop: async () => {
      isStopping = true
      await Promise.all(working)
    },
  }
}

/** Asks again until it is accepted. @returns undefined: stopped. */
type Insist = (
  holder: KeyHolder,
  method: 'POST' | 'PATCH',
  path: string,
  bodyOf: (time: number) => Record<string, unknown> | undefined,
) => Promise<Asked | undefined>

interface Giving {
  insist: Insist
  endpoints: Endpoints
  holder: KeyHolder
}

/** @returns undefined: stopped in the middle. */
async function giveEvents(giving: Giving): Promise<CustomerEvents | undefined> {
  const { insist, endpoints, holder } = giving
  const { customer } = holder
  if (!(await insist(holder, 'PATCH', '/v1/events/settings', () => ({ feed: true })))) return undefined
  const place = ENDPOINT_CUSTOMERS.indexOf(customer)
  const callbacks = new Map<string, Hook>()
  if (place < 0) return { hooks: [], callbacks, drawCallback: () => undefined }
  const hooks: CreatedHook[] = []
  for (const kind of ['good', SECOND[place % SECOND.length] ?? 'good'] as const) {
    const created = await create(giving, kind)
    if (!created) return undefined
    hooks.push(created)
  }
  const secret =
    place % 2 === 0
      ? (await insist(holder, 'POST', '/v1/webhooks/callback-secret', () => undefined))?.body['secret']
      : undefined
  return {
    ...{ hooks, callbacks },
    drawCallback(random, mark) {
      if (typeof secret !== 'string' || random.share() >= CALLBACK_SHARE) return undefined
      const kind = random.share() < FLAPPING_CALLBACK_SHARE ? 'flapping' : 'good'
      const hook = endpoints.open(`/callback/${encodeURIComponent(mark)}`, kind)
      hook.trust(secret)
      callbacks.set(hook.url, hook)
      return hook.url
    },
  }
}

/** Each try has an address of its own: one whose answer was lost may have made an endpoint, of which no secret is known. */
async function create(
  { insist, endpoints, holder }: Giving,
  kind: EndpointKind | 'filtered',
): Promise<CreatedHook | undefined> {
  const types = kind === 'filtered' ? FILTER : null
  let hook: Hook | undefined
  const asked = await insist(holder, 'POST', '/v1/webhooks', (time) => {
    hook = endpoints.open(`/${kind}/${holder.customer}.${time}`, kind === 'filtered' ? 'good' : kind)
    return { url: hook.url, ...(types && { events: types }) }
  })
  if (!hook || !asked) return undefined
  const { id, secret, position } = asked.body as { id: string; secret: string; position: number }
  hook.trust(secret)
  return { hook, types, endpointId: id, position }
}
