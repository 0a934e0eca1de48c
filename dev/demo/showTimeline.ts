import { spawnSync } from 'node:child_process'
import { CHECKOUT } from '../stack/folders.ts'
import type { DemoApi } from './api.ts'
import type { Page } from './page.ts'

/** The newest messages, among which the recipient's is. */
const ITEMS_MAX = 100

/** Shows what happened to the message of a recipient, as its command tells it. @throws Error when it cannot be told. */
export async function showTimeline(
  { api, databaseUrl, customerId }: { api: DemoApi; databaseUrl: string; customerId: number },
  recipient: string,
  page: Page,
): Promise<string[]> {
  const items = await api.history({ user_id: customerId, limit: ITEMS_MAX })
  const id = items.find((item) => item.recipient === recipient)?.sms_identifier ?? ''
  page.say(`> npm run timeline -- ${id}`)
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--require', './src/runtime.cjs', 'src/timeline.ts', id],
    { cwd: CHECKOUT, env: { PATH: process.env['PATH'], DATABASE_URL: databaseUrl }, encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(stderr.trim())
  const lines = stdout.trimEnd().split('\n')
  for (const line of lines) page.say(line)
  return lines
}
