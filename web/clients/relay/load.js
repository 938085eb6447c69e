// Loads the components as a bundler would: Relay's Babel plugin puts what its compiler made in the
// place of each `graphql` text.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync } from '@babel/core'

const SOURCES = new URL('src/', import.meta.url).href
const PLUGIN = ['relay', { eagerEsModules: true, artifactDirectory: join(import.meta.dirname, '__generated__') }]

registerHooks({
  resolve: (specifier, context, next) => next(specifier.endsWith('.graphql') ? `${specifier}.js` : specifier, context),
  load(url, context, next) {
    if (!url.startsWith(SOURCES)) return next(url, context)
    const filename = fileURLToPath(url)
    const options = { filename, configFile: false, babelrc: false, plugins: [PLUGIN] }
    const { code } = transformSync(readFileSync(filename, 'utf8'), options)
    return { format: 'module', source: code, shortCircuit: true }
  },
})
