import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { assertApplies } from '../../dev/mutations/applyPatch.ts'
import { readMutations } from '../../dev/mutations/readMutations.ts'
import type { Mutation } from '../../dev/mutations/readMutations.ts'

const CHECKOUT = resolve(import.meta.dirname, '../..')

/** Guards of the product are broken, never the tests or the tools that are to catch it. */
const BREAKABLE = /^(?:src|db\/migrations|clients\/typescript\/src)\//

// "make mutations" tries them; it takes minutes. Here they are only kept from going stale.
describe('the patches that break one guard each', () => {
  let mutations: Mutation[]
  before(async () => (mutations = await readMutations(CHECKOUT)))

  it('apply to the sources as they are', async () => {
    const stale: string[] = []
    for (const mutation of mutations)
      await assertApplies(CHECKOUT, mutation).catch((error: Error) => stale.push(error.message))
    assert.deepEqual(stale, [])
  })

  it('break the product, and nothing else', () => {
    for (const { name, changes } of mutations)
      assert.ok(
        changes.every((path) => BREAKABLE.test(path)),
        `${name} changes ${changes.join()}`,
      )
  })

  it('name test files that are there', () => {
    for (const { name, caughtBy } of mutations)
      for (const path of caughtBy)
        assert.ok(path.endsWith('.test.ts') && existsSync(resolve(CHECKOUT, path)), `${name} names ${path}`)
  })

  it('break each invariant in some way', () => {
    const invariants = new Set(mutations.flatMap((mutation) => mutation.invariants))
    assert.deepEqual([...invariants].sort(), [1, 2, 3, 4, 5, 6])
  })

  it('are each another one, by name, by words and by what they change', async () => {
    const diffs = await Promise.all(
      mutations.map(async ({ file }) => (await readFile(file, 'utf8')).replace(/^[^]*?^diff --git/m, '')),
    )
    const names = mutations.map(({ name }) => name.toLowerCase())
    const words = mutations.map(({ breaks }) => breaks)
    for (const each of [names, words, diffs]) assert.equal(new Set(each).size, mutations.length)
  })
})
