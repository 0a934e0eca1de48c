import { z } from 'zod'
import { read } from '../../platform/db/index.ts'
import { answerJson, readInput, readQuery, textInQuery } from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { listDisabled } from '../../webhooks/index.ts'
import { recipientKeys } from '../actions/kinds.ts'
import { readBacklogs } from '../lists/backlogs.ts'
import { findCustomers } from '../lists/customers.ts'
import { readQuarantine, readQuarantineEffect } from '../lists/quarantine.ts'
import type { OpsActions } from './opsActions.ts'

const ENDPOINTS_SHOWN_MAX = 200

const CustomersQuery = z.strictObject({ q: textInQuery().max(100).default('') })
const EffectBody = z.strictObject({ recipients: recipientKeys })

/** What waits for a person, and what a decision about it would come to. */
export function listRoutes({ db }: OpsActions): Route[] {
  return [
    {
      method: 'get',
      path: '/ops/api/customers',
      access: 'admin',
      async handle(request, response) {
        const { q } = readQuery(CustomersQuery, request.query)
        const customers = await findCustomers(db, q.trim())
        answerJson(response, {
          customers: customers.map(({ userId, ...others }) => ({ user_id: userId, ...others })),
        })
      },
    },
    backlogsRoute(db),
    {
      method: 'get',
      path: '/ops/api/quarantine',
      access: 'admin',
      async handle(_request, response) {
        const recipients = await readQuarantine(db)
        answerJson(response, {
          recipients: recipients.map(({ smsIdentifier, recipientNo, userId, reason, createdAt }) => ({
            ...{ id: smsIdentifier, no: recipientNo, user_id: userId, reason },
            created_at: createdAt.toISOString(),
          })),
        })
      },
    },
    {
      method: 'post',
      path: '/ops/api/quarantine/effect',
      access: 'admin',
      async handle(request, response) {
        const { recipients } = readInput(EffectBody, request.body)
        answerJson(response, await readQuarantineEffect(db, recipients))
      },
    },
    {
      method: 'get',
      path: '/ops/api/webhooks',
      access: 'admin',
      async handle(_request, response) {
        const endpoints = await read(db, 'ops.list_webhooks', (reader) =>
          listDisabled(reader, ENDPOINTS_SHOWN_MAX),
        )
        answerJson(response, {
          endpoints: endpoints.map(
            ({ endpointId, userId, url, reason, position, failingSince, updatedAt }) => ({
              ...{ endpoint_id: endpointId, user_id: userId, url, reason, position },
              failing_since: failingSince?.toISOString() ?? null,
              updated_at: updatedAt.toISOString(),
            }),
          ),
        })
      },
    },
  ]
}

function backlogsRoute(db: OpsActions['db']): Route {
  return {
    method: 'get',
    path: '/ops/api/backlogs',
    access: 'admin',
    async handle(_request, response) {
      const customers = await readBacklogs(db)
      answerJson(response, {
        customers: customers.map(({ userId, name, weight, parts, oldestAt, share, waitMs }) => ({
          ...{ user_id: userId, name, weight, parts, share, wait_ms: waitMs },
          oldest_at: oldestAt?.toISOString() ?? null,
        })),
      })
    },
  }
}
