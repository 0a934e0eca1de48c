import { sql } from 'kysely'
import type { DeliveryStatus, SmsState } from '../../db/schema.ts'
import { list } from '../platform/db/index.ts'
import type { Reader } from '../platform/db/index.ts'
import type { Charging } from '../primitives/charging.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { OnUnknown } from '../primitives/onUnknown.ts'
import { explainFailure } from './explainFailure.ts'
import type { FailureView } from './explainFailure.ts'
import { heldOf, moneyOf, returnedOf } from './moneyState.ts'
import type { MoneyRow, MoneyState } from './moneyState.ts'
import { readReferences } from './references.ts'
import type { V1Status } from './states.ts'
import { readTags } from './tags.ts'
import { noCounts, v1StatusOf, v1StatusOfAll } from './v1Status.ts'
import type { V1Counts } from './v1Status.ts'

/** More recipients are not listed with their message; they are read page by page. */
export const LISTED_RECIPIENTS_MAX = 100

/** What a request says, of sms_requests. */
export interface RequestRow {
  sms_identifier: Buffer
  user_id: number
  type: MessageClass
  text: string
  sender: string | null
  recipients: number
  send_at: Date | null
  expires_at: Date | null
  created_at: Date
  is_test: number
  on_unknown: OnUnknown | null
  guaranteed_by: Date | null
  /** Whether the time that it waits for lies in the future, by the database's clock. */
  is_scheduled: number
}

/** A message with the states of its recipients. */
export interface MessageView {
  smsIdentifier: string
  type: MessageClass
  /** A test key sent it. */
  isTest: boolean
  status: V1Status
  counts: V1Counts
  recipients: number
  /** In the order they were given; null when there are more than are listed. */
  to: string[] | null
  /** Each of `to` as it was written, null where that is the same; null when all are. */
  toGiven: (string | null)[] | null
  sender: string | null
  /** Null where its class and operators decide. */
  onUnknown: OnUnknown | null
  clientReference: string | null
  tags: string[]
  text: string
  /** Of the text. */
  parts: number
  /** Charged in all, in the smallest unit; refunds do not lower it. */
  cost: number
  /** When the recipients' prices are captured, and where the money is; null where they differ. */
  charging: Charging | null
  money: MoneyState | null
  /** In the smallest unit. */
  held: number
  returned: number
  /** Of the recipient that has the most. */
  attempts: number
  /** A recipient was submitted again although an operator may have had it. */
  isPossibleDuplicate: boolean
  /** The operator that accepted or rejected it; null until then, and with several recipients. */
  provider: string | null
  /** Why it failed, or its last attempt did while it waits for another one; null with several recipients. */
  failure: FailureView | null
  sendAt: Date | null
  expiresAt: Date | null
  /** By when it is guaranteed to be handed over; null for none. */
  guaranteedBy: Date | null
  createdAt: Date
  /** When the status of any recipient last changed. */
  updatedAt: Date
}

interface Group extends MoneyRow {
  sms_identifier: Buffer
  is_retrying: number
  recipients: number
  parts: number
  attempts: number
  is_duplicate: number
  updated_at: Date
}

interface Listed {
  sms_identifier: Buffer
  recipient: string
  given_to: string | null
  status: SmsState
  delivery_status: DeliveryStatus | null
  provider: string
  possibly_sent: number
  failure_reason: string | null
}

/** @returns the messages of one customer's requests, in their order. The caller bounds the requests and their recipients. */
export async function describeMessages(reader: Reader, requests: RequestRow[]): Promise<MessageView[]> {
  const groups = groupByMessage(await readGroups(reader, requests))
  const few = requests.filter(({ recipients }) => recipients <= LISTED_RECIPIENTS_MAX)
  const listed = groupByMessage(await readListed(reader, few))
  const labels = await readLabels(reader, requests)
  return requests.map((request) => {
    const smsIdentifier = identifierFromBytes(request.sms_identifier)
    return {
      ...toView(smsIdentifier, request, groups.get(smsIdentifier) ?? [], listed.get(smsIdentifier)),
      ...labels(smsIdentifier),
    }
  })
}

/** Counted by the server: a message has up to 10,000 recipients. */
async function readGroups(reader: Reader, requests: RequestRow[]): Promise<Group[]> {
  if (requests.length === 0) return []
  const { rows } = await sql<Group>`
    SELECT sms_identifier, status, delivery_status, retrying_since IS NOT NULL AS is_retrying,
           charging, returned > 0 AS is_returned,
           COUNT(*) AS recipients, SUM(price) AS price, SUM(returned) AS returned, MAX(parts) AS parts, MAX(attempts) AS attempts,
           MAX(possible_duplicate) AS is_duplicate,
           MAX(updated_at) AS updated_at
    FROM sms_status FORCE INDEX (PRIMARY) WHERE sms_identifier IN (${list(idsOf(requests))})
    GROUP BY sms_identifier, status, delivery_status, is_retrying, charging, is_returned`.execute(reader)
  return rows
}

async function readListed(reader: Reader, requests: RequestRow[]): Promise<Listed[]> {
  if (requests.length === 0) return []
  const { rows } = await sql<Listed>`
    SELECT sms_identifier, recipient, given_to, status, delivery_status, provider, possibly_sent, failure_reason
    FROM sms_status FORCE INDEX (PRIMARY) WHERE sms_identifier IN (${list(idsOf(requests))})
    ORDER BY sms_identifier, recipient_no`.execute(reader)
  return rows
}

function idsOf(requests: RequestRow[]): Buffer[] {
  return requests.map(({ sms_identifier }) => sms_identifier)
}

function groupByMessage<R extends { sms_identifier: Buffer }>(rows: R[]): Map<string, R[]> {
  return Map.groupBy(rows, ({ sms_identifier }) => identifierFromBytes(sms_identifier))
}

type Labels = Pick<MessageView, 'clientReference' | 'tags'>

/** What the customer calls its messages. @returns the labels of a message. */
async function readLabels(reader: Reader, requests: RequestRow[]): Promise<(id: string) => Labels> {
  const references = await readReferences(reader, idsOf(requests))
  const tagged = await readTags(
    reader,
    requests.map(({ user_id: userId, sms_identifier: id }) => ({ userId, id })),
  )
  const tags = new Map(tagged.map((one) => [one.smsIdentifier, one.tags]))
  return (id) => ({ clientReference: references.get(id) ?? null, tags: tags.get(id) ?? [] })
}

function toView(
  smsIdentifier: string,
  request: RequestRow,
  groups: Group[],
  listed?: Listed[],
): Omit<MessageView, keyof Labels> {
  const counts = noCounts()
  const isScheduled = request.is_scheduled === 1
  for (const { status, delivery_status: deliveryStatus, is_retrying, recipients } of groups)
    counts[v1StatusOf({ status, deliveryStatus, isRetrying: is_retrying === 1, isScheduled })] += recipients
  const [first, second] = listed ?? []
  const only = second ? undefined : first
  return {
    smsIdentifier,
    type: request.type,
    isTest: request.is_test === 1,
    status: v1StatusOfAll(counts),
    counts,
    recipients: request.recipients,
    to: listed?.map(({ recipient }) => recipient) ?? null,
    toGiven: toGivenOf(listed),
    sender: request.sender,
    onUnknown: request.on_unknown,
    text: request.text,
    parts: Math.max(...groups.map(({ parts }) => parts)),
    cost: sumOf(groups, ({ price }) => Number(price)),
    ...{ charging: onlyOne(groups.map(({ charging }) => charging)), money: onlyOne(groups.map(moneyOf)) },
    held: sumOf(groups, heldOf),
    returned: sumOf(groups, returnedOf),
    attempts: Math.max(...groups.map(({ attempts }) => attempts)),
    isPossibleDuplicate: groups.some(({ is_duplicate }) => is_duplicate === 1),
    provider: only?.provider || null,
    failure: only ? explainFailure(only) : null,
    sendAt: request.send_at,
    expiresAt: request.expires_at,
    guaranteedBy: request.guaranteed_by,
    createdAt: request.created_at,
    updatedAt: new Date(Math.max(...groups.map(({ updated_at }) => updated_at.getTime()))),
  }
}

function sumOf(groups: Group[], valueOf: (group: Group) => number): number {
  return groups.reduce((sum, group) => sum + valueOf(group), 0)
}

/** @returns the one that all are; null where they differ. */
function onlyOne<T>(values: T[]): T | null {
  const [first, ...others] = new Set(values)
  return first !== undefined && others.length === 0 ? first : null
}

function toGivenOf(listed: Listed[] = []): (string | null)[] | null {
  const given = listed.map(({ given_to }) => given_to)
  return given.some((one) => one !== null) ? given : null
}
