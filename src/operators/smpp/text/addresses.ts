/** A number or a name as SMPP carries it, with its type and its numbering plan. */
export interface Address {
  ton: number
  npi: number
  digits: string
}

/** An operator may want other values than the form of the number or name suggests. */
export interface AddressOverrides {
  ton?: number | undefined
  npi?: number | undefined
}

const TON = { unknown: 0, international: 1, alphanumeric: 5 } as const
const NPI = { unknown: 0, isdn: 1 } as const

const NUMERIC = /^[0-9]+$/

/** Of a sender: null is the operator's default. */
export function toSource(from: string | null, overrides: AddressOverrides = {}): Address {
  const address = from === null || from === '' ? nothing() : (toNumber(from) ?? toName(from))
  // An operator's wish is about numbers: a name is one whatever it wishes, and nothing is nothing.
  return address.ton === TON.alphanumeric || address.digits === '' ? address : override(address, overrides)
}

/** Of a recipient, which is a number with or without a plus. */
export function toDestination(to: string, overrides: AddressOverrides = {}): Address {
  return override(toNumber(to) ?? toName(to), overrides)
}

function toNumber(text: string): Address | undefined {
  const isInternational = text.startsWith('+')
  const digits = isInternational ? text.slice(1) : text
  if (!NUMERIC.test(digits)) return undefined
  return { ton: isInternational ? TON.international : TON.unknown, npi: NPI.isdn, digits }
}

function toName(text: string): Address {
  return { ton: TON.alphanumeric, npi: NPI.unknown, digits: text }
}

function nothing(): Address {
  return { ton: TON.unknown, npi: NPI.unknown, digits: '' }
}

function override(address: Address, { ton, npi }: AddressOverrides): Address {
  return { ...address, ton: ton ?? address.ton, npi: npi ?? address.npi }
}
