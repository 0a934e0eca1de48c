import { z } from 'zod'
import { nameText } from '../platform/config/index.ts'
import { CLASSES } from '../primitives/messageClass.ts'
import type { MessageClass } from './contract.ts'
import { pricesSchema } from './prices.ts'
import type { OperatorPrice } from './prices.ts'
import { senderRulesSchema } from './senders.ts'
import type { SenderRules } from './senders.ts'

/** The column that keeps the name with each message takes no more. */
const NAME_LENGTH_MAX = 50
/** What messages of test keys show as their operator. */
export const TEST_OPERATOR = 'operator-test'
/** Far above what one operator takes, and far below what a number keeps exactly. */
const THROUGHPUT_MAX = 100_000

/** What every operator can be configured with, whatever its protocol. */
export interface CommonOptions {
  name: string
  /** The classes that it serves. */
  classes: readonly MessageClass[]
  /** Message parts a second of all processes together; null for no bound. */
  throughput: number | null
  /** A second submission under the same reference is not sent a second time. */
  deduplicatesReferences: boolean
  /** Its receipts carry our reference, so that its own identifiers need no index. */
  keepsOurReference: boolean
  /** Null: it takes every sender as it is. */
  senders: SenderRules | null
  /** What it charges for a part, by prefix; left out where that is not known. */
  prices?: readonly OperatorPrice[]
}

export const commonOptions = z
  .object({
    name: nameText(NAME_LENGTH_MAX).refine(
      (name) => name !== TEST_OPERATOR,
      'is the name of the operator at TEST_OPERATOR_URL',
    ),
    classes: z
      .array(z.enum(CLASSES))
      .min(1)
      .refine((classes) => new Set(classes).size === classes.length, 'must name each class once')
      .default([...CLASSES]),
    throughput: z.int().min(1).max(THROUGHPUT_MAX).nullable().default(null),
    deduplicates_references: z.boolean().default(false),
    keeps_our_reference: z.boolean().optional(),
    senders: senderRulesSchema.nullable().default(null),
    prices: pricesSchema.optional(),
  })
  .transform((operator) => ({
    ...{ name: operator.name, classes: operator.classes, throughput: operator.throughput },
    deduplicatesReferences: operator.deduplicates_references,
    keepsOurReference: operator.keeps_our_reference,
    senders: operator.senders,
    ...(operator.prices && { prices: operator.prices }),
  }))

/** Members of an operator in the file that belong to no protocol. */
export const COMMON_MEMBERS: ReadonlySet<string> = new Set([
  ...['name', 'protocol', 'classes', 'throughput', 'deduplicates_references', 'keeps_our_reference'],
  ...['senders', 'prices'],
])
