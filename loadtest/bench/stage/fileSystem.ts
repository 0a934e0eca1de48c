import { readFileSync, realpathSync } from 'node:fs'

/** The file system that a path lies on, such as `ext4 on /`; whether a commit reaches a disk depends on it. */
export function fileSystemOf(path: string): string | undefined {
  try {
    return findFileSystem(readFileSync('/proc/self/mountinfo', 'utf8'), realpathSync(path))
  } catch {
    return undefined
  }
}

/** The longest mount point that the path lies below; of several on the same one the last, which covers the others. */
export function findFileSystem(mountinfo: string, path: string): string | undefined {
  let found: { mountPoint: string; type: string } | undefined
  for (const line of mountinfo.split('\n')) {
    const [before, after] = line.split(' - ')
    const mountPoint = unescape(before?.split(' ')[4] ?? '')
    const type = after?.split(' ')[0]
    if (type === undefined || !isBelow(path, mountPoint)) continue
    if (found === undefined || mountPoint.length >= found.mountPoint.length) found = { mountPoint, type }
  }
  return found && `${found.type} on ${found.mountPoint}`
}

function isBelow(path: string, mountPoint: string): boolean {
  return mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`)
}

/** The kernel writes blanks in names as octal numbers. */
function unescape(name: string): string {
  return name.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))
}
