import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { git } from '../../../dev/mutations/git.ts'
import { runMutations } from '../../../dev/mutations/runMutations.ts'
import { WORKSHOP_FOLDER, openWorkshop } from '../../../dev/mutations/workshop.ts'
import { openSmallCheckout } from './smallCheckout.ts'
import type { SmallCheckout } from './smallCheckout.ts'

/** A compiler and runs of the tests: seconds, and on a busy machine many. */
const RUNS_TIMEOUT_MS = 600_000
const BOUND = '  return Math.min(value, LIMIT)'
const LIMIT = 'const LIMIT: number = 10'

describe('breaking guards on purpose', function () {
  this.timeout(RUNS_TIMEOUT_MS)
  let checkout: SmallCheckout
  let printed: string[]

  async function run(...names: string[]): Promise<boolean> {
    printed = []
    const workshop = await openWorkshop(checkout.root)
    try {
      return await runMutations(workshop, { names, print: (line) => printed.push(line) })
    } finally {
      await workshop.close()
    }
  }
  const rowOf = (name: string) => printed.find((line) => line.startsWith(`${name} `)) ?? ''

  describe('of which a test catches one, and none the others', () => {
    let areAllCaught: boolean
    let sources: string
    const readSources = () => readFile(join(checkout.root, 'src/bound.ts'), 'utf8')

    before(async () => {
      checkout = await openSmallCheckout()
      await checkout.mutate('no-bound', BOUND, '  return value')
      await checkout.mutate('half-seen', BOUND, '  return value', 'test/bound.test.ts, test/blind.test.ts')
      await checkout.mutate('nothing', BOUND, '  return value < LIMIT ? value : LIMIT')
      await checkout.mutate('syntax', BOUND, '  return (value')
      await checkout.mutate('name', BOUND, '  return vlaue')
      await checkout.mutate('loading', LIMIT, `const LIMIT: number = JSON.parse('no JSON')`)
      await checkout.mutate('stale', '  return value < 10', '  return value')
      sources = await readSources()
      areAllCaught = await run()
    })
    after(() => checkout.remove())

    it('names the test that caught it', () => {
      assert.match(rowOf('no-bound'), /^no-bound +2 +\d+ +a bound is kept$/)
    })

    it('says that a patch survived which breaks nothing', () => {
      assert.match(rowOf('nothing'), /SURVIVED: all tests of test\/bound\.test\.ts pass/)
    })

    it('says which of the files that must catch a patch does not', () => {
      assert.match(rowOf('half-seen'), /SURVIVED: all tests of test\/blind\.test\.ts pass/)
    })

    const unusable: [string, string, RegExp][] = [
      ['breaks the syntax', 'syntax', /UNUSABLE: it does not compile: src\/bound\.ts.*error/],
      ['names what is not there', 'name', /UNUSABLE: it does not compile: .*vlaue/],
      ['keeps the tests from being loaded', 'loading', /UNUSABLE: test\/bound\.test\.ts could not be run/],
      ['does not apply any more', 'stale', /UNUSABLE: stale\.patch does not apply/],
    ]
    for (const [what, name, reason] of unusable) {
      it(`does not take a patch for caught that ${what}`, () => assert.match(rowOf(name), reason))
    }

    it('counts those that were caught, and does not call that all', () => {
      assert.equal(printed.at(-1), '1 of 7 mutations caught')
      assert.equal(areAllCaught, false)
    })

    it('leaves the checkout as it was, and no copy of it', async () => {
      assert.equal(await readSources(), sources)
      assert.equal(existsSync(join(checkout.root, WORKSHOP_FOLDER)), false)
    })
  })

  describe('in a checkout of their own', () => {
    beforeEach(async () => {
      checkout = await openSmallCheckout()
      await checkout.mutate('no-bound', BOUND, '  return value')
    })
    afterEach(() => checkout.remove())

    it('tries those that are named, and calls it well when all of them are caught', async () => {
      await checkout.mutate('nothing', BOUND, '  return value < LIMIT ? value : LIMIT')
      assert.equal(await run('no-bound'), true)
      assert.equal(printed.at(-1), '1 of 1 mutations caught')
      await assert.rejects(
        run('no-bond'),
        /no mutation is called "no-bond"; there are\n {2}no-bound\n {2}nothing/,
      )
    })

    it('begins nothing when the tests fail before anything is broken', async () => {
      await checkout.write('test/bound.test.ts', `it('fails anyway', () => { throw new Error('away') })\n`)
      await assert.rejects(run(), /the tests fail before anything is broken: fails anyway/)
      assert.equal(rowOf('no-bound'), '')
    })

    it('copies what is new and not ignored, and not what was removed', async () => {
      await checkout.write('src/new.ts', '')
      await checkout.write('.local/data', '')
      await checkout.write('src/removed.ts', '')
      await git(checkout.root, ['add', '.'])
      await rm(join(checkout.root, 'src/removed.ts'))
      const workshop = await openWorkshop(checkout.root)
      const copy = await workshop.copy('copy')
      const names = await readdir(copy)
      assert.deepEqual(names.sort(), [
        ...['.gitignore', '.local', 'node_modules'],
        ...['package.json', 'src', 'test', 'tsconfig.json'],
      ])
      assert.deepEqual((await readdir(join(copy, 'src'))).sort(), ['bound.ts', 'new.ts'])
      assert.deepEqual(await readdir(join(copy, '.local')), ['servers'])
      await workshop.close()
    })
  })
})
