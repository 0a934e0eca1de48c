// The command `npm run deadletters`: lists dead-lettered (unparseable) messages, sends them back or drops them.
import { parseArgs } from 'node:util'
import { dropDeadLetters, listDeadLetters, replayDeadLetters } from './outbox/deadLetters/deadLetters.ts'
import type { DeadLetter, DeadLetterQuery, Handled } from './outbox/deadLetters/deadLetters.ts'
import { queuesOf } from './outbox/index.ts'
import { readSettings } from './platform/config/index.ts'
import { CLASSES } from './primitives/messageClass.ts'
import type { MessageClass } from './primitives/messageClass.ts'
import { SETTINGS } from './roles/settings.ts'

const USAGE = `usage: npm run deadletters -- list|replay|drop [--queue normal|express] [--id ID]...
  list    shows each message with its reason, and leaves it where it is
  replay  sends each back to the queue it came from
  drop    removes each for good; what it should have delivered is still in the outbox
All of them without --queue and --id. Equal messages share an id.`

/** Keeps the output readable; --queue and --id narrow it. */
const LINES_MAX = 1_000
const ACTIONS = { list: listDeadLetters, replay: replayDeadLetters, drop: dropDeadLetters }
const RESULTS: Record<Handled['result'], string> = {
  moved: 'sent back',
  dropped: 'dropped',
  returned: 'LEFT HERE, its queue does not exist',
  refused: 'LEFT HERE, its queue is full',
  lost: 'LEFT HERE, RabbitMQ did not answer; it may be in its queue too',
}

interface Command {
  action: keyof typeof ACTIONS
  types: MessageClass[]
  ids: ReadonlySet<string>
}

const command = readCommand(process.argv.slice(2))
const { values, faults } = readSettings(process.env, {
  AMQP_URL: { ...SETTINGS.AMQP_URL, required: true },
  NORMAL_QUEUE: SETTINGS.NORMAL_QUEUE,
  EXPRESS_QUEUE: SETTINGS.EXPRESS_QUEUE,
})
if (faults.length > 0) fail(faults.join('\n'), 2)
const queues = queuesOf({ normal: values.NORMAL_QUEUE ?? '', express: values.EXPRESS_QUEUE ?? '' })
try {
  let left = 0
  for (const type of command.types)
    left += await carryOut({ url: values.AMQP_URL ?? '', ...queues[type], ids: command.ids })
  if (left > 0) fail(`${left} could not be sent back and are still here`, 1)
} catch (error) {
  // A refused connection may come as an AggregateError whose own message is empty.
  const { message, code } = error as { message: string; code?: string }
  fail(message || (code ?? 'failed'), 1)
}

/** @returns how many should have moved and did not. */
async function carryOut(query: DeadLetterQuery): Promise<number> {
  const letters: (DeadLetter | Handled)[] = await ACTIONS[command.action](query)
  console.log(`${query.deadLetterQueue}: ${letters.length === 0 ? 'empty' : letters.length}`)
  for (const letter of letters.slice(0, LINES_MAX)) console.log(describe(letter))
  if (letters.length > LINES_MAX) console.log(`  and ${letters.length - LINES_MAX} more`)
  return letters.filter((letter) => 'result' in letter && isLeft(letter.result)).length
}

function describe(letter: DeadLetter | Handled): string {
  const { id, queue, reason, putAt, bytes, outline } = letter
  const result = 'result' in letter ? `${RESULTS[letter.result]}  ` : ''
  const about = `${age(putAt)}  ${bytes} bytes from ${queue}`
  return `  ${id}  ${result}${about}\n    reason: ${reason}\n    body:   ${outline}`
}

function isLeft(result: Handled['result']): boolean {
  return result !== 'moved' && result !== 'dropped'
}

function age(putAt: Date | undefined): string {
  if (!putAt) return 'age unknown'
  const seconds = Math.max(0, Math.round((Date.now() - putAt.getTime()) / 1_000))
  if (seconds < 120) return `${seconds} s old`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min old`
  return `${Math.round(seconds / 3_600)} h old`
}

function readCommand(args: string[]): Command {
  try {
    const { values: options, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        queue: { type: 'string' },
        id: { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (options.help) {
      console.log(USAGE)
      process.exit(0)
    }
    const [action, ...rest] = positionals
    if (action === undefined) throw new Error('no action given')
    if (!isAction(action)) throw new Error(`unknown action ${action}`)
    if (rest.length > 0) throw new Error(`unexpected argument ${rest.join(' ')}`)
    const types = CLASSES.filter((type) => options.queue === undefined || options.queue === type)
    if (types.length === 0) throw new Error('--queue is normal or express')
    return { action, types, ids: new Set(options.id) }
  } catch (error) {
    return fail(`${(error as Error).message}\n${USAGE}`, 2)
  }
}

function isAction(word: string): word is keyof typeof ACTIONS {
  return Object.hasOwn(ACTIONS, word)
}

function fail(message: string, code: number): never {
  console.error(`deadletters: ${message}`)
  process.exit(code)
}
