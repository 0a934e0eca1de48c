// Sends a message to the number that is given, waits until it is sent or has failed, and shows what it cost.
// Node 22.18 and newer run it as it is:
//   CHAPAR_URL=http://127.0.0.1:8080 CHAPAR_KEY=secret node example/send.ts +989120000001
// In a program of your own the import is `from 'chapar-client'`.
import { setTimeout as wait } from 'node:timers/promises'
import { createClient, ProblemError } from '../src/index.ts'

const POLL_MS = 250
const POLLS_MAX = 240

const [to] = process.argv.slice(2)
const { CHAPAR_URL: baseUrl, CHAPAR_KEY: apiKey } = process.env
if (to === undefined || baseUrl === undefined || apiKey === undefined) {
  console.error('usage: CHAPAR_URL=... CHAPAR_KEY=... node example/send.ts NUMBER')
  process.exit(2)
}

const chapar = createClient({ baseUrl, apiKey })

async function main(number: string): Promise<void> {
  const message = { to: number, text: 'Your code is 424242', type: 'express' } as const
  const quote = await chapar.quote(message)
  console.log(`${quote.parts} part, ${quote.encoding}, costs ${quote.cost}`)

  const { message_id: id } = await chapar.sendMessage({ ...message, max_price: quote.cost })
  console.log(`accepted as ${id}`)
  console.log(`status ${await follow(id)}`)

  for await (const { amount, transaction_type: type } of chapar.eachTransaction({ limit: 3 })) {
    console.log(`last transaction: ${type} ${amount}`)
    break
  }
}

/** @returns the status of the message when nothing more will happen soon. */
async function follow(id: string): Promise<string> {
  for (let polls = 0; polls < POLLS_MAX; polls++) {
    const { status } = await chapar.getMessage(id)
    if (!['QUEUED', 'SENDING', 'FAILED_TEMP'].includes(status)) return status
    await wait(POLL_MS)
  }
  return 'still open'
}

try {
  await main(to)
} catch (error) {
  if (!(error instanceof ProblemError)) throw error
  console.error(`refused: ${error.code}: ${error.detail}`)
  process.exitCode = 1
}
