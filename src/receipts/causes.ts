import type { Receipt, ReceiptCause, ReceiptOptions } from '../operators/index.ts'

/** @returns the common name of why it was not delivered; null when it was, or nothing is known. */
export function causeOf({ verdict, code, cause }: Receipt, { causes }: ReceiptOptions): ReceiptCause | null {
  if (verdict !== 'undelivered') return null
  const configured = code !== null && Object.hasOwn(causes, code) ? causes[code] : undefined
  return configured ?? cause ?? (code === null ? null : 'unknown_code')
}

/** @returns the same in words, with the operator's own code. */
export function reasonOf(receipt: Receipt, options: ReceiptOptions): string {
  return [causeOf(receipt, options), receipt.code].filter((part) => part !== null).join(': ')
}
