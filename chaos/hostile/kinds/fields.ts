import type { Random } from '../../random.ts'
import { drawMembers, drawQuery, toJson } from '../draw.ts'
import type { Members, World } from '../draw.ts'
import { drawParts, messageOf, render } from '../message.ts'
import type { Draft } from '../plan.ts'
import { drawHostileJson, drawHostileText } from '../values.ts'

const CHANGES_MAX = 3
const EXTRAS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '',
  ' ',
  'a'.repeat(5_000),
]

type Change = (random: Random, members: Members, drawWrong: (random: Random) => string) => string

const CHANGES: Change[] = [
  function replace(random, members, drawWrong) {
    const member = members.length > 0 ? random.pick(members) : undefined
    if (member) member[1] = drawWrong(random)
    return `another ${member?.[0] ?? 'nothing'}`
  },
  function leaveOut(random, members) {
    const [gone] = members.splice(random.whole(0, members.length), 1)
    return `no ${gone?.[0] ?? 'change'}`
  },
  function giveTwice(random, members, drawWrong) {
    const member = members.length > 0 ? random.pick(members) : undefined
    if (member) members.splice(random.whole(0, members.length), 0, [member[0], drawWrong(random)])
    return `${member?.[0] ?? 'nothing'} twice`
  },
  function add(random, members, drawWrong) {
    const name = random.pick(EXTRAS)
    members.splice(random.whole(0, members.length), 0, [name, drawWrong(random)])
    return `also ${name.slice(0, 20)}`
  },
  function misspell(random, members) {
    const member = members.length > 0 ? random.pick(members) : undefined
    if (member)
      member[0] = random.pick([member[0].toUpperCase(), `${member[0]}[]`, `${member[0]}.a`, ` ${member[0]}`])
    return 'a name misspelt'
  },
]

/** A valid request with some of its fields or parameters changed. */
export function drawFields(random: Random, world: World): Draft {
  const parts = drawParts(random, world)
  const { operation } = parts
  if (!operation.body && operation.query.length === 0)
    return { note: 'plain', bytes: render(parts), messages: [{ isRead: true }] }
  const members = operation.body
    ? drawMembers(random, world, operation.body)
    : drawQuery(random, world, operation)
  const drawWrong = operation.body ? drawHostileJson : drawHostileText
  const notes = Array.from({ length: random.whole(1, CHANGES_MAX) }, () =>
    random.pick(CHANGES)(random, members, drawWrong),
  )
  if (operation.body) parts.body = Buffer.from(toJson(members))
  else
    parts.target = `${parts.target.split('?')[0]}?${members.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&')}`
  return {
    note: `${operation.path}: ${notes.join(', ')}`,
    bytes: render(parts),
    messages: [messageOf(parts, world)],
  }
}

/** Half of a surrogate pair has no UTF-8 encoding and cannot be part of a URL. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}
