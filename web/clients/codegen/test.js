// Generates the types, checks the sample with them, and runs it against the server at the given
// address.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

const home = join(import.meta.dirname, '..')
const run = (file, ...words) => execFileSync(process.execPath, [join(home, file), ...words], { cwd: home, stdio: 'inherit' })

run('node_modules/@graphql-codegen/cli/cjs/bin.js', '--config', 'codegen/codegen.ts')
run('node_modules/typescript/bin/tsc', '--project', 'codegen')
run('codegen/sample.ts', ...process.argv.slice(2))
