import assert from 'node:assert/strict'
import { placeOf } from '../../src/outbox/place.ts'
import { openScanStart } from '../../src/outbox/scanStart.ts'

describe('where scans of a ready lane start', () => {
  let timeMs: number
  let start: ReturnType<typeof openScanStart>
  beforeEach(() => {
    timeMs = 0
    start = openScanStart(() => timeMs)
  })

  const fullScan = (ms: number) =>
    start.timeFullScan(() => {
      timeMs += ms
      return Promise.resolve()
    })

  it('is unknown at first', () => {
    assert.equal(start.place(), undefined)
  })

  it('is what claims had reached three seconds ago, as rows may still be committed a little below', () => {
    for (let second = 0; second <= 10; second++) {
      timeMs = second * 1_000
      start.noteReached(placeOf(second))
    }
    assert.deepEqual(start.place(), placeOf(7))
    timeMs += 2_000
    assert.deepEqual(start.place(), placeOf(9))
    timeMs += 3_600_000
    assert.deepEqual(start.place(), placeOf(10))
  })

  it('is the lowest place of a moment in which there were several', () => {
    for (const key of [5, 3, 4]) start.noteReached(placeOf(key))
    timeMs = 3_000
    start.noteReached(placeOf(9))
    assert.deepEqual(start.place(), placeOf(3))
  })

  it('goes back at once with claims, as after a step of the database’s clock', () => {
    start.noteReached(placeOf(1_000))
    timeMs = 10_000
    start.noteReached(placeOf(7))
    assert.deepEqual(start.place(), placeOf(7))
  })

  it('follows the claims of other relays, and within a key goes by its own', () => {
    const own = { key: 5, id: Buffer.alloc(16, 7) }
    start.noteReached(own)
    start.notePublished(5)
    timeMs = 3_000
    assert.deepEqual(start.place(), own)
    start.notePublished(8)
    timeMs = 6_000
    assert.deepEqual(start.place(), placeOf(8))
  })

  it('is the beginning after a second without work, after five with work, and at first', async () => {
    assert.deepEqual([start.isFullScanDue(false), start.isFullScanDue(true)], [true, true])
    await fullScan(1)
    assert.deepEqual([start.isFullScanDue(false), start.isFullScanDue(true)], [false, false])
    timeMs += 1_000
    assert.deepEqual([start.isFullScanDue(false), start.isFullScanDue(true)], [true, false])
    timeMs += 4_000
    assert.equal(start.isFullScanDue(true), true)
  })

  it('is the beginning for two per cent of the time at most, even when the scan fails', async () => {
    await fullScan(200)
    timeMs += 9_999
    assert.deepEqual([start.isFullScanDue(false), start.isFullScanDue(true)], [false, false])
    timeMs += 1
    assert.deepEqual([start.isFullScanDue(false), start.isFullScanDue(true)], [true, true])
    const fails = start.timeFullScan(() => {
      timeMs += 8_000
      return Promise.reject(new Error('took too long'))
    })
    await assert.rejects(fails)
    timeMs += 399_999
    assert.equal(start.isFullScanDue(false), false)
    timeMs += 1
    assert.equal(start.isFullScanDue(false), true)
  })
})
