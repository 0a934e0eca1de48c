import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Program } from '../../dev/stack/programs.ts'
import { call } from '../support/api.ts'
import { startEngineProcess } from '../support/engineProcess.ts'
import { eventually } from '../support/eventually.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { ask, assertComesTo, linesOf, pidsOf, valueOf } from './severalProcesses.ts'

const SECRETS = { OLD_SECRET: 'the-old-secret-of-an-operator', NEW_SECRET: 'the-new-secret-of-an-operator' }
/** On connections of their own, so that every process gets some. */
const REQUESTS = 10

for (const processes of [1, 2]) {
  describe(`the receipts of an engine that only serves the API, in ${processes} processes`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'chapar-receipts-'))
    const file = join(folder, 'operators.yml')
    let stack: Stack
    let engine: Program
    const configure = (receipts: string) =>
      writeFileSync(file, `operators: [{ name: a, url: 'http://127.0.0.1:1', receipts: ${receipts} }]`)
    const hangUp = () => process.kill(engine.pid, 'SIGHUP')
    before(async () => {
      configure('{ secret_env: OLD_SECRET }')
      stack = await freshStack()
      const env = { OPERATORS_FILE: file, OPERATOR_A_URL: '', OPERATOR_B_URL: '', ...SECRETS }
      engine = await startEngineProcess(stack, {
        ...{ role: 'api', env: { ...env, API_PROCESSES: String(processes) } },
      })
    })
    after(async () => {
      await engine.stop()
      await stack.drop()
      rmSync(folder, { recursive: true })
    })

    const statusesWith = async (secret: string) => {
      const headers = { authorization: `Bearer ${secret}` }
      const body = { message_id: 'x', status: 'delivered' }
      const sent = Array.from({ length: REQUESTS }, () =>
        call(engine.url, 'POST', '/operators/a/receipts', { headers, body }),
      )
      return [...new Set((await Promise.all(sent)).map(({ status }) => status))]
    }
    const saying = (message: string) => linesOf(engine, message)

    it('are taken under the secret of the file that is read again on SIGHUP', async () => {
      await eventually('all serve', () => pidsOf(saying('serving')).size >= processes)
      assert.deepEqual(await statusesWith(SECRETS.OLD_SECRET), [200])
      configure('{ secret_env: NEW_SECRET }')
      hangUp()
      await eventually('all have read it', () => saying("operators' file applied").length === processes)
      assert.deepEqual(saying("operators' file applied")[0]?.['receipts'], ['a'])
      assert.deepEqual(
        [await statusesWith(SECRETS.NEW_SECRET), await statusesWith(SECRETS.OLD_SECRET)],
        [[200], [401]],
      )
    })

    it('are taken as before when the file is wrong', async () => {
      configure('{ secret: in-the-file-itself }')
      hangUp()
      const refused = "operators' file refused; the old one stays in effect"
      await eventually('all have read it', () => saying(refused).length === processes)
      assert.deepEqual(await statusesWith(SECRETS.NEW_SECRET), [200])
      const reloads = 'chapar_operators_file_reloads_total{result="refused"}'
      await assertComesTo(processes, async () => valueOf((await ask(`${engine.url}/metrics`)).text, reloads))
    })

    it('are taken from the addresses of the file that is read again', async () => {
      configure('{ secret_env: NEW_SECRET, allowed_sources: [192.0.2.0/24] }')
      hangUp()
      await eventually('all have read it', () => saying("operators' file applied").length === 2 * processes)
      assert.deepEqual(await statusesWith(SECRETS.NEW_SECRET), [403])
    })
  })
}
