import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import { ANSWER_BYTES_MAX } from './protocol.ts'

const DECODERS: Partial<Record<string, typeof gunzipSync>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
}

/** The text of an answer's body, without a byte order mark, or why it cannot be read. */
export function decode(bytes: Buffer, encoding = 'identity'): { body: string } | { fault: string } {
  const name = encoding.trim().toLowerCase()
  try {
    const plain = name === 'identity' ? bytes : DECODERS[name]?.(bytes, { maxOutputLength: ANSWER_BYTES_MAX })
    return plain ? { body: new TextDecoder().decode(plain) } : { fault: 'unknown content encoding' }
  } catch {
    return { fault: 'undecodable content' }
  }
}
