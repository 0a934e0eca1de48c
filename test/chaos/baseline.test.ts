import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { BASELINE } from '../../chaos/baseline.ts'
import { readOptions } from '../../chaos/options.ts'
import { checkOutOld } from '../../chaos/stage/otherCheckout.ts'
import { createStopList } from '../../dev/processes/stopList.ts'
import { loadMigrations } from '../../src/platform/db/index.ts'

describe('the version to upgrade from', () => {
  it('is the baseline, whose migrations never change', async () => {
    const migrations = (await loadMigrations()).slice(0, BASELINE.migration)
    const hash = createHash('sha256').update(migrations.map(({ sql }) => sql).join(''))
    assert.equal(hash.digest('hex'), BASELINE.sha256)
    assert.equal(readOptions([], {}).upgradeFrom, undefined)
  })

  it('is the commit of UPGRADE_FROM, which must exist', async () => {
    const { upgradeFrom } = readOptions([], { UPGRADE_FROM: '--no-such-commit' })
    const stage = { folder: '/nowhere', stopList: createStopList(), say: () => {} }
    await assert.rejects(
      checkOutOld(upgradeFrom, stage),
      /^Error: UPGRADE_FROM=--no-such-commit names no commit of this clone$/,
    )
  })

  it('is changed alone with ONLY=upgrade, and ONLY knows the scenarios and nothing else', () => {
    assert.equal(readOptions([], { ONLY: '' }).only, undefined)
    assert.equal(readOptions([], { ONLY: 'upgrade' }).only, 'upgrade')
    assert.throws(
      () => readOptions(['--only', 'links'], {}),
      /ONLY must be upgrade or cancel or schedule or outage or restart, not "links"/,
    )
  })
})
