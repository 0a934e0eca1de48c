import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const CHECKOUT = resolve(import.meta.dirname, '../../..')
const NEEDED = [
  'src',
  'simulator',
  'dev',
  'loadtest',
  'chaos',
  'clients',
  'db',
  'package.json',
  'tsconfig.json',
]

/** Runs one of the project's checks on a tree. @returns its exit code and what it complained of. */
async function check(name: string, root: string): Promise<{ code: number; complaint: string }> {
  try {
    await promisify(execFile)(process.execPath, [join(CHECKOUT, `dev/check/${name}.ts`), root])
    return { code: 0, complaint: '' }
  } catch (error) {
    const { code, stderr } = error as { code: number; stderr: string }
    return { code, complaint: stderr }
  }
}

describe('the checks of the structure', function () {
  // Each is a program of its own, which reads the whole tree.
  this.timeout(600_000)
  let copy: string
  before(async () => {
    copy = await mkdtemp(join(tmpdir(), 'chapar-check-'))
    for (const name of NEEDED) await cp(join(CHECKOUT, name), join(copy, name), { recursive: true })
    await symlink(join(CHECKOUT, 'node_modules'), join(copy, 'node_modules'))
  })
  after(() => rm(copy, { recursive: true, force: true }))

  async function planted(file: string, source: string, name: string) {
    const path = join(copy, file)
    await writeFile(path, source)
    const result = await check(name, copy)
    await rm(path)
    return result
  }

  it('pass on the project as it is', async () => {
    assert.deepEqual(await check('imports', copy), { code: 0, complaint: '' })
    assert.deepEqual(await check('oneWriter', copy), { code: 0, complaint: '' })
  })

  it('refuse an import against the direction', async () => {
    const source = `export { deliver } from '../delivery/index.ts'\n`
    const { code, complaint } = await planted('src/ledger/planted.ts', source, 'imports')
    assert.equal(code, 1)
    assert.match(complaint, /one-way-ledger: src\/ledger\/planted\.ts -> src\/delivery\/index\.ts/)
  })

  it('refuse a type that is imported past the index of its slice', async () => {
    const source = `import type { Envelope } from '../outbox/envelope.ts'\nexport type Planted = Envelope\n`
    const { code, complaint } = await planted('src/messages/planted.ts', source, 'imports')
    assert.equal(code, 1)
    assert.match(complaint, /entered-through-index/)
  })

  for (const [how, source] of [
    ['in SQL', `export const planted = sql\`DELETE FROM sms_status\`\n`],
    [
      'in a batch',
      `export const planted = sql\`
        UPDATE JSON_TABLE(\${values}, '$[*]' COLUMNS (no INT PATH '$[0]')) v
          STRAIGHT_JOIN sms_status s FORCE INDEX (PRIMARY) ON s.recipient_no = v.no SET s.parts = 2\`\n`,
    ],
    [
      'in a batch that deletes',
      `export const planted = sql\`DELETE s FROM JSON_TABLE(\${values}, '$[*]' COLUMNS (no INT PATH '$[0]')) v
        STRAIGHT_JOIN sms_status s ON s.recipient_no = v.no\`\n`,
    ],
    ['through Kysely', `export const planted = (tx: Tx) => tx.updateTable('sms_status')\n`],
  ] as const) {
    it(`refuse a second writer of a table, ${how}`, async () => {
      const { code, complaint } = await planted('src/outbox/planted.ts', source, 'oneWriter')
      assert.equal(code, 1)
      assert.match(complaint, /sms_status is written by .*src\/outbox.*planted\.ts/)
    })
  }

  it('fail when they no longer find what they check', async () => {
    await rm(join(copy, 'src/delivery'), { recursive: true })
    await rm(join(copy, 'src/messages'), { recursive: true })
    await rm(join(copy, 'src/roles'), { recursive: true })
    await rm(join(copy, 'src/operators'), { recursive: true })
    assert.match((await check('imports', copy)).complaint, /the check is broken/)
    assert.match((await check('oneWriter', copy)).complaint, /the check is broken/)
  })
})
