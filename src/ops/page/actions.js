import { Refused, get, post } from './api.js'
import { plural } from './format.js'

const ASK_EVERY_MS = 400
const WAIT_MAX_MS = 60_000
/** A relay begins none that is older. */
const VALID_MS = 10 * 60_000
/** What they show may have changed since. */
const ASKED_ANEW = new Set(['dead_letters.list'])

/**
 * What was asked for a short time ago and has not ended, as far as this page knows: asking again waits for the same action.
 * @type {Map<string, { id: string, askedAtMs: number }>}
 */
const open = new Map()

/**
 * Asks the relays for an action and waits for what it comes to.
 * @param {string} kind @param {object} input @param {string} [reason] @param {number} [waitMaxMs]
 * @returns {Promise<any>}
 */
export async function carryOut(kind, input, reason, waitMaxMs = WAIT_MAX_MS) {
  const asked = JSON.stringify([kind, input])
  const id = findOpen(kind, asked) ?? (await ask(kind, input, reason))
  if (open.get(asked)?.id !== id) open.set(asked, { id, askedAtMs: performance.now() })
  const endsAt = performance.now() + waitMaxMs
  do {
    const { state, result } = await readAction(id, asked)
    if (state === 'done' || state === 'failed') open.delete(asked)
    if (state === 'done') return result
    if (state === 'failed') throw new Error(result.error)
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS))
  } while (performance.now() < endsAt)
  throw new Error('No relay has carried it out yet; the log shows when one does. Asking again waits for it.')
}

/** @param {string} kind @param {string} asked @returns {string | undefined} */
function findOpen(kind, asked) {
  const found = open.get(asked)
  if (!found || ASKED_ANEW.has(kind) || performance.now() - found.askedAtMs > VALID_MS) return undefined
  return found.id
}

/** @param {string} kind @param {object} input @param {string} [reason] @returns {Promise<string>} */
async function ask(kind, input, reason) {
  const { id } = await post('/ops/api/actions', { kind, input, ...(reason ? { reason } : {}) })
  return id
}

/** @param {string} id @param {string} asked @returns {Promise<any>} */
async function readAction(id, asked) {
  try {
    return await get(`/ops/api/actions/${id}`)
  } catch (error) {
    if (error instanceof Refused && error.code === 'action_not_found') open.delete(asked)
    throw error
  }
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
