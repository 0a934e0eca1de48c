import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'
import { CHECKOUT } from '../../dev/stack/folders.ts'

export const BASE = join(CHECKOUT, 'deploy/kubernetes/base')
export const OVERLAY = join(CHECKOUT, 'deploy/kubernetes/overlays/production')
export const COMPONENTS = join(CHECKOUT, 'deploy/kubernetes/components')

/** One object of Kubernetes, as written. */
export interface Manifest {
  file: string
  apiVersion: string
  kind: string
  metadata: { name: string; labels?: Record<string, string> }
  spec?: Record<string, unknown>
  data?: Record<string, string>
}

export interface Kustomization {
  resources: string[]
  patches?: { path: string }[]
  images?: { name: string }[]
  secretGenerator?: { name: string; envs?: string[]; files?: string[] }[]
}

export interface Container {
  name: string
  image: string
  command?: string[]
  env?: { name: string; value?: string; valueFrom?: { secretKeyRef: { name: string; key: string } } }[]
  envFrom?: { configMapRef?: { name: string }; secretRef?: { name: string } }[]
  ports?: { name: string; containerPort: number }[]
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[]
  livenessProbe?: Probe
  readinessProbe?: Probe
  startupProbe?: Probe
  lifecycle?: { preStop: { sleep: { seconds: number } } }
}

interface Volume {
  name: string
  secret?: { secretName: string }
  persistentVolumeClaim?: { claimName: string }
}

interface Probe {
  httpGet: { path: string; port: string }
}

export interface Pod {
  metadata: { labels: Record<string, string> }
  spec: {
    serviceAccountName: string
    terminationGracePeriodSeconds?: number
    containers: Container[]
    volumes?: Volume[]
  }
}

export function readManifests(folder: string): Manifest[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')
    .flatMap((name) =>
      parseAllDocuments(readFileSync(join(folder, name), 'utf8')).map((each) => {
        return { file: name, ...(each.toJS() as Omit<Manifest, 'file'>) }
      }),
    )
}

export function readKustomization(folder: string): Kustomization {
  return parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')) as Kustomization
}

/** What an installation puts beside an overlay, from its example. */
export function readExample(name: string): string {
  const path = join(OVERLAY, `${name}.example`)
  if (!existsSync(path)) throw new Error(`there is no example of ${name}`)
  return readFileSync(path, 'utf8')
}

export function podOf({ spec }: Manifest): Pod | undefined {
  return spec?.['template'] as Pod | undefined
}

/** A strategic merge, as far as the patches in here need it: of lists, what has the same name is merged. */
export function merge<T>(base: T, patch: unknown): T {
  if (Array.isArray(base) && Array.isArray(patch)) {
    const [before, added] = [base as { name: string }[], patch as { name: string }[]]
    const names = new Set([...before, ...added].map(({ name }) => name))
    const of = (list: { name: string }[], wanted: string) => list.find(({ name }) => name === wanted)
    return [...names].map((name) => merge(of(before, name), of(added, name))) as T
  }
  if (!isObject(base) || !isObject(patch)) return (patch ?? base) as T
  const keys = new Set([...Object.keys(base), ...Object.keys(patch)])
  return Object.fromEntries([...keys].map((key) => [key, merge(base[key], patch[key])])) as T
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

export function matches(wanted: Record<string, string>, labels: Record<string, string>): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value)
}
