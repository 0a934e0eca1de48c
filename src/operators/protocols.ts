import type { z } from 'zod'
import type { CommonOptions } from './commonOptions.ts'
import type { OperatorAdapter, ReceiptReader } from './contract.ts'
import { httpAdapter } from './http/adapter.ts'
import { chaparHttpOptions } from './http/config.ts'
import type { ChaparHttpOptions } from './http/config.ts'
import { httpReceipts } from './http/receipts.ts'
import { httpTemplateAdapter } from './httpTemplate/adapter.ts'
import { httpTemplateOptions } from './httpTemplate/config.ts'
import type { HttpTemplateOptions } from './httpTemplate/config.ts'
import { templateReceipts } from './httpTemplate/readReceipts.ts'
import { smppAdapter } from './smpp/adapter.ts'
import { smppOptionsSchema } from './smpp/config.ts'
import type { SmppOptions } from './smpp/config.ts'
import type { References } from './smpp/text/references.ts'
import { smppReceipts } from './smpp/receipts/readReceipt.ts'
import { twilioAdapter } from './twilio/adapter.ts'
import { twilioOptions } from './twilio/config.ts'
import type { TwilioOptions } from './twilio/config.ts'
import { twilioReceipts } from './twilio/receipts.ts'

/** What adapters share with those of other processes. */
export interface SharedByAdapters {
  /** Of this process alone by default. */
  references?: References | undefined
}

/** What a protocol brings: a schema for the members of an operator that are its own, and the adapter. */
export interface Protocol<Own extends object> {
  /** Of every member that is not common to all protocols; strict, so that a misspelt one is a fault. */
  options: z.ZodType<Own>
  /** Whether its receipts carry our reference, where the file does not say it. */
  keepsOurReference: (own: Own) => boolean
  /** Throws a TypeError for options that it cannot use. */
  open: (operator: CommonOptions & Own, shared: SharedByAdapters) => OperatorAdapter
  receipts: ReceiptReader
}

interface OptionsByProtocol {
  'chapar-http': ChaparHttpOptions
  'http-template': HttpTemplateOptions
  smpp: SmppOptions
  twilio: TwilioOptions
}

export type ProtocolName = keyof OptionsByProtocol

/** Every protocol that an operator can be configured with. */
export const PROTOCOLS: { [Name in ProtocolName]: Protocol<OptionsByProtocol[Name]> } = {
  'chapar-http': {
    options: chaparHttpOptions,
    keepsOurReference: () => true,
    open: httpAdapter,
    receipts: httpReceipts,
  },
  smpp: {
    options: smppOptionsSchema,
    keepsOurReference: () => false,
    open: (operator, { references }) => smppAdapter(operator, references),
    receipts: smppReceipts,
  },
  'http-template': {
    options: httpTemplateOptions,
    keepsOurReference: ({ receipts }) =>
      receipts?.poll !== undefined || receipts?.format?.reference !== undefined,
    open: httpTemplateAdapter,
    receipts: templateReceipts,
  },
  twilio: {
    options: twilioOptions,
    keepsOurReference: () => false,
    open: twilioAdapter,
    receipts: twilioReceipts,
  },
}

/** One operator as it is configured: what all protocols have, and what its own has. */
export type OperatorConfig = {
  [Name in ProtocolName]: CommonOptions & { protocol: Name } & OptionsByProtocol[Name]
}[ProtocolName]

export function openAdapter(config: OperatorConfig, shared: SharedByAdapters = {}): OperatorAdapter {
  const { open } = PROTOCOLS[config.protocol] as Protocol<object>
  return open(config, shared)
}
