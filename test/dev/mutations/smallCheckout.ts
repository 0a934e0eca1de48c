import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { git } from '../../../dev/mutations/git.ts'

const PROJECT = resolve(import.meta.dirname, '../../..')

const SOURCE = `// A guard.
const LIMIT: number = 10

/** Never more than the limit. */
export function bound(value: number): number {
  return Math.min(value, LIMIT)
}
`
const TEST = `import assert from 'node:assert/strict'
import { bound } from '../src/bound.ts'

describe('a bound', () => {
  it('is kept', () => assert.equal(bound(12), 10))
  it('leaves what is below it', () => assert.equal(bound(3), 3))
})
`
const BLIND_TEST = `describe('a test that looks elsewhere', () => {
  it('sees nothing', () => {})
})
`
const SETTINGS = {
  compilerOptions: {
    ...{ target: 'es2024', module: 'nodenext', types: [], strict: true, noEmit: true },
    ...{ allowImportingTsExtensions: true, noUnusedLocals: true, noUnusedParameters: true },
  },
}

/** A checkout of a few lines, with tests that need no server. */
export interface SmallCheckout {
  root: string
  write(path: string, text: string): Promise<void>
  /** Adds a mutation of the source that puts `after` in the place of the line `before`. */
  mutate(name: string, before: string, after: string, caughtBy?: string): Promise<void>
  remove(): Promise<void>
}

export async function openSmallCheckout(): Promise<SmallCheckout> {
  const root = await mkdtemp(join(tmpdir(), 'chapar-mutations-'))
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  await write('src/bound.ts', SOURCE)
  await write('test/bound.test.ts', TEST)
  await write('test/blind.test.ts', BLIND_TEST)
  await write('package.json', '{"type":"module"}')
  await write('tsconfig.json', JSON.stringify(SETTINGS))
  await write('.gitignore', 'node_modules\n.local\n')
  await symlink(join(PROJECT, 'node_modules'), join(root, 'node_modules'))
  await git(root, ['init', '--quiet'])
  return {
    root,
    write,
    mutate: (name, before, after, caughtBy = 'test/bound.test.ts') =>
      write(
        `test/mutations/${name}.patch`,
        `breaks: the bound\ninvariant: 2\ncaught by: ${caughtBy}\n\n` + patchOf(before, after),
      ),
    remove: () => rm(root, { recursive: true, force: true }),
  }
}

/** A diff of one line, with a line around it; of one that is not there, a diff that does not apply. */
function patchOf(before: string, after: string): string {
  const lines = SOURCE.split('\n')
  const at = Math.max(lines.indexOf(before), 1)
  const body = [` ${lines[at - 1] ?? ''}`, `-${before}`, `+${after}`, ` ${lines[at + 1] ?? ''}`]
  const path = 'src/bound.ts'
  return `diff --git a/${path} b/${path}
--- a/${path}
+++ b/${path}
@@ -${at},3 +${at},3 @@
${body.join('\n')}
`
}
