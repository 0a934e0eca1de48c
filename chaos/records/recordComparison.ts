import { describeRules } from '../../src/audit/index.ts'
import type { Comparison } from '../../src/audit/index.ts'
import { compareRecords } from './compareRecords.ts'
import type { RecordsReport } from './compareRecords.ts'
import { operatorRecord } from './operatorRecord.ts'
import { RECORD_RULES } from './rules.ts'

/** The comparison with simulated operators, for the audit as a command. */
export function recordComparison(operatorUrls: readonly string[]): Comparison {
  return {
    scanned: ['sms_status'],
    async run(db, options) {
      const report = await compareRecords(db, operatorUrls.map(operatorRecord), options)
      return { findings: report, lines: describeRecords(report) }
    },
  }
}

function describeRecords(report: RecordsReport): string[] {
  const { references, takenMoreThanOnce, takenAndRefunded, dropped, older } = report
  return [
    `with the operators' record: ${references} messages taken, ${takenMoreThanOnce} of them more than once`,
    ...describeRules(report, RECORD_RULES),
    ...(takenAndRefunded > 0
      ? [`   -  taken and refunded, as the result stayed unknown: ${takenAndRefunded}`]
      : []),
    ...(older > 0
      ? [
          `   -  partial: ${older} that are done were accepted before an operator's record began, and not compared`,
        ]
      : []),
    ...(dropped > 0
      ? [`   -  partial: the operators had no room for ${dropped} submissions, of which nothing can be said`]
      : []),
  ]
}
