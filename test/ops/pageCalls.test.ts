import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { carryOutNext } from '../../src/ops/actions/carryOutNext.ts'
import type { Performers } from '../../src/ops/actions/carryOutNext.ts'
import { carryOut } from '../../src/ops/page/actions.js'
import { newKey, post, signIn } from '../../src/ops/page/api.js'
import { newCustomer } from '../accounts/arrangeAccounts.ts'
import { balanceOf, look } from '../support/arrange.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { ADMIN_KEY } from './signIn.ts'

describe('what the operations page asks a server for', () => {
  const { fetch } = globalThis
  let engine: TestEngine
  let cookie: string | undefined
  let losesAnswers = false
  before(async () => {
    // Without a relay, an action waits for the test to carry it out.
    engine = await startTestEngine({ env: { ADMIN_API_KEY: ADMIN_KEY, ROLE: 'api' } })
    globalThis.fetch = asBrowser
    await signIn(ADMIN_KEY)
  })
  after(async () => {
    globalThis.fetch = fetch
    await engine.stop()
  })
  afterEach(() => void (losesAnswers = false))

  /** Paths are of the page's own server, which gave it a cookie. */
  async function asBrowser(path: unknown, init: RequestInit = {}): Promise<Response> {
    assert.equal(typeof path, 'string')
    const headers = { ...(init.headers as Record<string, string>), ...(cookie && { cookie }) }
    const response = await fetch(engine.url + String(path), { ...init, headers })
    cookie ??= response.headers.get('set-cookie')?.split(';')[0]
    if (!losesAnswers) return response
    await response.text()
    throw new TypeError('fetch failed')
  }

  it('adds money once, however often its dialog is confirmed after a lost answer', async () => {
    const { userId, publicId } = await newCustomer(engine.db)
    const key = newKey()
    const add = (amount: number) =>
      post(`/v1/admin/customers/${publicId}/top-up`, { amount_cents: amount, description: 'invoice 17' }, key)
    losesAnswers = true
    await assert.rejects(add(500), /cannot be reached/)
    losesAnswers = false
    const { credit_cents: credit } = (await add(500)) as { credit_cents: number }
    assert.deepEqual([credit, await balanceOf(engine.db, userId)], [500, 500])
    await assert.rejects(add(700), 'another amount is not the same top-up')
    assert.equal(await balanceOf(engine.db, userId), 500)
    assert.notEqual(newKey(), key)
  })

  it('is one action, for which it waits again after it has waited in vain', async () => {
    const input = { user_id: 1, endpoint_id: '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f043' }
    const resume = () => carryOut('webhook.resume', input, 'it is back', 0)
    await assert.rejects(resume(), /No relay has carried it out yet/)
    await assert.rejects(resume(), /No relay has carried it out yet/)
    const count = () => look(engine.db, sql<{ n: number }>`SELECT COUNT(*) AS n FROM admin_actions`)
    assert.deepEqual(await count(), [{ n: 1 }])
    const performers = {
      'webhook.resume': () => Promise.resolve({ found: true }),
    } as unknown as Performers
    await carryOutNext({ db: engine.db, performers })
    assert.deepEqual(await resume(), { found: true })
    await assert.rejects(resume(), /No relay has carried it out yet/)
    assert.deepEqual(await count(), [{ n: 2 }])
  })

  it('is another action when the first is so old that no relay begins it, and for a list at once', async () => {
    const input = { user_id: 2, endpoint_id: '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f043' }
    const ask = (kind: string) => assert.rejects(carryOut(kind, input, 'why', 0), /No relay/)
    const countOf = async (kind: string) => {
      const counted = sql<{ n: number }>`SELECT COUNT(*) AS n FROM admin_actions
        WHERE kind = ${kind} AND state = 'requested'`
      return Number((await look(engine.db, counted))[0]?.n)
    }
    const before = await countOf('webhook.resume')
    await ask('webhook.resume')
    const now = performance.now.bind(performance)
    performance.now = () => now() + 10 * 60_000 + 1
    try {
      await ask('webhook.resume')
    } finally {
      performance.now = now
    }
    assert.equal(await countOf('webhook.resume'), before + 2)
    const list = () =>
      assert.rejects(carryOut('dead_letters.list', { class: 'normal' }, undefined, 0), /No relay/)
    await list()
    await list()
    assert.equal(await countOf('dead_letters.list'), 2)
  })
})
