// Checks the alert rules by Prometheus's own tool. `node dev/check/alerts.ts [folder]`
import { globSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CommandFailed, run } from '../processes/run.ts'
import { fetchMonitor } from '../servers/fetch.ts'
import { UnsupportedPlatform } from '../servers/platform.ts'
import { printProgress } from '../servers/printProgress.ts'
import { treeProgram } from '../servers/treeProgram.ts'
import { ServerNotAvailable } from '../servers/unpack.ts'
import { CHECKOUT } from '../stack/folders.ts'
import { answerHelp } from '../../src/platform/answerHelp.ts'

answerHelp('usage: npm run check:alerts\nChecks the alert rules by promtool.')
/** Seconds on an idle machine. */
const TIMEOUT_MS = 300_000

const folder = resolve(process.argv[2] ?? join(CHECKOUT, 'docker/prometheus'))
try {
  const tree = await fetchMonitor('prometheus', printProgress())
  const { command, args } = treeProgram(tree, 'usr/bin/promtool')
  const options = { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, timeoutMs: TIMEOUT_MS, cwd: folder }
  const tests = globSync('*.test.yml', { cwd: folder }).sort()
  await run(command, [...args, 'check', 'config', 'prometheus.yml'], options)
  await run(command, [...args, 'test', 'rules', ...tests], options)
  console.log(`alerts: the rules are valid and pass the tests in ${tests.join(' and ')}`)
} catch (error) {
  // A machine that cannot have the tool checks the rest; the forge must not pass without it.
  const isMissing = error instanceof UnsupportedPlatform || error instanceof ServerNotAvailable
  if (isMissing && process.env['CI'] !== 'true') console.log(`alerts: not checked, ${error.message}`)
  else {
    console.error(`alerts: ${error instanceof CommandFailed ? error.output : String(error)}`)
    process.exitCode = 1
  }
}
