import assert from 'node:assert/strict'
import type { Customer } from '../../src/accounts/index.ts'
import { newCustomer, newKey } from '../accounts/arrangeAccounts.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { insertRollups } from './rollups.ts'
import type { Counted } from './rollups.ts'

const ADMIN_KEY = 'the-admin-key-of-the-tests-of-reports'
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** Two whole days ago, so that every level has it. */
const DAY = new Date(Math.floor(Date.now() / DAY_MS) * DAY_MS - 2 * DAY_MS)
const at = (clock: string) => `${DAY.toISOString().slice(0, 10)}T${clock}:00.000Z`
const plus = (time: string, ms: number) => new Date(Date.parse(time) + ms).toISOString()
const NEXT_DAY = plus(at('00:00'), DAY_MS)

type Row = Record<string, string | number | null>
interface Body {
  rows: Row[]
  errors?: { field: string }[]
  code?: string
  [member: string]: unknown
}

describe('reports', () => {
  let engine: TestEngine
  let one: Customer
  let key: string
  let otherKey: string
  let foldedUntil: string
  before(async () => {
    // A relay's own fold would move the position that is written here.
    const env = { ROLE: 'api', ADMIN_API_KEY: ADMIN_KEY, RATE_LIMIT_RPS: '1000' }
    engine = await startTestEngine({ env })
    one = await newCustomer(engine.db, 'One')
    const other = await newCustomer(engine.db, 'Other')
    key = (await newKey(engine.db, one.userId, { scopes: ['read'] })).text
    otherKey = (await newKey(engine.db, other.userId, { scopes: ['read'] })).text
    foldedUntil = at('23:59')
    const mine: Omit<Counted, 'userId'>[] = [
      {
        at: at('10:00'),
        messages: 3,
        parts: 6,
        charged: 6,
        handoverMs: [100, 200, 300],
        deliveryMs: [1_000, 2_000],
      },
      {
        at: at('10:00'),
        messages: 1,
        result: 'sent',
        operator: '=cmd()',
        country: 'ZZ',
        handoverMs: [5_000],
      },
      { at: at('10:07'), messages: 2, result: 'failed', operator: '', charged: 2, refunded: 2 },
      {
        at: at('20:15'),
        messages: 4,
        result: 'undelivered',
        operator: 'operator-b',
        country: 'TR',
        type: 'express',
      },
      { at: at('20:45'), messages: 8, result: 'open', operator: '' },
    ]
    const others = [{ at: at('10:00'), messages: 50 }]
    await insertRollups(
      engine.db,
      [
        ...mine.map((row) => ({ ...row, userId: one.userId })),
        ...others.map((row) => ({ ...row, userId: other.userId })),
      ],
      foldedUntil,
    )
  })
  after(() => engine.stop())

  const ask = (path: string, headers: Record<string, string> = { 'x-api-key': key }) =>
    fetch(`${engine.url}/v1/${path}`, { headers })
  const get = async (path: string, query: Record<string, string>, of = key) => {
    const response = await ask(`${path}?${new URLSearchParams(query).toString()}`, { 'x-api-key': of })
    return { status: response.status, headers: response.headers, body: (await response.json()) as Body }
  }
  const whole = { from: at('00:00'), to: NEXT_DAY }

  it('adds messages up by day, hour and minute, with a row for each period', async () => {
    const day = await get('reports/messages', { ...whole, granularity: 'day' })
    assert.equal(day.status, 200)
    assert.deepEqual(day.body, {
      ...{ from: at('00:00').replace('.000', ''), to: NEXT_DAY.replace('.000', ''), granularity: 'day' },
      ...{ time_zone: 'UTC', complete_to: foldedUntil, unsettled: 9, group_by: [] },
      rows: [{ starts_at: at('00:00').replace('.000', ''), messages: 18, parts: 21 }],
    })
    const hours = await get('reports/messages', { ...whole, granularity: 'hour' })
    assert.deepEqual(
      hours.body.rows.map(({ messages }) => messages),
      Array.from({ length: 24 }, (_, hour) => (hour === 10 ? 6 : hour === 20 ? 12 : 0)),
    )
    const minutes = await get('reports/messages', {
      ...{ from: at('10:00'), to: at('10:10'), granularity: 'minute' },
    })
    assert.deepEqual(
      minutes.body.rows.map(({ messages }) => messages),
      [4, 0, 0, 0, 0, 0, 0, 2, 0, 0],
    )
  })

  it('adds up by the days of a zone: a quarter of an hour decides which day it is', async () => {
    const { body } = await get('reports/messages', {
      ...{ from: at('00:00'), to: plus(at('00:00'), DAY_MS), granularity: 'day', time_zone: 'Asia/Tehran' },
    })
    assert.deepEqual(
      body.rows.map(({ starts_at: startsAt, messages }) => [String(startsAt).slice(11), messages]),
      [
        ['00:00:00+03:30', 10],
        ['00:00:00+03:30', 8],
      ],
    )
    assert.equal(Date.parse(String(body['from'])), Date.parse(at('20:30')) - DAY_MS)
  })

  it('divides by type, operator, country and status, and leaves out what has no messages', async () => {
    const { body } = await get('reports/messages', { ...whole, group_by: 'status,type,operator,country' })
    const starts_at = at('00:00').replace('.000', '')
    const normal = { starts_at, type: 'normal' }
    assert.deepEqual(body['group_by'], ['type', 'operator', 'country', 'status'])
    assert.deepEqual(
      body.rows.toSorted((a, b) => Number(a['messages']) - Number(b['messages'])),
      [
        { ...normal, operator: '=cmd()', country: null, status: 'SENT', messages: 1, parts: 1 },
        { ...normal, operator: null, country: 'IR', status: 'FAILED', messages: 2, parts: 2 },
        { ...normal, operator: 'operator-a', country: 'IR', status: 'DELIVERED', messages: 3, parts: 6 },
        {
          ...{ starts_at, type: 'express', operator: 'operator-b', country: 'TR', status: 'UNDELIVERED' },
          ...{ messages: 4, parts: 4 },
        },
        { ...normal, operator: null, country: 'IR', status: 'OPEN', messages: 8, parts: 8 },
      ],
    )
    const hours = await get('reports/messages', { ...whole, granularity: 'hour', group_by: 'type' })
    assert.deepEqual(
      hours.body.rows.map(({ starts_at: startsAt, type, messages }) => [
        String(startsAt).slice(11, 13),
        type,
        messages,
      ]),
      [
        ['10', 'normal', 6],
        ['20', 'express', 4],
        ['20', 'normal', 8],
      ],
    )
  })

  it('adds up what was charged and refunded', async () => {
    const { body } = await get('reports/spend', whole)
    assert.equal(body['currency'], 'USD')
    const [row] = body.rows
    assert.deepEqual(row, {
      starts_at: at('00:00').replace('.000', ''),
      ...{ messages: 18, parts: 21, charged_cents: 21, refunded_cents: 2, spent_cents: 19 },
    })
  })

  it('says the results of messages, and percentiles of all their latencies within 2.5 %', async () => {
    const { body } = await get('reports/delivery', whole)
    const [row = {}] = body.rows
    assert.deepEqual(
      ['open', 'sent', 'delivered', 'undelivered', 'failed', 'cancelled'].map((name) => row[name]),
      [8, 1, 3, 4, 2, 0],
    )
    assert.deepEqual(
      [row['delivered_share'], row['undelivered_share'], row['failed_share']],
      [0.166667, 0.222222, 0.111111],
    )
    assert.equal(row['hand_over_mean_ms'], 1_400)
    assert.equal(row['delivery_mean_ms'], 1_500)
    for (const [name, ms] of [
      ...([
        ['hand_over_p50_ms', 200],
        ['hand_over_p95_ms', 5_000],
        ['hand_over_p99_ms', 5_000],
      ] as const),
      ...([
        ['delivery_p50_ms', 1_000],
        ['delivery_p95_ms', 2_000],
        ['delivery_p99_ms', 2_000],
      ] as const),
    ])
      assert.ok(Math.abs(Number(row[name]) - ms) <= ms * 0.025 + 1, `${name}: ${row[name]}`)
    const empty = await get('reports/delivery', { from: at('00:00'), to: at('01:00'), granularity: 'hour' })
    const [{ messages, delivered_share: share, hand_over_mean_ms: mean, delivery_p99_ms: p99 } = {}] =
      empty.body.rows
    assert.deepEqual([messages, share, mean, p99], [0, null, null, null])
  })

  it('compares operators and countries, and customers for the admin', async () => {
    const operators = await get('reports/top', { ...whole, limit: '2' })
    assert.deepEqual(
      operators.body.rows.map(({ operator, messages }) => [operator, messages]),
      [
        [null, 10],
        ['operator-b', 4],
      ],
    )
    assert.equal(operators.body['unsettled'], 9)
    for (const member of ['revenue_cents', 'cost_cents', 'margin_cents', 'cost_unknown'])
      assert.ok(!(member in (operators.body.rows[0] ?? {})), `customers see ${member}`)
    const countries = await get('reports/top', { ...whole, by: 'country', time_zone: 'Asia/Tehran' })
    assert.deepEqual(
      countries.body.rows.map(({ country, messages }) => [country, messages]),
      [
        ['IR', 13],
        ['TR', 4],
        [null, 1],
      ],
    )
    const customers = await get('admin/reports/top', { ...whole, by: 'customer' }, ADMIN_KEY)
    assert.deepEqual(
      customers.body.rows.map(({ name, messages }) => [name, messages]),
      [
        ['Other', 50],
        ['One', 18],
      ],
    )
    assert.equal(customers.body.rows[1]?.['customer'], one.publicId)
    const { margin_cents: margin, revenue_cents: revenue, cost_cents: cost } = customers.body.rows[0] ?? {}
    assert.equal(margin, Number(revenue) - Number(cost))
    const margins = await get('admin/reports/margin', { ...whole, group_by: 'type' }, ADMIN_KEY)
    assert.ok(margins.body.rows.length > 0)
    for (const row of margins.body.rows)
      assert.equal(row['margin_cents'], Number(row['revenue_cents']) - Number(row['cost_cents']))
    assert.equal((await get('reports/margin', whole)).status, 404)
    assert.equal((await get('reports/top', { ...whole, by: 'customer' })).status, 400)
    const both = await get('admin/reports/top', { by: 'customer', customer: one.publicId }, ADMIN_KEY)
    assert.deepEqual(
      both.body.errors?.map(({ field }) => field),
      ['by'],
    )
  })

  it("serves the key's customer alone, and the admin all or one", async () => {
    const messagesOf = async (path: string, query: Record<string, string>, of: string) =>
      (await get(path, { ...whole, ...query }, of)).body.rows[0]?.['messages']
    assert.equal(await messagesOf('reports/messages', {}, otherKey), 50)
    assert.equal(await messagesOf('admin/reports/messages', {}, ADMIN_KEY), 68)
    assert.equal(await messagesOf('admin/reports/messages', { customer: one.publicId }, ADMIN_KEY), 18)
    const unknown = await get(
      'admin/reports/spend',
      { customer: '019bd59e-2a40-7b1f-9c77-3e6d5f8a1b20' },
      ADMIN_KEY,
    )
    assert.deepEqual([unknown.status, unknown.body.code], [404, 'customer_not_found'])
    const foreign = await get('reports/messages', { ...whole, customer: one.publicId }, otherKey)
    assert.deepEqual(
      foreign.body.errors?.map(({ field }) => field),
      ['customer'],
    )
  })

  it('answers in CSV where that is wanted, without running as a formula, and in nothing else', async () => {
    const query = new URLSearchParams({ ...whole, group_by: 'operator' }).toString()
    const csv = await ask(`reports/messages?${query}`, { 'x-api-key': key, accept: 'text/csv' })
    assert.equal(csv.status, 200)
    assert.equal(csv.headers.get('content-type'), 'text/csv; charset=utf-8')
    assert.deepEqual([csv.headers.get('x-complete-to'), csv.headers.get('x-unsettled')], [foldedUntil, '9'])
    const starts = at('00:00').replace('.000', '')
    assert.deepEqual((await csv.text()).split('\r\n'), [
      ...['starts_at,operator,messages,parts', `${starts},,10,10`, `${starts},'=cmd(),1,1`],
      ...[`${starts},operator-a,3,6`, `${starts},operator-b,4,4`, ''],
    ])
    for (const accept of ['text/csv;q=0.5, application/json', '*/*', 'application/*'])
      assert.match(
        String(
          (await ask(`reports/spend?${query}`, { 'x-api-key': key, accept })).headers.get('content-type'),
        ),
        /json/,
      )
    const refused = await ask(`reports/spend?${query}`, { 'x-api-key': key, accept: 'image/png' })
    assert.deepEqual([refused.status, ((await refused.json()) as Body).code], [406, 'not_acceptable'])
  })

  it('answers 304 to a client that has the content, and other tags for other content', async () => {
    const path = `reports/messages?${new URLSearchParams(whole).toString()}`
    const first = await ask(path)
    const tag = String(first.headers.get('etag'))
    assert.match(tag, /^"[\w-]{43}"$/)
    assert.equal(first.headers.get('cache-control'), 'private, no-cache')
    for (const given of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
      const again = await ask(path, { 'x-api-key': key, 'if-none-match': given })
      assert.deepEqual([again.status, again.headers.get('etag'), await again.text()], [304, tag, ''])
    }
    const csv = await ask(path, { 'x-api-key': key, 'if-none-match': tag, accept: 'text/csv' })
    assert.equal(csv.status, 200)
    const others = await ask(path, { 'x-api-key': otherKey, 'if-none-match': tag })
    assert.equal(others.status, 200)
    assert.notEqual(others.headers.get('etag'), tag)
  })

  it('says what is possible instead of what it refuses', async () => {
    const now = Date.now()
    const ago = (days: number) => new Date(now - days * DAY_MS).toISOString()
    const points = await get('reports/messages', { from: ago(7.5), granularity: 'minute' })
    assert.deepEqual([points.status, points.body.code], [400, 'too_many_points'])
    assert.deepEqual([points.body['proposed_granularity'], points.body['points_max']], ['hour', 10_000])
    const old = await get('reports/messages', {
      ...{ from: ago(100), to: ago(99), granularity: 'day', time_zone: 'Asia/Tehran' },
    })
    assert.deepEqual([old.status, old.body.code], [400, 'report_not_kept'])
    assert.deepEqual([old.body['proposed_granularity'], old.body['proposed_time_zone']], ['day', 'UTC'])
    const kept = (now - Date.parse(String(old.body['kept_from']))) / MINUTE_MS
    assert.ok(kept <= 90 * 1_440 + 1 && kept > 90 * 1_440 - 16)
    assert.deepEqual(
      old.body.errors?.map(({ field }) => field),
      ['from'],
    )
  })

  it('names each parameter that is wrong', async () => {
    for (const [query, field] of [
      [{ granularity: 'week' }, 'granularity'],
      [{ time_zone: 'Asia/Teheran' }, 'time_zone'],
      [{ from: '2026-01-19' }, 'from'],
      [{ from: '2026-01-19T00:00:00' }, 'from'],
      [{ from: at('10:00'), to: at('10:00') }, 'from'],
      [{ group_by: 'type,colour' }, 'group_by[1]'],
      [{ tz: 'UTC' }, 'tz'],
    ] as const) {
      const { status, body } = await get('reports/delivery', query)
      assert.deepEqual([status, body.errors?.map((each) => each.field)], [400, [field]], field)
    }
  })

  it('reports the last 30 days, 24 hours or 60 minutes, if no range is given', async () => {
    for (const [granularity, least] of [
      ['day', 31],
      ['hour', 24],
      ['minute', 60],
    ] as const) {
      const { body } = await get('reports/messages', { granularity })
      assert.ok(
        body.rows.length >= least && body.rows.length <= least + 1,
        `${granularity}: ${body.rows.length}`,
      )
    }
  })
})
