// A message centre that takes everything at once, in a process of its own. Sends its port to the parent.
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import {
  createPduReader,
  decodePdu,
  encodePdu,
  isResponse,
  responseTo,
} from '../../../src/operators/smpp/codec/index.ts'
import type { Pdu } from '../../../src/operators/smpp/codec/index.ts'

let identifier = 0

function answer(pdu: Pdu): Buffer {
  const { command, sequence } = pdu
  if (isResponse(command)) return Buffer.alloc(0)
  const messageId = command === 'submit_sm' ? (++identifier).toString(16) : ''
  return encodePdu({ command: responseTo(command), sequence, messageId })
}

const server = createServer({ noDelay: true }, (socket) => {
  const reader = createPduReader()
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    const answers = reader.push(chunk).frames.map((frame) => {
      const decoded = decodePdu(frame)
      return decoded.kind === 'pdu' ? answer(decoded.pdu) : Buffer.alloc(0)
    })
    socket.write(Buffer.concat(answers))
  })
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.once('disconnect', () => process.exit(0))
