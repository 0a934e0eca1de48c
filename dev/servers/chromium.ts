import { globSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Where the libraries of the tree lie. */
export const CHROMIUM_LIBRARIES = [
  'usr/lib/x86_64-linux-gnu',
  'lib/x86_64-linux-gnu',
  'usr/lib/x86_64-linux-gnu/pulseaudio',
]

/**
 * The C library has to be the system's, as its loader is: Chromium starts itself again for each page, through the file that
 * runs, which would be the loader of the tree.
 */
const OF_THE_SYSTEM = ['ld-linux*', 'libc.so*', 'libm.so*', 'libdl.so*', 'libpthread.so*', 'librt.so*']
const OF_THE_SYSTEM_TOO = ['libresolv.so*', 'libnss_*', 'libutil.so*', 'libmvec.so*', 'libanl.so*']

/** Makes a tree of packages one that runs with the system's C library and finds its own fonts. */
export async function adaptBrowser(root: string): Promise<void> {
  for (const folder of CHROMIUM_LIBRARIES)
    for (const name of globSync([...OF_THE_SYSTEM, ...OF_THE_SYSTEM_TOO], { cwd: join(root, folder) }))
      await rm(join(root, folder, name))
  await mkdir(join(root, 'cache'), { recursive: true })
  // Relative to this file, because the tree is renamed when it is complete.
  await writeFile(
    join(root, 'fonts.conf'),
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">usr/share/fonts</dir>
  <cachedir prefix="relative">cache</cachedir>
  <alias binding="same"><family>system-ui</family><prefer><family>Inter</family></prefer></alias>
  <alias binding="same"><family>sans-serif</family><prefer><family>Inter</family></prefer></alias>
  <alias binding="same"><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
`,
  )
}
