import type { ServerResponse } from 'node:http'
import { ANSWER_BYTES_MAX } from '../src/operators/http/protocol.ts'
import type { Answer } from '../src/operators/http/protocol.ts'
import type { GarbleKind } from './behaviour.ts'
import type { Reaction } from './operator.ts'

/** A caller that never gives up must not hold a socket for ever. */
const HANG_MS_MAX = 120_000

const JSON_TYPE = { 'content-type': 'application/json' }

/** Plays a reaction to the caller. `single`: it sent one message and no array, and is answered likewise. */
export function respond(response: ServerResponse, reaction: Reaction, single: boolean): void {
  if (reaction.kind === 'hang') {
    response.socket?.setTimeout(HANG_MS_MAX, () => response.destroy())
    return
  }
  const play = () => {
    if (!response.destroyed) answer(response, reaction, single)
  }
  if (reaction.latencyMs < 1) play()
  else setTimeout(play, reaction.latencyMs)
}

type Answerable = Exclude<Reaction, { kind: 'hang' }>

function answer(response: ServerResponse, reaction: Answerable, single: boolean): void {
  switch (reaction.kind) {
    case 'drop':
      response.socket?.destroy()
      return
    case 'refuse':
      sendJson(response, reaction.status, { reason: reaction.reason })
      return
    case 'answer':
      sendJson(response, 200, single ? reaction.answers[0] : reaction.answers)
      return
    case 'garble':
      garble(response, reaction.answers, reaction.how, single)
      return
  }
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, JSON_TYPE).end(JSON.stringify(body))
}

/** The messages were taken; the answer that says so is spoilt. */
function garble(response: ServerResponse, answers: Answer[], how: GarbleKind, single: boolean): void {
  const send = (elements: unknown[]) => sendJson(response, 200, single ? elements[0] : elements)
  switch (how) {
    case 'not-json':
      response.writeHead(200, JSON_TYPE).end('<html>It works!</html>')
      return
    case 'empty':
      response.writeHead(200, JSON_TYPE).end()
      return
    case 'truncated': {
      const body = JSON.stringify(single ? answers[0] : answers)
      response.writeHead(200, { ...JSON_TYPE, 'content-length': Buffer.byteLength(body) })
      response.write(body.slice(0, body.length / 2), () => response.socket?.destroy())
      return
    }
    case 'oversized':
      response.writeHead(200, JSON_TYPE).end(' '.repeat(ANSWER_BYTES_MAX) + JSON.stringify(answers))
      return
    case 'wrong-shape':
      sendJson(response, 200, { result: 'ok' })
      return
    case 'wrong-references':
      send(answers.map((each) => ({ ...each, reference: `${each.reference}?` })))
      return
    case 'missing-answers':
      sendJson(response, 200, everySecond(answers))
      return
    case 'malformed-answers':
      send(answers.map((each, at) => (at % 2 === 0 ? each : { reference: each.reference, status: 'maybe' })))
      return
    case 'extra-answers':
      send([...answers, { reference: 'nobody-asked', status: 'accepted', message_id: 'x' }, null, 7])
      return
    case 'reversed':
      send(answers.toReversed())
      return
  }
}

function everySecond<T>(values: T[]): T[] {
  return values.filter((_, at) => at % 2 === 0)
}
