/**
 * The oldest version from which a running system is upgraded: the last migration that this commit of main has, and the
 * hash of all its migration files up to that one. A file names it, because clones may lack tags.
 */
export const BASELINE = {
  commit: 'ed52bcfdd9780f54404bc0d86f998276d2096bfa',
  migration: 14,
  sha256: '87eccdd00c142c764c032478da2514650f3e48bfd2e0726a6775908863955fde',
}
