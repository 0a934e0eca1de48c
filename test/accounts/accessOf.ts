import { SCOPES } from '../../src/primitives/access.ts'
import type { Access, Scope } from '../../src/primitives/access.ts'

export interface AccessParts {
  userId?: number
  scopes?: readonly Scope[]
  isTest?: boolean
}

/** What a customer's key gives access to. */
export function accessOf({ userId = 1, scopes = SCOPES, isTest = false }: AccessParts = {}): Access {
  return {
    customer: {
      userId,
      publicId: '019bd59e-2a40-7b1f-9c77-3e6d5f8a1b20',
      name: 'Example Ltd',
      tier: 'basic',
      partsPerMinute: null,
      partsBurst: null,
      requestsPerSecond: null,
      allowedSenders: null,
      onUnknown: null,
      spendPerDay: null,
      spendPerMonth: null,
      normalWeight: 1,
      sendingPartsPerSecond: null,
      sendingWindow: null,
      ...{ guaranteedWithinMs: null, hedge: false },
    },
    key: {
      id: '019bd5a0-6f11-7c52-8d3e-5b7a90c1e2f4',
      name: 'shop',
      hint: 'chapar_live_...x7Qz',
      mode: isTest ? 'test' : 'live',
      scopes,
      expiresAt: null,
      allowedSources: null,
    },
    isAdmin: false,
    isTest,
    isOpen: false,
    actor: 'key 019bd5a0-6f11-7c52-8d3e-5b7a90c1e2f4',
  }
}
