import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { customerOperations } from '../../../dev/clientTypes/document.ts'
import type { ApiDocument, Content } from '../../../dev/clientTypes/document.ts'
import { renderOpenApi } from '../../../src/roles/swag.ts'

const CHECKOUT = resolve(import.meta.dirname, '../../..')
const TSC = join(CHECKOUT, 'node_modules/typescript/bin/tsc')
/** Of a user whose program runs in no particular environment. */
const USERS_CONFIG = {
  compilerOptions: { strict: true, noEmit: true, module: 'nodenext', lib: ['es2023', 'dom'], types: [] },
  files: ['user.ts'],
}

describe('the package of the TypeScript client', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chapar-client-'))
    const installed = join(folder, 'node_modules/chapar-client')
    await cp(join(CHECKOUT, 'clients/typescript/package.json'), join(installed, 'package.json'))
    await run(['-p', 'clients/typescript/tsconfig.build.json', '--outDir', join(installed, 'dist')])
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(USERS_CONFIG))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  function run(args: string[]) {
    return promisify(execFile)(process.execPath, [TSC, ...args], { cwd: CHECKOUT })
  }

  /** @returns what the compiler says about a program of a user. */
  async function compile(source: string): Promise<string> {
    await writeFile(join(folder, 'user.ts'), source)
    return run(['-p', folder]).then(
      ({ stdout }) => stdout,
      ({ stdout }: { stdout: string }) => stdout,
    )
  }

  it('has no dependency, and runs as JavaScript', async () => {
    const manifest = JSON.parse(
      await readFile(join(CHECKOUT, 'clients/typescript/package.json'), 'utf8'),
    ) as Record<string, unknown>
    assert.deepEqual(
      ['dependencies', 'peerDependencies', 'optionalDependencies'].filter((name) => name in manifest),
      [],
    )
    const source = `import { createClient } from 'chapar-client'
      console.log(Object.keys(createClient({ baseUrl: 'http://127.0.0.1', apiKey: 'k' })).length > 10)`
    await writeFile(join(folder, 'user.js'), source)
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'user.js')])
    assert.equal(stdout, 'true\n')
  })

  it('has types that every example of the OpenAPI document fits', async () => {
    const checks = examples().map(([type, value]) => `is<${type}>(${JSON.stringify(value)})`)
    assert.ok(checks.length > 10)
    const head = `import type { Operations } from 'chapar-client'\nfunction is<T>(_: T): void {}\n`
    assert.equal(await compile(head + checks.join('\n')), '')
  })

  it('has a README whose example compiles', async () => {
    const page = await readFile(join(CHECKOUT, 'clients/typescript/README.md'), 'utf8')
    const [, example] = /```ts\n(.*?)```/s.exec(page) ?? []
    assert.ok(example)
    const head = 'declare const process: { env: Record<string, string | undefined> }\n'
    assert.equal(await compile(head + example), '')
  })

  it('has types that refuse what the API would refuse', async () => {
    const source = `import { createClient } from 'chapar-client'
      const chapar = createClient({ baseUrl: '', apiKey: '' })
      void chapar.sendMessage({ to: '1', text: 'hi' })
      // @ts-expect-error no text
      void chapar.sendMessage({ to: '1' })
      // @ts-expect-error a misspelt member
      void chapar.sendMessage({ to: '1', text: 'hi', sendat: '2027-03-01T09:00:00Z' })
      // @ts-expect-error a status that there is not
      void chapar.listMessages({ status: 'LOST' })
      // @ts-expect-error no such scope
      void chapar.createKey({ name: 'shop', scopes: ['spend'] })`
    assert.equal(await compile(source), '')
    assert.match(
      await compile(source.replace('// @ts-expect-error no text', '')),
      /TS2345.*'text'|'text' is missing/,
    )
  })
})

/** Each example of a body and of an answer, with its type. */
function examples(): [string, unknown][] {
  return customerOperations(JSON.parse(renderOpenApi()) as ApiDocument).flatMap(({ operation }) => {
    const type = `Operations['${operation.operationId}']`
    const shownIn = (content: Record<string, Content> = {}): unknown[] => {
      const { example, examples: named = {} } = content['application/json'] ?? {}
      return [...(example === undefined ? [] : [example]), ...Object.values(named).map(({ value }) => value)]
    }
    return [
      ...shownIn(operation.requestBody?.content).map(
        (value) => [`${type}['body']`, value] as [string, unknown],
      ),
      ...Object.values(operation.responses)
        .flatMap(({ content }) => shownIn(content))
        .map((value) => [`${type}['answer']`, value] as [string, unknown]),
    ]
  })
}
