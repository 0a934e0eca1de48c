import { join } from 'node:path'
import type { StopList } from '../../dev/processes/stopList.ts'
import { smppUrlOf, startSimulator } from '../../dev/stack/programs.ts'
import type { Program } from '../../dev/stack/programs.ts'
import type { TcpProxy } from '../../dev/tcpProxy.ts'
import type { Behaviour } from '../../simulator/behaviour.ts'
import { simulatorAdmin } from '../../simulator/client.ts'
import type { SimulatorAdmin } from '../../simulator/client.ts'

/** A simulated operator, its control API for the proof, and the links between it and the engine. */
export interface StagedOperator {
  name: string
  protocol: 'http' | 'smpp'
  program: Program
  admin: SimulatorAdmin
  /** Over which the engine calls it; receipts of SMPP come back over it. */
  link: TcpProxy
  /** Over which its receipts reach the API. */
  receiptLink?: TcpProxy
}

export interface StagedOperators {
  /** A and B over HTTP, C over SMPP. */
  operators: readonly [StagedOperator, StagedOperator, StagedOperator]
  /** The one that gets what test keys send, and nothing else. */
  testOperator: StagedOperator
}

interface OperatorsStage {
  folder: string
  stopList: StopList
  link: (url: string) => Promise<TcpProxy>
  /** Where receipts are taken. */
  apiPorts: readonly number[]
}

/** With it operators send their receipts over HTTP. */
export const RECEIPTS_SECRET = 'the-secret-of-receipts-of-the-chaos-run'
export const SMPP_SYSTEM_ID = 'chapar'
export const SMPP_PASSWORD = 'chaos'

/** How every operator sends receipts. No contradicting ones: of two the first that arrives counts, whichever that is. */
const RECEIPTS: Partial<Behaviour> = {
  receiptDelay: { minMs: 100, maxMs: 3_000 },
  ...{ undeliveredRate: 0.15, undeliveredCode: '27' },
  ...{ receiptEarlyRate: 0.15, receiptRepeatRate: 0.15, receiptIntermediateRate: 0.15 },
  ...{ receiptUnknownRate: 0.01, receiptRecodedRate: 0.2 },
  ...{ messageIds: 'hexadecimal', smppReceiptFormat: 'mixed' },
}
/** How an operator is, if nothing else is wanted: slow enough that something is always in flight. */
export const USUAL: Partial<Behaviour> = { ...RECEIPTS, latency: { kind: 'uniform', minMs: 5, maxMs: 80 } }

/** Starts the operators, each behind links of its own. */
export async function stageOperators(stage: OperatorsStage): Promise<StagedOperators> {
  const [first = 0, second = 0] = stage.apiPorts
  return {
    operators: [
      await overHttp(stage, 'operator-a', { seed: 1, apiPort: first }),
      await overHttp(stage, 'operator-b', { seed: 2, apiPort: second }),
      await overSmpp(stage, 'operator-c', { seed: 4 }),
    ],
    testOperator: await overHttp(stage, 'operator-test', { seed: 3, apiPort: first }),
  }
}

async function overHttp(
  { folder, stopList, link }: OperatorsStage,
  name: string,
  { seed, apiPort }: { seed: number; apiPort: number },
): Promise<StagedOperator> {
  const receiptLink = await link(`http://127.0.0.1:${apiPort}/operators/${name}/receipts`)
  const program = await startSimulator({
    ...{ name, seed, logFile: join(folder, 'logs', `${name}.log`) },
    env: { RECEIPTS_URL: receiptLink.url, RECEIPTS_SECRET },
  })
  stopList.add(() => program.stop())
  const admin = simulatorAdmin(program.url)
  await admin.behave(USUAL)
  return { name, protocol: 'http', program, admin, link: await link(program.url), receiptLink }
}

async function overSmpp(
  { folder, stopList, link }: OperatorsStage,
  name: string,
  { seed }: { seed: number },
): Promise<StagedOperator> {
  const program = await startSimulator({
    ...{ name, seed, logFile: join(folder, 'logs', `${name}.log`) },
    smpp: { port: 0, systemId: SMPP_SYSTEM_ID, password: SMPP_PASSWORD },
  })
  stopList.add(() => program.stop())
  const admin = simulatorAdmin(program.url)
  await admin.behave(USUAL)
  return { name, protocol: 'smpp', program, admin, link: await link(smppUrlOf(program)) }
}
