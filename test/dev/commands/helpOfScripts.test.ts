import assert from 'node:assert/strict'
import { exec } from 'node:child_process'
import { cp, lstat, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import manifest from '../../../package.json' with { type: 'json' }
import { CHECKOUT } from '../../../dev/stack/folders.ts'

const COPIED = [
  ...['src', 'simulator', 'dev', 'loadtest', 'chaos', 'clients', 'db', 'docs', 'docker'],
  ...['package.json', 'tsconfig.json', '.prettierrc.json'],
]
/** Scripts that are one program; the others are chains or tools of others, with a help of their own. */
const PROGRAM = /^(?:exec )?node [^&|;]*\.ts(?: --[a-z]+)?$/
const AT_ONCE = 4
/** Nothing listens there: a program that asked a server would fail. */
const NO_SERVERS = { DATABASE_URL: 'mysql://root@127.0.0.1:1/none', AMQP_URL: 'amqp://127.0.0.1:1' }
const CACHE = '.local/compile-cache'

describe('help of the npm scripts', function () {
  this.timeout(900_000)
  // A program without help does its work, and some delete.
  let copy: string
  before(async () => {
    copy = await mkdtemp(join(tmpdir(), 'chapar-scripts-'))
    for (const name of COPIED) await cp(join(CHECKOUT, name), join(copy, name), { recursive: true })
    await symlink(join(CHECKOUT, 'node_modules'), join(copy, 'node_modules'))
  })
  after(() => rm(copy, { recursive: true, force: true }))

  const run = (script: string) => {
    const env = { ...NO_SERVERS, PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter) }
    return promisify(exec)(`${script} --help`, { cwd: copy, env, timeout: 300_000 })
  }
  const listFiles = async () => {
    const entries = await readdir(copy, { recursive: true })
    const listed = entries.filter((name) => !name.startsWith('.local'))
    const stats = await Promise.all(listed.map((name) => lstat(join(copy, name))))
    const made = entries.filter(
      (name) => name.startsWith('.local') && !name.startsWith(CACHE) && name !== '.local',
    )
    return [...listed.map((name, i) => `${name} ${stats[i]?.mtimeMs}`), ...made].sort()
  }

  it('is a text on how each is used, from a program that does nothing else', async () => {
    const scripts = Object.entries(manifest.scripts).filter(([, script]) => PROGRAM.test(script))
    assert.ok(scripts.length > 40, 'the scripts were not recognised')
    const before = await listFiles()
    const faults: string[] = []
    const runNext = async () => {
      for (let next = scripts.pop(); next; next = scripts.pop()) {
        const [name, script] = next
        const { stdout, stderr } = await run(script).catch((error: unknown) => ({
          ...{ stdout: '', stderr: String(error) },
        }))
        if (stderr !== '' || !/^(?:usage: npm|make [a-z]|npm run [a-z])/.test(stdout))
          faults.push(`${name}: ${stderr || stdout}`)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, runNext))
    assert.deepEqual(faults, [])
    assert.deepEqual(await listFiles(), before)
  })
})
