import { conformsToContract } from './conformsToContract.ts'
import { SUBJECTS } from './subjects.ts'

for (const subject of SUBJECTS) conformsToContract(subject)
