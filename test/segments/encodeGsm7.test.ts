import assert from 'node:assert/strict'
import { encodeGsm7 } from '../../src/segments/index.ts'

const hexOf = (text: string) => encodeGsm7(text).toString('hex')

describe('a text in GSM 7 bit, unpacked', () => {
  it('has its place in the default alphabet as the octet of each character', () => {
    assert.equal(hexOf('@$_ÖAZaz£è\n\rΔà'), '00' + '02' + '11' + '5c' + '415a617a' + '0104' + '0a0d' + '107f')
  })

  it('has an escape before each character of the extension table', () => {
    assert.equal(
      hexOf('\f^{}\\[~]|€'),
      ['0a', '14', '28', '29', '2f', '3c', '3d', '3e', '40', '65'].map((each) => `1b${each}`).join(''),
    )
  })

  it('leaves out what the alphabet does not have', () => {
    assert.equal(hexOf('aسb\u001b'), '61621b')
  })
})
