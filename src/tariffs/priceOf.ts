import type { Charging } from '../primitives/charging.ts'
import { MONEY_MAX } from '../primitives/money.ts'
import { chooseTariff } from './chooseTariff.ts'
import { DEFAULT_TARIFF_ID } from './tariff.ts'
import type { TariffList } from './selectTariffs.ts'

/** What one recipient costs, and the rule that says so. Both stay with it; a refund returns this price. */
export interface RecipientPrice {
  recipient: string
  price: number
  tariffId: number
  /** Both stay with it too, whatever tariffs say later. */
  charging: Charging
  receiptWaitSeconds: number | null
}

export interface RequestPrice {
  /** The sum over the recipients. */
  cost: number
  /** In the order of the recipients. */
  recipients: RecipientPrice[]
  /** Whether the recipients' prices differ; a quote then shows each of them. */
  differs: boolean
}

/**
 * Prices a text of this number of parts for each recipient, in the smallest unit.
 *
 * @throws when the sum is more than a number holds exactly. No balance covers it, and prices are bounded far below.
 */
export function priceOf(list: TariffList, parts: number, recipients: readonly string[]): RequestPrice {
  const priced = recipients.map((recipient) => priceOne(list, parts, recipient))
  const cost = priced.reduce((sum, { price }) => sum + price, 0)
  if (cost > MONEY_MAX) throw new Error('a request costs more than money can hold')
  return { cost, recipients: priced, differs: priced.some(({ price }) => price !== priced[0]?.price) }
}

/** The price of a test message: nothing, by no tariff. */
export function priceOfTest(recipients: readonly string[]): RequestPrice {
  const priced = recipients.map((recipient) => ({
    ...{ recipient, price: 0, tariffId: DEFAULT_TARIFF_ID },
    ...{ charging: 'acceptance' as const, receiptWaitSeconds: null },
  }))
  return { cost: 0, recipients: priced, differs: false }
}

function priceOne(list: TariffList, parts: number, recipient: string): RecipientPrice {
  const { id, per, price, charging, receiptWaitSeconds } = chooseTariff(list, recipient)
  return {
    ...{ recipient, price: per === 'part' ? price * parts : price, tariffId: id },
    ...{ charging, receiptWaitSeconds },
  }
}
