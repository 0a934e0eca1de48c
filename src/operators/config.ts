import { z } from 'zod'
import { CLASSES } from '../primitives/messageClass.ts'
import { COMMON_MEMBERS, commonOptions } from './commonOptions.ts'
import type { ChaparHttpOptions } from './http/config.ts'
import { PROTOCOLS } from './protocols.ts'
import type { OperatorConfig, Protocol, ProtocolName } from './protocols.ts'
import { isWhole, routesSchema } from './routing/config.ts'
import type { OperatorRoute } from './routing/config.ts'

/** More would mean a file that was made by mistake. */
const OPERATORS_MAX = 100

/** Names the protocol, so that the other members can be checked by its schema. */
const protocolSchema = z.object({
  protocol: z.enum(Object.keys(PROTOCOLS) as [ProtocolName, ...ProtocolName[]]).default('chapar-http'),
})

/** One operator: members of all protocols by one schema, and the rest by the schema of its own. */
const operatorSchema = z.record(z.string(), z.unknown()).transform((members, check): OperatorConfig => {
  const own = Object.fromEntries(Object.entries(members).filter(([name]) => !COMMON_MEMBERS.has(name)))
  const named = protocolSchema.safeParse(members)
  const common = commonOptions.safeParse(members)
  const protocol = named.success ? (PROTOCOLS[named.data.protocol] as Protocol<object>) : undefined
  const options = protocol?.options.safeParse(own)
  for (const read of [common, named, options])
    for (const issue of read?.error?.issues ?? [])
      check.addIssue({ code: 'custom', path: issue.path, message: issue.message })
  if (!named.success || !common.success || !protocol || !options?.success) return z.NEVER
  const keepsOurReference = common.data.keepsOurReference ?? protocol.keepsOurReference(options.data)
  const whole: object = { ...common.data, ...named.data, ...options.data, keepsOurReference }
  // The options are those of the protocol that is named, which the compiler cannot know.
  return whole as OperatorConfig
})

/** What the operators' file says. */
export interface OperatorsFile {
  /** In order of preference. */
  operators: OperatorConfig[]
  /** None: every message may go to every operator. */
  routes: OperatorRoute[]
}

const operatorsSchema = z
  .array(operatorSchema)
  .min(1)
  .max(OPERATORS_MAX)
  .superRefine((operators, check) => {
    const fault = (path: (string | number)[], message: string) =>
      check.addIssue({ code: 'custom', path, message })
    operators.forEach(({ name }, position) => {
      if (operators.findIndex((other) => other.name === name) !== position)
        fault([position, 'name'], `"${name}" is taken already`)
    })
    for (const position of sharedCallbacks(operators))
      fault([position, 'status_callback'], 'is that of another operator: add a query of its own')
    for (const each of CLASSES)
      if (!operators.some(({ classes }) => classes.includes(each))) fault([], `none of them serves ${each}`)
  })

/** @returns the places of operators of which Twilio's callbacks do not tell whose they are. */
function sharedCallbacks(operators: OperatorConfig[]): number[] {
  const callbacks = operators.map((each) =>
    each.protocol === 'twilio' && each.statusCallback !== null ? each.authToken + each.statusCallback : null,
  )
  return callbacks.flatMap((each, at) => (each !== null && callbacks.indexOf(each) !== at ? [at] : []))
}

/** The operators' file: `operators`, a list in order of preference, and `routes`. */
export const operatorsFileSchema = z
  .strictObject({ operators: operatorsSchema, routes: routesSchema.default([]) })
  .superRefine(({ operators, routes }, check) => {
    const classesOf = new Map(operators.map(({ name, classes }) => [name, classes]))
    routes.forEach((route, position) => {
      if (!isWhole(route)) return
      const fault = (path: (string | number)[], message: string) =>
        check.addIssue({ code: 'custom', path: ['routes', position, ...path], message })
      route.operators.forEach((name, place) => {
        if (!classesOf.has(name)) fault(['operators', place], `there is no operator "${name}"`)
      })
      for (const each of route.type === null ? CLASSES : [route.type])
        if (!route.operators.some((name) => classesOf.get(name)?.includes(each) ?? true))
          fault(['operators'], `none of them serves ${each}`)
    })
  })

type UrlOptions = Omit<ChaparHttpOptions, 'url'>

/** Operators that are configured by their addresses alone, as operator-a and operator-b. */
export function operatorsByUrl(urls: readonly (string | undefined)[], options: UrlOptions): OperatorConfig[] {
  return urls.flatMap((url, position) => {
    if (url === undefined) return []
    const name = `operator-${String.fromCharCode('a'.charCodeAt(0) + position)}`
    return [operatorByUrl({ ...options, name, url })]
  })
}

export function operatorByUrl(options: ChaparHttpOptions & { name: string }): OperatorConfig {
  return {
    ...options,
    protocol: 'chapar-http',
    classes: CLASSES,
    throughput: null,
    deduplicatesReferences: false,
    keepsOurReference: true,
    senders: null,
  }
}
