import assert from 'node:assert/strict'
import { createResponseReader } from '../../../loadtest/generator/responses.ts'
import type { HttpResponse } from '../../../loadtest/generator/responses.ts'

const ACCEPTED =
  'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\nKeep-Alive: timeout=65\r\n\r\n{"recipients":1}'
const REFUSED = 'HTTP/1.1 402 Payment Required\r\ncontent-length: 2\r\nConnection: close\r\n\r\n{}'
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n2;x=y\r\n1}\r\n0\r\n\r\n'
const EMPTY = 'HTTP/1.1 204 No Content\r\n\r\n'

function read(pieces: Iterable<string>): HttpResponse[] {
  const responses: HttpResponse[] = []
  const reader = createResponseReader((response) => responses.push(response))
  for (const piece of pieces) reader.take(piece)
  return responses
}

describe('the reading of answers', () => {
  it('finds the same answers wherever the bytes are cut', () => {
    const all = ACCEPTED + CHUNKED + EMPTY + REFUSED
    const whole = read([all])
    assert.deepEqual(
      whole.map(({ status, body, keepsOpen }) => [status, body, keepsOpen]),
      [
        [200, '{"recipients":1}', true],
        [200, '{"a":1}', true],
        [204, '', true],
        [402, '{}', false],
      ],
    )
    assert.deepEqual(read(all), whole)
    for (let cut = 1; cut < all.length; cut++)
      assert.deepEqual(read([all.slice(0, cut), all.slice(cut)]), whole)
  })

  it('knows how long an idle connection stays open', () => {
    assert.equal(read([ACCEPTED])[0]?.idleMs, 65_000)
    assert.equal(read([EMPTY])[0]?.idleMs, undefined)
  })

  it('goes past interim answers', () => {
    assert.deepEqual(
      read(['HTTP/1.1 100 Continue\r\n\r\n', REFUSED]).map(({ status }) => status),
      [402],
    )
  })

  it('takes an answer without a length until the connection ends', () => {
    const responses: HttpResponse[] = []
    const reader = createResponseReader((response) => responses.push(response))
    reader.take('HTTP/1.1 502 Bad Gateway\r\nserver: x\r\n\r\nsorry')
    assert.deepEqual(responses, [])
    assert.equal(reader.end(), false)
    assert.deepEqual(responses, [{ status: 502, body: 'sorry', keepsOpen: false, idleMs: undefined }])
  })

  it('sees an answer that was cut off', () => {
    const reader = createResponseReader(() => assert.fail('it was not whole'))
    reader.take(ACCEPTED.slice(0, -1))
    assert.equal(reader.end(), true)
  })

  it('refuses what is no HTTP and what never ends', () => {
    assert.throws(() => read(['SSH-2.0-OpenSSH\r\n\r\n']), /HTTP/)
    assert.throws(() => read(['HTTP/1.1 200 OK\r\nx: ', 'y'.repeat(70_000)]), /too long/)
    assert.throws(() => read(['HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n']), /too long/)
  })
})
