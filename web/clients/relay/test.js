// Compiles the components for the contract, shows them in a page, and pages through the houses of
// the server at the given address.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { buildClientSchema, getIntrospectionQuery, printSchema } from 'graphql'
import { Window } from 'happy-dom'
import './load.js'

const [url, authorization] = process.argv.slice(2)

async function post(query, variables) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify({ query, variables }),
  })
  return answer.json()
}

// The compiler takes what stands in an `extend type` for an invention of the client's and never asks
// the server for it. So it gets the contract in one piece, as the server tells it.
mkdirSync(join(import.meta.dirname, '__generated__'), { recursive: true })
const { data: contract } = await post(getIntrospectionQuery({ descriptions: false, oneOf: true }))
writeFileSync(join(import.meta.dirname, 'schema.graphql'), printSchema(buildClientSchema(contract)))
const compiler = join(import.meta.dirname, '../node_modules/relay-compiler/cli.js')
execFileSync(process.execPath, [compiler, 'relay.config.json'], { cwd: import.meta.dirname, stdio: 'inherit' })

// React looks for these when it is loaded.
const window = new Window()
Object.assign(globalThis, { window, document: window.document })
const { Suspense, createElement } = await import('react')
const { createRoot } = await import('react-dom/client')
const { RelayEnvironmentProvider } = await import('react-relay')
const { Environment, Network, RecordSource, Store } = await import('relay-runtime')
const { Houses } = await import('./src/Houses.js')

const asked = []
function fetchQuery({ name, text }, variables) {
  asked.push(name)
  return post(text, variables)
}

const complaints = []
console.error = (...words) => complaints.push(words.join(' '))
console.warn = console.error
const environment = new Environment({ network: Network.create(fetchQuery), store: new Store(new RecordSource()) })
const page = window.document.body
const root = createRoot(page.appendChild(window.document.createElement('div')))
const houses = createElement(Houses, { city: 'Toledo' })
const waiting = createElement(Suspense, { fallback: 'Loading' }, houses)
root.render(createElement(RelayEnvironmentProvider, { environment }, waiting))

async function until(condition, what) {
  for (const end = Date.now() + 30_000; !condition(); await pause(5)) {
    if (Date.now() > end) assert.fail(`no ${what} in ${page.innerHTML}; ${complaints.join('\n')}`)
  }
}
const shown = () => [...page.querySelectorAll('li')].map((item) => item.textContent)

for (const count of [10, 20, 25]) {
  await until(() => shown().length === count, `list of ${count}`)
  page.querySelector('#more:not([disabled])')?.click()
}
assert.deepEqual(shown(), Array.from({ length: 25 }, (_, index) => `${index + 1} Elm St, ${1951 + index}`))
assert.equal(page.querySelector('#more'), null)

page.querySelector('li').click()
await until(() => shown()[0] === '1 Elm St, 1951, 240000.10', 'price')
page.querySelectorAll('li')[1].dispatchEvent(new window.MouseEvent('dblclick', { bubbles: true }))
await until(() => shown()[1] === '2 Elm St, 1952, 2020', 'renovated house')
const pages = ['HousesQuery', 'HousesPaginationQuery', 'HousesPaginationQuery']
assert.deepEqual(asked, [...pages, 'HouseRefetchQuery', 'HouseRenovateMutation'])
assert.deepEqual(complaints, [])

root.unmount()
// Relay keeps what it showed for five minutes, in case it is shown again.
process.exit()
