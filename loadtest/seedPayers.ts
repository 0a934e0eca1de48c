import type { Api } from './api.ts'
import type { Payer } from './plan.ts'
import { apiPurse, fillUp, ledgerPurse } from './purse.ts'
import { reportEvery } from './reportEvery.ts'
import type { LoadSettings } from './settings.ts'
import type { Target } from './target.ts'

/** Gives each who will send what it will need. @throws Error without a database to write to, when that was wanted. */
export async function seedPayers(
  { SEED_METHOD }: LoadSettings,
  payers: readonly Payer[],
  target: Target,
  api: Api,
): Promise<void> {
  const viaLedger = SEED_METHOD === 'sql'
  const purse = viaLedger ? ledgerPurse(databaseOf(target)) : apiPurse(api)
  const report = reportEvery((done) => console.log(`  ${done} of ${payers.length} customers looked at`))
  try {
    const filled = await fillUp(purse, payers, report.done)
    const balances = payers.map(({ balance }) => balance)
    // Not spread into arguments: they may be a hundred thousand.
    const [least, most] = [Math.min, Math.max].map((of) => balances.reduce((a, b) => of(a, b)))
    const each = least === most ? `${most}` : `${least} to ${most}`
    const way = viaLedger ? 'through the ledger' : 'through the API'
    console.log(
      `customers   ${payers.length} from ${payers[0]?.customerId} on need ${each} each; ${filled} were topped up ${way}`,
    )
  } finally {
    report.stop()
    await purse.close()
  }
}

function databaseOf({ databaseUrl }: Target): string {
  if (databaseUrl === undefined) throw new Error('SEED_METHOD=sql needs DATABASE_URL')
  return databaseUrl
}
