import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { newCustomer, newKey } from '../accounts/arrangeAccounts.ts'
import { fund, look, sendOne } from '../support/arrange.ts'
import { call } from '../support/api.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { SCOPES } from '../../src/primitives/access.ts'
import { ADMIN_KEY, follow, signIn } from './signIn.ts'
import type { SignedIn } from './signIn.ts'

const READS = ['/ops/api/session', '/ops/api/live', '/ops/api/search?q=x', '/ops/api/quarantine']
const READS_TOO = ['/ops/api/webhooks', '/ops/api/actions', '/v1/admin/operators', '/v1/admin/customers']

describe('the operations page', () => {
  let engine: TestEngine
  before(async () => (engine = await startTestEngine({ env: { ADMIN_API_KEY: ADMIN_KEY } })))
  after(() => engine.stop())

  it('is its own files and those of packages, without code or style in the page, and loads nothing else', async () => {
    const page = await fetch(`${engine.url}/ops`)
    const text = await page.text()
    assert.match(String(page.headers.get('content-security-policy')), /default-src 'none'; script-src 'self'/)
    assert.doesNotMatch(String(page.headers.get('content-security-policy')), /unsafe|http|\*|data:/)
    assert.doesNotMatch(text, /<style|style=|onclick|<script(?![^>]* src=)/)
    const seen = new Set<string>()
    const load = async (path: string): Promise<void> => {
      if (seen.has(path)) return
      seen.add(path)
      const answer = await fetch(engine.url + path)
      assert.equal(answer.status, 200, path)
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
      const source = await answer.text()
      if (!path.endsWith('.js')) return
      for (const [, imported = ''] of source.matchAll(/(?:^|[;}\s])(?:import|from)\s*['"]([^'"]+)['"]/g)) {
        assert.match(imported, /^[./]/, `${path} imports ${imported}`)
        await load(new URL(imported, `http://x${path}`).pathname)
      }
    }
    const linked = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path)
    assert.ok(linked.length >= 3)
    for (const path of linked) await load(path)
    assert.ok(seen.has('/ops/packages/preact-hooks.js'))
    for (const path of ['/ops/page/index.html', '/ops/page/../routes/page.ts', '/ops/packages/express.js'])
      assert.equal((await fetch(engine.url + path)).status, 404, path)
  })

  it('shows nothing without the admin key: not to strangers, and not to customers', async () => {
    const { userId } = await newCustomer(engine.db)
    const { text: key } = await newKey(engine.db, userId, { scopes: SCOPES })
    for (const path of [...READS, ...READS_TOO]) {
      assert.equal((await call(engine.url, 'GET', path)).code, 'key_required', path)
      assert.equal((await call(engine.url, 'GET', path, { key })).code, 'admin_key_required', path)
    }
    for (const path of ['/ops/api/session', '/ops/api/actions', '/ops/api/quarantine/effect']) {
      assert.equal((await call(engine.url, 'POST', path, { body: {} })).code, 'key_required', path)
      assert.equal((await call(engine.url, 'POST', path, { key, body: {} })).code, 'admin_key_required', path)
    }
    assert.equal((await call(engine.url, 'POST', '/ops/api/session', { key: 'wrong' })).code, 'invalid_key')
  })

  it('signs in with the admin key, by a cookie that scripts and other sites do not get', async () => {
    const { headers } = await call(engine.url, 'POST', '/ops/api/session', { key: ADMIN_KEY })
    const cookie = String(headers.get('set-cookie'))
    assert.match(cookie, /^chapar_ops=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=28800$/)
    const behindTls = await call(engine.url, 'POST', '/ops/api/session', {
      ...{ key: ADMIN_KEY, headers: { 'x-forwarded-proto': 'https' } },
    })
    assert.match(String(behindTls.headers.get('set-cookie')), /; Secure; /)
    assert.doesNotMatch(engine.log.text(), new RegExp(cookie.slice(12, 40)))
  })

  describe('to whom has signed in', () => {
    let page: SignedIn
    beforeEach(async () => (page = await signIn(engine.url)))

    it("gives what the admin key gives, and no customer's routes", async () => {
      for (const path of READS_TOO)
        assert.equal((await call(engine.url, 'GET', path, page.reading)).status, 200, path)
      assert.equal((await call(engine.url, 'GET', '/v1/me', page.reading)).code, 'key_required')
      const session = await call(engine.url, 'GET', '/ops/api/session', page.reading)
      assert.deepEqual(
        [session.body['csrf_token'], session.body['actor']],
        [page.csrf, 'admin key from 127.0.0.1'],
      )
    })

    it('changes nothing for a request that does not come from the page', async () => {
      const create = (headers: Record<string, string>) =>
        call(engine.url, 'POST', '/v1/admin/customers', { headers, body: { name: 'New', tier: 'free' } })
      assert.equal((await create({ cookie: page.cookie })).code, 'csrf_token_required')
      const others = (await signIn(engine.url)).csrf
      assert.equal(
        (await create({ cookie: page.cookie, 'x-csrf-token': others })).code,
        'csrf_token_required',
      )
      const foreign = { ...page.changing.headers, 'sec-fetch-site': 'same-site' }
      assert.equal((await create(foreign)).code, 'csrf_token_required')
      const read = await call(engine.url, 'GET', '/v1/admin/customers', {
        headers: { cookie: page.cookie, 'sec-fetch-site': 'cross-site' },
      })
      assert.equal(read.code, 'csrf_token_required')
      assert.equal((await create(page.changing.headers)).status, 201)
      const { body } = await call(engine.url, 'GET', '/v1/admin/log?limit=1', page.reading)
      assert.equal((body['entries'] as { actor: string }[])[0]?.actor, 'admin key from 127.0.0.1')
    })

    it('opens no session by a session, so that each has an end', async () => {
      const renewed = await call(engine.url, 'POST', '/ops/api/session', page.changing)
      assert.equal(renewed.code, 'key_required')
    })

    it('has ended when its time is over, after signing out, and with another admin key', async () => {
      const ask = (headers = page.reading) => call(engine.url, 'GET', '/v1/admin/operators', headers)
      await look(engine.db, sql`UPDATE admin_sessions SET expires_at = NOW(3)`)
      assert.deepEqual([(await ask()).status, (await ask()).code], [401, 'session_expired'])
      page = await signIn(engine.url)
      const out = await fetch(`${engine.url}/ops/api/session`, { method: 'DELETE', ...page.changing })
      assert.equal(out.status, 204)
      assert.match(String(out.headers.get('set-cookie')), /Max-Age=0/)
      assert.equal((await ask(page.reading)).code, 'session_expired')
      page = await signIn(engine.url)
      const other = await startTestEngine({
        ...{
          stack: engine.stack,
          env: { ADMIN_API_KEY: 'another-admin-key-that-is-just-as-long', ROLE: 'api' },
        },
      })
      const { code } = await call(other.url, 'GET', '/v1/admin/operators', page.reading)
      await other.stop()
      assert.equal(code, 'session_expired')
      assert.equal((await call(engine.url, 'GET', '/v1/admin/operators', page.reading)).status, 200)
    })

    it('is one of a bounded number: the oldest ends', async () => {
      for (let count = 0; count < 50; count++) await signIn(engine.url)
      const rows = await look(engine.db, sql`SELECT id FROM admin_sessions`)
      assert.equal(rows.length, 50)
      const ended = await call(engine.url, 'GET', '/v1/admin/operators', page.reading)
      assert.equal(ended.code, 'session_expired')
    })

    it('finds a message by its identifier, a number and a reference', async () => {
      const { userId } = await newCustomer(engine.db)
      await fund(engine.db, userId, 100)
      const { text: key } = await newKey(engine.db, userId, { scopes: SCOPES })
      await sendOne(engine.db, { userId, to: ['09120000001', '09127770077'] })
      const body = { to: '+989121112233', text: 'hi', client_reference: 'order-4711' }
      const sent = await call(engine.url, 'POST', '/v1/messages', { key, body })
      assert.equal(sent.status, 202, sent.text)
      const id = String(sent.body['message_id'])
      const find = async (text: string) => {
        const found = await call(
          engine.url,
          'GET',
          `/ops/api/search?q=${encodeURIComponent(text)}`,
          page.reading,
        )
        assert.equal(found.status, 200, found.text)
        const messages = found.body['messages'] as {
          message_id: string
          by: string
          recipient_no: number | null
        }[]
        return messages.map(({ message_id, by, recipient_no }) => [message_id === id, by, recipient_no])
      }
      assert.deepEqual(await find(id), [[true, 'identifier', null]])
      assert.deepEqual(await find('order-4711'), [[true, 'reference', null]])
      assert.deepEqual(await find('+98 912 111 2233'), [[true, 'number', 1]])
      assert.deepEqual(await find('09127770077'), [[false, 'number', 2]])
      assert.deepEqual(await find('nothing'), [])
      const until = (time: string) =>
        call(engine.url, 'GET', `/ops/api/search?q=09127770077&until=${time}`, page.reading)
      assert.equal(((await until('2030-01-01T00:00:00Z')).body['messages'] as object[]).length, 1)
      assert.deepEqual((await until('2020-01-01T00:00:00Z')).body['messages'], [])
      const refused = await until('yesterday')
      assert.equal(refused.status, 400, refused.text)
      assert.match(refused.text, /"until"/)
    })

    it('has a stream of what all processes do, until the session ends', async () => {
      const stream = await follow(engine.url, page.cookie)
      assert.equal(stream.type, 'text/event-stream; charset=utf-8')
      await eventually('it has seen the process', () => {
        const live = stream.last('live')
        return live !== undefined && (live['processes'] as object[]).length > 0
      })
      await eventually('it goes on', () => stream.events.filter(({ event }) => event === 'live').length >= 3)
      const live = stream.last('live') as { operators: { name: string; classes: object[] }[] }
      assert.deepEqual(
        live.operators.map(({ name, classes }) => [name, classes.length]),
        [
          ['operator-a', 2],
          ['operator-b', 2],
        ],
      )
      await look(engine.db, sql`DELETE FROM admin_sessions`)
      await stream.ended
      assert.equal(stream.events.at(-1)?.event, 'signed_out')
    })

    it('has so many streams at one process, and not one more', async () => {
      const streams = []
      for (let count = 0; count < 20; count++) streams.push(await follow(engine.url, page.cookie))
      const refused = await call(engine.url, 'GET', '/ops/api/live', page.reading)
      assert.deepEqual([refused.status, refused.code], [503, 'too_many_listeners'])
      assert.equal(refused.headers.get('retry-after'), '5')
      streams[0]?.end()
      await eventually('a place is free', async () => {
        const next = await follow(engine.url, page.cookie)
        streams.push(next)
        return next.status === 200
      })
      for (const stream of streams) stream.end()
    })
  })
})
