import assert from 'node:assert/strict'
import fc from 'fast-check'
import { isRegion, normalizeNumber, normalizeNumbers } from '../../src/numbers/index.ts'
import type { Region } from '../../src/numbers/index.ts'
import { RECIPIENT_SHAPE } from '../../src/primitives/address.ts'

const NUMBER = '+989120000001'

const WRITINGS = [
  ...['09120000001', '+989120000001', '00989120000001', '989120000001', '9120000001'],
  ...['۰۹۱۲۰۰۰۰۰۰۱', '٠٩١٢٠٠٠٠٠٠١', '०९१२०००0001', '０９１２００００００１', '𝟎𝟗𝟏𝟐𝟎𝟎𝟎𝟎𝟎𝟎𝟏', '＋۹۸۹۱۲۰۰۰۰۰۰۱'],
  ...['\u206809120000001\u2069', '\u202d09120000001\u202c', '\u200e+98\u200f9120000001', '\ufeff09120000001'],
  ...[
    '+98 (912) 000-0001',
    '(+98) 912 000 0001',
    '+98 (0)912 000 0001',
    '[0912] 000 0001',
    ' 0912 000 0001 ',
  ],
  ...['0912\u00a0000\u00a00001', '0912\u202f000\u30000001', '0912–000–0001', '0912\u2212000\u20110001'],
]

const NO_NUMBERS = [
  ...['', ' ', '+', '()', 'abc', '9.12E+09', '9.12e9', '9120000001.0', '9,120,000,001', '09120000001\n'],
  ...[
    '\t09120000001',
    '09120000001,09120000002',
    '09120000001;',
    '0912/0000001',
    '-09120000001',
    '09120000001-',
  ],
  ...[
    '++989120000001',
    '0912+0000001',
    '09120000001x5',
    '09120000001 ext. 5',
    'tel:+989120000001',
    '0x1234567',
  ],
  ...['0912000000l', '09120000001\0', '\ud835', '½12345', '²12345', '一二三四五六', '1'.repeat(100)],
]

function read(given: string, region?: Region): string {
  const result = normalizeNumber(given, region)
  return result.kind === 'number' ? result.number : result.fault
}

describe('a number', () => {
  for (const written of WRITINGS) {
    it(`written as ${JSON.stringify(written)} is the one number`, () => {
      const given = written === NUMBER ? null : written
      assert.deepEqual(normalizeNumber(written, 'IR'), { kind: 'number', number: NUMBER, given })
    })
  }

  it('is refused with anything else in it, with a region or without', () => {
    for (const written of NO_NUMBERS) {
      for (const region of [undefined, 'IR', 'US'] as const) {
        assert.equal(normalizeNumber(written, region).kind, 'fault', JSON.stringify(written))
      }
    }
  })

  it('keeps its digits without a region, and only its writing is read', () => {
    for (const digits of ['09120000001', '+989120000001', '00989120000001', '989120000001', '12345']) {
      assert.deepEqual(normalizeNumber(digits, undefined), { kind: 'number', number: digits, given: null })
    }
    assert.equal(read('۰۹۱۲۰۰۰۰۰۰۱'), '09120000001')
    assert.equal(read('\u2068+98 (912) 000-0001\u2069'), NUMBER)
  })

  it('keeps its digits when its country has no numbers of that length, which is not judged here', () => {
    assert.equal(read('091285284834', 'IR'), '091285284834')
    assert.equal(read('+9891285284834', 'IR'), '+9891285284834')
    assert.equal(read('989120000001', 'US'), '989120000001')
    assert.equal(read('+99912345678', 'IR'), '+99912345678')
  })

  it('has 5 to 15 digits', () => {
    assert.equal(read('1234'), 'must have 5 to 15 digits')
    assert.equal(read('1234567890123456', 'IR'), 'must have 5 to 15 digits')
    assert.equal(read('+12345'), '+12345')
    assert.equal(read('09120000001 09120000002', 'IR'), 'must have 5 to 15 digits')
  })

  it('of another country may be written with +, 00 or the prefix that is dialled in the region', () => {
    for (const written of ['+14155550100', '0014155550100']) assert.equal(read(written, 'IR'), '+14155550100')
    for (const written of ['+989120000001', '00989120000001', '011989120000001']) {
      assert.equal(read(written, 'US'), NUMBER)
    }
    assert.equal(read('4155550100', 'US'), '+14155550100')
    // 001 is dialled before a calling code in Hong Kong, and 0085... is still 00 and +852.
    assert.equal(read('00185298765432', 'HK'), '+85298765432')
    assert.equal(read('0085298765432', 'HK'), '+85298765432')
  })

  it('keeps a zero that belongs to it', () => {
    assert.equal(read('06 1234 5678', 'IT'), '+390612345678')
    assert.equal(read('+39 06 1234 5678', 'IR'), '+390612345678')
  })

  it('is refused when it can be two', () => {
    // 001 and +65 as it is dialled in Singapore, or 00 and +1.
    assert.match(read('0016591234567', 'SG'), /could be \+6591234567 or \+16591234567/)
    assert.equal(read('+6591234567', 'SG'), '+6591234567')
  })

  it('is the same for all writings of any mobile number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_999_999 }), fc.integer({ min: 0, max: 9 }), (rest, digit) => {
        const national = `91${digit}${String(rest).padStart(7, '0')}`
        for (const prefix of ['0', '', '98', '+98', '0098', '+98 0']) {
          assert.equal(read(`${prefix}${national}`, 'IR'), `+98${national}`)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('keeps its digits when what is read would be read as yet another number', () => {
    assert.equal(read('+35900000000', 'IR'), '+35900000000')
  })

  it('is normal once it is normalized, and always in the shape of a recipient', () => {
    const written = fc.string({
      unit: fc.constantFrom(...'0123456789+ ()-۰۹\u200e'),
      minLength: 5,
      maxLength: 20,
    })
    const region = fc.constantFrom<Region | undefined>('IR', 'US', 'IT', 'SG', 'AR', undefined)
    fc.assert(
      fc.property(written, region, (text, region) => {
        const result = normalizeNumber(text, region)
        if (result.kind === 'fault') return
        assert.match(result.number, RECIPIENT_SHAPE)
        assert.equal(read(result.number, region), result.number)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('a list of numbers', () => {
  it('is normalized in its order, faults included', async () => {
    const given = Array.from({ length: 450 }, (_, i) =>
      i % 100 === 7 ? 'x' : `0912${String(1_000_000 + i)}`,
    )
    assert.deepEqual(
      await normalizeNumbers(given, 'IR'),
      given.map((one) => normalizeNumber(one, 'IR')),
    )
  })

  it('lets other work in between', async () => {
    let turns = 0
    const turn = () => void (turns++, (timer = setImmediate(turn)))
    let timer = setImmediate(turn)
    await normalizeNumbers(Array<string>(1_000).fill('09120000001'), undefined)
    clearImmediate(timer)
    assert.ok(turns >= 3, `${turns} turns`)
  })
})

describe('a region', () => {
  it('is a country by its two capitals', () => {
    for (const region of ['IR', 'US', 'DE']) assert.ok(isRegion(region))
    for (const text of ['', 'ir', 'IRN', '98', 'XX', 'constructor', '001']) assert.ok(!isRegion(text), text)
  })
})
