import { get, post } from './api.js'
import { plural } from './format.js'

const ASK_EVERY_MS = 400
const WAIT_MAX_MS = 60_000

/**
 * Asks the relays for an action and waits for what it comes to.
 * @param {string} kind @param {object} input @param {string} [reason]
 * @returns {Promise<any>}
 */
export async function carryOut(kind, input, reason) {
  const { id } = await post('/ops/api/actions', { kind, input, ...(reason ? { reason } : {}) })
  const endsAt = performance.now() + WAIT_MAX_MS
  while (performance.now() < endsAt) {
    const { state, result } = await get(`/ops/api/actions/${id}`)
    if (state === 'done') return result
    if (state === 'failed') throw new Error(result.error)
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS))
  }
  throw new Error('No relay has carried it out yet; the log shows when one does.')
}

/** @type {Record<string, string>} */
const WORDS = {
  moved: 'sent back to the queue',
  dropped: 'dropped',
  returned: 'left: the queue does not exist',
  refused: 'left: the queue is full',
  lost: 'left: RabbitMQ did not answer',
  decided: 'decided',
  not_quarantined: 'not in quarantine any more',
  unknown_message: 'unknown',
}

/** What an action came to, as a sentence. @param {Record<string, number>} results */
export function sayResults(results) {
  const parts = Object.entries(results).map(([result, number]) => `${number} ${WORDS[result] ?? result}`)
  return parts.length === 0 ? `${plural(0, 'item')}: nothing was there any more.` : `${parts.join(', ')}.`
}
