import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Program } from '../../dev/stack/programs.ts'
import { fund, sendOne } from '../support/arrange.ts'
import { startEngineProcess } from '../support/engineProcess.ts'
import { eventually } from '../support/eventually.ts'
import { freshStack } from '../support/servers.ts'
import { ask, exportingTo, fileOf, linesOf, makeExportsDue, sha256, viewOf } from './arrangeExports.ts'

const ROWS = 6_000

describe('an export on relays of which one is killed', () => {
  it('is ended by another one, without a lost or a repeated row', async () => {
    const stack = await freshStack()
    const folder = await mkdtemp(join(tmpdir(), 'chapar-exports-'))
    const programs: Program[] = []
    const start = async () => {
      const env = { EXPORT_FOLDER: folder, EXPORT_ROWS_PER_SECOND: '1000' }
      programs.push(await startEngineProcess(stack, { role: 'relay', env }))
    }
    try {
      await fund(stack.db, 7, ROWS)
      await sendOne(stack.db, { userId: 7, to: ROWS })
      const id = await ask(stack.db, { userId: 7 })
      await start()
      await makeExportsDue(stack.db)
      await eventually('some rows are written', async () => (await viewOf(stack.db, 7, id)).rows > 0)
      await programs[0]?.kill()
      const { rows, state } = await viewOf(stack.db, 7, id)
      assert.ok(rows < ROWS && state === 'running', `${rows} rows were written before the kill`)
      await Promise.all([start(), start()])
      await makeExportsDue(stack.db)
      await eventually('it is done', async () => (await viewOf(stack.db, 7, id)).state === 'done')
      const view = await viewOf(stack.db, 7, id)
      const { context, remove } = await exportingTo(stack.db)
      await remove()
      const { bytes } = await fileOf({ ...context, folder }, id)
      assert.deepEqual(
        linesOf(bytes).map((line) => line['recipient_no']),
        Array.from({ length: ROWS }, (_, index) => index + 1),
      )
      assert.deepEqual([view.rows, view.sha256], [ROWS, sha256(bytes)])
    } finally {
      await Promise.all(programs.map((program) => program.stop()))
      await rm(folder, { recursive: true, force: true })
      await stack.drop()
    }
  })
})
