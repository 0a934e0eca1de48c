import { invalidFields, readInput } from '../../platform/http/index.ts'
import { normalizeNumber } from '../../numbers/index.ts'
import type { FieldFault } from '../../primitives/problem.ts'
import type { ExportRequest, Filters } from '../index.ts'
import type { ExportActions } from './actions.ts'
import { Body, RANGE_DAYS_MAX } from './exportFields.ts'

const DAY_MS = 86_400_000
/** The caller's clock may be ahead. Relays begin when the time is over, whatever it is. */
const CLOCK_TOLERANCE_MS = 60_000
const SYNONYMS = { from: ['since', 'start'], to: ['until', 'end'], what: ['type', 'content'] }

/** @throws Problem 400 that names each wrong field. */
export function readRequest(
  body: unknown,
  userId: number,
  { hasParquet, region, nowMs }: Pick<ExportActions, 'hasParquet' | 'region' | 'nowMs'>,
): ExportRequest {
  const { what, format, filters, ...range } = readInput(Body, body, SYNONYMS)
  const [fromMs, untilMs] = [Date.parse(range.from), Date.parse(range.to)]
  const faults: FieldFault[] = []
  if (format === 'parquet' && !hasParquet)
    faults.push({ field: 'format', message: 'cannot be parquet here: @duckdb/node-api is not installed' })
  if (untilMs <= fromMs) faults.push({ field: 'to', message: 'must be later than from' })
  else if (untilMs - fromMs > RANGE_DAYS_MAX * DAY_MS)
    faults.push({ field: 'to', message: `must be at most ${RANGE_DAYS_MAX} days after from` })
  if (untilMs > nowMs() + CLOCK_TOLERANCE_MS)
    faults.push({ field: 'to', message: 'must not lie in the future' })
  for (const name of Object.keys(filters) as (keyof Filters)[])
    if ((name === 'transaction_type') !== (what === 'ledger'))
      faults.push({ field: `filters.${name}`, message: `is no filter of ${what}` })
  const read = filters.recipient === undefined ? undefined : normalizeNumber(filters.recipient, region)
  if (read?.kind === 'fault') faults.push({ field: 'filters.recipient', message: read.fault })
  if (faults.length > 0) throw invalidFields(faults)
  const normalized = read?.kind === 'number' ? { ...filters, recipient: read.number } : filters
  return { userId, what, format, fromMs, untilMs, filters: normalized }
}
