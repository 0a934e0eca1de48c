import { ask } from './clients/ask.ts'
import { noteAnswer } from './clients/record.ts'
import type { ClientRecord, ToppedUp } from './clients/record.ts'

/** Some hundred requests, one after the other, on a machine that may be busy with other work. */
const TIMEOUT_MS = 240_000

/** Gives each customer its first money. @throws Error when the time is over. */
export async function fund(
  url: string,
  money: ReadonlyMap<number, number>,
  record: ClientRecord,
): Promise<void> {
  const deadlineMs = performance.now() + TIMEOUT_MS
  for (const [customer, amount] of money) {
    for (let time = 0; ; time++) {
      if (performance.now() > deadlineMs) throw new Error('the customers could not be given their money')
      const mark = `first money of ${customer}.${time}`
      const toppedUp: ToppedUp = { mark, customer, amount, answered: 'unknown' }
      record.toppedUp.push(toppedUp)
      const description = `[${mark}] top-up`
      const { answered, label } = await ask(`${url}/balance/add`, {
        user_id: customer,
        balance: amount,
        description,
      })
      noteAnswer(record, label)
      toppedUp.answered = answered
      if (answered === 'accepted') break
    }
  }
}
