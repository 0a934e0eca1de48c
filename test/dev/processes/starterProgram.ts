// A process that starts another and waits to be killed: `release` as argument lets the other one live on.
import { launch } from '../../../dev/processes/launch.ts'
import { releaseStarted } from '../../../dev/processes/watchdog.ts'

const [logFile = '', word] = process.argv.slice(2)
const { identity } = await launch({
  command: 'sleep',
  args: ['600'],
  env: { PATH: '/usr/bin:/bin' },
  logFile,
})
if (word === 'release') await releaseStarted()
console.log(JSON.stringify(identity))
setInterval(() => undefined, 1_000)
