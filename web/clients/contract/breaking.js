// Compares schema.graphql with an older version of itself and fails when something that clients may
// use has gone or changed, unless CHANGELOG.md has a new line that names it.
//
//   node breaking.js OLD_CONTRACT OLD_CHANGELOG CONTRACT CHANGELOG
import { readFileSync } from 'node:fs'
import { CriticalityLevel, diff } from '@graphql-inspector/core'
import { buildSchema, specifiedDirectives } from 'graphql'

const [oldContract, oldChangelog, contract, changelog] = process.argv.slice(2)
const read = (file) => readFileSync(file, 'utf8')
// The other directives tell the server how a field is made. No client sees where they stand.
const ofClients = new Set(specifiedDirectives.map(({ name }) => name))

function concernsClients({ type, meta }) {
  if (!type.startsWith('DIRECTIVE_USAGE')) return true
  return Object.entries(meta).some(([key, value]) => /directiveName$/i.test(key) && ofClients.has(value))
}

// What stands between backticks in lines that the changelog did not have before.
function newNames(before, after) {
  const known = new Set(before.split('\n'))
  const lines = after.split('\n').filter((line) => !known.has(line))
  return new Set(lines.flatMap((line) => [...line.matchAll(/`([^`]+)`/g)].map(([, name]) => name)))
}

const changes = (await diff(buildSchema(read(oldContract)), buildSchema(read(contract)))).filter(concernsClients)
const of = (level) => changes.filter(({ criticality }) => criticality.level === level)
const shown = ({ path, message }) => `  ${path}: ${message}`

const dangerous = of(CriticalityLevel.Dangerous)
if (dangerous.length > 0) console.log(`Clients may notice:\n${dangerous.map(shown).join('\n')}`)

const named = newNames(read(oldChangelog), read(changelog))
const breaking = of(CriticalityLevel.Breaking)
const [told, untold] = [true, false].map((wanted) => breaking.filter(({ path }) => named.has(path) === wanted))
if (told.length > 0) console.log(`Breaks clients, and the changelog says so:\n${told.map(shown).join('\n')}`)
if (untold.length > 0) {
  console.error(`Breaks clients:\n${untold.map(shown).join('\n')}`)
  const names = [...new Set(untold.map(({ path }) => `\`${path}\``))].join(', ')
  console.error('Keep what was there, or say in a new line of CHANGELOG.md what becomes of each by its name:')
  console.error(`  - **breaking** ${names}: …`)
  process.exitCode = 1
}
