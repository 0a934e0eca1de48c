import { existsSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { CHECKOUT } from '../../dev/stack/folders.ts'
import type { Manifest } from './manifests.ts'

interface Model {
  validate(): void
}

type ModelOf = new (data: object) => Model

/** `apps/v1`, `v1` or `networking.k8s.io/v1`, as the package of the models has it. */
const moduleOf = ({ apiVersion }: Manifest) => `kubernetes-models/${apiVersion}`
const bodyOf = ({ file: _file, ...body }: Manifest) => body

/** @returns what Kubernetes' own schemas find wrong with each: types, formats and fields that are missing. */
export async function findSchemaFaults(manifests: Manifest[]): Promise<string[]> {
  const faults: string[] = []
  for (const manifest of manifests) {
    const models = (await import(moduleOf(manifest))) as Record<string, ModelOf>
    const Model = models[manifest.kind]
    if (!Model) throw new Error(`there is no ${manifest.kind} in ${manifest.apiVersion}`)
    try {
      new Model(bodyOf(manifest)).validate()
    } catch (error) {
      faults.push(`${manifest.file} ${manifest.kind}: ${(error as Error).message}`)
    }
  }
  return faults
}

/** The schemas allow fields that they do not know; the types of the same models do not. @returns the names of such fields. */
export function findUnknownFields(manifests: Manifest[]): string[] {
  const name = join(CHECKOUT, 'test/deploy/manifests.generated.ts')
  const text = manifests
    .map((each, at) => {
      const type = `import('${moduleOf(each)}').I${each.kind}`
      return `export const m${at} = ${JSON.stringify(bodyOf(each))} satisfies Omit<${type}, 'apiVersion' | 'kind'> & { apiVersion: string; kind: string }`
    })
    .join('\n')
  const options: ts.CompilerOptions = {
    ...{ module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
    ...{ target: ts.ScriptTarget.ES2024, strict: true, noEmit: true, skipLibCheck: true, types: [] },
  }
  const host = ts.createCompilerHost(options)
  const files = { ...host }
  host.fileExists = (path) => path === name || files.fileExists(path)
  host.readFile = (path) => (path === name ? text : files.readFile(path))
  host.getSourceFile = (path, target) =>
    path === name ? ts.createSourceFile(path, text, target) : files.getSourceFile(path, target)
  if (existsSync(name)) throw new Error(`${name} is in the way`)
  const program = ts.createProgram([name], options, host)
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))
}
