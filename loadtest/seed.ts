// The command `make seed N= BALANCE=`: tops up N customers through the ledger.
import { migrate } from '../src/platform/db/index.ts'
import { databaseFault } from './databaseFault.ts'
import { addToEach, ledgerWallet } from './wallet.ts'
import { asksForHelp, describeSettings } from './help.ts'
import { reportEvery } from './reportEvery.ts'
import { SEED_SETTINGS, readSeedSettings } from './settings.ts'
import { findDatabase } from './target.ts'

if (asksForHelp(process.argv.slice(2))) {
  console.log(
    ['make seed [NAME=VALUE ...]   tops up customers', '', ...describeSettings(SEED_SETTINGS)].join('\n'),
  )
  process.exit(0)
}
try {
  const settings = readSeedSettings(process.env)
  const { N, BALANCE, FIRST_CUSTOMER } = settings
  const databaseUrl = await findDatabase(settings)
  await migrate(databaseUrl).catch((error: unknown) => {
    throw databaseFault(databaseUrl, error)
  })
  const customers = Array.from({ length: N }, (_, index) => FIRST_CUSTOMER + index)
  console.log(`adding ${BALANCE} to each of customers ${FIRST_CUSTOMER} to ${FIRST_CUSTOMER + N - 1}`)
  const wallet = ledgerWallet(databaseUrl)
  const perSecond = (done: number, elapsedMs: number) => (done / (elapsedMs / 1_000)).toFixed(0)
  const report = reportEvery((done, elapsedMs) =>
    console.log(`  ${done} of ${N} customers, ${perSecond(done, elapsedMs)}/s`),
  )
  try {
    await addToEach(wallet, customers, BALANCE, report.done)
  } finally {
    report.stop()
    await wallet.close()
  }
  console.log(`${N} customers topped up, ${perSecond(N, report.elapsedMs())}/s`)
  console.log('a second run tops them up again; the ledger lists every top-up')
} catch (error) {
  const { message, code } = error as { message: string; code?: string }
  console.error(`seed: ${message || (code ?? 'failed')}`)
  process.exitCode = 1
}
