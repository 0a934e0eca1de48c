import { costOf, partsOf } from '../prices.ts'
import { FIRST_DEAR_NUMBER } from '../tariffs.ts'
import { CLASSES } from '../../src/primitives/messageClass.ts'
import { ask } from './ask.ts'
import { numbersOf } from './record.ts'
import type { KeyHolder } from './sendKeyed.ts'

/** Of two parts. */
const TEXT = 'how much is this? '.repeat(10)
/** One on each side of where the tariffs differ. */
const NUMBERS = { firstNumber: FIRST_DEAR_NUMBER - 1, recipients: 2 }

/** Whether a process quotes what the customer's tariffs say, for both classes. */
export async function isPricedRightly(apiUrl: string, { customer, key }: KeyHolder): Promise<boolean> {
  for (const type of CLASSES) {
    const body = { to: numbersOf(NUMBERS), text: TEXT, type }
    const headers = { 'x-api-key': key }
    const { answered, body: quote } = await ask(`${apiUrl}/v1/messages/quote`, body, { headers })
    const cost = costOf({ customer, type, ...NUMBERS, parts: partsOf(TEXT) })
    if (answered !== 'accepted' || quote['cost'] !== cost) return false
  }
  return true
}
