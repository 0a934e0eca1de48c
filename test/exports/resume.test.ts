import assert from 'node:assert/strict'
import { readdir, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { ExportingOptions } from '../../src/exports/index.ts'
import { claimNext } from '../../src/exports/jobs/claimNext.ts'
import type { Claimed } from '../../src/exports/jobs/claimNext.ts'
import { openPart } from '../../src/exports/jobs/files.ts'
import { exportOnce } from '../../src/exports/jobs/keepExporting.ts'
import { removeStrays } from '../../src/exports/jobs/removeStrays.ts'
import { runTurn } from '../../src/exports/jobs/runTurn.ts'
import { keepProgress, markDone, release } from '../../src/exports/jobs/writeOwned.ts'
import { sourceOf } from '../../src/exports/sources/sourceOf.ts'
import { toNdjson } from '../../src/exports/encode/ndjson.ts'
import { transact } from '../../src/platform/db/index.ts'
import { fund, sendOne } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import {
  ask,
  exportingTo,
  fileOf,
  idBytes,
  linesOf,
  makeExportsDue,
  sha256,
  viewOf,
  workOff,
} from './arrangeExports.ts'

const ROWS = 5_000
const STOPPED = AbortSignal.abort()

describe('an export that is interrupted', () => {
  let stack: Stack
  let context: ExportingOptions
  let remove: () => Promise<void>
  before(async () => {
    stack = await freshStack()
    ;({ context, remove } = await exportingTo(stack.db))
    await fund(stack.db, 7, 100_000)
    await sendOne(stack.db, { userId: 7, to: ROWS })
  })
  after(async () => {
    await remove()
    await stack.drop()
  })
  afterEach(() => transact(stack.db, 'test.clear', (tx) => sql`DELETE FROM exports`.execute(tx)))

  const claim = async (): Promise<Claimed> => {
    await makeExportsDue(stack.db)
    const claimed = await claimNext(stack.db)
    assert.ok(claimed)
    return claimed
  }
  /** Writes a page as a turn does. @returns whether the row says so. */
  const writePage = async (job: Claimed, rowsMax = 1_000): Promise<boolean> => {
    const source = sourceOf(stack.db, job)
    const page = await source.readPage({ position: job.position, rowsMax })
    const part = await openPart(context.folder, job)
    assert.ok(part)
    job.bytes = await part.append(toNdjson(source.columns, page.rows))
    await part.close()
    Object.assign(job, {
      file: part.name,
      position: page.position,
      rows: job.rows + page.rows.length,
      wasReleased: true,
    })
    return keepProgress(stack.db, job, page)
  }
  const assertWhole = async (id: string) => {
    const view = await viewOf(stack.db, 7, id)
    assert.equal(view.state, 'done', String(view.reason))
    const { bytes } = await fileOf(context, id)
    assert.deepEqual(
      linesOf(bytes).map((line) => line['recipient_no']),
      Array.from({ length: ROWS }, (_, index) => index + 1),
    )
    assert.deepEqual([view.rows, view.bytes, view.sha256], [ROWS, bytes.length, sha256(bytes)])
  }

  it('goes on after the last committed row, whatever was written behind it', async () => {
    const id = await ask(stack.db, { userId: 7 })
    const killed = await claim()
    assert.ok(await writePage(killed))
    const part = await openPart(context.folder, killed)
    await part?.append('{"half a li')
    await part?.close()
    await workOff(context)
    await assertWhole(id)
  })

  it('does not take what a process writes that lost it', async () => {
    const id = await ask(stack.db, { userId: 7 })
    const frozen = await claim()
    assert.ok(await writePage(frozen))
    const other = await claim()
    assert.equal(other.wasReleased, false)
    assert.ok(await writePage(other))
    assert.equal(await writePage(frozen, 10), false)
    assert.ok(await writePage(other))
    assert.equal(await markDone(stack.db, frozen, { file: 'x', bytes: 1, sha256: '00' }, 7), false)
    await workOff(context)
    await assertWhole(id)
  })

  it('is handed on without a copy when its process stops in order', async () => {
    const id = await ask(stack.db, { userId: 7 })
    const stopped = await claim()
    assert.ok(await writePage(stopped))
    assert.ok(await release(stack.db, stopped))
    const next = await claim()
    assert.deepEqual([next.wasReleased, next.file], [true, stopped.file])
    assert.equal((await runTurn(context, next, STOPPED)).kind, 'released')
    await workOff(context)
    await assertWhole(id)
    assert.equal((await fileOf(context, id)).path, join(context.folder, stopped.file ?? ''))
  })

  it('begins again when its bytes are lost', async () => {
    const id = await ask(stack.db, { userId: 7 })
    const killed = await claim()
    assert.ok(await writePage(killed))
    await truncate(join(context.folder, killed.file ?? ''), 10)
    await workOff(context)
    await assertWhole(id)
  })

  it('repeats the conversion to Parquet', async () => {
    const id = await ask(stack.db, { userId: 7, format: 'parquet' })
    const killed = await claim()
    for (let page = 0; page < 6; page++) assert.ok(await writePage(killed))
    await workOff(context)
    const view = await viewOf(stack.db, 7, id)
    assert.deepEqual([view.state, view.rows], ['done', ROWS])
  })

  it('fails, and leaves no file, when the disk is full', async () => {
    const id = await ask(stack.db, { userId: 7 })
    const job = await claim()
    await symlink('/dev/full', join(context.folder, `${job.id}.${job.owner.toString('hex')}`))
    const result = await runTurn(context, job, new AbortController().signal)
    assert.deepEqual(result, { kind: 'failed', rows: 0, reason: 'disk_full' })
    const { state, reason } = await viewOf(stack.db, 7, id)
    assert.deepEqual([state, reason], ['failed', 'disk_full'])
    assert.ok(!(await readdir(context.folder)).some((name) => name.startsWith(id)))
  })

  it('is given up when claims come to nothing again and again', async () => {
    const id = await ask(stack.db, { userId: 7 })
    for (let claims = 0; claims < 10; claims++) await claim()
    await workOff(context)
    assert.equal((await viewOf(stack.db, 7, id)).reason, 'gave_up')
  })

  it('is read in smaller pages after a failure', async () => {
    const id = await ask(stack.db, { userId: 7 })
    await claim()
    await workOff({ ...context, rowsMax: 900 })
    const { rows, reason } = await viewOf(stack.db, 7, id)
    assert.deepEqual([rows, reason], [500, 'too_many_rows'])
  })

  it('fails when it has more rows than one may have', async () => {
    const id = await ask(stack.db, { userId: 7 })
    await workOff({ ...context, rowsMax: ROWS - 1 })
    assert.equal((await viewOf(stack.db, 7, id)).reason, 'too_many_rows')
  })

  it('takes turns with others', async () => {
    const [first, second] = [await ask(stack.db, { userId: 7 }), await ask(stack.db, { userId: 7 })]
    await makeExportsDue(stack.db)
    assert.equal((await claimNext(stack.db))?.id, first)
    assert.equal((await claimNext(stack.db))?.id, second)
    assert.equal(await claimNext(stack.db), undefined)
  })

  it('does not begin before transactions of its time are over', async () => {
    const id = await ask(stack.db, { userId: 7 })
    assert.equal(await exportOnce(context, STOPPED), 'idle')
    assert.equal((await viewOf(stack.db, 7, id)).state, 'queued')
  })

  it('is removed with its file when its time is over, and later with its row', async () => {
    const id = await ask(stack.db, { userId: 7 })
    await workOff(context)
    const { path } = await fileOf(context, id)
    const dueNow = () =>
      transact(stack.db, 'test.due', (tx) =>
        sql`UPDATE exports SET due_at = NOW(3) WHERE id = ${idBytes(id)}`.execute(tx),
      )
    await dueNow()
    assert.equal(await exportOnce(context, STOPPED), 'worked')
    assert.equal((await viewOf(stack.db, 7, id)).state, 'expired')
    assert.ok(!(await readdir(context.folder)).includes(path.split('/').at(-1) ?? ''))
    await dueNow()
    assert.equal(await exportOnce(context, STOPPED), 'worked')
    await assert.rejects(viewOf(stack.db, 7, id))
  })

  it('leaves files that are removed when no export names them', async () => {
    const id = await ask(stack.db, { userId: 7 })
    await workOff(context)
    const { path } = await fileOf(context, id)
    const stray = `${id}.${'0'.repeat(16)}`
    await writeFile(join(context.folder, stray), '')
    await writeFile(join(context.folder, "somebody's file"), '')
    await utimes(join(context.folder, "somebody's file"), 0, 0)
    assert.equal(await removeStrays(context), 0)
    assert.ok((await removeStrays(context, Date.now() + 7_200_000)) > 0)
    const names = await readdir(context.folder)
    assert.ok(names.includes(path.split('/').at(-1) ?? '') && names.includes("somebody's file"))
    assert.ok(!names.includes(stray))
  })
})
