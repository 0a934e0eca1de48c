import { z } from 'zod'
import { time } from '../../platform/http/index.ts'
import type { LogEntry } from '../adminLog.ts'

export const LogItem = z
  .object({
    id: z.uuid(),
    actor: z.string().meta({ description: 'Who did it: a key, or the admin key and its address' }),
    action: z.string().meta({ description: 'What was done, such as `key.create`' }),
    user_id: z.int().nullable().meta({ description: "The customer's number; null when it concerns all" }),
    details: z.record(z.string(), z.unknown()).meta({ description: 'What was set' }),
    created_at: time('When'),
  })
  .meta({ id: 'LogEntry' })

export function toLogItem(entry: LogEntry): z.input<typeof LogItem> {
  const { id, actor, action, userId, details, createdAt } = entry
  return {
    ...{ id, actor, action, user_id: userId },
    details: Object.fromEntries(Object.entries(details).map(toMember)),
    created_at: createdAt.toISOString(),
  }
}

/**
 * Details are kept under the names of the code, and their times in milliseconds. How long something may take is no time.
 */
function toMember([name, value]: [string, unknown]): [string, unknown] {
  const member = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  if (!member.endsWith('_ms') || member.endsWith('_within_ms')) return [member, value]
  return [member.slice(0, -3), typeof value === 'number' ? new Date(value).toISOString() : value]
}
