import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StagedOperators } from '../../chaos/stage/operators.ts'
import { OPERATORS_SECRETS, writeOperatorsFile } from '../../chaos/stage/operatorsFile.ts'
import { readOperatorsFile } from '../../src/operators/readOperatorsFile.ts'

describe('the operators’ file of a chaos run', () => {
  let folder: string
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'chapar-'))))
  afterEach(() => rm(folder, { recursive: true }))

  it('is valid, and every route leads to all of them', async () => {
    const operators = [
      { name: 'a', link: { url: 'http://127.0.0.1:1/' } },
      { name: 'b', link: { url: 'http://127.0.0.1:2/' } },
      { name: 'c', link: { url: 'smpp://127.0.0.1:3' } },
    ] as unknown as StagedOperators['operators']
    const path = await writeOperatorsFile(folder, operators)
    const read = readOperatorsFile(path, (name) => OPERATORS_SECRETS[name as keyof typeof OPERATORS_SECRETS])
    assert.ok(!('faults' in read), JSON.stringify(read))
    assert.deepEqual(
      read.operators.map(({ protocol }) => protocol),
      ['chapar-http', 'chapar-http', 'smpp'],
    )
    for (const { operators: names } of read.routes) assert.deepEqual(names.toSorted(), ['a', 'b', 'c'])
    assert.equal(read.routes[0]?.operators[0], 'c')
    assert.deepEqual(
      read.routes.flatMap(({ strategy }) => strategy?.name ?? []),
      ['weighted', 'least_cost'],
    )
    assert.ok(
      read.operators.every(({ prices }) => prices?.length),
      'each has a price',
    )
  })
})
