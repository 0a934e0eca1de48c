import { HEADER_OCTETS, PDU_OCTETS_MAX } from './pdu.ts'

/** Cuts a stream into frames. What is buffered is at most one frame, allocated once its length is known to be legal. */
export interface PduReader {
  /**
   * @returns the frames that the chunk completes, in order; frames that lie within it are views of it. With
   * `illegalLength` nothing after them can be told apart: the connection must be closed and the reader not used again.
   */
  push(chunk: Buffer): { frames: Buffer[]; illegalLength?: number }
  /** Octets of an incomplete frame. */
  buffered(): number
}

const LENGTH_OCTETS = 4

export function createPduReader(octetsMax = PDU_OCTETS_MAX): PduReader {
  const length = Buffer.alloc(LENGTH_OCTETS)
  /** The length's octets until they are complete, then the frame. */
  let partial = length
  let filled = 0
  const isLegal = (octets: number) => octets >= HEADER_OCTETS && octets <= octetsMax

  return {
    buffered: () => filled,
    push(chunk) {
      const frames: Buffer[] = []
      let at = 0
      while (at < chunk.length) {
        if (filled === 0 && chunk.length - at >= LENGTH_OCTETS) {
          const octets = chunk.readUInt32BE(at)
          if (!isLegal(octets)) return { frames, illegalLength: octets }
          if (chunk.length - at >= octets) {
            frames.push(chunk.subarray(at, at + octets))
            at += octets
            continue
          }
        }
        const copied = chunk.copy(partial, filled, at)
        at += copied
        filled += copied
        if (filled < partial.length) break
        if (partial === length) {
          const octets = length.readUInt32BE()
          if (!isLegal(octets)) return { frames, illegalLength: octets }
          partial = Buffer.allocUnsafe(octets)
          length.copy(partial)
        } else {
          frames.push(partial)
          partial = length
          filled = 0
        }
      }
      return { frames }
    },
  }
}
