import type { Request, Response } from 'express'
import type { z } from 'zod'
import { answerJson, invalidCursor, note, readQuery } from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { customerOf } from '../../primitives/access.ts'
import type { Access } from '../../primitives/access.ts'
import { decodeCursor, encodeCursor } from '../../primitives/cursor.ts'
import { isIdentifier } from '../../primitives/identifier.ts'
import type { ExportActions } from './actions.ts'
import { describeExports, Query } from './describeExports.ts'
import type { DeletedAnswer, ExportsAnswer } from './describeExports.ts'
import { toAnswer } from './exportFields.ts'
import type { Export } from './exportFields.ts'
import { readRequest } from './readRequest.ts'
import {
  customerNotFound,
  exportNotFound,
  exportsNotServed,
  exportsOverloaded,
  orUnknown,
  tooManyExports,
} from './refuse.ts'

/** The list and the version of its cursor's fields. */
const CURSOR_KIND = 'exports1'

/** Whose exports a request is about, and who acts for that customer. */
interface Owner {
  userId: number
  admin: string | undefined
}

/** Exports of the key's customer, or for an admin those of any. */
export function exportRoutes(actions: ExportActions, access: 'read' | 'admin'): Route[] {
  const isAdmin = access === 'admin'
  const path = isAdmin ? '/v1/admin/customers/:id/exports' : '/v1/exports'
  const parameter = isAdmin ? 'export_id' : 'id'
  const operations = describeExports(access)
  const handled =
    (handle: (request: Request, response: Response, owner: Owner) => Promise<void>): Route['handle'] =>
    async (request, response, accessOf) => {
      if (actions.folder === undefined) throw exportsNotServed()
      const owner = isAdmin ? await adminsOwner(actions, request, accessOf) : ownOwner(accessOf)
      note(response, { customer_id: owner.userId })
      await handle(request, response, owner)
    }
  const keyOf = (request: Request, { userId }: Owner) => ({ userId, id: String(request.params[parameter]) })
  const one = `${path}/:${parameter}`
  return [
    route('get', path, operations.list, async (request, response, { userId }) => {
      const { limit, cursor } = readQuery(Query, request.query)
      const page = await actions.listExports({ userId, limit, before: fromWire(cursor) })
      answerJson(response, {
        exports: page.exports.map(toAnswer),
        next_cursor: page.nextBefore && encodeCursor(CURSOR_KIND, [page.nextBefore]),
      } satisfies z.input<typeof ExportsAnswer>)
    }),
    route('post', path, operations.create, async (request, response, { userId, admin }) => {
      const decision = await orUnknown(
        actions.createExport(readRequest(request.body, userId, actions), admin),
      )
      if (decision.kind === 'overloaded') throw exportsOverloaded()
      if (decision.kind !== 'created') throw tooManyExports(decision.kind)
      answerJson(response, toAnswer(decision.view) satisfies z.input<typeof Export>, 202)
    }),
    route('get', one, operations.read, async (request, response, owner) => {
      const view = await actions.readExport(keyOf(request, owner))
      if (!view) throw exportNotFound()
      answerJson(response, toAnswer(view) satisfies z.input<typeof Export>)
    }),
    route('delete', one, operations.remove, async (request, response, owner) => {
      const key = keyOf(request, owner)
      if (!(await orUnknown(actions.deleteExport(key, owner.admin)))) throw exportNotFound()
      answerJson(response, { id: key.id.toLowerCase(), status: 'deleted' } satisfies z.input<
        typeof DeletedAnswer
      >)
    }),
  ]

  function route(
    method: Route['method'],
    at: string,
    operation: NonNullable<Route['operation']>,
    handle: Parameters<typeof handled>[0],
  ): Route {
    return { method, path: at, access, operation, handle: handled(handle) }
  }
}

function ownOwner(access: Access): Owner {
  return { userId: customerOf(access).userId, admin: undefined }
}

async function adminsOwner(
  { readCustomer }: Pick<ExportActions, 'readCustomer'>,
  request: Request,
  { actor }: Access,
): Promise<Owner> {
  const customer = await readCustomer(String(request.params['id']))
  if (!customer) throw customerNotFound()
  return { userId: customer.userId, admin: actor }
}

function fromWire(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined
  const [before = '', ...rest] = decodeCursor(CURSOR_KIND, cursor) ?? []
  if (!isIdentifier(before) || rest.length > 0) throw invalidCursor()
  return before.toLowerCase()
}
