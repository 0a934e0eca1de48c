import assert from 'node:assert/strict'
import fc from 'fast-check'
import { isTimeZone, nextOpening, openUntil } from '../../src/primitives/sendingWindow.ts'
import type { SendingWindow } from '../../src/primitives/sendingWindow.ts'

const DAY_MS = 86_400_000

const windowOf = (from: string, to: string, timeZone: string): SendingWindow => {
  const toMinute = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))
  return { fromMinute: toMinute(from), toMinute: toMinute(to), timeZone, hasExpress: false }
}
const opening = (window: SendingWindow, at: string) =>
  new Date(nextOpening(window, Date.parse(at))).toISOString()

/** What a wall clock of the zone shows, by another way than the code's. */
function wallMinute(timeZone: string, atMs: number): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
    .formatToParts(atMs)
    .map(({ value }) => value)
  return Number(parts[0]) * 60 + Number(parts[2])
}

function isOpenByTheClock(
  { fromMinute: from, toMinute: to, timeZone }: SendingWindow,
  atMs: number,
): boolean {
  const minute = wallMinute(timeZone, atMs)
  return from < to ? minute >= from && minute < to : minute >= from || minute < to
}

describe('a sending window', () => {
  const tehran = windowOf('08:00', '20:00', 'Asia/Tehran')

  it('is open from its first minute to its last, on the clocks of its zone', () => {
    assert.equal(opening(tehran, '2026-01-19T04:29:59.999Z'), '2026-01-19T04:30:00.000Z')
    assert.equal(opening(tehran, '2026-01-19T04:30:00.000Z'), '2026-01-19T04:30:00.000Z')
    assert.equal(opening(tehran, '2026-01-19T16:29:59.999Z'), '2026-01-19T16:29:59.999Z')
    assert.equal(opening(tehran, '2026-01-19T16:30:00.000Z'), '2026-01-20T04:30:00.000Z')
  })

  it('knows that Tehran has had no daylight saving since 2022', () => {
    assert.equal(opening(tehran, '2026-07-19T00:00:00.000Z'), '2026-07-19T04:30:00.000Z')
  })

  it('may pass midnight', () => {
    const night = windowOf('22:00', '06:00', 'UTC')
    assert.equal(opening(night, '2026-01-19T05:59:59.000Z'), '2026-01-19T05:59:59.000Z')
    assert.equal(opening(night, '2026-01-19T06:00:00.000Z'), '2026-01-19T22:00:00.000Z')
    assert.equal(opening(night, '2026-01-19T23:30:00.000Z'), '2026-01-19T23:30:00.000Z')
  })

  it('opens by the clocks on the day that they change', () => {
    const berlin = windowOf('08:00', '20:00', 'Europe/Berlin')
    assert.equal(opening(berlin, '2026-03-28T22:00:00.000Z'), '2026-03-29T06:00:00.000Z')
    assert.equal(opening(berlin, '2026-10-24T22:00:00.000Z'), '2026-10-25T07:00:00.000Z')
    const inTheGap = windowOf('02:30', '03:30', 'Europe/Berlin')
    assert.equal(
      opening(inTheGap, '2026-03-29T00:00:00.000Z'),
      '2026-03-29T01:00:00.000Z',
      'at 3, after the gap',
    )
    const gone = windowOf('02:00', '03:00', 'Europe/Berlin')
    assert.equal(opening(gone, '2026-03-29T00:00:00.000Z'), '2026-03-30T00:00:00.000Z', 'a day later')
    const twice = windowOf('02:15', '02:45', 'Europe/Berlin')
    assert.equal(opening(twice, '2026-10-25T00:50:00.000Z'), '2026-10-25T01:15:00.000Z', 'a second time')
  })

  it('is open at each opening and until it ends, and was not open before, in any zone', () => {
    const minute = fc.integer({ min: 0, max: 1_439 })
    const zone = fc.constantFrom(
      'UTC',
      'Asia/Tehran',
      'Europe/Berlin',
      'Australia/Lord_Howe',
      'America/St_Johns',
      'Asia/Kathmandu',
    )
    const at = fc.integer({ min: Date.UTC(2025, 0, 1), max: Date.UTC(2028, 0, 1) })
    fc.assert(
      fc.property(
        minute,
        minute,
        zone,
        at,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (fromMinute, toMinute, timeZone, atMs, share) => {
          fc.pre(fromMinute !== toMinute)
          const window = { fromMinute, toMinute, timeZone, hasExpress: false }
          const opensAt = nextOpening(window, atMs)
          assert.ok(opensAt >= atMs && opensAt - atMs <= 2 * DAY_MS)
          assert.ok(isOpenByTheClock(window, opensAt))
          if (opensAt > atMs)
            assert.ok(!isOpenByTheClock(window, atMs + Math.floor((opensAt - atMs - 1) * share)))
          const until = openUntil(window, opensAt)
          assert.ok(
            until > opensAt && isOpenByTheClock(window, opensAt + Math.floor((until - opensAt - 1) * share)),
          )
        },
      ),
    )
  })

  it('has a time zone that the engine knows', () => {
    assert.deepEqual(['Asia/Tehran', 'UTC', 'Asia/Atlantis', ''].map(isTimeZone), [true, true, false, false])
  })
})
