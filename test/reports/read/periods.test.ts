import assert from 'node:assert/strict'
import { periodsIn, toPeriodText } from '../../../src/reports/read/periods.ts'
import type { Granularity } from '../../../src/reports/read/periods.ts'
import { findTimeZone } from '../../../src/reports/read/timeZone.ts'

const HOUR_MS = 3_600_000

function periods(granularity: Granularity, name: string, from: string, to: string) {
  const zone = findTimeZone(name)
  assert.ok(zone, name)
  const found = periodsIn(granularity, zone, { fromMs: Date.parse(from), toMs: Date.parse(to) })
  const { starts, endMs } = found
  return {
    texts: [...starts, endMs].map((_, index) => toPeriodText(found, index)),
    hours: starts.map((startMs, index) => ((starts[index + 1] ?? endMs) - startMs) / HOUR_MS),
  }
}

describe('periodsIn', () => {
  it('widens a range to whole days of the zone', () => {
    const { texts, hours } = periods('day', 'Asia/Tehran', '2026-01-19T12:00:00Z', '2026-01-21T00:00:00Z')
    assert.deepEqual(texts, [
      ...['2026-01-19T00:00:00+03:30', '2026-01-20T00:00:00+03:30', '2026-01-21T00:00:00+03:30'],
      '2026-01-22T00:00:00+03:30',
    ])
    assert.deepEqual(hours, [24, 24, 24])
  })

  it('leaves a range as it is that ends with periods', () => {
    for (const [granularity, zone, from, to, count] of [
      ['day', 'Asia/Tehran', '2026-01-19T20:30:00Z', '2026-01-20T20:30:00Z', 1],
      ['day', 'UTC', '2026-01-19T00:00:00Z', '2026-01-21T00:00:00Z', 2],
      ['hour', 'Asia/Kathmandu', '2026-01-19T00:15:00Z', '2026-01-19T02:15:00Z', 2],
      ['minute', 'America/New_York', '2026-01-19T00:00:00Z', '2026-01-19T00:03:00Z', 3],
    ] as const) {
      const { texts, hours } = periods(granularity, zone, from, to)
      assert.equal(hours.length, count)
      assert.deepEqual(
        [texts[0], texts.at(-1)].map((text) => Date.parse(text ?? '')),
        [from, to].map(Date.parse),
      )
    }
  })

  it('has days of 23 and 25 hours when daylight saving begins and ends', () => {
    const spring = periods('day', 'Europe/Berlin', '2026-03-27T23:00:00Z', '2026-03-30T22:00:00Z')
    assert.deepEqual(spring.hours, [24, 23, 24])
    assert.equal(spring.texts[1], '2026-03-29T00:00:00+01:00')
    assert.equal(spring.texts[2], '2026-03-30T00:00:00+02:00')
    assert.deepEqual(
      periods('day', 'Europe/Berlin', '2026-10-23T22:00:00Z', '2026-10-26T23:00:00Z').hours,
      [24, 25, 24],
    )
  })

  it('tells the two hours apart that the clocks show alike', () => {
    const { texts, hours } = periods('hour', 'Europe/Berlin', '2026-10-24T23:00:00Z', '2026-10-25T03:00:00Z')
    assert.deepEqual(texts.slice(1, 4), [
      ...['2026-10-25T02:00:00+02:00', '2026-10-25T02:00:00+01:00', '2026-10-25T03:00:00+01:00'],
    ])
    assert.deepEqual(hours, [1, 1, 1, 1])
  })

  it('begins a day later that has no midnight, and once a day that has two', () => {
    const skipped = periods('day', 'Africa/Cairo', '2026-04-22T22:00:00Z', '2026-04-24T21:00:00Z')
    assert.deepEqual(skipped.texts, [
      ...['2026-04-23T00:00:00+02:00', '2026-04-24T01:00:00+03:00', '2026-04-25T00:00:00+03:00'],
    ])
    const twice = periods('day', 'America/Havana', '2026-10-31T04:00:00Z', '2026-11-02T05:00:00Z')
    assert.deepEqual(twice.hours, [24, 25])
  })

  it('divides an hour that the clocks leave in its middle', () => {
    const { texts, hours } = periods(
      'hour',
      'Australia/Lord_Howe',
      '2026-04-04T14:00:00Z',
      '2026-04-04T16:30:00Z',
    )
    assert.deepEqual(hours, [1, 0.5, 1])
    assert.equal(texts[1], '2026-04-05T01:30:00+10:30')
  })

  it('covers every range without a gap, in every zone', () => {
    for (const name of Intl.supportedValuesOf('timeZone'))
      for (const granularity of isOdd(name) ? (['hour', 'day'] as const) : (['day'] as const)) {
        const [from, to] = ['2026-01-01T00:00:01Z', '2027-01-01T00:00:00Z'] as const
        const { texts, hours } = periods(granularity, name, from, to)
        assert.ok(Date.parse(texts[0] ?? '') <= Date.parse(from), name)
        assert.ok(Date.parse(texts.at(-1) ?? '') >= Date.parse(to), name)
        // Zones change by up to two hours, and one in the middle of an hour, which is then two parts.
        const [least, most] = granularity === 'day' ? [22, 26] : [0.25, 1]
        assert.ok(
          hours.every((each) => each >= least && each <= most),
          `${name}: ${Math.min(...hours)}`,
        )
      }
  })
})

/** Whether its hours are not those of UTC. */
function isOdd(name: string): boolean {
  return (findTimeZone(name)?.offsetMsAt(Date.parse('2026-01-01T00:00:00Z')) ?? 0) % HOUR_MS !== 0
}

describe('findTimeZone', () => {
  it('knows names of the IANA database in any case, and nothing else', () => {
    assert.equal(findTimeZone('asia/tehran')?.name, 'Asia/Tehran')
    assert.equal(findTimeZone('utc')?.name, 'UTC')
    for (const name of ['Asia/Teheran', '+03:30', '', ' UTC', 'x'.repeat(100), 'Asia/Tehran\0'])
      assert.equal(findTimeZone(name), undefined, name)
  })

  it('knows offsets with their seconds, before and after changes', () => {
    const of = (name: string, at: string) => (findTimeZone(name)?.offsetMsAt(Date.parse(at)) ?? NaN) / HOUR_MS
    assert.equal(of('Asia/Tehran', '2022-07-01T00:00:00Z'), 4.5)
    assert.equal(of('Asia/Tehran', '2023-07-01T00:00:00Z'), 3.5)
    assert.equal(of('America/St_Johns', '2026-01-01T00:00:00Z'), -3.5)
    assert.equal(of('UTC', '2026-01-01T00:00:00Z'), 0)
  })
})
