// make audit: audits DATABASE_URL, or else the database that `make up` started; then with its operators' record too.
//   --operator URL  compares with the record of this simulated operator; give all operators there are
//   --full-speed    does not rest between pages: for a system that is stopped
import { parseArgs } from 'node:util'
import { recordComparison } from '../chaos/records/recordComparison.ts'
import { readDatabaseUrl, runCommand } from '../src/audit/index.ts'
import { answerHelp } from './commands/help.ts'
import { isRunning, readState } from './stack/state.ts'
import type { StackState } from './stack/state.ts'

interface Options {
  databaseUrl: string
  operatorUrls: string[]
  isFullSpeed: boolean
}

answerHelp('audit')
const { databaseUrl, operatorUrls, isFullSpeed } = await readOptions().catch((error: unknown) => {
  console.error(`audit: ${(error as Error).message}`)
  process.exit(2)
})
const comparison = operatorUrls.length > 0 ? recordComparison(operatorUrls) : undefined
process.exitCode = await runCommand({ databaseUrl, isFullSpeed, comparison })

async function readOptions(): Promise<Options> {
  const { values } = parseArgs({
    options: { operator: { type: 'string', multiple: true }, 'full-speed': { type: 'boolean' } },
  })
  for (const address of values.operator ?? []) {
    if (!URL.canParse(address) || !address.startsWith('http'))
      throw new Error(`--operator must look like http://127.0.0.1:9001, not "${address}"`)
  }
  const given = process.env['DATABASE_URL']
  const state = given ? undefined : await readState()
  if (!given && !state)
    throw new Error('nothing to audit: set DATABASE_URL, or start the stack with "make up"')
  return {
    databaseUrl: readDatabaseUrl(given || state?.databaseUrl),
    operatorUrls: values.operator ?? operatorsOf(state),
    isFullSpeed: values['full-speed'] ?? false,
  }
}

/** Those of the stack, if they record our references, which SMPP does not carry. */
function operatorsOf(state: StackState | undefined): string[] {
  if (state?.operatorSettings?.['OPERATORS_FILE'] !== undefined) {
    console.log("not compared with the operators' record: with OPERATORS_FILE they may speak SMPP")
    return []
  }
  const running = (state?.parts ?? []).filter((part) => part.name.startsWith('operator-') && isRunning(part))
  return running.map(({ url }) => url)
}
