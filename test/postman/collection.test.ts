import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from 'newman'
import type { RunSummary } from 'newman'
import { createDemoClient, DEMO_KEY } from '../../src/accounts/index.ts'
import { renderOpenApi } from '../../src/roles/swag.ts'
import { contextOf } from '../accounts/arrangeAccounts.ts'
import { spawnSimulator } from '../simulator/simulatorProcess.ts'
import type { SimulatorProcess } from '../simulator/simulatorProcess.ts'
import { call } from '../support/api.ts'
import { startTestEngine } from '../support/engine.ts'
import type { TestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'

const FILE = new URL('../../postman/collections/Chapar.postman_collection.json', import.meta.url)
const ADMIN_KEY = 'the-admin-key-of-the-postman-collection'
/** Some 100 requests, one of which waits for messages to be done. A busy machine takes several times as long for them. */
const RUN_TIMEOUT_MS = 300_000

interface Item {
  name: string
  item?: Item[]
  request?: { method: string; url: { raw: string } }
  event?: { listen: string; script: { exec: string[] } }[]
}

interface Collection extends Item {
  item: Item[]
  variable: { key: string; value: string }[]
}

const collection = JSON.parse(readFileSync(FILE, 'utf8')) as Collection
const requests = requestsOf(collection)

describe('the Postman collection', function () {
  this.timeout(2 * RUN_TIMEOUT_MS)
  let engine: TestEngine
  let folder: string
  let ofTestKeys: SimulatorProcess
  before(async () => {
    ofTestKeys = await spawnSimulator({ NAME: 'operator-test' })
    folder = await mkdtemp(join(tmpdir(), 'chapar-exports-'))
    engine = await startTestEngine({
      env: { ADMIN_API_KEY: ADMIN_KEY, TEST_OPERATOR_URL: ofTestKeys.url, EXPORT_FOLDER: folder },
    })
    await createDemoClient(contextOf(engine.db))
    // `make up` creates it before it starts the engine, which otherwise reads its tariff within a second.
    await eventually('its tariff is known', async () => (await quoteOne(engine.url))['cost'] === 5)
  })
  after(async () => {
    await engine.stop()
    await rm(folder, { recursive: true, force: true })
    await ofTestKeys.stop()
  })

  for (const database of ['an empty database', 'the same database again']) {
    it(`is green against ${database}`, async () => {
      const { stats, failures } = (await runAgainst(engine.url)).run
      const said = failures.map(
        ({ source, error }) => `${source?.name}: ${error.test ?? ''} ${error.message}`,
      )
      assert.deepEqual(said, [])
      assert.ok(stats.requests.total >= requests.length, `${stats.requests.total} requests were made`)
      assert.ok(
        stats.assertions.total > 2 * requests.length,
        `${stats.assertions.total} assertions were made`,
      )
    })
  }

  it('is not green where nothing answers', async () => {
    const { failures } = (await runAgainst('http://127.0.0.1:1')).run
    assert.ok(failures.length >= requests.length)
  })
})

describe('the requests of the Postman collection', () => {
  it('go to one address, which is a variable', () => {
    assert.deepEqual(
      collection.variable.find(({ key }) => key === 'baseUrl'),
      { key: 'baseUrl', value: 'http://127.0.0.1:8080' },
    )
    for (const { name, request } of requests) assert.match(request.url.raw, /^\{\{baseUrl\}\}\//, name)
  })

  it('have names that differ and tests of their own', () => {
    assert.equal(new Set(requests.map(({ name }) => name)).size, requests.length)
    for (const { name, event = [] } of requests) {
      const script = event.flatMap(({ listen, script }) => (listen === 'test' ? script.exec : [])).join('\n')
      assert.match(script, /pm\.test\(/, name)
      assert.match(script, /have\.status\(/, name)
    }
  })

  it('cover every route that the engine describes', () => {
    const { paths } = JSON.parse(renderOpenApi()) as {
      paths: Record<string, Record<string, unknown>>
    }
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, '{}')}`),
    )
    const called = requests.map(({ request: { method, url } }) => `${method} ${pathOf(url.raw)}`)
    assert.ok(described.length >= 7)
    assert.deepEqual(
      described.filter((route) => !called.includes(route)),
      [],
    )
  })
})

async function quoteOne(url: string): Promise<Record<string, unknown>> {
  const body = { to: '+989120000001', text: 'hi' }
  return (await call(url, 'POST', '/v1/messages/quote', { key: DEMO_KEY, body })).body
}

function runAgainst(url: string): Promise<RunSummary> {
  return new Promise((resolve, reject) => {
    const options = {
      collection,
      envVar: [
        { key: 'baseUrl', value: url },
        { key: 'adminKey', value: ADMIN_KEY },
      ],
      reporters: [] as [],
      timeout: RUN_TIMEOUT_MS,
    }
    run(options, (error, summary) => (error ? reject(error) : resolve(summary)))
  })
}

function requestsOf({ item = [] }: Item): (Item & { request: { method: string; url: { raw: string } } })[] {
  return item.flatMap((each) => (each.request ? [{ ...each, request: each.request }] : requestsOf(each)))
}

function pathOf(raw: string): string {
  const path = raw.replace('{{baseUrl}}', '').replace(/\?.*$/, '')
  return path.replaceAll(/\{\{\w+\}\}|[0-9a-f-]{36}/g, '{}')
}
