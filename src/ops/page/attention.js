import { DeadLetters } from './deadLetters.js'
import { Quarantine } from './quarantine.js'
import { Receipts } from './receipts.js'
import { Webhooks } from './webhooks.js'
import { html } from './ui.js'

/** Everything that waits for a person. @param {{ live: any, session: any }} props */
export function Attention({ live, session }) {
  if (!live) return null
  const { deadLetters, quarantine, receipts, disabledWebhooks } = live.counts
  return html`
    <${DeadLetters} counts=${deadLetters} />
    <${Quarantine} count=${quarantine} session=${session} />
    <${Receipts} counts=${receipts} />
    <${Webhooks} count=${disabledWebhooks} />
  `
}
