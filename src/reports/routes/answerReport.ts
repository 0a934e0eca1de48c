import { stringify } from 'csv-stringify/sync'
import type { Request, Response } from 'express'
import { answerTagged, JSON_TYPE } from '../../platform/http/index.ts'
import { notAcceptable } from './refuse.ts'

const CSV_TYPE = 'text/csv; charset=utf-8'

/** The answer, whose rows are the table of its CSV. */
interface ReportAnswer {
  complete_to: string
  unsettled: number
  rows: Record<string, string | number | null | undefined>[]
  [member: string]: unknown
}

/**
 * Answers in JSON or CSV, as the client accepts. A CSV has the rows alone: what else the answer says of its completeness
 * stands in headers. @throws Problem 406 for a client that accepts neither.
 */
export function answerReport(
  request: Request,
  response: Response,
  answer: ReportAnswer,
  columns: readonly string[],
): void {
  const json = JSON.stringify(answer)
  const headers = { 'X-Complete-To': answer.complete_to, 'X-Unsettled': String(answer.unsettled) }
  const type = request.accepts(['application/json', 'text/csv'])
  if (type === false) throw notAcceptable()
  if (type === 'text/csv')
    answerTagged(request, response, { type: CSV_TYPE, headers, text: toCsv(answer, columns), tagged: json })
  else answerTagged(request, response, { type: JSON_TYPE, headers, text: json, tagged: json })
}

/** RFC 4180. A name that a spreadsheet would run as a formula gets an apostrophe before it. */
function toCsv({ rows }: ReportAnswer, columns: readonly string[]): string {
  return stringify(rows, {
    ...{ header: true, columns: [...columns], escape_formulas: true, record_delimiter: 'windows' },
  })
}
