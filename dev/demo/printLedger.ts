import type { DemoApi, LedgerItem } from './api.ts'
import type { Page } from './page.ts'

/** Prints a customer's ledger with the running balance. @throws Error when it does not explain the balance. */
export async function printLedger(
  api: DemoApi,
  customerId: number,
  expected: { toppedUp: number; failed: number },
  page: Page,
): Promise<void> {
  const { balance, ledger } = await api.balance(customerId)
  page.say(`${'time'.padEnd(8)}  ${'what'.padEnd(6)}  amount  balance  transaction`)
  let running = 0
  for (const item of ledger) {
    running += item.amount
    page.say(describeRow(item, running))
  }
  page.say(`GET /balance?user_id=${customerId} says ${balance}; the ledger sums to ${running}`)
  if (running !== balance) throw new Error('the ledger does not explain the balance')
  const sumOf = (type: string) => ofType(ledger, type).reduce((sum, { amount }) => sum + amount, 0)
  if (sumOf('topup') !== expected.toppedUp) throw new Error('the ledger holds other top-ups than were made')
  if (ofType(ledger, 'refund').length !== expected.failed)
    throw new Error('there is not one refund for each failed recipient')
}

function ofType(ledger: LedgerItem[], type: string): LedgerItem[] {
  return ledger.filter(({ transaction_type }) => transaction_type === type)
}

function describeRow(item: LedgerItem, running: number): string {
  const { created_at, transaction_type, amount, transaction_id } = item
  const signed = amount > 0 ? `+${amount}` : String(amount)
  return [
    created_at.slice(11, 19),
    transaction_type.padEnd(6),
    signed.padStart(6),
    String(running).padStart(7),
    transaction_id,
  ].join('  ')
}
