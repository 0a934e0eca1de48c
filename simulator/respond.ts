import type { ServerResponse } from 'node:http'
import { corrupt } from './corrupt.ts'
import { sendJson } from './sendJson.ts'
import type { Reaction } from './operator.ts'

/** A caller that never gives up must not keep a connection for ever. */
const HANG_MS_MAX = 120_000

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
      if (reaction.retryAfter !== null && [429, 503].includes(reaction.status))
        response.setHeader('retry-after', reaction.retryAfter)
      sendJson(response, reaction.status, { reason: reaction.reason })
      return
    case 'answer':
      sendJson(response, 200, single ? reaction.answers[0] : reaction.answers)
      return
    case 'corrupt-response':
      corrupt(response, reaction.answers, reaction.how, single)
      return
  }
}
