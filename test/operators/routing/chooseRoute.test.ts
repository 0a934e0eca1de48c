import assert from 'node:assert/strict'
import { chooseRoute, indexRoutes } from '../../../src/operators/index.ts'
import type { OperatorRoute, Routable } from '../../../src/operators/index.ts'
import { operatorOf } from '../operatorOf.ts'

const OPERATORS = ['mci', 'irancell', 'rightel'].map((name) => operatorOf({ name, url: 'http://operator' }))
const route = (operators: string[], given: Partial<OperatorRoute> = {}): OperatorRoute => {
  return { prefix: '', type: null, userId: null, sender: null, operators, ...given }
}
const message = (given: Partial<Routable> = {}): Routable => {
  return { to: '+989121234567', type: 'normal', userId: 1, sender: null, reference: 'a:1', ...given }
}
const choose = (routes: OperatorRoute[], given: Partial<Routable> = {}, operators = OPERATORS) =>
  chooseRoute(indexRoutes({ operators, routes }), message(given))

describe('the route of a message', () => {
  it('is every operator in the order of the file where there are no routes', () => {
    assert.deepEqual(choose([]), {
      operators: ['mci', 'irancell', 'rightel'],
      reason: 'all numbers: mci, then irancell, then rightel',
    })
  })

  it('is that of the longest prefix, with a plus or without', () => {
    const routes = [
      route(['rightel']),
      route(['irancell'], { prefix: '98' }),
      route(['mci', 'irancell'], { prefix: '98912' }),
    ]
    for (const to of ['+989121234567', '989121234567'])
      assert.deepEqual(choose(routes, { to }), {
        operators: ['mci', 'irancell'],
        reason: 'prefix 98912: mci, then irancell',
      })
    assert.deepEqual(choose(routes, { to: '+989351234567' }).operators, ['irancell'])
    assert.deepEqual(choose(routes, { to: '4479' }).operators, ['rightel'])
  })

  it('is that of the class, and a longer prefix for the other class is passed over', () => {
    const routes = [
      route(['mci', 'irancell'], { prefix: '98912', type: 'express' }),
      route(['rightel'], { prefix: '98' }),
    ]
    assert.deepEqual(choose(routes, { type: 'express' }), {
      operators: ['mci', 'irancell'],
      reason: 'prefix 98912, express: mci, then irancell',
    })
    assert.equal(choose(routes).reason, 'prefix 98: rightel')
  })

  it('is that of the customer and of the sender, and of nobody else', () => {
    const routes = [
      route(['rightel'], { prefix: '98' }),
      route(['irancell'], { prefix: '98', sender: 'Chapar' }),
      route(['mci'], { prefix: '98', userId: 7 }),
    ]
    assert.equal(choose(routes, { userId: 7 }).reason, 'prefix 98, customer 7: mci')
    assert.equal(choose(routes, { sender: 'Chapar' }).reason, 'prefix 98, sender Chapar: irancell')
    assert.equal(choose(routes, { userId: 8, sender: 'Other' }).reason, 'prefix 98: rightel')
  })

  it('names of two with one prefix first the class, then the customer, then the sender', () => {
    const ofSender = route(['rightel'], { sender: 'Chapar' })
    const ofCustomer = route(['irancell'], { userId: 1 })
    const ofClass = route(['mci'], { type: 'normal' })
    const given = { sender: 'Chapar' }
    assert.deepEqual(choose([ofSender, ofCustomer, ofClass], given).operators, ['mci'])
    assert.deepEqual(choose([ofSender, ofCustomer], given).operators, ['irancell'])
    assert.deepEqual(choose([ofSender], given).operators, ['rightel'])
  })

  it('leaves out what does not serve the class or does not take the sender', () => {
    const senders = {
      allowed: new Set(['Chapar']),
      default: null,
      alphanumeric: true,
      otherwise: 'skip' as const,
    }
    const operators = [
      operatorOf({ name: 'mci', url: 'http://operator', senders }),
      operatorOf({ name: 'irancell', url: 'http://operator', classes: ['normal'] }),
      operatorOf({ name: 'rightel', url: 'http://operator' }),
    ]
    assert.deepEqual(choose([], { sender: 'Other' }, operators), {
      operators: ['irancell', 'rightel'],
      reason: 'all numbers: irancell, then rightel (without mci: the sender)',
    })
    assert.deepEqual(choose([], { type: 'express' }, operators).operators, ['mci', 'rightel'])
    assert.deepEqual(choose([route(['mci'])], { sender: 'Other' }, operators), {
      operators: [],
      reason: 'all numbers: no operator (without mci: the sender)',
    })
  })

  it('is none where no prefix fits', () => {
    assert.deepEqual(choose([route(['mci'], { prefix: '44' })]), { operators: [], reason: 'no route' })
  })
})
