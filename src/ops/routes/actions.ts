import { z } from 'zod'
import { answerJson, readInput, storableText } from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { Problem } from '../../primitives/problem.ts'
import { ACTION_KINDS, ACTIONS, isReading } from '../actions/kinds.ts'
import { listActions, readAction } from '../actions/readActions.ts'
import type { ActionView } from '../actions/readActions.ts'
import { requestAction } from '../actions/requestAction.ts'
import type { OpsActions } from './opsActions.ts'

const SHOWN_MAX = 50
const REASON_CHARS_MAX = 200

const Body = z.strictObject({
  kind: z.enum(ACTION_KINDS),
  input: z.record(z.string(), z.unknown()).default({}),
  reason: storableText(0, REASON_CHARS_MAX).optional(),
})
/** Of what changes something. */
const WithReason = Body.extend({ reason: storableText(1, REASON_CHARS_MAX) })

/** What relays are asked to do: they carry it out within seconds, and the page asks what it came to. */
export function actionRoutes({ db, newId }: OpsActions): Route[] {
  return [
    {
      method: 'post',
      path: '/ops/api/actions',
      access: 'admin',
      async handle(request, response, { actor }) {
        const { kind } = readInput(Body, request.body)
        const { input, reason = '' } = readInput(isReading(kind) ? Body : WithReason, request.body)
        const checked = readInput(ACTIONS[kind], input)
        const id = await requestAction({ db, newId }, { kind, input: checked, reason, actor })
        answerJson(response, { id, state: 'requested' }, 202)
      },
    },
    {
      method: 'get',
      path: '/ops/api/actions',
      access: 'admin',
      async handle(_request, response) {
        answerJson(response, { actions: (await listActions(db, SHOWN_MAX)).map(toAnswer) })
      },
    },
    {
      method: 'get',
      path: '/ops/api/actions/:id',
      access: 'admin',
      quiet: true,
      async handle(request, response) {
        const action = await readAction(db, String(request.params['id']))
        if (!action) throw actionNotFound()
        answerJson(response, toAnswer(action))
      },
    },
  ]
}

function toAnswer({ createdAt, endedAt, ...others }: ActionView) {
  return { ...others, created_at: createdAt.toISOString(), ended_at: endedAt?.toISOString() ?? null }
}

export function actionNotFound(): Problem {
  return new Problem(404, 'action_not_found', 'There is no such action (any more).')
}
