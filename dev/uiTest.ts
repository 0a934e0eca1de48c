// make ui-test: works the operations page in a browser, and writes the pictures of the documentation.
import { spawnSync } from 'node:child_process'
import { answerHelp } from './commands/help.ts'
import { CHECKOUT } from './stack/folders.ts'

answerHelp('ui-test')
const { status } = spawnSync(process.execPath, ['--require', './src/runtime.cjs', 'dev/test.ts', 'test/ui'], {
  cwd: CHECKOUT,
  stdio: 'inherit',
  env: { ...process.env, WRITE_PICTURES: '1' },
})
process.exitCode = status ?? 1
