import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Customer } from '../../src/accounts/index.ts'
import { sql } from 'kysely'
import { OPEN_PER_CUSTOMER_MAX } from '../../src/exports/index.ts'
import { signDownload } from '../../src/exports/signDownload.ts'
import { newCustomer, newKey } from '../accounts/arrangeAccounts.ts'
import { call } from '../support/api.ts'
import type { Called } from '../support/api.ts'
import { fund, look, sendOne } from '../support/arrange.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { idBytes, linesOf, makeExportsDue, sha256 } from './arrangeExports.ts'

const ADMIN_KEY = 'the-admin-key-of-the-test-of-exports'
const DAY_MS = 86_400_000

describe('the routes of exports', () => {
  let engine: TestEngine
  let folder: string
  let one: Customer
  let [key, othersKey] = ['', '']
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chapar-exports-'))
    engine = await startTestEngine({ env: { ADMIN_API_KEY: ADMIN_KEY, EXPORT_FOLDER: folder } })
    one = await newCustomer(engine.db, 'One')
    const other = await newCustomer(engine.db, 'Other')
    ;[key, othersKey] = [
      (await newKey(engine.db, one.userId)).text,
      (await newKey(engine.db, other.userId)).text,
    ]
    await fund(engine.db, one.userId, 1_000)
    await sendOne(engine.db, { userId: one.userId, to: 20 })
    await engine.drain()
  })
  after(async () => {
    await engine.stop()
    await rm(folder, { recursive: true, force: true })
  })

  afterEach(async () => {
    const { body } = await call(engine.url, 'GET', '/v1/exports', { key })
    for (const { id } of body['exports'] as { id: string }[]) await remove(id)
  })

  const range = () => ({ from: new Date(Date.now() - DAY_MS).toISOString(), to: new Date().toISOString() })
  const create = (body: object = {}, by = key) =>
    call(engine.url, 'POST', '/v1/exports', { key: by, body: { what: 'messages', ...range(), ...body } })
  const read = (id: unknown, by = key) => call(engine.url, 'GET', `/v1/exports/${String(id)}`, { key: by })
  const whenDone = async (created: Called): Promise<Record<string, unknown>> => {
    assert.equal(created.status, 202, created.text)
    await makeExportsDue(engine.db)
    await eventually(
      'the export is done',
      async () => (await read(created.body['id'])).body['state'] === 'done',
    )
    return (await read(created.body['id'])).body
  }
  const download = (url: unknown, headers: Record<string, string> = {}) =>
    fetch(engine.url + String(url), { headers: { connection: 'close', ...headers } })
  const remove = (id: unknown, by = key) =>
    call(engine.url, 'DELETE', `/v1/exports/${String(id)}`, { key: by })

  it('make a file, which is downloaded by a signed address', async () => {
    const created = await create({ filters: { status: 'SENT', type: 'normal' } })
    const { state, progress, download_url: none, rows } = created.body
    assert.deepEqual([state, progress, none, rows], ['queued', 0, null, 0])
    const done = await whenDone(created)
    const response = await download(done['download_url'])
    const bytes = Buffer.from(await response.arrayBuffer())
    assert.equal(response.status, 200)
    assert.equal(bytes.length, done['bytes'])
    assert.equal(sha256(bytes), done['sha256'])
    const name = `messages-${String(done['id'])}.csv`
    assert.equal(done['checksum'], `${sha256(bytes)}  ${name}`)
    assert.deepEqual(
      ['content-type', 'content-disposition', 'accept-ranges', 'etag'].map((each) =>
        response.headers.get(each),
      ),
      [
        'text/csv; charset=utf-8; header=present',
        `attachment; filename="${name}"`,
        'bytes',
        `"${sha256(bytes)}"`,
      ],
    )
    assert.deepEqual([done['rows'], done['total_cents'], done['progress']], [20, 20, 1])
    await remove(done['id'])
    assert.equal((await download(done['download_url'])).status, 403)
  })

  it('serve a range of it, and its head', async () => {
    const done = await whenDone(await create({ format: 'ndjson' }))
    const whole = Buffer.from(await (await download(done['download_url'])).arrayBuffer())
    assert.equal(linesOf(whole).length, 20)
    const part = await download(done['download_url'], { range: 'bytes=10-19' })
    assert.deepEqual([part.status, await part.text()], [206, whole.subarray(10, 20).toString()])
    const beyond = await download(done['download_url'], { range: `bytes=${whole.length}-` })
    assert.deepEqual(
      [beyond.status, ((await beyond.json()) as { code: string }).code],
      [416, 'range_not_satisfiable'],
    )
    const head = await fetch(engine.url + String(done['download_url']), { method: 'HEAD' })
    assert.equal(head.headers.get('content-length'), String(whole.length))
    await remove(done['id'])
  })

  it('refuse an address that is altered, expired or of another file', async () => {
    const [a, b] = [await whenDone(await create()), await whenDone(await create({ what: 'ledger' }))]
    const url = new URL(engine.url + String(a['download_url']))
    const signature = url.searchParams.get('signature') ?? ''
    const expires = Number(url.searchParams.get('expires'))
    const past = Math.floor(Date.now() / 1_000) - 1
    const asked = (id: unknown, until: number | string, sign: string) =>
      download(`/v1/exports/${String(id)}/file?expires=${until}&signature=${sign}`)
    const rows = await look(
      engine.db,
      sql<{ secret: Buffer }>`SELECT secret FROM exports WHERE id = ${idBytes(String(a['id']))}`,
    )
    const ofSecret = { id: String(a['id']), userId: one.userId, expiresSeconds: past }
    const expired = signDownload(rows[0]?.secret ?? Buffer.alloc(0), ofSecret)
    for (const refused of [
      await asked(a['id'], past, expired),
      await asked(a['id'], expires + 1, signature),
      await asked(a['id'], past, signature),
      await asked(b['id'], expires, signature),
      await asked(a['id'], expires, `${signature}x`),
      await asked(a['id'], expires, ''),
      await asked('..%2f..%2fetc%2fpasswd', expires, signature),
      await asked('019bd5a2-1e0f-7a44-b3c6-8f1d2a6e9b70', expires, signature),
    ]) {
      assert.equal(refused.status, 403)
      assert.equal(((await refused.json()) as { code: string }).code, 'download_refused')
    }
    assert.equal((await asked(a['id'], 'soon', signature)).status, 400)
    assert.equal((await asked(a['id'], expires, signature)).status, 200)
    for (const { id } of [a, b]) await remove(id)
  })

  it('answer for another customer as for one that is not there', async () => {
    const { body } = await create()
    const others = await read(body['id'], othersKey)
    assert.deepEqual([others.status, others.code], [404, 'export_not_found'])
    assert.equal((await remove(body['id'], othersKey)).code, 'export_not_found')
    assert.equal((await read('x')).code, 'export_not_found')
    const list = await call(engine.url, 'GET', '/v1/exports', { key: othersKey })
    assert.deepEqual(list.body, { exports: [], next_cursor: null })
    assert.equal((await remove(body['id'])).status, 200)
    assert.equal((await read(body['id'])).code, 'export_not_found')
  })

  it('name every field that is wrong, and change nothing', async () => {
    const faultsOf = async (body: object) => {
      const { status, body: problem } = await create(body)
      assert.equal(status, 400)
      return (problem['errors'] as { field: string }[]).map(({ field }) => field).sort()
    }
    assert.deepEqual(
      await faultsOf({
        what: 'texts',
        from: 'yesterday',
        format: 'xlsx',
        filters: { status: 'LOST', x: 1 },
        y: 1,
      }),
      ['filters.status', 'filters.x', 'format', 'from', 'what', 'y'],
    )
    const tomorrow = new Date(Date.now() + DAY_MS).toISOString()
    assert.deepEqual(
      await faultsOf({ to: tomorrow, filters: { transaction_type: 'charge', recipient: 'Ali' } }),
      ['filters.recipient', 'filters.transaction_type', 'to'],
    )
    assert.deepEqual(await faultsOf({ what: 'ledger', filters: { country: 'IR' } }), ['filters.country'])
    assert.deepEqual(await faultsOf({ from: range().to, to: range().from }), ['to'])
    assert.deepEqual(await faultsOf({ from: '2020-01-01T00:00:00Z' }), ['to'])
    assert.deepEqual((await call(engine.url, 'GET', '/v1/exports', { key })).body['exports'], [])
  })

  it('bound what a customer has at once', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => create()))
    const made = answers.filter(({ status }) => status === 202)
    assert.equal(made.length, OPEN_PER_CUSTOMER_MAX)
    assert.equal(answers.filter(({ code }) => code === 'too_many_exports').length, 8 - OPEN_PER_CUSTOMER_MAX)
    const page = await call(engine.url, 'GET', '/v1/exports?limit=2', { key })
    const cursor = String(page.body['next_cursor'])
    const next = await call(engine.url, 'GET', `/v1/exports?cursor=${cursor}`, { key })
    const ids = [page, next].flatMap(({ body }) => (body['exports'] as { id: string }[]).map(({ id }) => id))
    assert.deepEqual(
      ids,
      made
        .map(({ body }) => String(body['id']))
        .sort()
        .reverse(),
    )
    for (const id of ids) assert.equal((await remove(id)).status, 200)
  })

  it('are for an admin those of every customer, and recorded', async () => {
    const path = `/v1/admin/customers/${one.publicId}/exports`
    const admin = { key: ADMIN_KEY }
    const created = await call(engine.url, 'POST', path, { ...admin, body: { what: 'ledger', ...range() } })
    const { id } = await whenDone(created)
    const found = await call(engine.url, 'GET', `${path}/${String(id)}`, admin)
    assert.deepEqual([found.status, found.body['rows']], [200, 2], found.text)
    assert.equal((await call(engine.url, 'GET', path, admin)).status, 200)
    assert.equal((await call(engine.url, 'DELETE', `${path}/${String(id)}`, admin)).status, 200)
    const log = await call(engine.url, 'GET', '/v1/admin/log?limit=2', admin)
    assert.deepEqual(
      (log.body['entries'] as { action: string }[]).map(({ action }) => action),
      ['export.delete', 'export.create'],
    )
    const unknown = `/v1/admin/customers/${String(id)}/exports`
    assert.equal((await call(engine.url, 'GET', unknown, admin)).code, 'customer_not_found')
    assert.equal((await call(engine.url, 'GET', path, { key })).code, 'admin_key_required')
  })

  it('need a scope', async () => {
    const { text } = await newKey(engine.db, one.userId, { scopes: ['send'] })
    assert.equal((await create({}, text)).code, 'missing_scope')
  })
})

describe('the routes of exports without a folder', () => {
  it('say that there are none', async () => {
    const engine = await startTestEngine()
    try {
      const { text: key } = await newKey(engine.db, (await newCustomer(engine.db)).userId)
      const refused = await call(engine.url, 'POST', '/v1/exports', { key, body: {} })
      assert.deepEqual([refused.status, refused.code], [404, 'exports_not_served'])
    } finally {
      await engine.stop()
    }
  })
})
