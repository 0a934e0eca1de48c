import { sql } from 'kysely'
import type { Db } from '../../src/platform/db/index.ts'
import { identifierFromBytes } from '../../src/primitives/identifier.ts'
import type { Recorded } from '../../simulator/record.ts'
import { smppReference } from '../../simulator/smpp/references.ts'
import type { StagedOperator } from '../stage/operators.ts'
import { eachRow } from './eachRow.ts'
import { markOf } from './marks.ts'

/** An operator's record under our references, whatever it knows messages by. */
export interface Witness {
  name: string
  /** Its receipts name messages by its own identifiers, which the engine may never have been told. */
  isByIdentifier: boolean
  submissions(): AsyncIterable<Recorded>
  /** References of messages of several parts of which it took a part at least. */
  inParts: ReadonlySet<string>
  summary: StagedOperator['admin']['summary']
}

interface Row {
  id: Buffer
  text: string
  recipient_no: number
  recipient: string
}

/** With their recipients some thousand rows. */
const REQUESTS_PER_PAGE = 1_000

/** Called when nothing is sent any more. */
export async function witnessesIn(db: Db, operators: readonly StagedOperator[]): Promise<Witness[]> {
  const named = await readNames(db)
  return Promise.all(operators.map((operator) => witnessOf(operator, named)))
}

async function witnessOf({ name, protocol, admin }: StagedOperator, named: Names): Promise<Witness> {
  const common = { name, summary: () => admin.summary() }
  if (protocol === 'http')
    return { ...common, isByIdentifier: false, inParts: new Set(), submissions: () => admin.submissions() }
  const inParts = new Set<string>()
  for await (const { to, text = '', taken } of admin.parts()) {
    const reference = named.byMark.get(`${to} ${markOf(text)}`)
    if (taken > 0 && reference !== undefined) inParts.add(reference)
  }
  return {
    ...{ ...common, isByIdentifier: true, inParts },
    async *submissions() {
      for await (const entry of admin.submissions())
        yield { ...entry, reference: named.byText.get(entry.reference) ?? entry.reference }
    },
  }
}

/** Our references: by what a record of SMPP calls a message, and by a number and the mark before the text. */
interface Names {
  byText: ReadonlyMap<string, string>
  byMark: ReadonlyMap<string, string>
}

/** SMPP carries no reference of ours. Each request has a mark of its own, so that number and text name a recipient. */
async function readNames(db: Db): Promise<Names> {
  const byText = new Map<string, string>()
  const byMark = new Map<string, string>()
  for await (const { id, text, recipient_no, recipient } of eachRow(db, 'chaos.names', namesAfter)) {
    const reference = `${identifierFromBytes(id)}:${recipient_no}`
    byText.set(smppReference(recipient, text), reference)
    byMark.set(`${recipient} ${markOf(text)}`, reference)
  }
  return { byText, byMark }
}

function namesAfter(after: Buffer) {
  return sql<Row>`
    SELECT r.id, r.text, s.recipient_no, s.recipient
    FROM (SELECT sms_identifier AS id, text FROM sms_requests WHERE sms_identifier > ${after}
          ORDER BY sms_identifier LIMIT ${sql.lit(REQUESTS_PER_PAGE)}) r
      JOIN sms_status s ON s.sms_identifier = r.id
    ORDER BY r.id, s.recipient_no`
}
