import assert from 'node:assert/strict'
import { parseSender } from '../../src/numbers/index.ts'

describe('a sender', () => {
  it('is a name of 2 to 11 characters with a letter', () => {
    for (const name of [
      'Chapar',
      'AB',
      'A1',
      '1A',
      'A & B',
      'a.b-c_d',
      'ABCDEFGHIJK',
      '24-7 Shop',
      '&a',
      '-a.',
      '1e5',
    ])
      assert.deepEqual(parseSender(name), { kind: 'name', sender: name })
  })

  it('is a number of 5 to 15 digits', () => {
    for (const number of ['10001', '+989120000001', '300012345', '09120000001'])
      assert.deepEqual(parseSender(number), { kind: 'number', sender: number })
  })

  it('is nothing else', () => {
    const others = [
      ...[
        '',
        'A',
        'ABCDEFGHIJKL',
        ' Chapar',
        'Chapar ',
        '\u00a0Chapar',
        'Chapar\n',
        'A\tB',
        '1234',
        '12-34',
        '& .',
      ],
      ...['چاپار', 'Café', 'A+B', 'A/B', 'A😀', '+ABC', '1234567890123456', '۱۲۳۴۵', '00 98'],
    ]
    for (const text of others) assert.equal(parseSender(text).kind, 'fault', JSON.stringify(text))
  })
})
