import { normalizeNumbers, withoutEqualNumbers } from '../../numbers/index.ts'
import type { NormalizedNumber, NumberFault } from '../../numbers/index.ts'
import { invalidFields } from '../../platform/http/index.ts'
import type { V1Limits } from './v1Fields.ts'

const OTHER_FORMAT = 'does not match the allowed number format'

/**
 * Reads the recipients of a request, one number or a list, in any writing. `field`: where they stand.
 *
 * @returns the first of equal numbers, in the order of the list, each normalized and as it was given.
 * @throws Problem 400 that names every wrong number by its index, the first 20, and a list that is too long.
 */
export async function readRecipients(
  recipients: string | readonly string[],
  {
    region,
    recipientPattern,
    recipientsMax,
  }: Pick<V1Limits, 'region' | 'recipientPattern' | 'recipientsMax'>,
  field = 'to',
): Promise<NormalizedNumber[]> {
  const isList = typeof recipients !== 'string'
  const given = isList ? recipients : [recipients]
  if (given.length > recipientsMax) throw new RangeError('a list of recipients was not bounded by its schema')
  const read = await normalizeNumbers(given, region)
  const numbers: NormalizedNumber[] = []
  const faults = read.flatMap((one, index) => {
    const checked = checkPattern(one, recipientPattern)
    if (checked.kind === 'fault')
      return { field: isList ? `${field}[${index}]` : field, message: checked.fault }
    numbers.push(checked)
    return []
  })
  if (faults.length > 0) throw invalidFields(faults)
  return withoutEqualNumbers(numbers)
}

function checkPattern(
  one: NormalizedNumber | NumberFault,
  pattern: RegExp | undefined,
): NormalizedNumber | NumberFault {
  if (one.kind === 'fault' || !pattern || pattern.test(one.number)) return one
  return { kind: 'fault', fault: OTHER_FORMAT }
}
