import type { SimulatorAdmin } from '../../simulator/client.ts'
import type { Recorded } from '../../simulator/record.ts'
import { waitUntil } from '../processes/waitUntil.ts'
import { expect } from './expect.ts'
import type { Page } from './page.ts'

/** Of the message that is sent over SMPP. */
export const PARTS = 2
const TIMEOUT_MS = 30_000

/** The parts as the operator recorded them, once it has the answers to their receipts. */
export async function showParts(c: SimulatorAdmin, text: string, page: Page): Promise<void> {
  const summary = await waitUntil(
    async () => {
      const { smpp } = await c.summary()
      return smpp && smpp.receipts.stored >= PARTS && smpp
    },
    { what: 'the operator to have the answers to its receipts', timeoutMs: TIMEOUT_MS },
  )
  const recorded: Part[] = []
  for await (const each of c.parts()) recorded.push(toPart(each))
  // On a starved machine a call runs out of time, and the message comes again under another reference, marked.
  const complete = [...Map.groupBy(recorded, ({ reference }) => reference).values()].find(
    ({ length }) => length === PARTS,
  )
  expect(complete !== undefined, 'not all parts were submitted under one reference')
  const parts = complete.sort((one, other) => one.number - other.number)
  page.say(`the operator recorded ${summary.submitted} submit_sm:`)
  for (const part of parts)
    page.say(
      `  user data header: reference ${part.reference}, part ${part.number} of ${part.total}; ` +
        `${part.text.length} characters; identifier ${part.messageId}; receipt: ${part.receipt}`,
    )
  page.say(
    `the operator sent ${summary.receipts.stored} receipts (deliver_sm); the engine stored and answered each`,
  )
  expect(parts.map(({ text }) => text).join('') === text, 'the parts are not the text')
  expect(
    parts.every(({ receipt }) => receipt === 'delivered'),
    'a part was not delivered',
  )
}

interface Part {
  /** That the parts share. */
  reference: string
  number: number
  total: string
  text: string
  messageId: string
  receipt: Recorded['receipt']
}

/** The record names a part by its message, its reference and its place, as its user data header has them. */
function toPart({ reference: name, text = '', messageIds = [], receipt }: Recorded): Part {
  const [, reference = '', number = '', total = ''] = /:(\d+):(\d+)\/(\d+)$/.exec(name) ?? []
  return { reference, number: Number(number), total, text, messageId: messageIds[0] ?? '', receipt }
}
