import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { ANSWER_BYTES_MAX } from '../src/operators/http/protocol.ts'
import type { Answer } from '../src/operators/http/protocol.ts'
import type { CorruptResponseKind } from './behaviour.ts'
import { JSON_TYPE, sendJson } from './sendJson.ts'

/** Identifiers that are hard to store or to find again: with a blank, too long, missing, null. */
const ODD_IDENTIFIERS = ['a b', 'x'.repeat(65), undefined, null]
/** A number that JSON readers round. */
const HUGE_IDENTIFIER = '18858926273619457'

/** Changes of the elements; a single message is answered by the first. */
const ELEMENTS: Partial<Record<CorruptResponseKind, (answers: Answer[]) => unknown[]>> = {
  'wrong-references': (answers) => answers.map((each) => ({ ...each, reference: `${each.reference}?` })),
  'malformed-answers': (answers) =>
    answers.map((each, at) => (at % 2 === 0 ? each : { reference: each.reference, status: 'maybe' })),
  'extra-answers': (answers) => [
    ...answers,
    { reference: 'not-requested', status: 'accepted', message_id: 'x' },
    null,
    7,
  ],
  reversed: (answers) => answers.toReversed(),
  'upper-case': (answers) =>
    answers.map((each) => ({
      ...each,
      reference: each.reference.toUpperCase(),
      status: each.status.toUpperCase(),
    })),
  'odd-ids': (answers) =>
    answers.map((each, at) => ({ ...each, message_id: ODD_IDENTIFIERS[at % ODD_IDENTIFIERS.length] })),
  'numeric-reason': (answers) => answers.map((each) => ({ ...each, reason: 17 })),
}

/** Changes of the shape, for a single message too. */
const SHAPES: Partial<Record<CorruptResponseKind, (answers: Answer[]) => unknown>> = {
  'wrong-shape': () => ({ result: 'ok' }),
  'array-of-one': (answers) => answers,
  'missing-answers': (answers) => answers.filter((_, at) => at % 2 === 0),
  'repeated-answers': (answers) => [...answers, ...answers],
  'contradictory-answers': (answers) => [
    ...answers,
    ...answers.map((each) => ({ ...each, status: each.status === 'accepted' ? 'rejected' : 'accepted' })),
  ],
}

/** Changes of the text. */
const TEXTS: Partial<Record<CorruptResponseKind, (text: string) => string | Buffer>> = {
  'not-json': () => '<html>It works!</html>',
  empty: () => '',
  'error-word': () => 'ERROR:14',
  oversized: (text) => ' '.repeat(ANSWER_BYTES_MAX) + text,
  'numeric-id': (text) => text.replace(/"message_id":"[^"]*"/g, `"message_id":${HUGE_IDENTIFIER}`),
  gzip: (text) => gzipSync(text),
  bom: (text) => `\uFEFF${text}`,
}

/** Answers for messages that were taken, in a form that is spoilt or unusual. */
export function corrupt(
  response: ServerResponse,
  answers: Answer[],
  how: CorruptResponseKind,
  single: boolean,
): void {
  const shape = SHAPES[how]
  if (shape) return sendJson(response, 200, shape(answers))
  const elements = ELEMENTS[how]?.(answers) ?? answers
  const text = JSON.stringify(single ? elements[0] : elements)
  if (how === 'truncated') {
    response.writeHead(200, { ...JSON_TYPE, 'content-length': Buffer.byteLength(text) })
    response.write(text.slice(0, text.length / 2), () => response.socket?.destroy())
    return
  }
  if (how === 'no-content') return void response.writeHead(204).end()
  const encoding = how === 'gzip' ? { 'content-encoding': 'gzip' } : {}
  response.writeHead(200, { ...JSON_TYPE, ...encoding }).end(TEXTS[how]?.(text) ?? text)
}
