import type { Api } from './api.ts'
import type { SendingCustomer } from './plan.ts'
import { reportEvery } from './reportEvery.ts'
import type { LoadSettings } from './settings.ts'
import type { Target } from './target.ts'
import { apiWallet, ledgerWallet, raiseToRequired } from './wallet.ts'

/** Tops up every customer that will send. @throws Error if SEED_METHOD=sql and no database is known. */
export async function topUpCustomers(
  { SEED_METHOD }: LoadSettings,
  customers: readonly SendingCustomer[],
  target: Target,
  api: Api,
): Promise<void> {
  const viaLedger = SEED_METHOD === 'sql'
  const wallet = viaLedger ? ledgerWallet(databaseOf(target)) : apiWallet(api)
  const report = reportEvery((done) => console.log(`  ${done} of ${customers.length} customers checked`))
  try {
    const toppedUp = await raiseToRequired(wallet, customers, report.done)
    const balances = customers.map(({ requiredBalance }) => requiredBalance)
    // Not spread into arguments: they may be a hundred thousand.
    const [least, most] = [Math.min, Math.max].map((of) => balances.reduce((a, b) => of(a, b)))
    const each = least === most ? `${most}` : `${least} to ${most}`
    const way = viaLedger ? 'through the ledger' : 'through the API'
    console.log(
      `customers   ${customers.length} from ${customers[0]?.customerId} on need ${each} each; topped up ${toppedUp} ${way}`,
    )
  } finally {
    report.stop()
    await wallet.close()
  }
}

function databaseOf({ databaseUrl }: Target): string {
  if (databaseUrl === undefined) throw new Error('SEED_METHOD=sql needs DATABASE_URL')
  return databaseUrl
}
