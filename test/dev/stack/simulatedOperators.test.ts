import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStopList } from '../../../dev/processes/stopList.ts'
import { freePorts } from '../../../dev/servers/ports.ts'
import { CHECKOUT } from '../../../dev/stack/folders.ts'
import { startSimulatedOperators } from '../../../dev/stack/simulatedOperators.ts'
import { newCustomer, newKey } from '../../accounts/arrangeAccounts.ts'
import { call } from '../../support/api.ts'
import { fund } from '../../support/arrange.ts'
import { startTestEngine } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'

const EXAMPLE = join(CHECKOUT, 'docs/operators/simulated.yml')
const LONG_PERSIAN = 'سلام '.repeat(20)

describe('the simulated operators of make up', function () {
  this.timeout(60_000)
  const logsFolder = mkdtempSync(join(tmpdir(), 'chapar-simulated-'))
  const stopList = createStopList()
  afterEach(() => stopList.stopAll())
  after(() => rmSync(logsFolder, { recursive: true }))

  it("serve the example of an operators' file, one over SMPP and one over HTTP, with receipts of both", async () => {
    const [apiPort = 0] = await freePorts(1)
    const env = { OPERATORS_FILE: EXAMPLE }
    const { settings } = await startSimulatedOperators({ env, apiPort, logsFolder }, stopList)
    const valueOf = (name: string) => settings[name] ?? ''
    // The file takes them from the environment, as the process of the engine has them.
    const names = Object.keys(settings).filter((name) => /^SIMULATOR_|^RECEIPTS_SECRET$/.test(name))
    for (const name of names) process.env[name] = valueOf(name)
    const engine = await startTestEngine({
      env: {
        ...{ OPERATORS_FILE: EXAMPLE, OPERATOR_A_URL: '', OPERATOR_B_URL: '', PORT: String(apiPort) },
        ...{ TEST_OPERATOR_URL: valueOf('TEST_OPERATOR_URL'), RECEIPTS_SECRET: valueOf('RECEIPTS_SECRET') },
      },
    })
    try {
      const { userId } = await newCustomer(engine.db)
      const { text: key } = await newKey(engine.db, userId)
      await fund(engine.db, userId, 100)
      for (const [to, type, operator] of [
        ['+989350000001', 'normal', 'operator-a'],
        ['+989120000001', 'express', 'operator-b'],
      ] as const) {
        const sent = await call(engine.url, 'POST', '/v1/messages', {
          key,
          body: { to, type, text: LONG_PERSIAN },
        })
        await eventually(`${operator} delivered it`, async () => {
          const { body } = await call(engine.url, 'GET', `/v1/messages/${String(sent.body['message_id'])}`, {
            key,
          })
          return body['status'] === 'DELIVERED' && body['provider'] === operator
        })
      }
    } finally {
      await engine.stop()
      for (const name of names) delete process.env[name]
    }
  })

  it('are named by their addresses without such a file', async () => {
    const { settings, parts } = await startSimulatedOperators({ env: {}, apiPort: 1, logsFolder }, stopList)
    const urls = parts.map(({ url }) => url)
    assert.deepEqual(
      ['OPERATOR_A_URL', 'OPERATOR_B_URL', 'TEST_OPERATOR_URL'].map((name) => settings[name]),
      urls,
    )
    assert.ok(!('OPERATORS_FILE' in settings))
    const overSmpp = parts.filter(({ notes }) => notes.some((note) => note.startsWith('smpp://127.0.0.1:')))
    assert.deepEqual(
      overSmpp.map(({ name }) => name),
      ['operator-a', 'operator-b'],
    )
  })
})
