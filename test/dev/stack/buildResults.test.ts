import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findBuildResults } from '../../../dev/stack/buildResults.ts'

describe('build results', () => {
  it('are the coverage and the package of the client, and nothing of the sources', async () => {
    const checkout = await mkdtemp(join(tmpdir(), 'chapar-results-'))
    try {
      const made = ['clients/typescript/chapar-client-0.1.0.tgz', 'clients/typescript/dist', 'coverage']
      await mkdir(join(checkout, 'clients/typescript/dist'), { recursive: true })
      await mkdir(join(checkout, 'clients/typescript/src'))
      await mkdir(join(checkout, 'coverage'))
      for (const file of ['chapar-client-0.1.0.tgz', 'package.json', 'dist/index.js'])
        await writeFile(join(checkout, 'clients/typescript', file), '')
      assert.deepEqual(
        findBuildResults(checkout).sort(),
        made.map((path) => join(checkout, path)),
      )
    } finally {
      await rm(checkout, { recursive: true })
    }
  })
})
