import type { Submission } from '../contract.ts'
import type { ExchangeOptions } from '../http/exchange.ts'
import type { SendConfig } from './config.ts'
import { piecesOf } from './pieces.ts'
import type { Piece } from './pieces.ts'
import { valuesOf } from './values.ts'
import type { ValueOptions, Values } from './values.ts'

export type TemplateRequest = Pick<ExchangeOptions, 'method' | 'path' | 'headers' | 'body'>

/** Undefined where a member is nothing but a sender that is left to the operator: the member is left out. */
type Render = (values: Values) => string | number | undefined

type Member = readonly [name: string, render: Render]

/**
 * Compiles the configured request once. What it returns writes the request of one message, with each value escaped for
 * its place: in a path, a query and a form by percent signs, in JSON as a string.
 */
export function compileRequest(
  send: SendConfig,
  basePath: string,
  options: ValueOptions,
): (submission: Submission) => TemplateRequest {
  const path = piecesOf(send.path)
  const query = members(send.query)
  const form = send.form && members(send.form)
  const json = send.json === undefined ? undefined : compileJson(send.json)
  const type = form ? 'application/x-www-form-urlencoded' : json ? 'application/json' : undefined
  const headers = Object.entries(send.headers).map(([name, template]) => [name, piecesOf(template)] as const)
  const authorization = authorizationOf(send)
  return (submission) => {
    const values = valuesOf(submission, options)
    const search = encode(query, values)
    return {
      method: send.method,
      path: basePath + join(path, values, escape) + (search && `?${search}`),
      headers: {
        ...(type && { 'content-type': type }),
        ...Object.fromEntries(headers.map(([name, pieces]) => [name, join(pieces, values)])),
        ...authorization,
      },
      body: form ? encode(form, values) : json ? JSON.stringify(json(values)) : null,
    }
  }
}

function members(templates: Record<string, string> = {}): Member[] {
  return Object.entries(templates).map(([name, template]) => [name, compile(template)])
}

function encode(all: Member[], values: Values): string {
  return all
    .flatMap(([name, render]) => {
      const value = render(values)
      return value === undefined ? [] : `${escape(name)}=${escape(String(value))}`
    })
    .join('&')
}

type Json = (values: Values) => unknown

/** Strings are templates, at any depth; names and other values stay as they are. */
function compileJson(template: unknown): Json {
  if (typeof template === 'string') return compile(template)
  if (Array.isArray(template)) {
    const elements = template.map(compileJson)
    return (values) => elements.map((element) => element(values)).filter((value) => value !== undefined)
  }
  if (typeof template !== 'object' || template === null) return () => template
  const all = Object.entries(template).map(([name, value]) => [name, compileJson(value)] as const)
  // JSON.stringify leaves out members that are undefined.
  return (values) => Object.fromEntries(all.map(([name, value]) => [name, value(values)]))
}

/** A template that is one placeholder keeps its value's type, so that `{parts}` is a number in JSON. */
function compile(template: string): Render {
  const pieces = piecesOf(template)
  const [only] = pieces
  if (pieces.length === 1 && only && 'name' in only) return (values) => values.get(only.name) ?? undefined
  return (values) => join(pieces, values)
}

function join(pieces: Piece[], values: Values, escaped: (text: string) => string = (text) => text): string {
  return pieces
    .map((piece) => ('text' in piece ? piece.text : escaped(String(values.get(piece.name) ?? ''))))
    .join('')
}

function escape(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

function authorizationOf({ auth }: SendConfig): Record<string, string> {
  switch (auth?.type) {
    case undefined:
      return {}
    case 'header':
      return { [auth.name]: auth.secret }
    case 'bearer':
      return { authorization: `Bearer ${auth.token}` }
    case 'basic': {
      const pair = Buffer.from(`${auth.user}:${auth.password}`)
      return { authorization: `Basic ${pair.toString('base64')}` }
    }
  }
}
